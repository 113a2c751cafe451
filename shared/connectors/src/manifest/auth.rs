//! Ways in which systems authenticate requests.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Template;

/// How a request is authenticated. Templates are over settings and credentials.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// A fixed header: `Authorization: Bearer {user_application_key}` (Tryton), `APIKey` (SAP's own sandbox).
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Template,
    },
    /// HTTP basic (SAP communication user).
    Basic {
        /// User name.
        username: Template,
        /// Password.
        password: Template,
    },
    /// OAuth 2.0 client credentials (SAP, Dynamics).
    Oauth2ClientCredentials {
        /// Which of the manifest's hosts gives the token.
        host: String,
        /// Path on that host.
        path: Template,
        /// Client id.
        client_id: Template,
        /// Client secret.
        client_secret: Template,
        /// Where the client's own credentials go.
        client_auth: ClientAuth,
        /// Scope, where the system wants one.
        scope: Option<Template>,
        /// Further form fields.
        #[serde(default)]
        extra: BTreeMap<String, Template>,
    },
    /// OAuth 2.0 authorization code with PKCE (RFC 6749, 4.1; RFC 7636; RFC 9700): a person signs in at the system
    /// and allows it. What that brings, a refresh token, is kept as the credential `refresh_token`, which no form
    /// asks for.
    Oauth2AuthorizationCode {
        /// Which of the manifest's hosts signs in and gives tokens.
        host: String,
        /// Path on that host where the person signs in.
        authorize: Template,
        /// Path on that host where tokens come from.
        path: Template,
        /// Client id.
        client_id: Template,
        /// Client secret.
        client_secret: Template,
        /// Where the client's own credentials go.
        client_auth: ClientAuth,
        /// Scope; for most systems it has to hold one that allows staying signed in (`offline_access`).
        scope: Template,
        /// What `iss` must say when the person comes back (RFC 9207); absent where the system sends none.
        issuer: Option<Template>,
    },
    /// OAuth 2.0 client credentials proven by a signed JWT, RFC 7523 (NetSuite machine to machine).
    JwtAssertion {
        /// Which of the manifest's hosts gives the token; its URL is also the audience.
        host: String,
        /// Path on that host.
        path: Template,
        /// `iss`: the client id.
        issuer: Template,
        /// `kid` in the JWT's header: the certificate's id.
        key_id: Template,
        /// The private key in PEM (PKCS #8).
        private_key: Template,
        /// How it signs.
        algorithm: JwtAlgorithm,
        /// `scope` claim: a list of scope names.
        scopes: Vec<String>,
    },
    /// A session that a sign-in on host `api` opens: the answer to a JSON request brings what each further
    /// request shows (Tryton 7's JSON-RPC).
    Session {
        /// Path on host `api`.
        path: Template,
        /// The sign-in's body, a JSON text.
        body: Template,
        /// What the answer brings: a name and its path. A sign-in that brings less is refused.
        brings: BTreeMap<String, String>,
        /// Scheme of the `Authorization` header: `Session`.
        scheme: String,
        /// What follows the scheme.
        token: SessionToken,
        /// Seconds after which a new session is opened; one that ends earlier is noticed by a 401.
        life_seconds: u32,
    },
    /// OAuth 1.0a with HMAC-SHA256 (NetSuite token-based authentication).
    Oauth1 {
        /// Realm of the `Authorization` header.
        realm: Template,
        /// Consumer key.
        consumer_key: Template,
        /// Consumer secret.
        consumer_secret: Template,
        /// Token id.
        token: Template,
        /// Token secret.
        token_secret: Template,
    },
}

/// What shows a session, over settings, credentials and what the sign-in brought.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionToken {
    /// A text in base 64 (Tryton's `user:id:session`).
    Base64(Template),
}

impl SessionToken {
    /// The template behind it.
    #[must_use]
    pub fn template(&self) -> &Template {
        match self {
            Self::Base64(template) => template,
        }
    }
}

/// The credential that holds what a person's sign-in brought.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// Where a client's own credentials go in a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `Authorization: Basic` (RFC 6749's default; SAP).
    Basic,
    /// Form fields `client_id` and `client_secret` (Entra).
    Body,
}

/// How a JWT is signed; `auto` follows the key (RSA: PS256, P-256: ES256).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JwtAlgorithm {
    /// By the kind of the key.
    Auto,
    /// RSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}
