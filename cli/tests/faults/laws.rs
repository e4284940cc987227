//! What must hold once everything has come to rest.

use crate::ground::{Ground, Way, phone};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// A row of the outbox.
#[derive(Debug)]
struct Row {
    key: String,
    customer: String,
    channel: String,
    status: String,
    run: i64,
}

impl Row {
    /// Whether it counts where something is limited.
    fn counts(&self) -> bool {
        self.status != "withheld"
    }
}

impl Ground<'_> {
    /// Nothing is lost, nothing doubled, nothing given away twice, and the audit holds.
    pub fn check(&self) {
        let rows = self.rows_of_the_outbox();
        for way in &self.ways {
            self.check_way(*way, &rows);
        }
        let tags = self.lines("tags");
        let are: Vec<&Row> = rows.iter().filter(|row| row.channel == "tags").collect();
        assert!(are.iter().all(|row| row.status == "sent"), "{are:?}");
        assert_eq!(tags.len(), are.len(), "each tag is in the file once");
        self.check_limit(&rows);
        self.check_codes();
        let verified = self.shop.run(&["audit", "verify"]);
        assert!(
            verified.code == Some(0) && verified.out.contains("each follows from the one before"),
            "{verified}"
        );
        self.check_audit();
    }

    fn state(&self) -> Connection {
        Connection::open(self.shop.path(".rulec/state.db")).unwrap()
    }

    fn rows_of_the_outbox(&self) -> Vec<Row> {
        let state = self.state();
        let query = "SELECT lower(hex(key)), customer, channels.name, status, run FROM outbox
            JOIN people ON people.id = person JOIN channels ON channels.id = channel";
        let mut query = state.prepare(query).unwrap();
        let rows = query.query_map([], |row| {
            let (key, customer, channel) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Row { key, customer, channel, status: row.get(3)?, run: row.get(4)? })
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// What was delivered is what the state says, and everyone got what was planned for them.
    fn check_way(&self, way: Way, rows: &[Row]) {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.channel == way.channel()).collect();
        let is_coded = self.ways[0] == way;
        let planned = if is_coded { self.customers.min(self.codes) } else { self.customers };
        assert_eq!(
            rows.iter().filter(|row| row.run == 1).count(),
            planned,
            "all that was planned is recorded"
        );
        if way == Way::Sms {
            self.wait_for_texts(rows.iter().filter(|row| row.status == "sent").count());
        }
        let delivered = self.delivered(way);
        let mut known = BTreeMap::new();
        for row in &rows {
            let name = self.name_of(way, row);
            let times: u64 = delivered.get(&name).copied().unwrap_or(0);
            match row.status.as_str() {
                // All texts to a number look the same.
                _ if way == Way::Sms => {}
                "sent" => assert_eq!(times, 1, "{way:?} {row:?} is said to be sent"),
                "dead" | "withheld" => assert_eq!(times, 0, "{way:?} {row:?} arrived all the same"),
                "doubt" => {
                    assert!(times <= 1, "{way:?} {row:?} arrived {times} times");
                    // A web service may refuse what it has taken already.
                    let may_be_asked_again = way.honours_keys() && !way.is_hook();
                    assert!(!may_be_asked_again, "{way:?} {row:?} could have been asked for again");
                }
                other => panic!("{way:?} {row:?} is left {other}"),
            }
            let (sent, at_most): &mut (u64, u64) = known.entry(name).or_default();
            *sent += u64::from(row.status == "sent");
            *at_most += u64::from(matches!(&*row.status, "sent" | "doubt"));
        }
        for (name, times) in delivered {
            let (sent, at_most) = known.remove(&name).unwrap_or_default();
            assert!(
                (sent..=at_most).contains(&times),
                "{way:?} {name}: {sent} to {at_most} expected, {times} came"
            );
        }
        assert!(known.values().all(|(sent, _)| *sent == 0), "{way:?}: never came: {known:?}");
    }

    fn name_of(&self, way: Way, row: &Row) -> String {
        match way {
            Way::Sms => phone(self.seed, row.customer.parse().unwrap()),
            _ => row.key.clone(),
        }
    }

    /// Nobody has more than one message that counts by the channel with a limit.
    fn check_limit(&self, rows: &[Row]) {
        let mut by_customer = BTreeMap::<&str, u64>::new();
        for row in rows.iter().filter(|row| row.channel == self.ways[0].channel() && row.counts()) {
            *by_customer.entry(&row.customer).or_default() += 1;
        }
        assert!(by_customer.values().all(|times| *times <= 1), "{by_customer:?}");
    }

    /// Each message that counts has a code of its own, and no other message has one.
    fn check_codes(&self) {
        let number = |query: &str| -> i64 {
            self.state().query_row(query, [self.ways[0].channel()], |row| row.get(0)).unwrap()
        };
        let counting = "SELECT count(*) FROM outbox JOIN channels ON channels.id = channel
            WHERE name = ?1 AND status NOT IN ('withheld', 'discarded')";
        let taken = "FROM codes JOIN outbox ON seq = message JOIN channels ON channels.id = channel
            WHERE name = ?1 AND released_at IS NULL AND status NOT IN ('withheld', 'discarded')";
        let messages = number(counting);
        assert_eq!(messages, number(&format!("SELECT count(*) {taken}")), "messages and codes");
        assert_eq!(messages, number(&format!("SELECT count(DISTINCT code) {taken}")), "codes are unique");
        let all = "SELECT count(*) FROM codes WHERE released_at IS NULL AND ?1 != ''";
        assert_eq!(messages, number(all), "who gets nothing keeps no code");
    }

    /// How each message ended is in the audit, and there are no payloads of what nobody needs any more.
    fn check_audit(&self) {
        let state = self.state();
        let untold = "SELECT count(*) FROM outbox WHERE NOT EXISTS (
            SELECT 1 FROM audit JOIN causes ON causes.id = cause WHERE message = outbox.seq AND kind = status)";
        let kept =
            "SELECT count(*) FROM payloads JOIN outbox USING (seq) WHERE status NOT IN ('dead', 'doubt')";
        for query in [untold, kept] {
            let many: i64 = state.query_row(query, [], |row| row.get(0)).unwrap();
            assert_eq!(many, 0, "{query}");
        }
    }
}
