//! The `connect` function on Lambda.

use manifold_functions::{connect, http, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let ready = runtime::start("connect").await?;
    http::serve(ready.metrics, connect::router(&ready.app)).await
}
