//! Run time: database, state, files.

codes! {
    // R0001 to R0099: the customer database.
    /// The file of the customer database does not exist.
    DATABASE_NOT_FOUND = "R0001", "database-not-found", Error;
    /// The path of the customer database is a folder.
    DATABASE_IS_FOLDER = "R0002", "database-is-folder", Error;
    /// The file is no SQLite database, or an encrypted one.
    NOT_A_DATABASE = "R0003", "not-a-database", Error;
    /// The database is damaged.
    DATABASE_DAMAGED = "R0004", "database-damaged", Error;
    /// Another program holds the database locked.
    DATABASE_LOCKED = "R0005", "database-locked", Error;
    /// The database has changes in a side file that only a program that may write can take in.
    DATABASE_NEEDS_RECOVERY = "R0006", "database-needs-recovery", Error;
    /// The database cannot be read for another reason.
    DATABASE_UNREADABLE = "R0007", "database-unreadable", Error;
    /// The database has no such table.
    NO_SUCH_TABLE = "R0008", "no-such-table", Error;
    /// A table or query has no such column.
    NO_SUCH_COLUMN = "R0009", "no-such-column", Error;
    /// The database refuses a `where` or a `query`.
    SQL_REFUSED = "R0010", "sql-refused", Error;
    /// A `where` or a `query` that is more than one statement.
    SQL_SEVERAL_STATEMENTS = "R0011", "sql-several-statements", Error;
    /// A `query` that does not only read.
    SQL_NOT_READING = "R0012", "sql-not-reading", Error;
    /// Rows whose key is NULL.
    KEY_MISSING = "R0013", "key-missing", Error;
    /// One key on several rows.
    KEY_TWICE = "R0014", "key-twice", Error;
    /// Keys of which some are integers and some texts.
    KEYS_MIXED = "R0015", "keys-mixed", Error;
    /// Keys that are neither integers nor texts.
    KEY_TYPE = "R0016", "key-type", Error;
    /// Events that name their customers by another type of key.
    EVENT_KEY_TYPE = "R0017", "event-key-type", Error;
    /// Values that are not what the project file says of their column.
    WRONG_VALUE = "R0018", "unexpected-value", Error;
    /// Values that an enum does not list.
    UNLISTED_VALUE = "R0019", "unlisted-value", Error;
    /// A result that does not fit into 64 bits.
    NUMBER_TOO_LARGE = "R0020", "number-too-large", Error;
    /// Texts that are not valid UTF-8.
    TEXT_NOT_UTF8 = "R0021", "text-not-utf8", Error;
    /// Times so far in the future that their unit must be another.
    TIME_UNIT = "R0022", "time-unit", Error;
    /// Events after now.
    EVENTS_IN_FUTURE = "R0023", "events-in-future", Warning;
    /// Events of customers that there are not.
    UNKNOWN_CUSTOMERS = "R0024", "unknown-customers", Warning;
    // R0101 to R0199: state, plan files, sending.
    /// The state file cannot be opened or created.
    STATE_UNOPENABLE = "R0101", "state-cannot-open", Error;
    /// The state was written by a newer version.
    STATE_NEWER = "R0102", "state-newer", Error;
    /// Another program is working on the state.
    STATE_LOCKED = "R0103", "state-locked", Error;
    /// The state file belongs to another program.
    STATE_FOREIGN = "R0104", "state-foreign", Error;
    /// The state is to be kept where it cannot be yet.
    STATE_UNSUPPORTED = "R0105", "state-unsupported", Error;
    /// Reading or writing the state failed.
    STATE_FAILED = "R0106", "state-failed", Error;
    /// A plan file cannot be read.
    PLAN_UNREADABLE = "R0110", "plan-unreadable", Error;
    /// A file that should be a plan is none.
    NOT_A_PLAN = "R0111", "not-a-plan", Error;
    /// A plan was written by a newer version.
    PLAN_NEWER = "R0112", "plan-newer", Error;
    /// A plan is incomplete or was changed.
    PLAN_DAMAGED = "R0113", "plan-damaged", Error;
    /// A plan file cannot be written.
    PLAN_UNWRITABLE = "R0114", "plan-unwritable", Error;
    /// A plan has no rule, campaign or channel of this name.
    NOT_IN_PLAN = "R0115", "not-in-plan", Error;
    /// Another plan was applied since this one was made.
    PLAN_OUTDATED = "R0120", "plan-outdated", Error;
    // R0121 said that a channel was of a kind that could not send yet.
    /// A plan has messages for a channel that the project no longer has.
    CHANNEL_GONE = "R0122", "channel-gone", Error;
    /// The file of a channel cannot be written.
    OUTBOX_UNWRITABLE = "R0123", "outbox-unwritable", Error;
    /// A plan is one of another project.
    PLAN_OF_ANOTHER_PROJECT = "R0124", "plan-of-another-project", Error;
    /// The project file changed since the plan was made.
    PROJECT_CHANGED = "R0125", "project-changed", Error;
    /// A plan is of a day to come.
    PLAN_OF_THE_FUTURE = "R0126", "plan-of-the-future", Error;
    /// A channel would write into a file that is something else.
    CHANNEL_FILE_TAKEN = "R0127", "channel-file-taken", Error;
    /// A plan was applied, and some of it is not sent yet.
    PLAN_UNFINISHED = "R0128", "plan-unfinished", Error;
    /// Customers of a plan no longer agree to its channel.
    CONSENTS_GONE = "R0129", "consents-gone", Error;
    /// The verdicts of a rule do not add up to the population.
    SUM = "R0130", "verdicts-do-not-add-up", Error;
    /// The file of a pool cannot be read.
    POOL_UNREADABLE = "R0140", "pool-unreadable", Error;
    /// A pool has codes that cannot be handed out.
    POOL_CODES = "R0141", "pool-codes", Error;
    /// A code of a plan was given to somebody else.
    CODE_TAKEN = "R0142", "code-taken", Error;
    /// An outcome of a message that there is not.
    UNKNOWN_MESSAGE = "R0150", "unknown-message", Error;
    /// An outcome that cannot be understood.
    BAD_OUTCOME = "R0151", "bad-outcome", Error;
    /// A file of outcomes cannot be read.
    OUTCOMES_UNREADABLE = "R0152", "outcomes-unreadable", Error;
    /// Fewer people have approved a plan than the project asks for.
    APPROVALS_MISSING = "R0171", "approvals-missing", Error;
    /// A plan is older than the project allows.
    PLAN_TOO_OLD = "R0172", "plan-too-old", Error;
    /// A file of approvals that cannot be read.
    APPROVALS_UNREADABLE = "R0173", "approvals-unreadable", Error;
    /// An approval that cannot be kept.
    APPROVAL_UNWRITABLE = "R0174", "approval-unwritable", Error;
    /// A rule reaches more customers than the project allows.
    AUDIENCE_TOO_LARGE = "R0175", "audience-too-large", Error;
    /// The audience of a rule changed by more than the project allows.
    AUDIENCE_CHANGED = "R0176", "audience-changed", Error;
    /// A file that holds no key for approving.
    KEY_UNUSABLE = "R0177", "key-unusable", Error;
    // R0180 to R0189: channels.
    /// A channel lacks a setting, or has one that it cannot work with.
    CHANNEL_SETTING = "R0180", "channel-setting", Error;
    /// A channel's secret cannot be had.
    CHANNEL_SECRET = "R0181", "channel-secret", Error;
    // R0190 to R0199: files and mails.
    /// The file of a channel has other columns than the channel.
    CHANNEL_COLUMNS = "R0190", "channel-columns", Error;
    /// A plan does what a `forbid` forbids.
    FORBIDDEN = "R0134", "forbidden", Error;
    // R0220 to R0239: the audit.
    /// A record of the audit was changed.
    AUDIT_RECORD_CHANGED = "R0220", "audit-record-changed", Error;
    /// Records of the audit are gone.
    AUDIT_RECORDS_REMOVED = "R0221", "audit-records-removed", Error;
    /// Records of the audit stand in another order.
    AUDIT_RECORDS_MOVED = "R0222", "audit-records-moved", Error;
    /// Records of the audit that rulec did not write.
    AUDIT_RECORDS_ADDED = "R0223", "audit-records-added", Error;
    /// A customer, cause, message or run that records name was changed.
    AUDIT_ROW_CHANGED = "R0224", "audit-row-changed", Error;
    /// What is kept about the end of the chain was changed.
    AUDIT_END_CHANGED = "R0225", "audit-end-changed", Error;
    /// A head that was kept outside is not one of this chain.
    AUDIT_HEAD_DIFFERS = "R0226", "audit-head-differs", Error;
    /// A file of heads cannot be read.
    AUDIT_HEAD_UNREADABLE = "R0227", "audit-head-unreadable", Error;
    /// A head is not signed by who should have signed it.
    AUDIT_HEAD_SIGNER = "R0228", "audit-head-signer", Error;
    /// Nothing is recorded of a plan.
    AUDIT_NO_SUCH_PLAN = "R0229", "audit-no-such-plan", Error;
    /// A run is derived again from other rules.
    REPLAY_OTHER_RULES = "R0230", "replay-other-rules", Warning;
    /// A run is derived again from other data.
    REPLAY_OTHER_DATA = "R0231", "replay-other-data", Warning;
    // R0201 to R0299: bringing lists into a database.
    /// A list that cannot be opened or read.
    LIST_UNREADABLE = "R0201", "list-unreadable", Error;
    /// A list without rows.
    LIST_EMPTY = "R0202", "list-empty", Error;
    /// A list in no known encoding, or not text at all.
    LIST_ENCODING = "R0203", "list-encoding", Error;
    /// A separator of cells that cannot be one.
    LIST_DELIMITER = "R0204", "list-delimiter", Error;
    /// A workbook that cannot be read.
    WORKBOOK = "R0205", "workbook-unreadable", Error;
    /// A sheet that the workbook does not have.
    UNKNOWN_SHEET = "R0206", "unknown-sheet", Error;
    /// A row that cannot be imported.
    BAD_ROW = "R0207", "bad-row", Error;
    /// How many rows cannot be imported.
    BAD_ROWS = "R0208", "bad-rows", Error;
    /// A column without a name, or with that of another.
    COLUMN_RENAMED = "R0209", "column-renamed", Warning;
    /// A told type of a column that cannot be understood.
    COLUMN_TYPE = "R0210", "column-type", Error;
    /// A name that no table can have.
    TABLE_NAME = "R0211", "table-name", Error;
    /// A table that would be overwritten.
    TABLE_EXISTS = "R0212", "table-exists", Error;
    /// A table with other columns than the list.
    COLUMNS_DIFFER = "R0213", "columns-differ", Error;
    /// A database that cannot be written.
    IMPORT_DATABASE = "R0214", "import-database", Error;
    // R0240 to R0249: looking after the outbox.
    /// A key that names no message of the outbox.
    OUTBOX_UNKNOWN_KEY = "R0240", "outbox-unknown-key", Error;
    /// A message with which that cannot be done as it stands.
    OUTBOX_STATUS = "R0241", "outbox-status", Error;
    /// A message whose text or address is gone.
    OUTBOX_ERASED = "R0242", "outbox-erased", Error;
    /// A channel that the project does not have.
    NO_SUCH_CHANNEL = "R0243", "no-such-channel", Error;
    /// A change of the outbox to which nobody agreed.
    OUTBOX_NOT_AGREED = "R0244", "outbox-not-agreed", Error;
    // R0250 to R0259: opting out, and being forgotten.
    /// An opt-out that cannot be understood.
    BAD_OPTOUT = "R0250", "bad-optout", Error;
    /// Somebody is to be forgotten of whom nothing is known.
    NOBODY_TO_FORGET = "R0251", "nobody-to-forget", Error;
    /// A file in which somebody may stand who was forgotten cannot be read or written.
    TRACE_FILE = "R0252", "trace-file", Error;
    // R0260 to R0279: sending.
    /// A channel does not let us in.
    CHANNEL_REFUSES = "R0260", "channel-refuses", Error;
    /// A provider does not answer any more.
    CHANNEL_DOWN = "R0261", "channel-down", Warning;
    /// A person has paused a channel.
    CHANNEL_PAUSED = "R0262", "channel-paused", Warning;
    /// Nobody knows whether messages arrived.
    IN_DOUBT = "R0263", "in-doubt", Warning;
    /// Messages that cannot be delivered.
    DEAD_LETTERS = "R0264", "dead-letters", Warning;
    /// The customer database cannot be asked while sending.
    CUSTOMERS_UNSEEN = "R0265", "customers-unseen", Error;
    // R0301 to R0399: running what was checked.
    // R0301 said that a declaration was checked and not run yet.
    /// `--set` of a param that is not declared.
    UNKNOWN_PARAM = "R0302", "unknown-param", Error;
    /// `--set` of a value of another type.
    PARAM_TYPE = "R0303", "param-type", Error;
    /// A festival in a year that the calendar does not reach.
    FESTIVAL_YEAR = "R0304", "festival-year", Error;
    /// A written number that is too large to count with.
    CONSTANT_TOO_LARGE = "R0305", "constant-too-large", Error;
    /// A product of rows with more decimals than can be added up.
    TOO_MANY_DECIMALS = "R0306", "too-many-decimals", Error;
    /// A question to a table of the project and to the kept one of its name that cannot be put to both.
    TABLES_APART = "R0307", "tables-apart", Error;
    /// Working days of a year of which nobody knows which are off.
    WORKDAYS_UNKNOWN = "R0308", "workdays-unknown", Warning;
}
