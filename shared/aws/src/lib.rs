//! The ports over AWS: [`SqsQueue`] on SQS, [`SecretsVault`] on Secrets Manager, and [`Clients`],
//! the SDK clients that a function makes once and warms while Lambda still initialises it.
//!
//! All clients share one HTTP client ([`http_client`]) and so one TLS configuration and one pool.
//! What goes wrong is told as text for the log (see [`manifold_domain::ports::PortError`]); that text
//! never quotes a request or an answer, since either may hold credentials. The SDK's own `debug` and
//! `trace` events do quote them: a subscriber must keep the targets `aws_*` and `hyper*` at `warn`.

#[doc(hidden)]
pub mod contract;

mod clients;
mod fault;
mod http;
mod queue;
mod vault;

pub use clients::{Clients, Settings, SetupError};
pub use http::http_client;
pub use queue::{MAX_BODY, SqsQueue};
pub use vault::SecretsVault;
