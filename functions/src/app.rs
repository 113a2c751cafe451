//! What every function needs, made once and shared by all requests.

use std::{collections::BTreeMap, sync::Arc};

use manifold_connectors::catalog::Catalog;
use manifold_domain::deployment::Domain;

use crate::{connect::session::Sample, gate::rates::Rates};

/// One deployment as its functions see it. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// State and rules.
    pub domain: Domain,
    /// The systems.
    pub catalog: &'static Catalog,
    /// Where the API is reached from outside, without a slash at the end: `https://api.example.com`.
    pub public_url: Arc<str>,
    /// Request rates.
    pub rates: Arc<Rates>,
    /// Sample systems that the connect page offers to fill in, by system: the local stack's. None on AWS.
    pub samples: Arc<BTreeMap<String, Vec<Sample>>>,
}

impl App {
    /// Over a domain.
    #[must_use]
    pub fn new(domain: Domain, public_url: &str) -> Self {
        Self {
            domain,
            catalog: Catalog::builtin(),
            public_url: public_url.trim_end_matches('/').into(),
            rates: Arc::new(Rates::default()),
            samples: Arc::default(),
        }
    }
}
