//! Signing requests in: each way that the manifest knows, behind one [`Authenticator`].

pub mod code;
mod filled;
mod grant;
mod jwt;
mod moment;
mod oauth1;
mod pem;
mod session;
mod token;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Origin, Url};
use zeroize::Zeroizing;

use crate::{
    fault::{Fault, FaultKind},
    json::Path,
    manifest::{Auth, auth::REFRESH_TOKEN},
    transport::{Request, Transport, no_address},
};
use filled::Filled;
use grant::{ClientProof, Grant};
use oauth1::Oauth1;
use session::Session;
use token::{SignIn, Tokens, Want};

pub use filled::ValueOf;
pub use moment::{Moment, SystemMoment};
pub use token::{AccessToken, MemoryTokens, TokenCache, Turn};

/// Signs in the requests of one connection, and only those that go to the connection's own system.
///
/// Share it: it holds the token, and lets one sign-in at a time happen. Debug shows no secret.
pub struct Authenticator {
    api: Origin,
    way: Way,
    moment: Arc<dyn Moment>,
}

enum Way {
    /// The same header on each request.
    Header { name: HeaderName, value: SecretString },
    /// A bearer token that a sign-in brings.
    Token(Box<Tokens>),
    /// A signature of each request.
    Oauth1(Oauth1),
}

impl Authenticator {
    /// Fills a method's templates.
    ///
    /// `value_of` looks settings and credentials up. `hosts` holds the base address of each of the
    /// manifest's hosts, `api` among them, with the connection's own addresses in place.
    ///
    /// # Errors
    /// `Unauthorized`, naming the credential, when one is missing or is not what it has to be (a private key
    /// that is none); `Unsupported` when the method names a host that the manifest does not have.
    pub fn new(
        auth: &Auth,
        value_of: &ValueOf<'_>,
        hosts: &BTreeMap<String, Url>,
        tokens: Arc<dyn TokenCache>,
        moment: Arc<dyn Moment>,
    ) -> Result<Self, Fault> {
        let filled = Filled { value_of, hosts };
        let api = filled.host("api")?.origin();
        let way = match auth {
            Auth::Header { name, value } => Way::Header {
                name: HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
                    Fault::new(
                        FaultKind::Unsupported,
                        format!("The connector signs in by `{name}`, which is no header."),
                    )
                })?,
                value: filled.secret(value)?,
            },
            Auth::Basic { username, password } => {
                let (username, password) = (filled.secret(username)?, filled.secret(password)?);
                Way::Header {
                    name: AUTHORIZATION,
                    value: basic(&username, &password),
                }
            }
            Auth::Oauth2ClientCredentials {
                host,
                path,
                client_id,
                client_secret,
                client_auth,
                scope,
                extra,
            } => {
                let grant = Grant::client_credentials(
                    filled.address(host, path)?,
                    filled.secret(client_id)?,
                    filled.secret(client_secret)?,
                    *client_auth,
                    scope.as_ref().map(|scope| filled.secret(scope)).transpose()?,
                    extra
                        .iter()
                        .map(|(name, value)| Ok((name.clone(), filled.secret(value)?)))
                        .collect::<Result<_, Fault>>()?,
                );
                Way::Token(Box::new(Tokens::new(SignIn::Grant(grant), tokens)))
            }
            Auth::Oauth2AuthorizationCode {
                host,
                path,
                client_id,
                client_secret,
                client_auth,
                scope,
                ..
            } => {
                let granted = (filled.value_of)(REFRESH_TOKEN).ok_or_else(|| {
                    let message = "Nobody has signed in to the system for this connection yet.";
                    Fault::new(FaultKind::Unauthorized, message).about(REFRESH_TOKEN)
                })?;
                let grant = Grant::refresh(
                    filled.address(host, path)?,
                    ClientProof {
                        id: filled.secret(client_id)?,
                        secret: filled.secret(client_secret)?,
                        place: *client_auth,
                    },
                    granted.into_owned().into(),
                    filled.secret(scope)?,
                );
                Way::Token(Box::new(Tokens::new(SignIn::Grant(grant), tokens)))
            }
            Auth::JwtAssertion {
                host,
                path,
                issuer,
                key_id,
                private_key,
                algorithm,
                scopes,
            } => {
                let pem = filled.secret(private_key)?;
                let key = jwt::Key::read(&pem, *algorithm).map_err(|error| {
                    let fault = Fault::new(FaultKind::Unauthorized, error.to_string());
                    private_key
                        .holes()
                        .next()
                        .map_or(fault.clone(), |credential| fault.about(credential))
                })?;
                let claims = jwt::Claims {
                    issuer: filled.secret(issuer)?,
                    key_id: filled.secret(key_id)?,
                    scopes: scopes.clone(),
                };
                let grant = Grant::assertion(filled.address(host, path)?, claims, key);
                Way::Token(Box::new(Tokens::new(SignIn::Grant(grant), tokens)))
            }
            Auth::Session {
                path,
                body,
                brings,
                scheme,
                token,
                life_seconds,
            } => {
                let session = Session {
                    url: filled.address("api", path)?,
                    body: filled.json(body)?,
                    brings: brings
                        .iter()
                        // A path of a manifest that was read is one.
                        .filter_map(|(name, path)| Some((name.clone(), Path::parse(path)?)))
                        .collect(),
                    token: token.clone(),
                    known: filled.known(token.template()),
                    secrets: filled.known(body).into_values().collect(),
                    life: SignedDuration::from_secs((*life_seconds).into()),
                };
                let scheme = scheme.clone();
                Way::Token(Box::new(Tokens::new(SignIn::Session { session, scheme }, tokens)))
            }
            Auth::Oauth1 {
                realm,
                consumer_key,
                consumer_secret,
                token,
                token_secret,
            } => Way::Oauth1(Oauth1 {
                realm: filled.secret(realm)?,
                consumer_key: filled.secret(consumer_key)?,
                consumer_secret: filled.secret(consumer_secret)?,
                token: filled.secret(token)?,
                token_secret: filled.secret(token_secret)?,
            }),
        };
        Ok(Self { api, way, moment })
    }

    /// Adds to a request what shows who asks. It is the last thing to do before sending, since a signature
    /// covers the address.
    ///
    /// `fresh` is for a second try after a 401: pass the request as it was refused. Its token is not used
    /// again, and of many refused requests only one signs in anew.
    ///
    /// # Errors
    /// `Blocked` when the request does not go to scheme, host and port of `api`, whatever it is. Else what
    /// went wrong with signing in: `Unauthorized` with the provider's own words, or an outage's kind.
    pub async fn authorize(
        &self,
        request: &mut Request,
        transport: &dyn Transport,
        fresh: bool,
    ) -> Result<(), Fault> {
        if request.url.origin() != self.api {
            return Err(no_address(
                FaultKind::Blocked,
                request.url.host_str().unwrap_or("this host"),
            ));
        }
        let (name, value) = match &self.way {
            Way::Header { name, value } => (name.clone(), sensitive(value.expose_secret())?),
            Way::Token(tokens) => {
                let refused = request.headers.get(AUTHORIZATION);
                let want = if fresh {
                    Want::OtherThan(refused)
                } else {
                    Want::Any
                };
                let timeout = request.timeout;
                let token = tokens.get(want, transport, self.moment.as_ref(), timeout).await?;
                (AUTHORIZATION, tokens.header(&token)?)
            }
            Way::Oauth1(oauth1) => (
                AUTHORIZATION,
                sensitive(&oauth1.authorization(request, self.moment.as_ref()))?,
            ),
        };
        request.headers.insert(name, value);
        Ok(())
    }

    /// Whether a 401 may be mended by signing in anew: there is a token, and it may have been revoked.
    #[must_use]
    pub fn renews(&self) -> bool {
        matches!(self.way, Way::Token(_))
    }

    /// Signs in without a request, for the check of a new connection. Methods without a sign-in are
    /// content at once.
    ///
    /// # Errors
    /// As for [`Self::authorize`].
    pub async fn sign_in(&self, transport: &dyn Transport, timeout: Duration) -> Result<(), Fault> {
        if let Way::Token(tokens) = &self.way {
            tokens
                .get(Want::OtherThan(None), transport, self.moment.as_ref(), timeout)
                .await?;
        }
        Ok(())
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match &self.way {
            Way::Header { name, .. } => name.as_str(),
            Way::Token(_) => "token",
            Way::Oauth1(_) => "oauth1",
        };
        write!(f, "Authenticator({way} for {})", self.api.ascii_serialization())
    }
}

/// RFC 7617, in UTF-8.
fn basic(username: &SecretString, password: &SecretString) -> SecretString {
    let pair = Zeroizing::new(format!(
        "{}:{}",
        username.expose_secret(),
        password.expose_secret()
    ));
    format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes())).into()
}

fn bearer(token: &AccessToken) -> Result<HeaderValue, Fault> {
    sensitive(&Zeroizing::new(format!(
        "Bearer {}",
        token.secret.expose_secret()
    )))
}

/// A header's value that no Debug output shows.
fn sensitive(value: &str) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        Fault::new(
            FaultKind::Unauthorized,
            "A credential holds a character that cannot be sent in a header: was a line break pasted with it?",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
