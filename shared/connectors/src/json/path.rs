//! Paths into JSON: `to_PurchaseOrderItem/results/0/Plant`.

use std::fmt;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    key: Box<str>,
    index: Option<usize>,
}

impl Segment {
    /// Whether this key of an object is meant.
    #[must_use]
    pub fn is_key(&self, key: &[u8]) -> bool {
        self.key.as_bytes() == key
    }

    /// Whether this element of an array is meant.
    #[must_use]
    pub fn is_index(&self, number: usize) -> bool {
        self.index == Some(number)
    }

    /// The step as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.key
    }

    /// The number, when the step can pick an element of an array.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.index
    }
}

/// Keys and element numbers from the outside in, separated by `/`; empty for the whole text.
#[derive(Clone, PartialEq, Eq)]
pub struct Path(Vec<Segment>);

impl Path {
    /// Reads a path; `None` when a step is empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(Vec::new()));
        }
        text.split('/')
            .map(|step| {
                (!step.is_empty()).then(|| Segment {
                    key: step.into(),
                    index: step.parse().ok(),
                })
            })
            .collect::<Option<Vec<_>>>()
            .map(Self)
    }

    /// Its steps.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, segment) in self.0.iter().enumerate() {
            let slash = if number == 0 { "" } else { "/" };
            write!(f, "{slash}{}", segment.key)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}
