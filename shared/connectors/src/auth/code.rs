//! A person signs in at the system: where they are sent, and what the code that they come back with brings.

use std::{borrow::Cow, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{
    Moment,
    filled::Filled,
    grant::{self, ClientProof},
};
use crate::{
    classify::token_fault,
    client::hosts_of,
    connector::Connector,
    fault::{Fault, FaultKind},
    form::Instance,
    manifest::Auth,
    transport::Transport,
};

/// One person's sign-in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// What the system hands back unchanged.
    pub state: String,
    /// Known to nobody but us: proves that whoever brings the code is who asked for it (RFC 7636).
    pub verifier: SecretString,
    /// Where the system sends the person back to.
    pub redirect_uri: String,
}

/// Where the person signs in.
///
/// # Errors
/// `Unsupported` when the method does not sign in so, `Rejected` when an address is not complete.
pub fn address(connector: &Connector, instance: &Instance, sign_in: &SignIn) -> Result<Url, Fault> {
    let way = Way::of(connector, instance)?;
    let Auth::Oauth2AuthorizationCode {
        host,
        authorize,
        client_id,
        scope,
        ..
    } = way.auth
    else {
        return Err(unsupported(connector));
    };
    way.filled(|filled| {
        let mut url = filled.address(host, authorize)?;
        let client_id = filled.secret(client_id)?;
        let scope = filled.secret(scope)?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id.expose_secret())
            .append_pair("redirect_uri", &sign_in.redirect_uri)
            .append_pair("scope", scope.expose_secret())
            .append_pair("state", &sign_in.state)
            .append_pair("code_challenge", &challenge(&sign_in.verifier))
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    })
}

/// What `iss` must say when the person comes back; `None` where the system sends none.
///
/// # Errors
/// As [`address`].
pub fn issuer(connector: &Connector, instance: &Instance) -> Result<Option<String>, Fault> {
    let way = Way::of(connector, instance)?;
    let Auth::Oauth2AuthorizationCode { issuer, .. } = way.auth else {
        return Err(unsupported(connector));
    };
    way.filled(|filled| {
        let text = issuer.as_ref().map(|issuer| filled.secret(issuer)).transpose()?;
        Ok(text.map(|text| text.expose_secret().to_owned()))
    })
}

/// The refresh token that a code brings.
///
/// # Errors
/// `Unauthorized` with the provider's own words, `Malformed` when the system lets nobody stay signed in, or an
/// outage's kind.
pub async fn exchange(
    connector: &Connector,
    instance: &Instance,
    code: &SecretString,
    sign_in: &SignIn,
    transport: &dyn Transport,
    moment: &dyn Moment,
    timeout: Duration,
) -> Result<SecretString, Fault> {
    let way = Way::of(connector, instance)?;
    let Auth::Oauth2AuthorizationCode {
        host,
        path,
        client_id,
        client_secret,
        client_auth,
        scope,
        ..
    } = way.auth
    else {
        return Err(unsupported(connector));
    };
    let (request, secret) = way.filled(|filled| {
        let client = ClientProof {
            id: filled.secret(client_id)?,
            secret: filled.secret(client_secret)?,
            place: *client_auth,
        };
        let scope = filled.secret(scope)?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", sign_in.redirect_uri.as_str()),
            ("code_verifier", sign_in.verifier.expose_secret()),
            ("scope", scope.expose_secret()),
        ];
        let request = grant::token_request(&filled.address(host, path)?, &client, &fields, timeout)?;
        Ok((request, client.secret))
    })?;
    let response = transport.send(request).await?;
    let now = moment.now();
    let secrets = [secret, code.clone(), sign_in.verifier.clone()];
    let brought = grant::read_token(&response, now).ok_or_else(|| token_fault(&response, &secrets, now))?;
    brought.refresh.ok_or_else(|| {
        let message = format!(
            "{} let the person sign in, but gave nothing to stay signed in with.",
            connector.manifest().name
        );
        Fault::new(FaultKind::Malformed, message)
    })
}

/// RFC 7636, 4.2.
fn challenge(verifier: &SecretString) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret().as_bytes()))
}

fn unsupported(connector: &Connector) -> Fault {
    let name = &connector.manifest().name;
    let message = format!("{name} is not connected by signing in in a browser: choose another method.");
    Fault::new(FaultKind::Unsupported, message).about("method")
}

/// A method of a system, over one instance.
struct Way<'a> {
    auth: &'a Auth,
    connector: &'a Connector,
    instance: &'a Instance,
}

impl<'a> Way<'a> {
    fn of(connector: &'a Connector, instance: &'a Instance) -> Result<Self, Fault> {
        let methods = &connector.manifest().methods;
        let method = methods.iter().find(|method| method.id == instance.method);
        Ok(Self {
            auth: &method.ok_or_else(|| unsupported(connector))?.auth,
            connector,
            instance,
        })
    }

    fn filled<T>(&self, fill: impl FnOnce(&Filled<'_, '_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let hosts = hosts_of(self.connector.manifest(), self.instance)?;
        let value_of = |name: &str| {
            let credential = self.instance.credentials.get(name);
            let credential = credential.map(|secret| Cow::Borrowed(secret.expose_secret()));
            credential.or_else(|| {
                let setting = self.instance.settings.get(name)?;
                Some(Cow::Borrowed(setting.as_str()))
            })
        };
        fill(&Filled {
            value_of: &value_of,
            hosts: &hosts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned().into();
        assert_eq!(
            challenge(&verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
