//! What a step that went wrong means for a mail.

use super::reply::Reply;
use crate::http::{Private, later};
use crate::{Delivery, Reason, Trouble, broken};
use std::io;

/// How words begin by which servers say that they do not take mail from us, whomever it is for.
const ASKED_OF_US: &[&str] = &["relay", "authenti", "unauthenti", "rcpthosts"];

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Connect,
    Greeting,
    Hello,
    Tls,
    Login,
    /// `MAIL FROM`: whether we may send at all.
    Sender,
    /// `RCPT TO`.
    Recipient,
    Data,
    /// The mail itself, which counts for nothing without its end.
    Body,
    /// The dot behind it, and the answer to that.
    End,
}

/// Why a mail was not handed over.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) step: Step,
    pub(super) cause: Cause,
}

/// What went wrong.
#[derive(Debug)]
pub(super) enum Cause {
    /// The connection broke, the time was over, or what came is no SMTP.
    Io(io::Error),
    /// The server said no.
    Answer(Reply),
    /// The server cannot do what the settings ask for.
    NotOffered(&'static str),
}

impl Failure {
    /// Whether a connection that had rested may just have been closed by the server, so that a new one may do better. Only
    /// where the mail was surely not taken.
    pub(super) fn is_stale(&self) -> bool {
        let closed = match &self.cause {
            Cause::Io(error) => error.kind() != io::ErrorKind::TimedOut,
            Cause::Answer(reply) => reply.code == 421,
            Cause::NotOffered(_) => false,
        };
        closed && self.step <= Step::Sender
    }

    /// What became of the mail. `private`: what the server may repeat and no reason may.
    pub(super) fn delivery(&self, private: &Private<'_>) -> Delivery {
        match &self.cause {
            Cause::Io(error) if self.step == Step::End => Delivery::Unknown(self.reason_of(error)),
            Cause::Io(error) if broken::of_tls(error).is_some_and(broken::is_untrusted) => {
                later(self.reason_of(error), Trouble::Settings)
            }
            Cause::Io(error) => later(self.reason_of(error), Trouble::Provider),
            Cause::NotOffered(what) => later(
                Reason::new("smtp", &format!("the server does not offer {what}"), &[]),
                Trouble::Settings,
            ),
            Cause::Answer(reply) => self.answered(reply, private),
        }
    }

    fn answered(&self, reply: &Reply, private: &Private<'_>) -> Delivery {
        let reason = reason(reply, private);
        let policy = reply.enhanced().is_some_and(|code| code.starts_with("4.7."));
        match self.step {
            _ if reply.code == 421 => later(reason, Trouble::Provider),
            Step::Connect | Step::Greeting | Step::Hello | Step::Tls => later(reason, Trouble::Provider),
            Step::Login | Step::Sender if reply.is(5) => later(reason, Trouble::Settings),
            Step::Login | Step::Sender => later(reason, Trouble::Provider),
            // To log in first is asked of us, not of whom we write to.
            _ if matches!(reply.code, 530 | 534 | 535 | 538) => later(reason, Trouble::Settings),
            Step::Recipient | Step::Data if reply.is(5) && is_asked_of_us(reply, &reason) => {
                later(reason, Trouble::Settings)
            }
            _ if reply.is(5) => Delivery::Refused(reason),
            _ if reply.is(4) && policy => later(reason, Trouble::Provider),
            _ if reply.is(4) => later(reason, Trouble::Message),
            // Neither yes nor no.
            Step::End => Delivery::Unknown(reason),
            _ => later(reason, Trouble::Provider),
        }
    }

    fn reason_of(&self, error: &io::Error) -> Reason {
        let code = match (error.kind(), self.step) {
            (io::ErrorKind::TimedOut, _) => "timeout",
            (io::ErrorKind::InvalidData, step) if step != Step::Tls => "garbage",
            (_, Step::Connect) if broken::is_look_up(error) => "dns",
            (_, Step::Connect) => "connect",
            (_, Step::Tls) => "tls",
            _ => "cut",
        };
        Reason::new(code, &broken::connection(error), &[])
    }
}

/// `smtp 550 5.1.1`, and what the server says behind it.
fn reason(reply: &Reply, private: &Private<'_>) -> Reason {
    let enhanced = reply.enhanced();
    let code =
        enhanced.map_or(format!("smtp {}", reply.code), |enhanced| format!("smtp {} {enhanced}", reply.code));
    let words = |line: &String| match enhanced {
        Some(enhanced) => line.strip_prefix(enhanced).unwrap_or(line).to_owned(),
        None => line.clone(),
    };
    let said: Vec<_> = reply.lines.iter().map(words).collect();
    private.reason(&code, &said.join(" "))
}

/// Whether the server wants a login, or does not pass on mail of ours, which it says of the address though it holds for all.
/// Where its finer code is about something else (RFC 3463), so are its words. Names of hosts are no words.
fn is_asked_of_us(reply: &Reply, reason: &Reason) -> bool {
    let policy =
        reply.enhanced().is_none_or(|code| ["5.5.", "5.7."].iter().any(|class| code.starts_with(class)));
    let text = reason.text.to_ascii_lowercase();
    let mut words =
        text.split_whitespace().map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()));
    let says =
        |word: &str| ASKED_OF_US.iter().any(|start| word.starts_with(start)) && !word.contains(['.', '@']);
    policy && words.any(says)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn becomes(step: Step, code: u16, text: &str) -> Delivery {
        let reply = Reply { code, lines: vec![text.to_owned()] };
        Failure { step, cause: Cause::Answer(reply) }
            .delivery(&Private::of(&[]).and_text("fang@shop.example"))
    }

    #[test]
    fn an_answer_means_what_the_step_makes_of_it() {
        use Trouble::{Message, Provider, Settings};
        let trouble = |step, code, text: &str| match becomes(step, code, text) {
            Delivery::Later { trouble, .. } => Some(trouble),
            _ => None,
        };
        for (step, code, text, wanted) in [
            (Step::Greeting, 554, "no", Provider),
            (Step::Login, 535, "5.7.8 bad", Settings),
            (Step::Login, 454, "4.7.0 later", Provider),
            (Step::Sender, 553, "not yours", Settings),
            (Step::Recipient, 450, "4.2.1 full", Message),
            (Step::Recipient, 451, "4.7.1 greylisted", Provider),
            (Step::Recipient, 421, "closing", Provider),
            (Step::Recipient, 530, "5.7.0 log in first", Settings),
            (Step::Recipient, 554, "5.7.1 <fang@shop.example>: Relay access denied", Settings),
            (Step::Recipient, 550, "5.7.1 Unable to relay", Settings),
            (Step::Recipient, 550, "relaying denied", Settings),
            (Step::Recipient, 553, "authentication is required", Settings),
            (Step::Recipient, 553, "not in my list of allowed rcpthosts (#5.7.1)", Settings),
            (Step::Recipient, 503, "5.5.4 Error: send AUTH first, authentication required", Settings),
            (Step::Data, 550, "5.7.1 Client was not authenticated", Settings),
            (Step::Data, 452, "4.3.1 full", Message),
            (Step::End, 451, "4.3.0 later", Message),
            (Step::End, 421, "closing", Provider),
        ] {
            assert_eq!(trouble(step, code, text), Some(wanted), "{step:?} {code}");
        }
        for (step, code, text) in [
            (Step::Recipient, 550, "no"),
            (Step::Recipient, 550, "5.1.1 no such user behind this relay"),
            (Step::Recipient, 550, "relay.example: host unknown"),
            (Step::Recipient, 554, "5.7.1 blocked"),
            (Step::Data, 554, "no"),
            (Step::End, 552, "no"),
            (Step::End, 554, "5.7.1 spam, says our relay"),
        ] {
            assert!(matches!(becomes(step, code, text), Delivery::Refused(_)), "{step:?} {code} {text}");
        }
        assert!(matches!(becomes(Step::End, 354, "go on"), Delivery::Unknown(_)));
    }

    #[test]
    fn a_reason_has_the_code_and_not_the_address() {
        let Delivery::Refused(reason) =
            becomes(Step::Recipient, 550, "5.1.1 <fang@shop.example>: no such user")
        else {
            panic!("it was refused")
        };
        assert_eq!((&*reason.code, &*reason.text), ("smtp 550 5.1.1", "<…>: no such user"));
    }
}
