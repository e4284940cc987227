//! What the tests of all channels share.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use crate::{Channel, Delivery, Message, Outside};
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::{self, ChannelKind, Escape, InQuiet};
use rulec_plan::time::{Clock, Instant};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;

/// 2026-11-21T12:00:00Z.
pub(crate) const NOON: i64 = 1_795_262_400;

/// The secret that every environment variable of the tests but `UNSET` holds.
pub(crate) const SECRET: &str = "s3cr3t-of-tests";

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Instant {
        Instant(NOON * 1_000_000)
    }
}

/// At noon, with every environment variable but `UNSET`.
pub(crate) fn outside() -> Outside {
    Outside {
        folder: std::env::temp_dir(),
        outbox: std::env::temp_dir(),
        env: |name| (name != "UNSET").then(|| SECRET.to_owned()),
        clock: Arc::new(Noon),
    }
}

/// A channel of the project file with these settings.
pub(crate) fn described(kind: ChannelKind, settings: &[(&str, &str)]) -> project::Channel {
    project::Channel {
        kind,
        address: None,
        price_micros: 0,
        rate: None,
        quiet: None,
        in_quiet: InQuiet::Hold,
        sms_parts: false,
        escape: Escape::None,
        group: false,
        settings: settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    }
}

/// The channel `x`, or what keeps it from working.
pub(crate) fn opened(
    kind: ChannelKind,
    settings: &[(&str, &str)],
) -> Result<Box<dyn Channel>, Box<Diagnostic>> {
    crate::open("x", &described(kind, settings), &outside())
}

/// A message to an address.
pub(crate) fn message(to: &str, text: &str) -> Message {
    keyed("00112233445566778899aabbccddeeff", to, text)
}

/// A message with a key.
pub(crate) fn keyed(key: &str, to: &str, text: &str) -> Message {
    let payload = serde_json::json!({
        "key": key, "channel": "x", "to": to, "message": text, "offers": [], "code": "C0DE-1", "ttl": "15d",
        "offer_ends": "2026-12-06", "send_at": "2026-11-21T20:00:00+08:00", "customer": "7", "rule": "r", "plan": "p"
    });
    Message { key: key.to_owned(), payload: payload.to_string(), again: false }
}

/// A file for its owner alone.
pub(crate) fn write_secret(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// What becomes of one message.
pub(crate) fn sent(channel: &dyn Channel, message: &Message) -> Delivery {
    let mut sender = channel.sender().unwrap();
    sender.send(std::slice::from_ref(message)).pop().unwrap()
}

/// A certificate of `localhost` in PEM, and a server that has it.
pub(crate) fn certified() -> (String, Arc<ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (made.cert.pem(), Arc::new(config))
}
