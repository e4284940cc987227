//! Syntax: the form of a rule file.

codes! {
    /// Something stands where something else was expected.
    UNEXPECTED = "S0001", "unexpected", Error;
    /// A rule without `then`.
    MISSING_THEN = "S0002", "missing-then", Error;
    /// A digit of the Chinese input method in a number.
    FULL_WIDTH_DIGIT = "S0003", "full-width-digit", Error;
    /// A keyword that sticks to a name.
    GLUED_KEYWORD = "S0004", "glued-keyword", Error;
    /// An operator of another language.
    FOREIGN_OPERATOR = "S0005", "foreign-operator", Error;
    /// A text whose closing quote is missing.
    OPEN_TEXT = "S0006", "open-text", Error;
    /// A bracket that is never closed.
    OPEN_BRACKET = "S0007", "open-bracket", Error;
    /// A closing bracket that was never opened.
    STRAY_BRACKET = "S0008", "stray-bracket", Error;
    /// A line that starts with no known declaration.
    UNKNOWN_DECLARATION = "S0009", "unknown-declaration", Error;
    /// A keyword where a name is needed.
    RESERVED_WORD = "S0010", "reserved-word", Error;
    /// A bare number where a duration is needed.
    MISSING_DURATION_UNIT = "S0011", "missing-duration-unit", Error;
    /// A coupon that is not of the form 150/500.
    COUPON_FORM = "S0012", "coupon-form", Error;
    /// A `send` without its channel or its message.
    INCOMPLETE_SEND = "S0013", "incomplete-send", Error;
    /// A character that cannot be seen or that reorders others.
    HIDDEN_CHARACTER = "S0014", "hidden-character", Error;
    /// More brackets inside each other than are allowed.
    NESTING = "S0015", "nesting", Error;
    /// A number that is too large, too fine or not whole.
    NUMBER_FORM = "S0016", "number-form", Error;
    /// A date or time of day that does not exist.
    NO_SUCH_DATE = "S0017", "no-such-date", Error;
    /// A `{field}` of a message that cannot be read.
    MESSAGE_FIELD = "S0018", "message-field", Error;
    /// A file that is no UTF-8 text, or too long.
    UNREADABLE_FILE = "S0019", "unreadable-text", Error;
    /// A part that may stand only once.
    REPEATED_PART = "S0020", "repeated-part", Error;
    /// A backslash before something that needs none.
    UNKNOWN_ESCAPE = "S0021", "unknown-escape", Error;
    /// `is` where `=` is meant.
    IS_FOR_EQUAL = "S0022", "is-for-equal", Error;
    /// A number with a unit that does not exist.
    UNKNOWN_UNIT = "S0023", "unknown-unit", Error;
    /// Two comparisons in a row.
    CHAINED_COMPARISON = "S0024", "chained-comparison", Error;
}
