//! What the check of a connection needs below the level of records.

use std::time::Duration;

use http::{HeaderMap, Method};

use super::Client;
use crate::{
    fault::{Fault, FaultKind},
    transport::Request,
};

/// Time for finding out whether anything is there.
const PROBE: Duration = Duration::from_secs(10);

impl Client {
    /// Asks for the system's address itself, without credentials: any answer shows that something is there.
    pub(crate) async fn probe(&self) -> Result<(), Fault> {
        let _permit = self.outside.budget.acquire(self.outside.patience).await?;
        let request = Request {
            method: Method::GET,
            url: self.api("/")?,
            headers: HeaderMap::new(),
            body: None,
            timeout: self.outside.timeout.min(PROBE),
        };
        match self.outside.transport.send(request).await {
            // Whatever stands there is larger than an answer may be; but it is there.
            Err(fault) if fault.kind == FaultKind::Malformed => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Signs in where that is a request of its own.
    pub(crate) async fn sign_in(&self) -> Result<(), Fault> {
        self.auth
            .sign_in(self.outside.transport.as_ref(), self.outside.timeout)
            .await
    }

    /// Whether signing in is a request of its own.
    pub(crate) fn fetches_token(&self) -> bool {
        self.auth.renews()
    }
}
