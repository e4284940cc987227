//! Heads: where the chain stood after a run, in one line that can be kept outside: in another repository, on paper, in a
//! mail to oneself. Whoever has one can prove later that nothing before it was changed.

use super::diagnostics;
use super::verify::OutsideHead;
use crate::approval::{PublicKey, SecretKey};
use crate::diagnostics::Result;
use crate::hash::hex;
use crate::state::State;
use rulec_plan::time::{Instant, Zone};
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What every line calls the format.
const FORMAT: &str = "rulec-audit-head";
/// The version that is written.
const VERSION: u32 = 1;
/// Stands before what is signed, so that no signature made for another purpose passes for one of a head.
const PREFIX: &[u8] = b"rulec-audit-head\0";

/// What some editors put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// No head is longer in bytes.
const LONGEST: usize = 16 << 10;

/// Where the chain stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// `rulec-audit-head`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// The project's name.
    pub project: String,
    /// The plan whose decisions end here; null after sending.
    pub plan: Option<String>,
    /// How many records there were.
    pub seq: i64,
    /// The hash of the last of them: 64 hex digits.
    pub hash: String,
    /// When that was recorded, RFC 3339.
    pub at: String,
    /// Who signed, in their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A head as it is kept: with a signature, or without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptHead {
    /// The head.
    pub head: Head,
    /// The public key of who signed it: 64 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Ed25519 of [`PREFIX`] and the JSON of `head`: 128 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// Whose signature a head bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// Nobody's.
    Not,
    /// Of this key.
    By(PublicKey),
    /// None that fits what the head says.
    Wrongly,
}

impl KeptHead {
    /// Without a signature.
    pub fn new(head: Head) -> KeptHead {
        KeptHead { head, key: None, signature: None }
    }

    /// Signed with a key, in this name.
    pub fn signed(head: Head, key: &SecretKey, by: Option<&str>) -> KeptHead {
        let head = Head { by: by.map(str::to_owned), ..head };
        let signature = key.sign_bytes(&message(&head));
        KeptHead { head, key: Some(key.public().to_string()), signature: Some(signature) }
    }

    /// As it was written, though somebody may have copied its hex digits in capitals.
    ///
    /// # Errors
    /// What of it is nothing that a head of this version has.
    fn checked(mut self) -> Result<KeptHead, Flaw> {
        if self.head.format != FORMAT || self.head.seq <= 0 {
            return Err(Flaw::NoHead);
        }
        if self.head.version != VERSION {
            return Err(Flaw::Version(self.head.version));
        }
        let head = [(&mut self.head.hash, "hash", 64)];
        let signed = [(self.key.as_mut(), "key", 64), (self.signature.as_mut(), "signature", 128)];
        let signed = signed.into_iter().filter_map(|(text, name, digits)| Some((text?, name, digits)));
        for (text, name, digits) in head.into_iter().chain(signed) {
            text.make_ascii_lowercase();
            if text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(Flaw::Digits(name, digits));
            }
        }
        if let Some(plan) = &mut self.head.plan {
            plan.make_ascii_lowercase();
        }
        Ok(self)
    }

    /// Whose signature it bears. That says nothing of whom the key belongs to.
    pub fn signer(&self) -> Signed {
        match (&self.key, &self.signature) {
            (None, None) => Signed::Not,
            (Some(key), Some(signature)) => match PublicKey::parse(key) {
                Some(key) if key.verifies_bytes(&message(&self.head), signature) => Signed::By(key),
                _ => Signed::Wrongly,
            },
            _ => Signed::Wrongly,
        }
    }
}

/// Why a line is no head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It is something else, or not whole.
    NoHead,
    /// It is of a version that is not known.
    Version(u32),
    /// The text of this name has not so many hex digits.
    Digits(&'static str, usize),
}

/// The heads of a file, in its order.
///
/// # Errors
/// `R0227`: it cannot be read, or one of its lines is no head of this version.
pub fn read(path: &Path) -> Result<Vec<KeptHead>> {
    let text = std::fs::read_to_string(path).map_err(|error| diagnostics::unreadable_heads(path, &error))?;
    parse(&path.display().to_string(), &text)
}

/// The heads in a text of this name, in its order. A head that was typed in from paper may stand on several lines.
///
/// # Errors
/// `R0227`: one of its lines is no head of this version.
pub fn parse(name: &str, text: &str) -> Result<Vec<KeptHead>> {
    let mut heads = Vec::new();
    let mut begun: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let (first, mut written) = begun.take().unwrap_or((number, String::new()));
        written.push_str(line);
        match serde_json::from_str::<KeptHead>(&written) {
            Ok(kept) => {
                heads.push(kept.checked().map_err(|flaw| diagnostics::no_head(name, first, flaw))?);
            }
            Err(error) if error.is_eof() && written.len() < LONGEST => begun = Some((first, written)),
            Err(_) => return Err(diagnostics::no_head(name, first, Flaw::NoHead)),
        }
    }
    match begun {
        Some((first, _)) => Err(diagnostics::no_head(name, first, Flaw::NoHead)),
        None => Ok(heads),
    }
}

/// Takes a head that was kept outside under this name for what it is, if it is one of this project and, where signers are
/// given, one of them signed it.
///
/// # Errors
/// `R0228`: nobody signed it who should have, or the signature is of something else. `R0226`: it is of another project.
pub fn accept(kept: &KeptHead, name: &str, project: &str, signers: &[PublicKey]) -> Result<OutsideHead> {
    match kept.signer() {
        Signed::Wrongly => return Err(diagnostics::wrong_signature(name)),
        Signed::Not if !signers.is_empty() => return Err(diagnostics::not_signed(name)),
        Signed::By(key) if !signers.is_empty() && !signers.contains(&key) => {
            return Err(diagnostics::stranger(name, &key.to_string()));
        }
        Signed::Not | Signed::By(_) => {}
    }
    if kept.head.project != project {
        return Err(diagnostics::head_of_another_project(name, &kept.head.project, project));
    }
    Ok(OutsideHead { name: name.to_owned(), head: kept.head.clone() })
}

/// The heads that are kept, oldest first; after the last of them where the chain stands now, if it goes on.
///
/// # Errors
/// `R0106`.
pub fn heads(state: &State, project: &str, zone: Zone) -> Result<Vec<Head>> {
    state.read(|connection| {
        let mut query = connection.prepare(
            "SELECT heads.seq, heads.hash, audit.at, plan FROM heads JOIN audit ON audit.seq = heads.seq
                LEFT JOIN runs ON runs.seq = heads.run
             UNION ALL SELECT tip.count, tip.hash, audit.at, NULL FROM tip JOIN audit ON audit.seq = tip.count
                WHERE NOT EXISTS (SELECT 1 FROM heads WHERE heads.seq = tip.count)
             ORDER BY 1",
        )?;
        let rows = query.query_map([], |row| head(row, project, zone))?;
        rows.collect()
    })
}

fn head(row: &Row<'_>, project: &str, zone: Zone) -> rusqlite::Result<Head> {
    Ok(Head {
        format: FORMAT.to_owned(),
        version: VERSION,
        project: project.to_owned(),
        plan: row.get(3)?,
        seq: row.get(0)?,
        hash: hex(&row.get::<_, [u8; 32]>(1)?),
        at: Instant(row.get(2)?).to_rfc3339(zone),
        by: None,
    })
}

fn message(head: &Head) -> Vec<u8> {
    // Texts and whole numbers only: that they cannot be written as JSON does not happen, and an empty text fits no
    // signature that was made.
    let json = serde_json::to_vec(head).unwrap_or_default();
    [PREFIX, &json].concat()
}
