mod ahead;
mod get;
mod paging;
mod passthrough;
mod related;
mod requests;
mod sign_in;
pub(crate) mod stub;
mod stuck;
