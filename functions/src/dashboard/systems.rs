//! The catalogue: which systems can be connected, and what can be done with each.

use axum::{extract::Path, response::Response};
use manifold_connectors::{
    Deletes,
    connector::{Capabilities, Connector},
    manifest::{Category, Evidence, Hosting, Manifest},
};
use manifold_domain::error::Problem;
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    form::{Asked, address, filled},
    frame::{Place, back, head, page},
    session::Seat,
    trouble::Trouble,
    words::{model_title, several},
};
use crate::pages::{
    Icon, icon,
    parts::{Tone, badge, empty, initials, notice},
};

const PATH: &str = "/dashboard/systems";
/// Systems that one page shows.
const MOST_SHOWN: usize = 120;

/// What is looked for.
#[derive(Deserialize)]
pub struct Wanted {
    q: Option<String>,
    category: Option<String>,
}

const CATEGORIES: [(Category, &str, &str); 3] = [
    (Category::Erp, "erp", "ERP"),
    (Category::Cmms, "cmms", "Maintenance"),
    (Category::Wms, "wms", "Warehouse"),
];

/// The catalogue.
pub async fn list(seat: Seat, Asked(wanted): Asked<Wanted>) -> Response {
    let words = filled(wanted.q).unwrap_or_default();
    let category = CATEGORIES
        .iter()
        .find(|(_, key, _)| Some(*key) == wanted.category.as_deref());
    let found = seat.app.catalog.search(&words, category.map(|(of, ..)| *of));
    let to = |key: &str| address(PATH, &[("q", &words), ("category", key)]);
    let content = html! {
        (head("Systems", "What can be connected, and what can be read of each.", &html! {}))
        form class="filters" method="get" action=(PATH) role="search" {
            div class="input-group grow" {
                (icon(Icon::Search))
                input class="input" type="search" name="q" value=(words) placeholder="Name or vendor" aria-label="Look for a system";
            }
            @if let Some((_, key, _)) = category { input type="hidden" name="category" value=(key); }
            button class="button" type="submit" { "Search" }
        }
        nav class="chips" aria-label="Category" {
            a class="chip" href=(to("")) aria-current=[category.is_none().then_some("page")] { "All" }
            @for one in &CATEGORIES {
                a class="chip" href=(to(one.1)) aria-current=[(category.map(|(of, ..)| *of) == Some(one.0)).then_some("page")] { (one.2) }
            }
        }
        @if found.is_empty() {
            div class="card" { (empty(Icon::Search, "Nothing found", "No system is called that. Try fewer letters.", &html! { a class="button" href=(PATH) { "Show all systems" } })) }
        } @else {
            ul class="gallery" {
                @for connector in found.iter().take(MOST_SHOWN) { li { (tile(connector)) } }
            }
            @if found.len() > MOST_SHOWN { p class="soft" { "And " (found.len() - MOST_SHOWN) " more: search to narrow it down." } }
        }
    };
    page(&seat, Place::Systems, "Systems", &content)
}

fn tile(connector: &Connector) -> Markup {
    let manifest = connector.manifest();
    let models = u64::try_from(connector.models().count()).unwrap_or_default();
    html! {
        a class="card tile-link" href={ (PATH) "/" (manifest.id) } {
            (initials(&manifest.name, ""))
            div class="grow" {
                p class="strong" { (manifest.name) }
                p class="soft small" { (manifest.vendor) }
                p class="faint tiny" { (several(models, "model", "models")) " · " (several(u64::from(manifest.tier.credits()), "credit", "credits")) }
            }
        }
    }
}

/// One system.
pub async fn show(seat: Seat, Path(system): Path<String>) -> Result<Response, Trouble> {
    let connector = seat
        .app
        .catalog
        .get(&system)
        .ok_or_else(|| Problem::NotFound("such system in the catalogue".to_owned()))?;
    let manifest = connector.manifest();
    let connect = html! { a class="button primary" href={ "/dashboard/connect?system=" (manifest.id) } { (icon(Icon::Plug)) "Connect" } };
    let content = html! {
        (back(PATH, "Systems"))
        div class="page-head" {
            (initials(&manifest.name, "large"))
            div class="grow" { h1 { (manifest.name) } p class="soft" { (manifest.description) } }
            (connect)
        }
        div class="columns" {
            div class="stack loose" {
                section class="card" aria-labelledby="capabilities" {
                    header { h2 id="capabilities" { "What can be done" } }
                    (capabilities(&connector.capabilities()))
                }
                (guidance(manifest))
            }
            div class="stack loose" { (facts(manifest)) (asked(&connector)) }
        }
    };
    Ok(page(&seat, Place::Systems, &manifest.name, &content))
}

fn mark(can: bool, what: &str) -> Markup {
    html! {
        @if can { span class="yes" { (icon(Icon::Check)) span class="visually-hidden" { (what) ": yes" } } }
        @else { span class="faint" { "–" span class="visually-hidden" { (what) ": no" } } }
    }
}

fn capabilities(capabilities: &[Capabilities]) -> Markup {
    html! {
        div class="table-box" {
            table class="table" {
                thead { tr { th { "Model" } th { "Read" } th { "Changes only" } th { "By id" } th { "Deletions" } th { "Create" } th { "Update" } th { "Live filters" } } }
                tbody {
                    @for one in capabilities {
                        tr {
                            td class="strong nowrap" { (model_title(&one.reads.model)) }
                            td { (mark(true, "Read")) }
                            td { (mark(one.reads.incremental, "Changes only")) }
                            td { (mark(one.reads.by_id, "By id")) }
                            td { @match one.reads.deletes { Deletes::Never => "not told", Deletes::Marked => "marked", Deletes::Absence => "by absence" } }
                            td { (mark(one.create, "Create")) }
                            td { (mark(one.update, "Update")) }
                            td class="mono tiny wrap-text" { @if one.reads.filters.is_empty() { span class="faint" { "none" } } @else { (one.reads.filters.join(", ")) } }
                        }
                    }
                }
            }
        }
    }
}

fn guidance(manifest: &Manifest) -> Markup {
    html! {
        @if !manifest.guidance.is_empty() {
            section class="card" aria-labelledby="guidance" {
                header { h2 id="guidance" { "To prepare in the system" } }
                ol class="steps body" {
                    @for step in &manifest.guidance { li { h3 { (step.title) } p class="soft" { (step.text) } } }
                }
            }
        }
    }
}

fn facts(manifest: &Manifest) -> Markup {
    let (tone, word) = match manifest.verified.level {
        Evidence::None => (Tone::Warn, "Not confirmed"),
        Evidence::Specification => (Tone::Accent, "Vendor's specification"),
        Evidence::ThirdPartyServer => (Tone::Good, "Somebody else's server"),
        Evidence::RealSystem => (Tone::Good, "The real system"),
    };
    let hosting = match manifest.hosting {
        Hosting::Cloud => "Cloud",
        Hosting::OnPremises => "On premises",
        Hosting::Ask => "Cloud or on premises",
    };
    html! {
        section class="card" aria-labelledby="facts" {
            header { h2 id="facts" { "Facts" } }
            dl class="facts body" {
                dt { "Vendor" } dd { (manifest.vendor) }
                dt { "Interface" } dd { (manifest.api) }
                dt { "Runs" } dd { (hosting) }
                dt { "Credits" } dd { (manifest.tier.credits()) @if manifest.hosting != Hosting::Cloud { ", twice on premises" } }
                dt { "Id" } dd class="mono" { (manifest.id) }
                dt { "Confirmed by" } dd { (badge(tone, word)) " " span class="faint tiny" { (manifest.verified.on) } }
            }
            div class="body flush" { (notice(Tone::Plain, &html! { (manifest.verified.note) })) }
        }
    }
}

/// What a person has to know to connect it.
fn asked(connector: &Connector) -> Markup {
    let manifest = connector.manifest();
    let basic = connector.settings().iter().filter(|field| !field.advanced);
    html! {
        section class="card" aria-labelledby="asked" {
            header { h2 id="asked" { "What is asked for" } }
            div class="body stack" {
                ul class="notes" { @for field in basic { li { strong { (field.title) } " " span class="soft small" { (field.description) } } } }
                @for method in &manifest.methods {
                    div {
                        h3 { (method.title) }
                        ul class="notes" { @for field in connector.credentials(&method.id).iter().filter(|field| !field.advanced) { li { strong { (field.title) } " " span class="soft small" { (field.description) } } } }
                    }
                }
            }
        }
    }
}
