//! What happens, on standard error: a bar at a terminal, a few lines elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use manifold_connectors::{Page, Rejected};

/// Rejected records of one model that are shown each; the rest is counted.
const SHOWN: u64 = 100;

/// Progress and counts of one model.
pub(super) struct Report {
    model: String,
    bar: ProgressBar,
    begun: Instant,
    records: u64,
    deleted: u64,
    rejected: u64,
    pages: u64,
}

impl Report {
    pub(super) fn begin(model: &str) -> Self {
        let bar = ProgressBar::no_length();
        bar.set_style(spinner());
        bar.set_prefix(model.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self {
            model: model.to_owned(),
            bar,
            begun: Instant::now(),
            records: 0,
            deleted: 0,
            rejected: 0,
            pages: 0,
        }
    }

    pub(super) fn page(&mut self, page: &Page) {
        self.pages += 1;
        self.records += page.records.len() as u64;
        self.deleted += page.records.iter().filter(|record| record.deleted).count() as u64;
        if let Some(total) = page.total.filter(|_| self.bar.length().is_none()) {
            self.bar.set_style(bar());
            self.bar.set_length(total);
        }
        for warning in &page.warnings {
            self.note(warning);
        }
        for rejected in &page.rejected {
            self.reject(rejected);
        }
        self.bar.set_position(self.records + self.rejected);
    }

    pub(super) fn note(&self, text: &str) {
        self.say(&format!("{}: {text}", self.model));
    }

    fn reject(&mut self, rejected: &Rejected) {
        self.rejected += 1;
        if self.rejected <= SHOWN {
            let id = rejected.id.as_deref().unwrap_or("without a readable id");
            let place = if rejected.pointer.is_empty() {
                "/"
            } else {
                &rejected.pointer
            };
            self.note(&format!("rejected {id} at {place}: {}", rejected.reason));
        } else if self.rejected == SHOWN + 1 {
            self.note("more were rejected; they are only counted from here on");
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
        let took = self.begun.elapsed();
        let marked = if self.deleted > 0 {
            format!(" ({} marked as deleted)", self.deleted)
        } else {
            String::new()
        };
        self.note(&format!(
            "{} records{marked}, {} rejected, {} pages, {}.{:03} s",
            self.records,
            self.rejected,
            self.pages,
            took.as_secs(),
            took.subsec_millis()
        ));
    }

    fn say(&self, line: &str) {
        #[expect(clippy::print_stderr, reason = "standard output belongs to the records")]
        self.bar.suspend(|| eprintln!("{line}"));
    }
}

fn spinner() -> ProgressStyle {
    style("{prefix:18} {spinner} {human_pos} records {elapsed}")
}

fn bar() -> ProgressStyle {
    style("{prefix:18} {bar:40} {human_pos}/{human_len} {elapsed}")
}

fn style(template: &str) -> ProgressStyle {
    // Both templates are constants above; a broken one would only look plain.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
