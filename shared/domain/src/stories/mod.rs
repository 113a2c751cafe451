//! What the rules promise, told on a whole deployment with owned time.

mod attempting;
mod connecting;
mod crashes;
mod credits_interleaved;
mod disconnecting;
mod erasing;
mod health;
mod hosts;
mod kept_answers;
mod linking;
mod never_stuck;
mod outages;
mod renewing;
mod repairing;
mod secrets;
mod sessions;
mod signing_in;
mod workspaces;

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    audit::Actor,
    connect::{self, ConnectRequest},
    connection::{Connection, Customer},
    credits::{self, Credits},
    error::Problem,
    systems::ConnectionInput,
    testing::{PASSWORD, SYSTEM, TestDomain},
    workspace,
};

/// Whoever acts in these stories.
fn somebody() -> Actor {
    Actor {
        who: "key_test".to_owned(),
        from: Some("192.0.2.1".to_owned()),
        request: Some("req_1".to_owned()),
    }
}

/// A workspace with so many credits: its id and its key.
async fn workspace_with(test: &TestDomain, credits: u64) -> (String, String) {
    let (made, key) = workspace::create(&test.domain, &somebody(), "Example", credits)
        .await
        .unwrap();
    (made.id, key.expose_secret().to_owned())
}

fn input(password: &str) -> ConnectionInput {
    ConnectionInput {
        system: SYSTEM.to_owned(),
        method: None,
        settings: BTreeMap::from([("instance_url".to_owned(), "https://erp.example.com".to_owned())]),
        credentials: BTreeMap::from([("password".to_owned(), SecretString::from(password))]),
    }
}

fn request() -> ConnectRequest {
    ConnectRequest {
        input: input(PASSWORD),
        customer: Customer {
            id: "c-1".to_owned(),
            name: Some("Customer One".to_owned()),
        },
        ..ConnectRequest::default()
    }
}

async fn connect(
    test: &TestDomain,
    ws: &str,
    request: &ConnectRequest,
) -> Result<(Connection, String), Problem> {
    let (connection, token) = connect::connect(&test.domain, ws, &somebody(), request, &mut |_| {}).await?;
    Ok((connection, token.expose_secret().to_owned()))
}

/// A connection as it stands now.
async fn standing(test: &TestDomain, ws: &str, conn: &str) -> Connection {
    test.domain.store.connection(ws, conn).await.unwrap().unwrap()
}

async fn credits(test: &TestDomain, ws: &str) -> Credits {
    credits::balance(&test.domain, ws).await.unwrap()
}

/// Everything that stands in the state table, as text: to look for what must not be there.
async fn everything(test: &TestDomain) -> String {
    let rows = test
        .domain
        .store
        .client
        .scan()
        .table_name(&test.domain.store.state)
        .send()
        .await
        .unwrap();
    format!("{:?}", rows.items())
}
