//! A function's handlers, listed once: as routes that are served, and as routes that are described.
//!
//! Descriptions are half a megabyte of code and schemas. A deployed function serves its routes and never calls what
//! describes them, so it does not carry it.

use axum::{
    Router,
    handler::Handler,
    routing::{self, MethodFilter, MethodRouter},
};
use utoipa::openapi::HttpMethod;

use crate::app::App;

/// Lists handlers by their modules, and makes `served`, the routes, and `described`, the same with their documentation.
macro_rules! handlers {
    ($($module:ident: $($handler:ident),+;)+) => {
        /// The routes alone.
        fn served() -> axum::Router<$crate::app::App> {
            let router = axum::Router::new();
            $($(
                let router = utoipa_axum::paste! {
                    $crate::openapi::handlers::route::<$module::[<__path_ $handler>], _, _>(router, $module::$handler)
                };
            )+)+
            router
        }

        /// The routes with their documentation.
        pub fn described() -> utoipa_axum::router::OpenApiRouter<$crate::app::App> {
            utoipa_axum::router::OpenApiRouter::new()
                $($(.routes(utoipa_axum::routes!($module::$handler)))+)+
        }
    };
}
pub(crate) use handlers;

/// Adds a handler where its documentation says.
pub(crate) fn route<P, H, T>(router: Router<App>, handler: H) -> Router<App>
where
    P: utoipa::Path,
    H: Handler<T, App>,
    T: 'static,
{
    let methods = P::methods().into_iter().map(filter);
    let served = methods.fold(MethodRouter::new(), |served, method| {
        served.merge(routing::on(method, handler.clone()))
    });
    router.route(&P::path(), served)
}

fn filter(method: HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}
