//! Keys that approve.

use super::{Approval, Approved};
use crate::hash::hex;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Stands before what is signed, so that no signature made for another purpose passes for an approval.
const PREFIX: &[u8] = b"rulec-approval\0";

/// The key with which one person approves. Its 64 hex digits are the seed of RFC 8032.
pub struct SecretKey(SigningKey);

/// The key that tells whose approval it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl std::fmt::Debug for SecretKey {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

impl SecretKey {
    /// A key of these 32 bytes, which must come from a source of chance that nobody can guess.
    pub fn from_seed(seed: [u8; 32]) -> SecretKey {
        SecretKey(SigningKey::from_bytes(&seed))
    }

    /// The key of 64 hex digits, with white space around.
    pub fn parse(text: &str) -> Option<SecretKey> {
        bytes(text.trim()).map(SecretKey::from_seed)
    }

    /// Its 64 hex digits, for a file that nobody else may read.
    pub fn to_hex(&self) -> String {
        hex(self.0.as_bytes())
    }

    /// Its public half, for `[apply.approvers]`.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, approved: &Approved) -> String {
        self.sign_bytes(&message(approved))
    }

    /// Its signature of these bytes, as hex. They must begin with what tells for which use of the key they are.
    pub(crate) fn sign_bytes(&self, bytes: &[u8]) -> String {
        hex(&self.0.sign(bytes).to_bytes())
    }
}

impl PublicKey {
    /// The key of 64 hex digits.
    pub fn parse(text: &str) -> Option<PublicKey> {
        VerifyingKey::from_bytes(&bytes(text)?).ok().map(PublicKey)
    }

    /// Whether this key signed what was approved.
    pub(super) fn verifies(self, approval: &Approval) -> bool {
        self.verifies_bytes(&message(&approval.approved), &approval.signature)
    }

    /// Whether this is its signature of these bytes, as hex. Strict: keys and signatures that fit several texts are
    /// refused.
    pub(crate) fn verifies_bytes(self, message: &[u8], signature: &str) -> bool {
        let signature = bytes(signature).map(|bytes| Signature::from_bytes(&bytes));
        signature.is_some_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(self.0.as_bytes()))
    }
}

fn message(approved: &Approved) -> Vec<u8> {
    // Texts and whole numbers only: that they cannot be written as JSON does not happen, and an empty text fits no
    // signature that was made.
    let json = serde_json::to_vec(approved).unwrap_or_default();
    [PREFIX, &json].concat()
}

/// Hex digits as bytes, if there are exactly so many.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, place) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[place..place + 2], 16).ok()?;
    }
    Some(bytes)
}
