//! How handing over a message went.

use std::fmt;
use std::time::Duration;

/// How handing over a message went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The other side has it. `id`: how it names the message, if it says so.
    Taken {
        /// Such as a message id of the provider.
        id: Option<String>,
    },
    /// The other side will not take this message, now or later: a number that is none, a text that it forbids.
    Refused(Reason),
    /// The message was not taken, and may be later; or the other side takes each key once, so it may be handed over again.
    Later {
        /// Why not.
        reason: Reason,
        /// Not before so long, as the other side wishes.
        after: Option<Duration>,
        /// Whose trouble it is.
        trouble: Trouble,
        /// Whether it may have been taken all the same; only where the other side takes each key once.
        maybe: bool,
    },
    /// Nobody knows whether the message was taken: the connection broke, or no answer came in time, after it was handed over.
    Unknown(Reason),
}

/// Whose trouble it is that a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Of this message only: others may do better.
    Message,
    /// The other side is down or overloaded: others will not do better now.
    Provider,
    /// The other side does not let us in, or the settings are wrong: nothing will do better until a person acts.
    Settings,
}

/// Why a message was not taken. Holds neither address nor text of a message, nor any secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// A short code: of the provider (`isv.BUSINESS_LIMIT_CONTROL`), `http 503`, `smtp 550 5.1.1`, `timeout`.
    pub code: String,
    /// What the other side said about it, if anything, in at most 200 characters without control characters.
    pub text: String,
}

impl Reason {
    /// With this code, and what the other side said. Wherever that repeats one of `private`, in capital letters or small ones,
    /// `…` stands instead; what is shorter than four characters is left, as it would tear words apart.
    pub fn new(code: impl Into<String>, said: &str, private: &[&str]) -> Reason {
        let mut text: String =
            said.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        for one in private.iter().filter(|one| one.chars().count() >= 4) {
            text = masked(&text, one);
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Reason { code: code.into(), text: text.chars().take(200).collect() }
    }
}

impl fmt::Display for Reason {
    /// `http 503: overloaded`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if self.text.is_empty() { Ok(()) } else { write!(f, ": {}", self.text) }
    }
}

/// The text with `…` wherever this stands in it, in capital letters or small ones.
fn masked(text: &str, private: &str) -> String {
    let private: Vec<_> = private.chars().map(folded).collect();
    let letters: Vec<_> = text.chars().collect();
    let (mut masked, mut rest) = (String::with_capacity(text.len()), letters.as_slice());
    while let [first, behind @ ..] = rest {
        let here = rest.get(..private.len());
        if here.is_some_and(|here| here.iter().map(|letter| folded(*letter)).eq(private.iter().copied())) {
            masked.push('…');
            rest = &rest[private.len()..];
        } else {
            masked.push(*first);
            rest = behind;
        }
    }
    masked
}

/// The same for a letter and its capital.
fn folded(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}
