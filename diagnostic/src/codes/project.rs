//! The project file.

codes! {
    /// The file is not TOML.
    TOML_SYNTAX = "P0001", "toml-syntax", Error;
    /// One key stands twice.
    DUPLICATE_KEY = "P0002", "duplicate-key", Error;
    /// A section that no version knows.
    UNKNOWN_SECTION = "P0003", "unknown-section", Error;
    /// A key that its section does not have.
    UNKNOWN_KEY = "P0004", "unknown-key", Error;
    /// A value of another kind than the key takes.
    WRONG_VALUE = "P0005", "wrong-value", Error;
    /// A section or key that must be there.
    MISSING_KEY = "P0006", "missing-key", Error;
    /// A time zone that does not exist.
    UNKNOWN_ZONE = "P0007", "unknown-time-zone", Error;
    /// A fact's type that does not exist.
    UNKNOWN_FACT_TYPE = "P0008", "unknown-fact-type", Error;
    /// An enum without the list of its values, or with a poor one.
    ENUM_VALUES = "P0009", "enum-values", Error;
    /// A word where only some are possible.
    UNKNOWN_CHOICE = "P0010", "unknown-choice", Error;
    /// `table` and `query` together, or neither.
    TABLE_OR_QUERY = "P0011", "table-or-query", Error;
    /// A consent that no bool fact holds.
    CONSENT_FACT = "P0012", "consent-fact", Error;
    /// A consent for a channel that does not exist.
    CONSENT_CHANNEL = "P0013", "consent-channel", Error;
    /// An address that no fact holds.
    ADDRESS_FACT = "P0014", "address-fact", Error;
    /// A name that no rule could say.
    UNSPEAKABLE_NAME = "P0015", "unspeakable-name", Error;
    /// Quiet hours that cannot be read.
    QUIET_HOURS = "P0016", "quiet-hours", Error;
    /// A sending rate that cannot be read.
    SENDING_RATE = "P0017", "sending-rate", Error;
    /// A price that cannot be read or held.
    MESSAGE_PRICE = "P0018", "message-price", Error;
    /// An address of a database that cannot be read.
    DATABASE_URL = "P0019", "database-url", Error;
    /// A setting that has no effect where it stands.
    MISPLACED_SETTING = "P0020", "misplaced-setting", Error;
    /// Days of a holiday that cannot be read.
    HOLIDAY_DAYS = "P0021", "holiday-days", Error;
    /// A finding that does not exist.
    UNKNOWN_LINT = "P0022", "unknown-lint", Warning;
    /// A finding that a later version looks for.
    LATER_LINT = "P0023", "later-lint", Warning;
    /// A mistake, which cannot be weighed.
    NOT_A_LINT = "P0024", "not-a-lint", Warning;
    // P0025 said that quiet hours were not kept.
    /// A time zone of customers that no text fact holds.
    ZONE_FACT = "P0026", "zone-fact", Error;
    /// More approvals than there are people to give them.
    TOO_FEW_APPROVERS = "P0027", "too-few-approvers", Error;
    /// One key for two people.
    APPROVER_TWICE = "P0028", "approver-twice", Error;

    // P0101 to P0199: what only the command line sees.
    /// No `rulec.toml` in the directory or above.
    NO_PROJECT = "P0101", "no-project", Error;
    /// A file cannot be read.
    UNREADABLE_FILE = "P0102", "unreadable-file", Error;
    /// No pattern of `[project] rules` matches a file.
    NO_RULE_FILES = "P0103", "no-rule-files", Error;
    /// A pattern of `[project] rules` matches no file.
    PATTERN_WITHOUT_FILES = "P0104", "pattern-without-files", Warning;
    /// `--as-of` is neither a date nor an instant.
    BAD_AS_OF = "P0105", "bad-as-of", Error;
    /// `--set` without a name or a value.
    BAD_SET = "P0106", "bad-set", Error;
    /// A path given to `check` selects no rule file.
    PATH_WITHOUT_RULES = "P0107", "path-without-rules", Error;
    /// A file is there and would be overwritten.
    WOULD_OVERWRITE = "P0108", "would-overwrite", Error;
    /// A file or the output cannot be written.
    CANNOT_WRITE = "P0109", "cannot-write", Error;
    /// Nobody agreed to sending.
    NOT_CONFIRMED = "P0110", "not-confirmed", Error;
    /// `explain` of a code that there is not.
    UNKNOWN_CODE = "P0111", "unknown-code", Error;
    /// A database that is no SQLite file.
    UNSUPPORTED_DATABASE = "P0112", "unsupported-database", Error;
    /// `init` recognises no table of customers.
    NO_CUSTOMER_TABLE = "P0113", "no-customer-table", Error;
    /// `why` of a customer whom the database does not have.
    NO_SUCH_CUSTOMER = "P0131", "no-such-customer", Error;
    /// `--rule` of a rule that the project does not have.
    NO_SUCH_RULE = "P0132", "no-such-rule", Error;
    /// A format in which a forecast is not written.
    FORECAST_FORMAT = "P0133", "forecast-format", Error;
    /// `--for` of `approve` is no stretch of time.
    BAD_LENGTH = "P0130", "bad-length", Error;
    /// `init` does not know which database to look at.
    WHICH_DATABASE = "P0114", "which-database", Error;
    /// A plan would be written over something else.
    NOT_OUR_FILE = "P0115", "not-our-file", Error;
    // P0140 to P0159: settings of channels.
    /// A channel without a setting that it cannot send without.
    CHANNEL_NEEDS = "P0140", "channel-needs-setting", Error;
    /// An address of a web service that cannot be called, or not safely.
    WEB_ADDRESS = "P0141", "web-address", Error;
    /// A place in a text that nothing can fill.
    UNKNOWN_PLACE = "P0142", "unknown-place", Error;
    /// A secret where many read it.
    SECRET_IN_FILE = "P0143", "secret-in-file", Error;
    /// A header that no request can have, or that rulec writes.
    HEADER_FIELD = "P0144", "header-field", Error;
    /// A robot that may name single customers to its group.
    ROBOT_WITHOUT_GROUP = "P0145", "robot-without-group", Error;
    /// A sender that is no mail address.
    MAIL_ADDRESS = "P0150", "mail-address", Error;
    /// A password would go over the network unencrypted.
    PASSWORD_IN_CLEAR = "P0151", "password-in-clear", Error;
    /// `--memory` is no size.
    BAD_MEMORY = "P0116", "bad-memory", Error;
}
