//! What holds across the workspace: its walls, its description, its template, and stories that go
//! through every function. One binary, so that the workspace links once.

mod architecture;
mod changes;
mod golden;
mod lifecycle;
mod openapi;
mod outage;
mod refusals;
mod requests;
mod shape;
mod support;
