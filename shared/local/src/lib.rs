//! The whole product on one machine: the deployed functions' own code behind a small gateway, an
//! embedded DynamoDB, queues and a vault in a table of it, a clock, and the sandbox's systems.
//!
//! [`Stack::start`] is all of it in this process; the tests use the same. `main.rs` puts the command
//! line around it.

pub mod clock;
pub mod embedded;
pub mod files;
pub mod gateway;
pub mod home;
pub mod identity;
pub mod pumps;
pub mod queue;
pub mod rehearsal;
pub mod stack;
pub mod stop;
pub mod table;
pub mod vault;

pub use stack::{Options, Stack, StackError};
