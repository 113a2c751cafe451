//! One call of an HTTP function with a real API Gateway event, without the Lambda runtime around it.
//!
//! The deployed binaries hand the same routers to `lambda_http::run`; the local stack and the tests
//! call this.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
};
use lambda_http::{Adapter, LambdaEvent, request::LambdaRequest};
use lambda_runtime::Context;
use metrics_cloudwatch_embedded::Collector;

use crate::{api, app::App, connect, disconnect, routes::Function};

/// A function that answers API Gateway.
#[derive(Clone)]
pub struct Service(Router);

impl Service {
    /// The function over one deployment.
    #[must_use]
    pub fn new(app: &App, function: Function) -> Self {
        Self(router(app, function))
    }

    /// Answers one event as Lambda would.
    pub async fn call(&self, event: ApiGatewayV2httpRequest, context: Context) -> ApiGatewayV2httpResponse {
        let event = LambdaEvent::new(LambdaRequest::ApiGatewayV2(event), context);
        // The adapter cannot move between threads, what it begins can: so it is gone before the wait.
        let answering = {
            let mut adapter = Adapter::from(self.0.clone());
            tower::Service::call(&mut adapter, event)
        };
        let Ok(response) = answering.await;
        // Lambda gets this answer as text, so a caller without Lambda reads the same text.
        let read = serde_json::to_vec(&response).and_then(|text| serde_json::from_slice(&text));
        read.unwrap_or_else(|error| failed(&error.to_string()))
    }
}

/// The routes of a function.
pub fn router(app: &App, function: Function) -> Router {
    match function {
        Function::Api => api::router(app),
        Function::Connect => connect::router(app),
        Function::Disconnect => disconnect::router(app),
    }
}

fn failed(reason: &str) -> ApiGatewayV2httpResponse {
    tracing::error!(reason, "a function could not answer");
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = 500;
    response
}

/// Serves a function's routes on Lambda until it is stopped. A binary names its own routes, so that it links
/// no other function's.
///
/// # Errors
/// The Lambda runtime's.
pub async fn serve(metrics: &'static Collector, router: Router) -> Result<(), lambda_http::Error> {
    // Metrics of a request are written before its answer leaves, since Lambda may freeze the process then.
    let router = router.layer(middleware::from_fn(async move |request: Request, next: Next| {
        let response = next.run(request).await;
        crate::telemetry::flush(metrics);
        response
    }));
    lambda_http::run(router).await
}
