//! `manifold sync`: reads one system and writes its records as JSON lines, without any store.
//!
//! For trying a connector and for measuring it. A page is written before the next one is mapped, so
//! memory does not grow with the number of records.

mod input;
mod report;

use std::{
    fs,
    io::{self, BufWriter, Write},
    sync::Arc,
};

use manifold_connectors::{
    Client, Connector, ModelTraits, Page, ReadRequest, Source as _,
    budget::Budget,
    catalog::Catalog,
    client::Outside,
    transport::{AllowList, GuardedTransport},
};

use self::report::Report;
use crate::{
    Failure,
    cli::{Export, Form},
};

/// Bytes that are written to standard output at once.
const AT_ONCE: usize = 256 * 1024;

/// Reads what is asked for and writes it to standard output; progress and counts go to standard error.
///
/// # Errors
/// An unknown system or model, input that does not fit, a fault of the system, or an output that cannot
/// be written to. What was read until then is written.
pub async fn export(what: &Export) -> Result<(), Failure> {
    let Form::Jsonl = what.to;
    let connector = connector(what)?;
    let models = models(&connector, what.model.as_deref())?;
    let instance = input::read(&what.settings, &connector)?;
    // As on the local stack, this machine itself may be called.
    let transport = GuardedTransport::new(AllowList::none().with_loopback());
    let outside = Outside::new(Arc::new(transport), Budget::new(connector.manifest().limits));
    let client = Arc::new(Client::new(Arc::clone(&connector), instance, outside, &[])?);
    let mut out = BufWriter::with_capacity(AT_ONCE, io::stdout().lock());
    for traits in models {
        let read = model(&client, &traits, what, &mut out).await;
        // Records of a read that broke off are good records.
        match out.flush().map_err(Failure::from).and(read) {
            Err(failure) if is_closed(&failure) => return Ok(()),
            read => read?,
        }
    }
    Ok(())
}

/// The connector that is asked for: a file's, or one of the catalogue.
fn connector(what: &Export) -> Result<Arc<Connector>, Failure> {
    if let Some(file) = &what.manifest {
        let text = fs::read_to_string(file)
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let connector = Connector::from_toml(&text)?;
        connector.compile()?;
        return Ok(Arc::new(connector));
    }
    let catalog = Catalog::builtin();
    let system = what.system.as_deref().unwrap_or_default();
    catalog.get(system).ok_or_else(|| unknown_system(catalog, system))
}

/// Reads one model to its end.
async fn model(
    client: &Arc<Client>,
    traits: &ModelTraits,
    what: &Export,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let mut report = Report::begin(&traits.model);
    let since = what.since.filter(|_| traits.incremental);
    if what.since.is_some() && since.is_none() {
        report.note("it cannot say what changed, so all of it is read");
    }
    let request = ReadRequest {
        model: traits.model.clone(),
        since,
        page_size: what.page_size,
        ..ReadRequest::default()
    };
    let mut pages = Arc::clone(client).read(request);
    loop {
        match pages.next().await {
            Ok(Some(page)) => {
                write_page(&page, out)?;
                report.page(&page);
            }
            Ok(None) => {
                report.end();
                return Ok(());
            }
            Err(fault) => {
                report.end();
                return Err(fault.into());
            }
        }
    }
}

fn write_page(page: &Page, out: &mut impl Write) -> io::Result<()> {
    for record in &page.records {
        out.write_all(&record.body)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn models(connector: &Connector, wanted: Option<&str>) -> Result<Vec<ModelTraits>, Failure> {
    let all: Vec<&str> = connector.models().collect();
    if let Some(wanted) = wanted.filter(|wanted| !all.contains(wanted)) {
        let name = &connector.manifest().name;
        return Err(format!("{name} has no model `{wanted}`; it has {}", all.join(", ")).into());
    }
    let chosen = all
        .into_iter()
        .filter(|model| wanted.is_none_or(|wanted| wanted == *model));
    Ok(chosen.filter_map(|model| connector.traits(model)).collect())
}

fn unknown_system(catalog: &Catalog, system: &str) -> Failure {
    let known: Vec<String> = catalog
        .all()
        .map(|connector| connector.manifest().id.clone())
        .collect();
    format!("there is no system `{system}`; there are {}", known.join(", ")).into()
}

/// Whoever read the output has enough: `manifold sync … | head`.
fn is_closed(failure: &Failure) -> bool {
    failure
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
