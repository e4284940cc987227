//! Names: what a word refers to.

codes! {
    /// A word that is no fact, definition or segment.
    UNKNOWN_FACT = "N0001", "unknown-fact", Error;
    /// Two names and a Chinese keyword, read as one name.
    GLUED = "N0002", "glued-names", Error;
    /// An aggregate over something that is no event table.
    UNKNOWN_EVENT = "N0003", "unknown-event-table", Error;
    /// A fact that an event table or outside data has not.
    UNKNOWN_EVENT_FACT = "N0004", "unknown-event-fact", Error;
    /// A channel that the project file does not name.
    UNKNOWN_CHANNEL = "N0005", "unknown-channel", Error;
    /// A template that is not declared.
    UNKNOWN_TEMPLATE = "N0006", "unknown-template", Error;
    /// Two declarations of one name.
    DECLARED_TWICE = "N0007", "declared-twice", Error;
    /// A declaration with the name of a fact of the project file.
    ALSO_A_FACT = "N0008", "also-a-fact", Error;
    /// The same thing said twice in one place.
    SAID_TWICE = "N0009", "said-twice", Error;
    /// A definition that rests on itself.
    CIRCULAR = "N0010", "circular-definition", Error;
    /// A function that does not exist.
    UNKNOWN_FUNCTION = "N0011", "unknown-function", Error;
    /// A class that a tier has not.
    UNKNOWN_CLASS = "N0012", "unknown-class", Error;
    /// A tier, or outside data, used as if it were one value.
    TIER_WITHOUT_CLASS = "N0013", "tier-without-class", Error;
    /// A dot after something that has no parts.
    NO_MEMBERS = "N0014", "no-parts", Error;
    /// A pack or file that is not there.
    UNKNOWN_PACK = "N0015", "unknown-pack", Error;
    /// A placeholder that messages do not know.
    UNKNOWN_FIELD = "N0016", "unknown-field", Error;
    /// A pool of codes that is not declared.
    UNKNOWN_POOL = "N0017", "unknown-pool", Error;
    /// A festival that the calendar does not know.
    UNKNOWN_FESTIVAL = "N0018", "unknown-festival", Error;
    /// A test that expects a rule that there is not.
    UNKNOWN_RULE = "N0019", "unknown-rule", Error;
    /// Outside data that the project file does not describe.
    UNKNOWN_LOOKUP = "N0020", "unknown-outside-data", Error;
    /// `enters` or `leaves` of something that is no segment.
    NOT_A_SEGMENT = "N0021", "not-a-segment", Error;
    /// An event table used as if it were one value.
    EVENT_AS_VALUE = "N0022", "event-as-value", Error;
    /// Consent to a channel for which the project file names no fact.
    NO_CONSENT_FACT = "N0023", "no-consent-fact", Error;
    /// A name of the prelude or a pack whose data the project has not.
    LACKING = "N0024", "lacking-data", Error;
    /// A way to write a value that its type does not have.
    UNKNOWN_FORMAT = "N0025", "unknown-format", Error;
}
