//! The contract between compiler and runtime: what a project says about its data, and what its rules mean in terms of it.
//!
//! | what | file |
//! | --- | --- |
//! | instants, days, zones, calendar arithmetic | [`time`] |
//! | the project file as the other stages see it | [`project`] |
//! | who is asked for: an algebra over one customer table and its event tables | [`audience`] |
//! | what is done with them: rules, offers, messages | [`rules`] |
//! | what stands around rules: campaigns, limits, experiments, pools | [`campaign`] |
//! | how each customer and rule ends | [`verdict`] |
//! | conditions in parts, to explain a verdict | [`reasons`] |
//! | how settings of channels are written | [`outlet`] |
//! | texts that no spreadsheet takes for formulas | [`cell`] |
//! | texts of channels' settings with places for what a message says | [`template`] |
//!
//! Nothing here reads a file, a clock or a database.

pub mod audience;
pub mod campaign;
pub mod cell;
pub mod outlet;
pub mod project;
pub mod reasons;
pub mod rules;
pub mod template;
pub mod time;
pub mod verdict;

/// Everything that a run needs to know: the compiled rules of one project at one instant.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Plan {
    /// The instant of the run; what happened after it is invisible.
    pub as_of: time::Instant,
    /// The project's zone.
    pub zone: time::Zone,
    /// Who.
    pub audience: audience::Audience,
    /// The text node with each customer's own zone, an IANA name; where it is missing, or no zone, the project's holds.
    pub customer_zone: Option<audience::NodeId>,
    /// The Bool nodes with the consents of customers to channels, by channel; a channel without one needs none.
    pub consents: indexmap::IndexMap<String, audience::NodeId>,
    /// The campaigns, in the order of the files.
    pub campaigns: Vec<campaign::Campaign>,
    /// What is done with them, in the order of the files.
    pub rules: Vec<rules::Rule>,
    /// What is not sent, and why.
    pub suppressions: Vec<rules::Suppression>,
    /// What no rule may do, in the order of the files.
    pub prohibitions: Vec<rules::Prohibition>,
    /// How much is not sent, in the order of the files.
    pub limits: Vec<campaign::Limit>,
    /// Where codes come from, in the order of the files.
    pub pools: Vec<campaign::Pool>,
    /// Segments whose members are recorded, by name.
    pub memberships: Vec<campaign::Membership>,
    /// SHA-256 over all rule texts, lower-case hex.
    pub rules_hash: String,
}

impl Plan {
    /// A plan without rules.
    pub fn of_audience(
        as_of: time::Instant,
        zone: time::Zone,
        audience: audience::Audience,
        rules_hash: String,
    ) -> Plan {
        Plan {
            as_of,
            zone,
            audience,
            customer_zone: None,
            consents: indexmap::IndexMap::new(),
            campaigns: Vec::new(),
            rules: Vec::new(),
            suppressions: Vec::new(),
            prohibitions: Vec::new(),
            limits: Vec::new(),
            pools: Vec::new(),
            memberships: Vec::new(),
            rules_hash,
        }
    }

    /// The campaign of this name.
    pub fn campaign(&self, name: &str) -> Option<&campaign::Campaign> {
        self.campaigns.iter().find(|campaign| campaign.name == name)
    }
}
