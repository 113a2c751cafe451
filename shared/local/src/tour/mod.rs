//! `manifold tour`: the main job from end to end, through the API alone, as a customer would.
//!
//! Everything that is printed is an answer of the API, and whatever the text claims was checked on it.

mod api;
mod changes;
mod connecting;
mod leaving;
mod listening;
mod outage;
mod reading;
mod screen;
mod syncing;

use std::time::{Duration, Instant};

use manifold_local::{Options, Stack};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use self::{api::Api, screen::Screen};
use crate::Failure;

/// How much faster the tour's clock goes: an hour passes in a minute.
const SPEED: u32 = 60;

/// The systems that it connects, where the sandbox plays them.
const SYSTEMS: [&str; 4] = [
    "sap_s4hana",
    "netsuite",
    "dynamics_business_central",
    "dynamics_finance",
];

/// Fewer would compare nothing.
const FEWEST: usize = 3;

/// No single thing that the tour waits for takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it looks whether what it waits for has come.
const LOOK: Duration = Duration::from_millis(150);

/// One connected system.
struct Guest {
    /// Its id in the catalogue.
    system: String,
    /// Its name for people.
    title: String,
    /// The connection's id.
    connection: String,
    /// What the connection holds.
    credits: u64,
    /// The API as whoever has the connection's token sees it.
    api: Api,
}

/// What every step needs.
struct Tour {
    /// The API with the workspace's key.
    api: Api,
    /// The sandbox's controls.
    sandbox: Api,
    screen: Screen,
    guests: Vec<Guest>,
}

/// Takes the tour.
///
/// # Errors
/// The first thing that was not as it should be.
pub async fn take() -> Result<(), Failure> {
    let begun = Instant::now();
    let stack = Stack::start(&Options {
        speed: SPEED,
        ..Options::default()
    })
    .await?;
    let mut tour = Tour {
        api: Api::new(stack.url(), Some(stack.workspace_key().expose_secret()))?,
        sandbox: Api::new(stack.sandbox_url(), None)?,
        screen: Screen::new(),
        guests: Vec::new(),
    };
    tour.screen
        .title("Manifold: one API for the systems that customers run");
    tour.screen.say(&format!(
        "The whole product runs in this process ({}), over an embedded DynamoDB\n\
         in memory, with a clock that goes {SPEED} times as fast. The systems are the sandbox's, which speak\n\
         the vendors' own dialects.",
        stack.url()
    ));
    let done = tour.all().await;
    stack.stop().await;
    done?;
    tour.screen.end(begun.elapsed());
    Ok(())
}

impl Tour {
    async fn all(&mut self) -> Result<(), Failure> {
        self.connect().await?;
        self.sync().await?;
        self.read().await?;
        self.change().await?;
        self.break_one().await?;
        self.disconnect().await
    }

    /// What the workspace's credits are now: total, held, free.
    async fn credits(&self) -> Result<(u64, u64, u64), Failure> {
        let credits = self.api.get("/v1/credits").await?.expect(200)?;
        let number = |name: &str| {
            credits[name]
                .as_u64()
                .ok_or_else(|| format!("credits have no `{name}`: {credits}"))
        };
        Ok((number("total")?, number("held")?, number("free")?))
    }

    /// Asks until the answer is what is waited for.
    async fn wait_for(
        &self,
        path: &str,
        what: &str,
        mut there: impl FnMut(&Value) -> Result<bool, Failure>,
    ) -> Result<Value, Failure> {
        let begun = Instant::now();
        loop {
            let answer = self.api.get(path).await?.expect(200)?;
            if there(&answer)? {
                return Ok(answer);
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!(
                    "{what} did not come within {} s; GET {path} answers {answer}",
                    PATIENCE.as_secs()
                )
                .into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The text at a JSON pointer; empty where there is none.
fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The list under `data`.
fn data(value: &Value) -> Result<&Vec<Value>, Failure> {
    value["data"]
        .as_array()
        .ok_or_else(|| format!("there is no list in {value}").into())
}
