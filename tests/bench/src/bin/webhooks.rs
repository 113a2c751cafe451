//! Webhooks, from the rows of events to a receiver.
//!
//! - `bench-webhooks fill DYNAMODB RECEIVER/PATH ENDPOINTS EVENTS`: makes the tables where there are none, and a
//!   workspace with endpoints at that path, and hands so many events of 4 KB to each of them. One endpoint more
//!   is at `RECEIVER/dead`, which takes a message and never says a word. Prints the workspace.
//! - `bench-webhooks deliver DYNAMODB WORKSPACE`: sends all of it but to the dead one, as the `deliver` function
//!   works on a batch of messages.
//! - `bench-webhooks alone DYNAMODB WORKSPACE`, `bench-webhooks beside DYNAMODB WORKSPACE`: the same, without and
//!   with the dead one's message in the batch. Prints the milliseconds until all others had theirs.
//! - `bench-webhooks post RECEIVER/PATH MESSAGES`: the floor: so many messages of the same size, signed and posted.
//! - `bench-webhooks sign RECEIVER/PATH MESSAGES`: what the floor does before it posts.

use std::{sync::Arc, time::Instant};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{
    StreamExt as _,
    future::{Either, select},
    stream,
};
use jiff::{SignedDuration, Timestamp};
use manifold_bench::{client::plain, deployment, messages};
use manifold_domain::{
    audit::Actor,
    deployment::Domain,
    ports::{Clock as _, Ids as _, SystemClock, SystemIds},
    store::{Item, Row, Table, due, keys},
    webhooks::{self, DeliverMessage, EndpointSettings, signature},
    workspace,
};
use manifold_functions::{
    app::App,
    deliver,
    receivers::HttpReceivers,
    systems::{Allowed, Connectors},
};

/// Where the endpoint that says nothing is.
const DEAD: &str = "/dead";
/// Events that are handed to endpoints together, as a batch of messages brings them.
const TOGETHER: usize = 10;
/// Rows that one call takes.
const ROWS: usize = 25;
/// Posts of the floor that are under way: as many as a lane has at the most.
const IN_FLIGHT: usize = 32;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["fill", dynamodb, receiver, endpoints, events] => {
            fill(dynamodb, receiver, number(endpoints), number(events)).await;
        }
        ["deliver", dynamodb, ws] => deliver_all(&app(dynamodb), ws).await,
        ["alone", dynamodb, ws] => timed(&app(dynamodb), ws, false).await,
        ["beside", dynamodb, ws] => timed(&app(dynamodb), ws, true).await,
        ["post", receiver, count] => post(receiver, number(count)).await,
        ["sign", receiver, count] => drop(signed(receiver, number(count))),
        _ => panic!("not one of this program's modes: {arguments:?}"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

#[expect(clippy::print_stdout, reason = "whoever started the program reads it")]
fn tell(what: &str) {
    println!("{what}");
}

/// The `deliver` function over this DynamoDB, which may send to this machine.
fn app(dynamodb: &str) -> App {
    let allowed = Allowed {
        loopback: true,
        targets: Vec::new(),
    };
    let receivers = Arc::new(HttpReceivers::new(allowed.clone()));
    let catalog = Arc::new(Connectors::new(allowed));
    App::new(deployment::domain(dynamodb, catalog, receivers), "")
}

async fn fill(dynamodb: &str, receiver: &str, endpoints: usize, events: usize) {
    let domain = app(dynamodb).domain;
    // An earlier run may have made them.
    let _ = domain.store.create_tables().await;
    let (workspace, _) = workspace::create(&domain, &Actor::itself(), "Bench", 4)
        .await
        .expect("a workspace");
    let ws = workspace.id;
    for _ in 0..endpoints {
        endpoint(&domain, &ws, receiver).await;
    }
    let origin = receiver.rsplit_once('/').expect("an address with a path").0;
    endpoint(&domain, &ws, &format!("{origin}{DEAD}")).await;
    let mut ids = Vec::with_capacity(events);
    let mut rows = Vec::with_capacity(events);
    for number in 0..events {
        let (id, row) = event(&ws, number);
        ids.push(id);
        rows.push(row);
    }
    while !rows.is_empty() {
        let some = rows.drain(..rows.len().min(ROWS)).collect();
        let written = domain
            .store
            .write_many(Row::Event, Table::State, some, Vec::new());
        written.await.expect("the events are written");
    }
    for some in ids.chunks(TOGETHER) {
        webhooks::fan_out(&domain, &ws, some)
            .await
            .expect("the deliveries are made");
    }
    tell(&ws);
}

async fn endpoint(domain: &Domain, ws: &str, url: &str) {
    let settings = EndpointSettings {
        url: url.to_owned(),
        description: None,
        event_types: Vec::new(),
        connection_ids: Vec::new(),
        batch: true,
        initial: false,
    };
    webhooks::create(domain, ws, &Actor::itself(), settings)
        .await
        .expect("an endpoint");
}

/// The row of an event that waits to be handed over.
fn event(ws: &str, number: usize) -> (String, Item) {
    let now = SystemClock.now();
    let id = SystemIds.id("evt", now);
    let key = keys::event(ws, &id);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let mut row = Item::from([
        ("id".to_owned(), text(&id)),
        ("type".to_owned(), text(messages::KIND)),
        (
            "timestamp".to_owned(),
            AttributeValue::N(now.as_millisecond().to_string()),
        ),
        ("body".to_owned(), text(&messages::body(number))),
        ("connection".to_owned(), text(messages::CONNECTION)),
        (
            "expires_at".to_owned(),
            AttributeValue::N((now.as_second() + 86_400).to_string()),
        ),
    ]);
    row.extend(key.attributes());
    row.extend(due::attributes(&key, now));
    (id, row)
}

/// Works on the lanes of these endpoints in one batch.
async fn work(app: &App, ws: &str, wanted: impl Fn(&str) -> bool) {
    let endpoints = webhooks::list(&app.domain, ws).await.expect("the endpoints");
    let mut batch = SqsEvent::default();
    for endpoint in endpoints
        .into_iter()
        .filter(|endpoint| wanted(&endpoint.settings.url))
    {
        let message = DeliverMessage::Lane {
            ws: ws.to_owned(),
            endpoint: endpoint.id.clone(),
        };
        let mut record = SqsMessage::default();
        record.message_id = Some(endpoint.id);
        record.body = Some(message.body());
        batch.records.push(record);
    }
    let deadline: Timestamp = SystemClock.now() + SignedDuration::from_secs(600);
    let answer = deliver::handle(app, batch, deadline).await;
    assert!(answer.batch_item_failures.is_empty(), "every lane is worked on");
}

async fn deliver_all(app: &App, ws: &str) {
    work(app, ws, |url| !url.ends_with(DEAD)).await;
}

/// Both are polled by one task, as the lanes of a batch are; the dead one is dropped when the others are done.
async fn timed(app: &App, ws: &str, beside: bool) {
    let begun = Instant::now();
    let others = Box::pin(work(app, ws, |url| !url.ends_with(DEAD)));
    if beside {
        let dead = Box::pin(work(app, ws, |url| url.ends_with(DEAD)));
        let first = select(dead, others).await;
        assert!(
            matches!(first, Either::Right(_)),
            "the dead endpoint outlasts the others"
        );
    } else {
        others.await;
    }
    tell(&begun.elapsed().as_millis().to_string());
}

/// Requests as a receiver of the product's messages gets them.
fn signed(receiver: &str, count: usize) -> Vec<reqwest::Request> {
    let url: url::Url = receiver.parse().expect("an address");
    let secret = [7_u8; 32];
    let one = |number| {
        let (id, now) = (SystemIds.id("evt", SystemClock.now()), SystemClock.now());
        let body = messages::body(number);
        let mut request = reqwest::Request::new(reqwest::Method::POST, url.clone());
        let headers = request.headers_mut();
        headers.insert(
            "content-type",
            reqwest::header::HeaderValue::from_static("application/json"),
        );
        for (name, value) in signature::headers(&id, now, body.as_bytes(), &[secret]) {
            headers.insert(name, value.parse().expect("a header's value"));
        }
        *request.body_mut() = Some(body.into());
        request
    };
    (0..count).map(one).collect()
}

async fn post(receiver: &str, count: usize) {
    let client = plain();
    let mut posts = stream::iter(signed(receiver, count))
        .map(|request| async {
            let answer = client.execute(request).await.expect("the receiver answers");
            answer.bytes().await.expect("the answer comes whole")
        })
        .buffer_unordered(IN_FLIGHT);
    while posts.next().await.is_some() {}
}
