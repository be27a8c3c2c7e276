//! Every page in every designed state, with made-up data: for looking, and for the tests.

mod covers;
mod data;
mod scenes;

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::{DOCTYPE, html};

use crate::{assets, paths, view::policy};

/// One page in one state.
pub struct Scene {
    /// The last part of its address, such as `archive-empty`.
    pub name: &'static str,
    /// The whole document.
    pub html: String,
}

/// All of them, in the order in which one would look.
pub fn scenes() -> Vec<Scene> {
    scenes::all()
}

/// Serves the scenes under `/scene/{name}` and lists them at `/`.
///
/// `port` is the gallery's own; the other name of the same machine plays Spotify's consent page.
pub fn router(port: u16) -> Router {
    let accounts = format!("http://localhost:{port}");
    let consent = format!("{accounts}/consent");
    Router::new()
        .route("/", get(index))
        .route("/scene/{name}", get(async move |Path(name): Path<String>| scene(&name, &accounts)))
        .route("/cover/{seed}", get(cover))
        .route(paths::AUTH_START, post(async move || Redirect::to(&consent)))
        .route("/consent", get(async || "the consent page"))
        .merge(assets::router())
}

fn scene(name: &str, accounts: &str) -> Response {
    let Some(scene) = scenes().into_iter().find(|scene| scene.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let csp = policy::content_security_policy(&[], accounts);
    let headers =
        [(header::CONTENT_SECURITY_POLICY, csp), (header::REFERRER_POLICY, "no-referrer".to_owned())];
    (headers, Html(scene.html)).into_response()
}

async fn index() -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Gallery" }
                link rel="icon" href=(assets::url("icon.svg"));
                link rel="stylesheet" href=(assets::url("app.css"));
            }
            body {
                main.page {
                    h1 { "Gallery" }
                    ul.links {
                        @for scene in scenes() {
                            li { a href={ "/scene/" (scene.name) } { (scene.name) } }
                        }
                    }
                }
            }
        }
    };
    Html(page.into_string())
}

async fn cover(Path(seed): Path<u64>) -> Response {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml")];
    (headers, covers::svg(seed).into_string()).into_response()
}

#[cfg(test)]
mod tests;
