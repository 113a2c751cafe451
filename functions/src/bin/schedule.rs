//! The `schedule` function on Lambda: EventBridge calls it once a minute.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use manifold_functions::{runtime, schedule, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let ready = &runtime::start("schedule").await?;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<EventBridgeEvent>| {
        let driven = schedule::handle(&ready.app, runtime::deadline(&event.context)).await;
        telemetry::flush(ready.metrics);
        driven.map(drop).map_err(Error::from)
    }))
    .await
}
