//! The complete field mapping of a connection, and the fields that the workspace adds to it.

use axum::{extract::Path, http::StatusCode, response::Response};
use manifold_connectors::{map::MappedField, model::Model};
use manifold_domain::{connection::Connection, error::Problem, mapping, systems::CustomField};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Tab, find, model_of, models, page_with, path};
use crate::{
    api::mapping::of_connection,
    dashboard::{
        form::{Asked, Form, address},
        session::Seat,
        trouble::{Told, Trouble},
    },
    pages::{
        Icon, icon,
        parts::{Tone, badge, notice},
    },
    systems,
};

/// Which model.
#[derive(Deserialize)]
pub struct Wanted {
    model: Option<String>,
}

/// The page.
pub async fn show(
    seat: Seat,
    Path(id): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?;
    let empty = Given::default();
    Ok(render(&seat, &connection, wanted.model.as_deref(), &empty, None)?)
}

fn render(
    seat: &Seat,
    connection: &Connection,
    wanted: Option<&str>,
    given: &Given,
    refused: Option<&Told>,
) -> Result<Response, Problem> {
    let mappings = of_connection(&seat.app, connection)?;
    let model = model_of(connection, wanted);
    let mapping = model.and_then(|model| mappings.iter().find(|one| one.model == model.name));
    let content = html! {
        @if let (Some(model), Some(mapping)) = (model, mapping) {
            (models(connection, model, "/mapping"))
            section class="card" aria-labelledby="fields" {
                header {
                    div { h2 id="fields" { (model.title) } p class="soft tiny" { "From " span class="mono" { (mapping.source) } " of the system" } }
                    @if !connection.is_disconnected() { a class="button small" href="#add" { (icon(Icon::Plus)) "Add a field" } }
                }
                (table(seat, connection, model, &mapping.fields))
            }
            @if !connection.is_disconnected() { (add_form(seat, connection, model, given, refused)) }
        } @else {
            div class="card body soft" { "This connection has no model that is mapped." }
        }
    };
    let status = refused.map_or(StatusCode::OK, |told| told.status);
    Ok(page_with(seat, status, connection, Tab::Mapping, &content))
}

fn table(seat: &Seat, connection: &Connection, model: &Model, fields: &[MappedField]) -> Markup {
    html! {
        div class="table-box" {
            table class="table mapping" {
                thead { tr { th { "Unified field" } th { "Source field" } th { "Conversion" } th { "Meaning" } } }
                tbody {
                    @for field in fields {
                        tr {
                            td class="mono" {
                                (field.field)
                                @if field.custom { " " (badge(Tone::Accent, "Yours")) }
                            }
                            td class="mono wrap-text" { @for (at, source) in each_once(&field.sources).enumerate() { @if at > 0 { br; } (breakable(source)) } }
                            td {
                                (field.conversion)
                                @if !field.values.is_empty() {
                                    details { summary { (field.values.len()) " values" }
                                        ul class="pairs" { @for (code, value) in &field.values { li { code { (code) } " → " code { (value) } } } }
                                    }
                                }
                            }
                            td class="soft" {
                                @if field.custom && !connection.is_disconnected() {
                                    form method="post" action={ (path(connection)) "/custom-fields/remove" } {
                                        (seat.form_field())
                                        input type="hidden" name="model" value=(model.name);
                                        input type="hidden" name="name" value=(bare(&field.field));
                                        button class="button small" type="submit" { (icon(Icon::Bin)) "Remove" }
                                    }
                                } @else { (with_code(&field.doc)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Sources in their order; one that a conversion looks at several times stands there once.
fn each_once(sources: &[String]) -> impl Iterator<Item = &String> {
    let first = |at: usize, source: &String| !sources[..at].contains(source);
    let all = sources.iter().enumerate();
    all.filter(move |(at, source)| first(*at, source))
        .map(|(_, source)| source)
}

/// A sentence with what stands in backticks as code.
fn with_code(text: &str) -> Markup {
    html! { @for (at, part) in text.split('`').enumerate() { @if at % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// A path that a line may end in, behind each step.
fn breakable(path: &str) -> Markup {
    html! { @for (at, step) in path.split('/').enumerate() { @if at > 0 { "/" wbr; } (step) } }
}

/// A custom field's own name, without `custom_fields.` before it.
fn bare(field: &str) -> &str {
    field.strip_prefix("custom_fields.").unwrap_or(field)
}

fn add_form(
    seat: &Seat,
    connection: &Connection,
    model: &Model,
    given: &Given,
    refused: Option<&Told>,
) -> Markup {
    html! {
        form id="add" class="card" method="post" action={ (path(connection)) "/custom-fields" } {
            (seat.form_field())
            input type="hidden" name="model" value=(model.name);
            header { div { h2 { "Add a field" } p class="soft tiny" { "Any field of the source record. Live reads show it at once; stored records get it by a full sync, which starts by itself." } } }
            div class="body stack" {
                @if let Some(told) = refused { div role="alert" { (notice(Tone::Bad, &html! { (told.detail) })) } }
                div class="pair" {
                    div class="field" {
                        label for="name" { "Name" }
                        input class="input mono" id="name" name="name" required maxlength="64" pattern="[A-Za-z0-9_]+" value=(given.name) placeholder="project_code" autocomplete="off" aria-describedby="name-help";
                        p class="help" id="name-help" { "Stands under " code { "custom_fields" } " of each record." }
                    }
                    div class="field" {
                        label for="source" { "Source field" }
                        input class="input mono" id="source" name="source" required maxlength="512" value=(given.source) placeholder="YY1_ProjectCode_PDH" autocomplete="off" aria-describedby="source-help";
                        p class="help" id="source-help" { "Names from the record inwards, separated by " code { "/" } "." }
                    }
                }
                div { button class="button primary" type="submit" { "Add the field" } }
            }
        }
    }
}

/// A field to add, or the name of one to remove.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Given {
    model: String,
    name: String,
    source: String,
}

/// Adds a field.
pub async fn add(seat: Seat, Path(id): Path<String>, Form(given): Form<Given>) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?.live()?;
    let mut fields = connection.custom_fields.clone();
    fields.push(CustomField {
        model: given.model.clone(),
        name: given.name.trim().to_owned(),
        source: given.source.trim().to_owned(),
        decoder: None,
    });
    let refused = match systems::check_custom_fields(&connection.system, &fields) {
        Ok(()) => replace(&seat, &connection, fields).await.err(),
        Err(problems) => Some(Problem::InvalidFields(problems)),
    };
    match refused {
        None => Ok(seat.go(&here(&connection, &given.model), "field-added")),
        Some(problem @ Problem::InvalidFields(_)) => {
            let told = Told::of(&problem);
            Ok(render(
                &seat,
                &connection,
                Some(&given.model),
                &given,
                Some(&told),
            )?)
        }
        Some(problem) => Err(problem.into()),
    }
}

/// Removes a field.
pub async fn remove(
    seat: Seat,
    Path(id): Path<String>,
    Form(given): Form<Given>,
) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?.live()?;
    let mut fields = connection.custom_fields.clone();
    fields.retain(|field| field.model != given.model || field.name != given.name);
    replace(&seat, &connection, fields).await?;
    Ok(seat.go(&here(&connection, &given.model), "field-removed"))
}

async fn replace(seat: &Seat, connection: &Connection, fields: Vec<CustomField>) -> Result<(), Problem> {
    let (domain, ws) = (&seat.app.domain, seat.ws());
    mapping::set_custom_fields(domain, ws, &connection.id, &seat.actor, fields).await?;
    Ok(())
}

fn here(connection: &Connection, model: &str) -> String {
    address(&format!("{}/mapping", path(connection)), &[("model", model)])
}
