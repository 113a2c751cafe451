//! What holds across the workspace: its walls, its description, its template, and stories that go
//! through every function. One binary, so that the workspace links once.

mod addresses;
mod architecture;
mod callers;
mod canary;
mod changes;
mod cursors;
mod dashboard;
mod failures;
mod golden;
mod idempotency;
mod lifecycle;
mod linking;
mod openapi;
mod outage;
mod pages;
mod reading;
mod refusals;
mod requests;
mod restart;
mod shape;
mod support;
mod template;
mod tenancy;
mod webhooks;
