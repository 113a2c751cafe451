//! One exchange with a system: wait for the budget, sign, send, sign in anew once, judge.

use super::Client;
use crate::{
    classify::classify,
    fault::{Fault, FaultKind},
    transport::{Request, Response},
};

impl Client {
    /// Sends a request with the connection's credentials; only a good answer is `Ok`.
    pub(super) async fn exchange(&self, request: Request) -> Result<Response, Fault> {
        let response = self.answer(request).await?;
        self.judge(&response)?;
        Ok(response)
    }

    /// Sends a request with the connection's credentials; an answer of any status is `Ok`.
    pub(super) async fn answer(&self, mut request: Request) -> Result<Response, Fault> {
        let _permit = self.outside.budget.acquire(self.outside.patience).await?;
        let transport = self.outside.transport.as_ref();
        self.auth.authorize(&mut request, transport, false).await?;
        let response = transport.send(request.clone()).await?;
        if response.status != 401 || !self.auth.renews() {
            return Ok(response);
        }
        // The token ended early, or was taken back: a new one is tried once.
        self.auth.authorize(&mut request, transport, true).await?;
        transport.send(request).await
    }

    /// What an answer means; one that asks to wait holds back all further requests.
    pub(super) fn judge(&self, response: &Response) -> Result<(), Fault> {
        let preset = self.connector.manifest().faults.preset;
        let judged = classify(preset, response, &self.secrets, self.outside.moment.now());
        if let Err(fault) = &judged
            && fault.kind == FaultKind::RateLimited
            && let Some(wait) = fault.retry_after
        {
            self.outside.budget.pause(wait);
        }
        judged
    }
}
