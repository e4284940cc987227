//! Certificates for servers on this machine.

use super::installed::{installed, output};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the files are, all PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    /// The authority that a client must trust.
    pub authority: PathBuf,
    /// Of `localhost` and 127.0.0.1, signed by the authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// An authority that signed nothing.
    pub stranger: PathBuf,
}

/// The certificates of this target folder.
///
/// # Panics
/// Where `openssl` is not installed.
pub fn certificates() -> Certificates {
    let folder = installed("certificates", make);
    Certificates {
        authority: folder.join("authority.pem"),
        certificate: folder.join("server.pem"),
        key: folder.join("server.key"),
        stranger: folder.join("stranger.pem"),
    }
}

fn make(folder: &Path) {
    let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for name in ["authority", "stranger"] {
        openssl(
            folder,
            &format!("req -x509 {curve} -days 3650 -subj /CN={name} -keyout {name}.key -out {name}.pem"),
        );
    }
    std::fs::write(
        folder.join("names"),
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    )
    .expect("a file can be written in a new folder");
    openssl(folder, &format!("req -new {curve} -subj /CN=localhost -keyout server.key -out server.csr"));
    openssl(
        folder,
        "x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 3650 -extfile names -out server.pem",
    );
}

fn openssl(folder: &Path, words: &str) {
    let made = output(Command::new("openssl").args(words.split(' ')).current_dir(folder));
    made.unwrap_or_else(|why| panic!("no certificates for test servers; is `openssl` installed?\n{why}"));
}
