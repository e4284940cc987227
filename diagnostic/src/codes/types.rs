//! Types: what goes with what.

codes! {
    /// A number where a duration or a percentage is meant.
    MISSING_UNIT = "T0001", "missing-unit", Error;
    /// Two values of different types, compared.
    CANNOT_COMPARE = "T0002", "cannot-compare", Error;
    /// A value where a condition is wanted.
    NOT_A_CONDITION = "T0003", "not-a-condition", Error;
    /// A value of another type than its place wants.
    EXPECTED_OTHER = "T0004", "wrong-type", Error;
    /// A computed value where one that is written out is wanted.
    NOT_CONSTANT = "T0005", "not-constant", Error;
    /// A text that is none of those the project file lists.
    UNKNOWN_OPTION = "T0006", "unknown-option", Error;
    /// Two values that do not go together in arithmetic.
    CANNOT_COMPUTE = "T0007", "cannot-compute", Error;
    /// More or less of something that has no order.
    NO_ORDER = "T0008", "no-order", Error;
    /// A range in which nothing lies.
    EMPTY_RANGE = "T0009", "empty-range", Error;
    /// A duration beyond any calendar.
    TOO_LONG = "T0010", "duration-too-long", Error;
    /// A fact of events used without saying of which event.
    EVENT_FACT_OUTSIDE = "T0011", "event-fact-outside", Error;
    /// A condition that takes everyone or nobody.
    CONSTANT_CONDITION = "T0012", "constant-condition", Error;
    /// A stretch of time asked of something that has no time.
    WINDOW_OF_NO_TIME = "T0013", "window-of-no-time", Error;
    /// Hours asked of a date.
    HOURS_OF_A_DATE = "T0014", "hours-of-a-date", Error;
    /// A birthday asked for other than around today.
    WINDOW_OF_A_BIRTHDAY = "T0015", "window-of-a-birthday", Error;
    /// Events counted in the future.
    FUTURE_EVENTS = "T0016", "future-events", Error;
    /// A ranking of customers inside `where`.
    RANKING_INSIDE_ROWS = "T0017", "ranking-inside-rows", Error;
    /// A function of something it cannot be computed of.
    WRONG_ARGUMENT = "T0018", "wrong-argument", Error;
    /// Shares of a split that do not add up, or a control group of everyone.
    SHARES = "T0019", "wrong-shares", Error;
    /// A template sent by another channel than it is for.
    TEMPLATE_CHANNEL = "T0020", "template-channel", Error;
    /// An offer in a transactional message.
    TRANSACTIONAL_OFFER = "T0021", "transactional-offer", Error;
    /// A placeholder about an offer that the send does not carry.
    OFFER_FIELD_MISSING = "T0022", "offer-field-missing", Error;
    /// A sum or product of more values than can be taken in.
    TOO_MANY_OPERANDS = "T0023", "too-many-operands", Error;
}
