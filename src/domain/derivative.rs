//! Rebuilt bytes: the only thing that `compose`, `deliver` and a portal accept.
//!
//! Only the sandbox (after checking a worker's answer) and the store (loading what it kept) may vouch for one;
//! clippy bans the constructor everywhere else. Invariant: the digest is that of the bytes.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::part::PartPath;
use super::reason::Reason;

/// How far the written bytes are from the original's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Assurance {
    /// Copied after checks.
    Filtered,
    /// Serialized anew from a parsed model.
    Rebuilt,
    /// Written from pixels or bounded text by a process that never saw the original.
    Rendered,
}

impl Assurance {
    /// The name in records and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filtered => "filtered",
            Self::Rebuilt => "rebuilt",
            Self::Rendered => "rendered",
        }
    }
}

/// A link of a body, made inert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number in the text, from 1.
    pub number: u32,
    /// The true target, defanged: `hxxps://host[.]example/path`.
    pub target: String,
    /// What the text showed, if it looked like an address of another host.
    pub shown: Option<String>,
}

/// Where in a file something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What.
    pub code: Reason,
    /// A part of a document, a sheet, a slide; none of the sender's words.
    pub name: String,
    /// How many times; all places of a code together have no more than its finding.
    pub count: u32,
}

/// Rebuilt bytes of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivative {
    path: PartPath,
    bytes: Bytes,
    digest: Digest,
    about: About,
}

/// What is kept about a derivative beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Media type of the bytes, without parameters: `text/plain`, `text/csv`.
    pub media_type: String,
    /// Name of the sanitizer that wrote them.
    pub sanitizer: String,
    /// Its version; a higher one may write other bytes.
    pub version: u32,
    /// How they were made.
    pub assurance: Assurance,
    /// Links of a body, in order.
    pub links: Vec<Link>,
    /// Where in the file its findings were made, as far as it has places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
}

impl Derivative {
    /// Vouches that `bytes` were written anew. Only `sandbox` and `store` may call this.
    #[must_use]
    pub fn vouch(path: PartPath, bytes: Bytes, about: About) -> Self {
        let digest = Digest::of(&bytes);
        Self { path, bytes, digest, about }
    }

    /// The part it was made from.
    #[must_use]
    pub const fn path(&self) -> &PartPath {
        &self.path
    }

    /// The rebuilt bytes.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 of the rebuilt bytes.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// What is known about them.
    #[must_use]
    pub const fn about(&self) -> &About {
        &self.about
    }
}
