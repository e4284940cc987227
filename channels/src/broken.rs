//! Why a connection could not be made, or broke, in a few plain words.

use rustls::{CertificateError, Error as TlsError};
use std::io::{self, ErrorKind};

/// How what the system says begins if it cannot look up a name; it has no kind of its own.
const LOOK_UP: &str = "failed to lookup address";

/// The error of an encryption that did not come about, if it is one.
pub(crate) fn of_tls(error: &io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}

/// Whether the other side has no certificate by which it could be trusted. That does not pass by itself.
pub(crate) fn is_untrusted(error: &TlsError) -> bool {
    matches!(error, TlsError::InvalidCertificate(_) | TlsError::NoCertificatesPresented)
}

/// Whether the name of a host could not be looked up.
pub(crate) fn is_look_up(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound || error.to_string().starts_with(LOOK_UP)
}

/// Why there is no encryption.
pub(crate) fn tls(error: &TlsError) -> &'static str {
    match error {
        TlsError::InvalidCertificate(error) => certificate(error),
        TlsError::NoCertificatesPresented => "no certificate",
        TlsError::PeerIncompatible(_) => "no version of TLS that both speak",
        TlsError::InvalidMessage(_) | TlsError::InappropriateMessage { .. } => "what answers speaks no TLS",
        TlsError::AlertReceived(_) => "the server refused to encrypt",
        _ => "the connection could not be encrypted",
    }
}

fn certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "certificate expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "certificate not valid yet"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "certificate for another name"
        }
        CertificateError::Revoked => "certificate revoked",
        CertificateError::UnknownIssuer => "certificate not trusted",
        // The library has no case of its own for it.
        CertificateError::Other(other) if other.0.to_string() == "CaUsedAsEndEntity" => {
            "certificate is an authority's own"
        }
        _ => "certificate not valid",
    }
}

/// Why a connection failed. What we said ourselves stays as it is.
pub(crate) fn connection(error: &io::Error) -> String {
    if let Some(error) = of_tls(error) {
        return tls(error).to_owned();
    }
    let words = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "no answer in time",
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected
        | ErrorKind::UnexpectedEof => "connection cut",
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => "no way to the host",
        _ if is_look_up(error) => "no such host",
        ErrorKind::InvalidData | ErrorKind::InvalidInput if error.raw_os_error().is_none() => {
            return error.to_string();
        }
        _ => "connection failed",
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{AlertDescription, OtherError};
    use std::sync::Arc;

    #[derive(Debug)]
    struct Foreign;

    impl std::fmt::Display for Foreign {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("CaUsedAsEndEntity")
        }
    }

    impl std::error::Error for Foreign {}

    #[test]
    fn why_a_connection_failed_is_said_in_plain_words() {
        let certificate =
            |error: CertificateError| io::Error::new(ErrorKind::InvalidData, TlsError::from(error));
        let authority = CertificateError::Other(OtherError(Arc::new(Foreign)));
        let alert = TlsError::AlertReceived(AlertDescription::HandshakeFailure);
        for (error, words) in [
            (certificate(CertificateError::UnknownIssuer), "certificate not trusted"),
            (certificate(CertificateError::Expired), "certificate expired"),
            (certificate(CertificateError::NotValidForName), "certificate for another name"),
            (certificate(authority), "certificate is an authority's own"),
            (certificate(CertificateError::BadSignature), "certificate not valid"),
            (io::Error::new(ErrorKind::InvalidData, alert), "the server refused to encrypt"),
            (
                io::Error::new(ErrorKind::UnexpectedEof, "peer closed connection: https://docs.rs/"),
                "connection cut",
            ),
            (ErrorKind::TimedOut.into(), "no answer in time"),
            (io::Error::new(ErrorKind::ConnectionRefused, "(os error 111)"), "connection refused"),
            (io::Error::other(format!("{LOOK_UP} information: Name not known")), "no such host"),
            (io::Error::new(ErrorKind::InvalidData, "a line is too long"), "a line is too long"),
            (io::Error::other("(os error 5)"), "connection failed"),
        ] {
            assert_eq!(connection(&error), words, "{error:?}");
        }
    }
}
