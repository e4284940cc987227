//! SQL text, put together here and nowhere else. Identifiers are quoted; the only foreign SQL is what the project file
//! calls `where` and `query`.

use crate::source::Request;
use rulec_plan::project::Source;

/// A name in double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What stands behind `FROM`. A line break ends a comment that a query may end with.
pub(super) fn from_clause(source: &Source) -> String {
    match source {
        Source::Table(name) => quoted(name),
        Source::Query(sql) => format!("(\n{}\n)", without_semicolon(sql)),
        Source::Kept(kept) => quoted(kept.name()),
    }
}

/// A query without the semicolons at its end, which a person may well have written.
pub(super) fn without_semicolon(sql: &str) -> &str {
    sql.trim_end_matches(|c: char| c == ';' || c.is_whitespace())
}

/// One condition as an expression that is 1, 0, never NULL.
pub(super) fn condition(sql: &str) -> String {
    format!("((\n{sql}\n) IS TRUE)")
}

/// Whether the statement itself leaves out rows that fulfil no filter. Several filters are answered once, in what is
/// selected; only where rows are counted must they be asked before.
fn drops_unfiltered(request: &Request<'_>) -> bool {
    request.only_filtered && (request.filters.len() == 1 || request.at_most.is_some())
}

/// Whether a row that the statement gives fulfils the only filter, which then is not selected.
pub(super) fn passes_by_being_there(request: &Request<'_>) -> bool {
    drops_unfiltered(request) && request.filters.len() == 1
}

/// The statement that reads what is asked for: columns, then filters. `?1` is the bound of time; with the name of the
/// rowid, `?2` and `?3` are the first and the last row. A function `take` gets all that of each row instead, and there is a
/// row where it is true.
pub(super) fn select(request: &Request<'_>, rowid: Option<&str>, take: Option<&str>) -> String {
    let columns = request.columns.iter().map(|name| quoted(name));
    let filters: Vec<String> = request.filters.iter().map(|filter| condition(filter.sql)).collect();
    let mut conditions = Vec::new();
    if let Some(bound) = request.not_before {
        // The plus takes the column's affinity away: numbers compare as numbers, and texts, which are greater than all
        // numbers, are read and reported. It also keeps SQLite from walking an index instead of the table.
        conditions.push(format!("+{} >= ?1", quoted(request.columns[bound.column])));
    }
    conditions.extend(rowid.map(|rowid| format!("{rowid} BETWEEN ?2 AND ?3")));
    if drops_unfiltered(request) {
        conditions.push(format!("({})", filters.join(" OR ")));
    }
    let answers = filters.into_iter().filter(|_| !passes_by_being_there(request));
    let mut selected: Vec<String> = columns.chain(answers).collect();
    if selected.is_empty() {
        selected.push("1".to_owned());
    }
    let mut selected = selected.join(", ");
    if let Some(take) = take {
        let taken = format!("{take}({selected})");
        // CASE, unlike AND, says in which order.
        let lazily = |conditions: &str| format!("CASE WHEN {conditions} THEN {taken} END");
        let taken = if conditions.is_empty() { taken.clone() } else { lazily(&conditions.join(" AND ")) };
        conditions = vec![taken];
        selected = "1".to_owned();
    }
    let mut sql = format!("SELECT {selected} FROM {}", from_clause(request.source));
    if !conditions.is_empty() {
        sql.push_str(" WHERE ");
        sql.push_str(&conditions.join(" AND "));
    }
    if let Some(rows) = request.at_most {
        sql.push_str(&format!(" LIMIT {rows}"));
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Filter, NotBefore};

    #[test]
    fn names_are_quoted_and_filters_closed_off() {
        let source = Source::Table("or\"ders".to_owned());
        let filters = [Filter { section: "events.orders", sql: "status = 'paid' -- only these" }];
        let request = Request {
            source: &source,
            section: "events.orders",
            columns: &["id", "at"],
            filters: &filters,
            only_filtered: true,
            not_before: Some(NotBefore { column: 1, bound: 7 }),
            at_most: Some(9),
        };
        let filter = "((\nstatus = 'paid' -- only these\n) IS TRUE)";
        let expected =
            format!("SELECT \"id\", \"at\" FROM \"or\"\"ders\" WHERE +\"at\" >= ?1 AND ({filter}) LIMIT 9");
        assert_eq!(select(&request, None, None), expected);
    }

    #[test]
    fn rows_are_taken_only_where_all_conditions_hold() {
        let source = Source::Table("orders".to_owned());
        let bound = Some(NotBefore { column: 0, bound: 7 });
        let all = Request {
            source: &source,
            section: "events.orders",
            columns: &["at"],
            filters: &[],
            only_filtered: false,
            not_before: None,
            at_most: None,
        };
        assert_eq!(select(&all, None, Some("take")), "SELECT 1 FROM \"orders\" WHERE take(\"at\")");
        let some = Request { not_before: bound, ..all };
        let expected = "SELECT 1 FROM \"orders\" WHERE CASE WHEN +\"at\" >= ?1 AND rowid BETWEEN ?2 AND ?3 \
                        THEN take(\"at\") END";
        assert_eq!(select(&some, Some("rowid"), Some("take")), expected);
    }
}
