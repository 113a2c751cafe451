//! The `deliver` function on Lambda: SQS gives it batches of messages.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use manifold_functions::{deliver, runtime, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let ready = &runtime::start("deliver").await?;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<SqsEvent>| {
        let deadline = runtime::deadline(&event.context);
        let answer = deliver::handle(&ready.app, event.payload, deadline).await;
        telemetry::flush(ready.metrics);
        Ok::<SqsBatchResponse, Error>(answer)
    }))
    .await
}
