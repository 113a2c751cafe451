//! What a person in a link session may know of it: whose system is to be connected, which ones can be, and,
//! when a connection is to be repaired, what it has.

use std::collections::BTreeMap;

use axum::extract::State;
use manifold_connectors::{connector::Connector, manifest::Category};
use manifold_domain::link::{self, repairing};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::connections::Customer,
    app::App,
    gate::{body::Json, caller::Linked, failure::Answer, times::Time},
};

/// A link session, as its link token shows it.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// `lnk_…`
    id: String,
    /// Whose system is to be connected.
    customer: Customer,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// Whether it was used up by a success.
    used: bool,
    /// Pages that may embed the flow, and hear of its end.
    origins: Vec<String>,
    /// Where a hosted page returns to.
    redirect_uri: Option<String>,
    /// The systems to choose from, by name.
    systems: Vec<Choice>,
    /// Where systems at which a person signs in send them back to: what is registered there.
    oauth_redirect_uri: String,
    /// The connection that is to be repaired, instead of a new one.
    repair: Option<Repair>,
    /// The local stack's sample systems, by system: what to fill in to try the flow. Never on AWS.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    samples: BTreeMap<String, Vec<Sample>>,
}

/// A system to choose, as far as choosing needs it.
#[derive(Serialize, ToSchema)]
pub struct Choice {
    /// Its id: `sap_s4hana`.
    system: String,
    /// The product's name.
    name: String,
    /// Who makes it.
    vendor: String,
    /// `erp`, `cmms` or `wms`.
    #[schema(value_type = String)]
    category: Category,
    /// What else people call it.
    keywords: Vec<String>,
}

/// What the connection has that is to be repaired. What is secret is not among it.
#[derive(Serialize, ToSchema)]
pub struct Repair {
    /// `conn_…`
    connection_id: String,
    /// Its system.
    system: String,
    /// How it signs in.
    method: String,
    /// Its settings.
    settings: BTreeMap<String, String>,
    /// Those of its credentials that are not secret: user names, client ids.
    credentials: BTreeMap<String, String>,
}

/// Settings and credentials of a sample system.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Sample {
    /// The way to sign in that they are for; the recommended one when absent.
    pub method: Option<String>,
    /// Settings by key.
    pub settings: BTreeMap<String, String>,
    /// Credentials by key.
    pub credentials: BTreeMap<String, String>,
}

/// The link session of the token. It can be looked at until it is over, used up or not.
#[utoipa::path(get, path = "/v1/connect/session", operation_id = "get_connect_session",
    tag = "Connect module", responses((status = 200, body = Session)))]
pub async fn get(State(app): State<App>, linked: Linked) -> Answer<Json<Session>> {
    let view = link::open(&app.domain, &linked.workspace, &linked.session).await?;
    let repair = match &view.connection_id {
        Some(conn) if !view.used => {
            let known = repairing::known(&app.domain, &linked.workspace, conn).await?;
            app.catalog.get(&known.system).map(|connector| Repair {
                connection_id: conn.clone(),
                credentials: open_credentials(&connector, &known),
                system: known.system,
                method: known.method,
                settings: known.settings,
            })
        }
        _ => None,
    };
    let mut systems: Vec<Choice> = app
        .catalog
        .all()
        .filter(|connector| {
            let id = &connector.manifest().id;
            view.systems.as_ref().is_none_or(|allowed| allowed.contains(id))
        })
        .map(|connector| choice(&connector))
        .collect();
    systems.sort_by_cached_key(|choice| choice.name.to_lowercase());
    Ok(Json(Session {
        id: view.id,
        customer: Customer {
            id: view.customer.id,
            name: view.customer.name,
        },
        expires_at: view.expires_at.into(),
        used: view.used,
        origins: view.origins,
        redirect_uri: view.redirect_uri,
        systems,
        repair,
        oauth_redirect_uri: super::oauth::redirect_uri(&app),
        samples: (*app.samples).clone(),
    }))
}

fn choice(connector: &Connector) -> Choice {
    let manifest = connector.manifest();
    Choice {
        system: manifest.id.clone(),
        name: manifest.name.clone(),
        vendor: manifest.vendor.clone(),
        category: manifest.category,
        keywords: manifest.keywords.clone(),
    }
}

/// The credentials that the form shows while they are typed. Whatever the manifest does not call open is left out.
fn open_credentials(connector: &Connector, known: &repairing::Known) -> BTreeMap<String, String> {
    connector
        .credentials(&known.method)
        .iter()
        .filter(|field| !field.secret)
        .filter_map(|field| {
            let value = known.credentials.get(&field.key)?;
            Some((field.key.clone(), value.expose_secret().to_owned()))
        })
        .collect()
}
