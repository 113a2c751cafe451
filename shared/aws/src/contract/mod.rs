//! What every adapter of a port must do, written once.
//!
//! The adapters here and those of the local stack run the same functions. Each panics where an adapter
//! breaks the contract, and says what it broke. Time passes through the caller: a real service sleeps,
//! the local one moves its clock.

mod queue;
mod vault;

pub use queue::{Stale, queue};
pub use vault::vault;
