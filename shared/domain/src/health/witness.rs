//! A second request, when one failed: does the system fail, or only what was asked of it?

use std::{sync::Arc, time::Duration};

use manifold_connectors::{
    fault::{Fault, FaultKind},
    source::ReadRequest,
};

use crate::systems::OpenSystem;

/// Time that a light request is given; whoever has less for it learns little from silence.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What a second request showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The system answers: what failed was the one request.
    Answer,
    /// It fails as a whole.
    Silence,
    /// There is no telling.
    Nothing,
}

/// Asks for something else when a request failed: one record of another model, where there is one.
///
/// A system that names a time to come again has said enough.
pub(crate) async fn ask(
    system: &Arc<dyn OpenSystem>,
    models: &[String],
    failed: &Fault,
    not: Option<&str>,
    within: Duration,
) -> Heard {
    if failed.retry_after.is_some() {
        return Heard::Silence;
    }
    let Some(model) = other_than(models, not) else {
        return Heard::Nothing;
    };
    match tokio::time::timeout(within.min(PATIENCE), one_record(system, model)).await {
        Ok(Ok(())) => Heard::Answer,
        Ok(Err(fault)) => judge(&fault),
        Err(_) if within < PATIENCE => Heard::Nothing,
        Err(_) => Heard::Silence,
    }
}

/// Asks a system for one record: the lightest request that shows that it does its work.
///
/// # Errors
/// The system's.
pub(crate) async fn one_record(system: &Arc<dyn OpenSystem>, model: &str) -> Result<(), Fault> {
    let request = ReadRequest {
        model: model.to_owned(),
        since: None,
        filters: Vec::new(),
        page_size: Some(1),
        position: None,
        raw: false,
        look: true,
    };
    Arc::clone(system).read(request).next().await.map(drop)
}

/// What a failure of such a request shows.
pub(crate) fn judge(fault: &Fault) -> Heard {
    match fault.kind {
        kind if kind.is_outage() => Heard::Silence,
        // Our own budget, not the system, may have said so; and a web page may be that of a proxy.
        FaultKind::RateLimited if fault.upstream.is_none() => Heard::Nothing,
        FaultKind::Malformed => Heard::Nothing,
        _ => Heard::Answer,
    }
}

fn other_than<'m>(models: &'m [String], not: Option<&str>) -> Option<&'m str> {
    let other = models.iter().find(|model| Some(model.as_str()) != not);
    other.or(models.first()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use FaultKind::*;

    #[test]
    fn only_what_waiting_may_mend_is_silence() {
        for (kind, heard) in [
            (Unresolved, Heard::Silence),
            (Unreachable, Heard::Silence),
            (Tls, Heard::Silence),
            (Timeout, Heard::Silence),
            (Unavailable, Heard::Silence),
            (RateLimited, Heard::Nothing),
            (Malformed, Heard::Nothing),
            (Unauthorized, Heard::Answer),
            (Denied, Heard::Answer),
            (NotFound, Heard::Answer),
            (Rejected, Heard::Answer),
        ] {
            assert_eq!(judge(&Fault::new(kind, "It failed.")), heard, "{kind:?}");
        }
    }

    #[test]
    fn another_model_is_asked_where_there_is_one() {
        let models = ["asset".to_owned(), "vendor".to_owned()];
        assert_eq!(other_than(&models, Some("asset")), Some("vendor"));
        assert_eq!(other_than(&models, None), Some("asset"));
        assert_eq!(other_than(&models[..1], Some("asset")), Some("asset"));
        assert_eq!(other_than(&[], None), None);
    }
}
