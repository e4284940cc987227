//! Codes that the project hands out: the files of its pools.
//!
//! A file is a CSV file with a column `code` (or, without one, its first column is taken), or a text with one code a line.

use crate::diagnostics::{self, Result};
use csv::{ByteRecord, ReaderBuilder, Trim};
use rulec_diagnostic::Diagnostic;
use rulec_plan::Plan;
use rulec_plan::campaign::Pool;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;

/// What the column with the codes may be called.
const HEADINGS: [&str; 8] = ["code", "codes", "coupon_code", "券码", "优惠码", "优惠券码", "兑换码", "券号"];

/// How many characters a code may have: more would not fit into a message, and is most likely another column.
const LONGEST: usize = 64;

/// The codes of each pool of a project, in the order of its file; none twice, not even in two pools.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pools {
    pub(crate) codes: BTreeMap<String, Vec<Box<str>>>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BadCode {
    /// The code is missing.
    Empty,
    /// It has more than [`LONGEST`] characters.
    TooLong,
    /// It is no text in UTF-8.
    Unreadable,
    /// It stands in a line before.
    Twice,
    /// It stands in the file of this other pool.
    InPool(String),
}

impl Pools {
    /// Reads the files of all pools of a plan from the project's folder.
    ///
    /// # Errors
    /// `R0140` a file cannot be read, `R0141` it has codes that cannot be handed out; all of them.
    pub fn read(plan: &Plan, folder: &Path) -> Result<Pools, Vec<Diagnostic>> {
        let mut pools = Pools::default();
        let mut owners = HashMap::new();
        let mut wrong = Vec::new();
        for (number, pool) in plan.pools.iter().enumerate() {
            match read(pool, folder) {
                Ok(lines) => {
                    let (codes, bad) = sort_out(&plan.pools, number, lines, &mut owners);
                    wrong.extend(bad.iter().map(|(what, lines)| *diagnostics::bad_codes(pool, what, lines)));
                    pools.codes.insert(pool.name.clone(), codes);
                }
                Err(error) => wrong.push(*error),
            }
        }
        if wrong.is_empty() { Ok(pools) } else { Err(wrong) }
    }
}

/// A code, or what it is instead, with its line.
type Numbered = (u64, Result<Box<str>, BadCode>);

fn read(pool: &Pool, folder: &Path) -> Result<Vec<Numbered>> {
    let failed = |error: &std::io::Error| diagnostics::unreadable_pool(pool, error);
    let file = File::open(folder.join(&pool.file)).map_err(|error| failed(&error))?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(file);
    let mut record = ByteRecord::new();
    let mut column = 0;
    let mut codes = Vec::new();
    let mut first = true;
    while reader.read_byte_record(&mut record).map_err(|error| failed(&error.into()))? {
        if std::mem::take(&mut first)
            && let Some(heading) = record.iter().position(is_heading)
        {
            column = heading;
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        codes.push((line, code(record.get(column).unwrap_or_default())));
    }
    Ok(codes)
}

fn is_heading(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(|cell| HEADINGS.contains(&cell.to_lowercase().as_str()))
}

fn code(cell: &[u8]) -> Result<Box<str>, BadCode> {
    let code = std::str::from_utf8(cell).map_err(|_| BadCode::Unreadable)?.trim();
    match code.chars().count() {
        0 => Err(BadCode::Empty),
        length if length > LONGEST => Err(BadCode::TooLong),
        _ => Ok(code.into()),
    }
}

/// The codes that can be handed out, and the lines of those that cannot, by what is wrong with them. `owners`: which pool
/// has which code so far.
fn sort_out(
    pools: &[Pool],
    number: usize,
    lines: Vec<Numbered>,
    owners: &mut HashMap<Box<str>, usize>,
) -> (Vec<Box<str>>, BTreeMap<BadCode, Vec<u64>>) {
    let mut codes = Vec::with_capacity(lines.len());
    let mut bad: BTreeMap<BadCode, Vec<u64>> = BTreeMap::new();
    for (line, code) in lines {
        let checked = code.and_then(|code| match owners.get(&code) {
            None => Ok(code),
            Some(owner) if *owner == number => Err(BadCode::Twice),
            Some(owner) => Err(BadCode::InPool(pools[*owner].name.clone())),
        });
        match checked {
            Ok(code) => {
                owners.insert(code.clone(), number);
                codes.push(code);
            }
            Err(what) => bad.entry(what).or_default().push(line),
        }
    }
    (codes, bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Folder, World};

    /// Reads one pool with this file.
    fn read_text(text: &[u8]) -> Result<Vec<String>, Vec<Diagnostic>> {
        let folder = Folder::new();
        std::fs::write(folder.join("codes.csv"), text).unwrap();
        let mut plan = World::new(0).plan;
        plan.pools = vec![Pool { name: "春节".to_owned(), file: "codes.csv".to_owned() }];
        let pools = Pools::read(&plan, folder.path())?;
        Ok(pools.codes["春节"].iter().map(|code| code.to_string()).collect())
    }

    #[test]
    fn a_file_is_a_table_or_one_code_a_line() {
        for text in [
            "A1\nB2\n",
            "code\nA1\nB2",
            "\u{feff}Code,批次\r\nA1,x\r\nB2,x\r\n",
            "批次,券码\nx,A1\ny,B2\n",
            "A1,x\nB2,y\n",
            "\n A1 \n\nB2\n\n",
        ] {
            assert_eq!(read_text(text.as_bytes()).unwrap(), ["A1", "B2"], "{text}");
        }
        assert!(read_text(b"").unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_handed_out_is_named_with_its_lines() {
        let long = "9".repeat(65);
        let text = format!("code,n\nA1,1\n,2\nA1,3\n{long},4\nB2,5\nA1,6\n");
        let found = read_text(text.as_bytes()).unwrap_err();
        let said: Vec<_> = found.iter().map(|one| (one.code.name(), one.message.en.as_str())).collect();
        assert_eq!(
            said,
            [
                ("R0141", "pool `春节`: line 3 of `codes.csv` has no code"),
                ("R0141", "pool `春节`: line 5 of `codes.csv` has a code of more than 64 characters"),
                ("R0141", "pool `春节`: lines 4, 7 of `codes.csv` repeat codes of lines before"),
            ]
        );
        assert_eq!(read_text(b"A1\n\xff\n").unwrap_err()[0].code.name(), "R0141");
    }

    #[test]
    fn no_code_belongs_to_two_pools() {
        let folder = Folder::new();
        std::fs::write(folder.join("a"), "A1\nA2\n").unwrap();
        std::fs::write(folder.join("b"), "B1\nA2\n").unwrap();
        let mut plan = World::new(0).plan;
        let pool = |name: &str| Pool { name: name.to_owned(), file: name.to_owned() };
        plan.pools = vec![pool("a"), pool("b"), pool("gone")];
        let codes: Vec<_> =
            Pools::read(&plan, folder.path()).unwrap_err().iter().map(|one| one.code.name()).collect();
        assert_eq!(codes, ["R0141", "R0140"]);
    }
}
