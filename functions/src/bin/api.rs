//! The `api` function on Lambda.

use manifold_functions::{api, http, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let ready = runtime::start("api").await?;
    http::serve(ready.metrics, api::router(&ready.app)).await
}
