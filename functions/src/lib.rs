//! The Lambda functions of Manifold, as a library: a handler is one function that Lambda, the local
//! stack and the tests call with the same real events. Each binary is a few lines around one of them.
//!
//! Only this crate names Lambda, axum, an HTTP status of an answer, or an environment variable.

pub mod api;
pub mod app;
mod batch;
pub mod connect;
pub mod dashboard;
pub mod deliver;
pub mod disconnect;
pub mod environment;
pub mod gate;
pub mod http;
pub mod openapi;
pub mod pages;
pub mod receivers;
pub mod routes;
pub mod runtime;
pub mod schedule;
pub mod sync;
pub mod systems;
pub mod telemetry;
