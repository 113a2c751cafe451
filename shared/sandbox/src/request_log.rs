//! The last requests, so that a test can see what was asked, and when.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// How many requests are kept.
const KEPT: usize = 20_000;

/// One request to one system.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Logged {
    /// RFC 3339, by the stack's clock.
    pub(crate) at: String,
    pub(crate) system: &'static str,
    pub(crate) method: String,
    /// As it was sent, with the system's prefix, without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    /// `None`: there was no answer, since the connection was dropped or the client gave up.
    pub(crate) status: Option<u16>,
}

/// A request that is being answered. It is logged when this goes away, so that one whose client gave up is
/// logged, too.
pub(crate) struct Pending<'a> {
    log: &'a RequestLog,
    request: Option<Logged>,
}

impl Pending<'_> {
    /// The status that was answered.
    pub(crate) fn answered(mut self, status: Option<u16>) {
        if let Some(request) = &mut self.request {
            request.status = status;
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.log.add(request);
        }
    }
}

/// The last requests, oldest first.
#[derive(Default)]
pub(crate) struct RequestLog {
    requests: Mutex<VecDeque<Logged>>,
}

impl RequestLog {
    /// Takes note of a request that begins.
    pub(crate) const fn begin(&self, request: Logged) -> Pending<'_> {
        Pending {
            log: self,
            request: Some(request),
        }
    }

    fn add(&self, request: Logged) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    /// The requests to one system, or to all.
    pub(crate) fn list(&self, system: Option<&str>) -> Vec<Logged> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests
            .iter()
            .filter(|one| system.is_none_or(|system| one.system == system))
            .cloned()
            .collect()
    }
}
