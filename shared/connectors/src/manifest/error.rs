//! What is wrong with a manifest, said so that its author can mend it.

use std::fmt;

/// One fault in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    /// Id of the system, or `manifest` where even that could not be read.
    pub system: String,
    /// Where in the file: `models.purchase_order.list.query.$filter`, or a line and column.
    pub place: String,
    /// What is wrong and what to write instead, in a sentence.
    pub problem: String,
}

impl ManifestError {
    /// A fault at a place of a system's manifest.
    #[must_use]
    pub fn new(system: impl Into<String>, place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            system: system.into(),
            place: place.into(),
            problem: problem.into(),
        }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.system, self.place, self.problem)
    }
}

impl std::error::Error for ManifestError {}
