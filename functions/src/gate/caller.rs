//! Who is calling: the bearer token is looked up once a request, before anything else is done.

use std::time::Instant;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderName, HeaderValue, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use manifold_domain::{
    audit::Actor,
    auth::{self, Caller},
    connection::Connection,
    error::Problem,
};

use super::{failure::Failure, rates, request_id::RequestId};
use crate::app::App;

/// Names the connection when a workspace key is used.
pub const CONNECTION_HEADER: HeaderName = HeaderName::from_static("manifold-connection");

/// Who is calling, or why that is not known. Routes that need nobody never look at it.
#[derive(Clone)]
pub struct Identified {
    /// The caller.
    pub caller: Caller,
    /// Keyed hash of the token.
    pub token_hash: String,
    /// The token itself, for sealing kept answers.
    pub bearer: secrecy::SecretString,
    /// For the audit log.
    pub actor: Actor,
}

/// The outcome of looking at the token.
#[derive(Clone)]
enum Outcome {
    Known(Box<Identified>),
    Refused { revoked: bool },
}

/// Looks up the token and counts the request.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let Some(bearer) = bearer(request.headers()) else {
        request
            .extensions_mut()
            .insert(Outcome::Refused { revoked: false });
        return next.run(request).await;
    };
    let caller = match auth::authenticate(&app.domain, bearer).await {
        Ok(caller) => caller,
        Err(refused @ (Problem::Unauthorized | Problem::TokenRevoked)) => {
            request.extensions_mut().insert(Outcome::Refused {
                revoked: matches!(refused, Problem::TokenRevoked),
            });
            return next.run(request).await;
        }
        Err(problem) => return Failure::Problem(problem).into_response(),
    };
    let (counted, limit) = match &caller {
        Caller::Connection { conn, .. } => (conn.clone(), rates::CONNECTION),
        Caller::Link { link, .. } => (link.clone(), rates::CONNECTION),
        Caller::Workspace { ws, .. } => (ws.clone(), rates::WORKSPACE),
        Caller::Admin => ("admin".to_owned(), rates::WORKSPACE),
    };
    let allowance = app.rates.count(&counted, limit, Instant::now());
    let identified = Identified {
        token_hash: app.domain.keys.token_hash(bearer),
        bearer: bearer.to_owned().into(),
        actor: actor(caller.who(), &request),
        caller,
    };
    let mut response = if allowance.granted {
        request
            .extensions_mut()
            .insert(Outcome::Known(Box::new(identified)));
        next.run(request).await
    } else {
        Failure::TooFast(allowance.reset).into_response()
    };
    for (name, value) in [
        ("ratelimit", allowance.header()),
        ("ratelimit-policy", allowance.policy()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn bearer(headers: &axum::http::HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who acts in a request, for the audit log.
pub fn actor(who: &str, request: &Request) -> Actor {
    // API Gateway puts the caller's address last; what a client wrote itself stands before it.
    let forwarded = request
        .headers()
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok());
    let from = forwarded
        .and_then(|list| list.rsplit(',').next())
        .map(|address| address.trim().to_owned());
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(|RequestId(id)| id.clone());
    Actor {
        who: who.to_owned(),
        from,
        request: id,
    }
}

/// Extracts who is calling; any valid token will do.
impl<S: Send + Sync> FromRequestParts<S> for Identified {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        match parts.extensions.get::<Outcome>() {
            Some(Outcome::Known(identified)) => Ok((**identified).clone()),
            Some(Outcome::Refused { revoked: true }) => Err(Problem::TokenRevoked.into()),
            _ => Err(Problem::Unauthorized.into()),
        }
    }
}

/// A workspace key was used.
pub struct Workspace {
    /// The workspace's id.
    pub id: String,
    /// For the audit log.
    pub actor: Actor,
}

impl<S: Send + Sync> FromRequestParts<S> for Workspace {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let identified = Identified::from_request_parts(parts, state).await?;
        Ok(Self {
            id: identified.caller.workspace()?.to_owned(),
            actor: identified.actor,
        })
    }
}

/// The token of a link session was used.
pub struct Linked {
    /// The workspace's id.
    pub workspace: String,
    /// The session's id.
    pub session: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Linked {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let identified = Identified::from_request_parts(parts, state).await?;
        let (workspace, session) = identified.caller.link()?;
        Ok(Self {
            workspace: workspace.to_owned(),
            session: session.to_owned(),
        })
    }
}

/// The deployment's admin key was used.
pub struct Admin(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let identified = Identified::from_request_parts(parts, state).await?;
        identified.caller.admin()?;
        Ok(Self(identified.actor))
    }
}

/// A connection, by its own token or by the workspace key and the header that names it.
pub struct Scoped(pub Connection);

impl FromRequestParts<App> for Scoped {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let identified = Identified::from_request_parts(parts, app).await?;
        let named = match parts.headers.get(&CONNECTION_HEADER).map(HeaderValue::to_str) {
            None => None,
            Some(Ok(named)) => Some(named),
            Some(Err(_)) => return Err(Problem::NotFound("such connection".into()).into()),
        };
        Ok(Self(
            auth::connection(&app.domain, &identified.caller, named).await?,
        ))
    }
}
