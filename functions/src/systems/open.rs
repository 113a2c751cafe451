//! One connection's system, opened.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{Timestamp, ToSpan as _};
use manifold_connectors::{
    Fault, FaultKind, ModelTraits, Pages, ReadRequest, Record, Rejected, Source, auth,
    client::{Call, Client},
};
use manifold_domain::systems::{AccessToken, OpenSystem, PassthroughAnswer, PassthroughCall, TokenCache};
use secrecy::SecretString;

/// A client behind the domain's trait.
pub struct Opened(pub Arc<Client>);

#[async_trait]
impl Source for Opened {
    fn traits(&self, model: &str) -> Option<ModelTraits> {
        self.0.traits(model)
    }

    fn read(self: Arc<Self>, request: ReadRequest) -> Box<dyn Pages> {
        Arc::clone(&self.0).read(request)
    }

    async fn get(&self, model: &str, id: &str, raw: bool) -> Result<Option<Result<Record, Rejected>>, Fault> {
        self.0.get(model, id, raw).await
    }
}

#[async_trait]
impl OpenSystem for Opened {
    async fn passthrough(&self, call: PassthroughCall) -> Result<PassthroughAnswer, Fault> {
        let call = Call {
            method: call.method,
            path: call.path,
            query: call.query,
            headers: call.headers,
            body: call.body,
        };
        let answer = self.0.passthrough(call).await?;
        Ok(PassthroughAnswer {
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
        })
    }
}

/// The domain's sealed token cache as the connector's.
pub struct Tokens(pub Arc<dyn TokenCache>);

#[async_trait]
impl auth::TokenCache for Tokens {
    async fn load(&self) -> Option<auth::AccessToken> {
        let token = self.0.load().await?;
        // A token without an end was kept by an older version: it is used once more and then renewed.
        let expires_at = token.expires_at.unwrap_or_else(|| Timestamp::now() + 1.minute());
        Some(auth::AccessToken {
            secret: token.secret,
            expires_at,
        })
    }

    async fn save(&self, token: &auth::AccessToken) {
        let kept = AccessToken {
            secret: token.secret.clone(),
            expires_at: Some(token.expires_at),
        };
        self.0.save(&kept).await;
    }

    async fn refresh_token(&self) -> Result<Option<SecretString>, Fault> {
        self.0.refresh_token().await.map_err(|error| {
            tracing::error!(%error, "a refresh token could not be read");
            let message = "What the last sign-in brought could not be read: try again.";
            Fault::new(FaultKind::Unavailable, message)
        })
    }

    async fn keep_refresh_token(&self, turn: auth::Turn, token: &SecretString) -> Result<(), Fault> {
        self.0.keep_refresh_token(turn, token).await.map_err(|error| {
            tracing::error!(%error, "a renewed refresh token could not be kept");
            let message = "Signing in worked, but what it brought could not be kept: try again.";
            Fault::new(FaultKind::Unavailable, message)
        })
    }

    async fn take_turn(&self) -> Option<auth::Turn> {
        self.0.take_turn().await
    }

    async fn end_turn(&self, turn: auth::Turn) {
        self.0.end_turn(turn).await;
    }
}
