//! Lints: legal, but hardly meant.

codes! {
    /// A coupon that never expires.
    COUPON_WITHOUT_TTL = "L0001", "coupon-without-ttl", Warning;
    /// An expiry without anything that expires.
    TTL_WITHOUT_OFFER = "L0002", "ttl-without-offer", Warning;
    /// A coupon that gives the goods away.
    DISCOUNT_NOT_BELOW_THRESHOLD = "L0003", "discount-not-below-threshold", Error;
    /// Values between two classes of a tier.
    TIER_GAP = "L0004", "tier-gap", Warning;
    /// Two classes of a tier that share values.
    TIER_OVERLAP = "L0005", "tier-overlap", Error;
    /// A test, which this version checks and does not run.
    TEST_NOT_RUN = "L0006", "test-not-run", Warning;
    /// An `# allow` that does not say why.
    ALLOWED_WITHOUT_REASON = "L0007", "allowed-without-reason", Warning;
    /// An `# allow` of something that is no lint.
    ALLOWS_NO_LINT = "L0008", "allows-no-lint", Warning;
    /// A further rule without a name in a file.
    RULE_WITHOUT_NAME = "L0009", "rule-without-name", Warning;
}
