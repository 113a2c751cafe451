//! Requests and answers as the dialects see them, without the web framework around them.

mod answer;
mod call;

pub(crate) use answer::Answer;
pub(crate) use call::{Call, encoded};
