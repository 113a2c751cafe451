//! What functions need beside them when something else runs them: an empty DynamoDB and the sandbox's
//! systems, each on a free port.
//!
//!     cargo run -p manifold-local --example stand_ins -- [ADDRESS]
//!
//! ADDRESS is where both listen, 127.0.0.1 otherwise: a container sees this machine under another one. The
//! one line on standard output says where they are. Nothing is kept; a signal ends it.

use std::{
    io::{self, Write as _},
    net::IpAddr,
    sync::Arc,
};

use jiff::Timestamp;
use manifold_sandbox::{Sandbox, SandboxClock};
use serde_json::json;
use tokio::net::TcpListener;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The wall's clock.
struct Wall;

impl SandboxClock for Wall {
    fn now_ms(&self) -> i64 {
        Timestamp::now().as_millisecond()
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let address: IpAddr = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1".to_owned())
        .parse()?;
    let database = dynoxide::Database::memory().map_err(|error| error.to_string())?;
    let tables = TcpListener::bind((address, 0)).await?;
    let systems = TcpListener::bind((address, 0)).await?;
    let ready = json!({
        "dynamodb": format!("http://{}", tables.local_addr()?),
        "sandbox": format!("http://{}", systems.local_addr()?),
    });
    // The sockets listen already, so whoever reads this may call.
    let mut out = io::stdout();
    writeln!(out, "{ready}")?;
    out.flush()?;
    let sandbox = Sandbox::new(Arc::new(Wall), Wall.now_ms());
    tokio::select! {
        () = dynoxide::server::serve_on(tables, database) => {}
        served = sandbox.serve(systems, std::future::pending()) => served?,
    }
    Ok(())
}
