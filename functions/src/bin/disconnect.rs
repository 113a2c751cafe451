//! The `disconnect` function on Lambda.

use manifold_functions::{disconnect, http, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let ready = runtime::start("disconnect").await?;
    http::serve(ready.metrics, disconnect::router(&ready.app)).await
}
