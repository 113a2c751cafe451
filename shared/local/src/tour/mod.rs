//! stub
use crate::Failure;
/// stub
pub async fn take() -> Result<(), Failure> { Ok(()) }
