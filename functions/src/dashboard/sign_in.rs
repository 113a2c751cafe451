//! Signing in with a workspace key, and out.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use manifold_domain::{error::Problem, session};
use maud::{Markup, html};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{
    form::{Asked, Form, address},
    frame,
    session::{Seat, cookie, is_ours, set_cookie},
    trouble::Told,
};
use crate::{
    app::App,
    gate::caller,
    pages::{
        Icon, icon,
        parts::{Tone, notice},
    },
};

const PATH: &str = "/dashboard/sign-in";

/// To the sign-in page, and from there back to where one wanted to go.
pub fn send_there(app: &App, request: &Request, over: bool) -> Response {
    let wanted = if request.method() == axum::http::Method::GET {
        request.uri().path_and_query().map_or("", |path| path.as_str())
    } else {
        ""
    };
    let ended = if over { "1" } else { "" };
    let mut response = Redirect::to(&address(PATH, &[("next", wanted), ("ended", ended)])).into_response();
    if over {
        set_cookie(app, &mut response, None);
    }
    response
}

/// What the sign-in page is asked for.
#[derive(Deserialize)]
pub struct Wanted {
    next: Option<String>,
    ended: Option<String>,
    out: Option<String>,
}

/// A page of ours to go on to; the overview for anything else.
fn destination(next: Option<&str>) -> &str {
    let inside = |path: &&str| {
        let ours = path.starts_with("/dashboard") && !path.starts_with(PATH);
        ours && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    next.filter(inside).unwrap_or("/dashboard")
}

/// The sign-in page.
pub async fn show(headers: HeaderMap, Asked(wanted): Asked<Wanted>) -> Response {
    let said = if wanted.ended.is_some() {
        notice(
            Tone::Warn,
            &html! { "The session is over: twelve hours passed, or its key was withdrawn. Sign in again." },
        )
    } else if wanted.out.is_some() {
        notice(Tone::Good, &html! { "You are signed out." })
    } else {
        html! {}
    };
    form_page(
        StatusCode::OK,
        &said,
        destination(wanted.next.as_deref()),
        &headers,
    )
}

fn form_page(status: StatusCode, said: &Markup, next: &str, headers: &HeaderMap) -> Response {
    let content = html! {
        div class="card sign-in" {
            div class="body stack" {
                div { h1 { "Sign in" } p class="soft small" { "With a key of your workspace." } }
                (said)
                form class="stack" method="post" action=(PATH) {
                    input type="hidden" name="next" value=(next);
                    div class="field" {
                        label for="key" { "Workspace key" }
                        input class="input mono" type="password" id="key" name="key" required autofocus autocomplete="current-password" spellcheck="false" placeholder="mfk_…" aria-describedby="key-help";
                        p class="help" id="key-help" {
                            "The operator of the deployment gave it to you. On your own machine " code { "cargo run" } " shows it when it starts."
                        }
                    }
                    button class="button primary wide" type="submit" { "Sign in" (icon(Icon::Next)) }
                }
            }
        }
        p class="faint small" { "The key stays here: the browser keeps a session of twelve hours, and not the key." }
    };
    frame::small("Sign in", status, &content, headers)
}

/// What is sent to sign in.
#[derive(Deserialize)]
pub struct Given {
    #[serde(default)]
    key: SecretString,
    next: Option<String>,
}

/// Signs in.
pub async fn sign_in(State(app): State<App>, request: Request) -> Response {
    let headers = request.headers().clone();
    let actor = caller::actor("", &request);
    if !is_ours(&headers) {
        let told = Told::new(
            StatusCode::FORBIDDEN,
            "This form is not from here",
            "Another site sent it. Open the sign-in page itself.",
        );
        return frame::alone(&told, &headers);
    }
    let given = <Form<Given> as axum::extract::FromRequest<App>>::from_request(request, &app).await;
    let Ok(Form(given)) = given else {
        let told = Told::new(
            StatusCode::BAD_REQUEST,
            "The form cannot be read",
            "Load the sign-in page again.",
        );
        return frame::alone(&told, &headers);
    };
    let next = destination(given.next.as_deref()).to_owned();
    let said = match session::begin(&app.domain, given.key.expose_secret().trim(), actor).await {
        Ok(token) => {
            let mut response = Redirect::to(&next).into_response();
            set_cookie(&app, &mut response, Some(token.expose_secret()));
            return response;
        }
        Err(Problem::Unauthorized) => "There is no such key. Copy the whole of it, from mfk_ to the end.",
        Err(Problem::TokenRevoked) => "This key was withdrawn. Ask the operator for another.",
        Err(Problem::Forbidden(_)) => "This is another kind of token. A workspace key begins with mfk_.",
        Err(problem) => return frame::alone(&Told::of(&problem), &headers),
    };
    let said = html! { div role="alert" { (notice(Tone::Bad, &html! { (said) })) } };
    form_page(StatusCode::UNAUTHORIZED, &said, &next, &headers)
}

/// Signs out: the session's token is refused from now on, wherever it may be.
pub async fn sign_out(seat: Seat) -> Response {
    if let Some(token) = cookie(&seat.app, &seat.headers)
        && let Err(problem) = session::end(&seat.app.domain, &token).await
    {
        return seat.trouble(&Told::of(&problem));
    }
    let mut response = Redirect::to(&address(PATH, &[("out", "1")])).into_response();
    set_cookie(&seat.app, &mut response, None);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_only_to_pages_of_the_dashboard() {
        for (next, goes) in [
            (Some("/dashboard/events?cursor=a"), "/dashboard/events?cursor=a"),
            (Some("https://evil.example"), "/dashboard"),
            (Some("//evil.example/dashboard"), "/dashboard"),
            (Some("/dashboard\\evil"), "/dashboard"),
            (Some("/dashboard/sign-in"), "/dashboard"),
            (Some("/dashboard\r\nSet-Cookie: a"), "/dashboard"),
            (None, "/dashboard"),
        ] {
            assert_eq!(destination(next), goes, "{next:?}");
        }
    }
}
