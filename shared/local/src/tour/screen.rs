//! What the tour shows: words on standard output, bars on standard error while something takes time.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::Failure;

/// Width of what is printed.
const WIDTH: usize = 100;

/// The output, and how much was checked.
pub(super) struct Screen {
    styled: bool,
    step: u32,
    checks: u32,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self {
            styled: io::stdout().is_terminal(),
            step: 0,
            checks: 0,
        }
    }

    pub(super) fn title(&self, text: &str) {
        print(&self.bold(text));
        print(&"=".repeat(text.chars().count()));
    }

    /// Begins the next step.
    pub(super) fn step(&mut self, title: &str) {
        self.step += 1;
        print(&format!("\n{}", self.bold(&format!("{}  {title}", self.step))));
    }

    /// Plain words.
    pub(super) fn say(&self, text: &str) {
        print(text);
    }

    /// An indented line.
    pub(super) fn line(&self, text: &str) {
        print(&format!("   {text}"));
    }

    /// A request, as it was sent.
    pub(super) fn request(&self, text: &str) {
        print(&format!("   {}", self.dim(text)));
    }

    /// Something that was claimed and is so; or the end of the tour.
    pub(super) fn check(&mut self, held: bool, claim: &str, seen: &str) -> Result<(), Failure> {
        if !held {
            return Err(format!("not so: {claim}. The API says: {seen}").into());
        }
        self.checks += 1;
        print(&format!("   {} {claim}", self.bold("ok")));
        Ok(())
    }

    /// Columns of the given widths; the first row is their heading. What is too long is cut.
    pub(super) fn table<const N: usize>(&self, widths: [usize; N], heading: [&str; N], rows: &[[String; N]]) {
        print(&format!(
            "   {}",
            self.bold(&row(widths, &heading.map(str::to_owned)))
        ));
        for cells in rows {
            print(&format!("   {}", row(widths, cells)));
        }
    }

    /// A label with one value for each of several things beside each other.
    pub(super) fn beside(&self, label: &str, values: &[String], bold: bool) {
        let width = (WIDTH - 3 - LABEL) / values.len().max(1);
        let mut line = fitted(label, LABEL - 1);
        for value in values {
            line.push(' ');
            line.push_str(&fitted(value, width - 1));
        }
        let line = line.trim_end();
        print(&format!(
            "   {}",
            if bold { self.bold(line) } else { line.to_owned() }
        ));
    }

    pub(super) fn end(&self, took: Duration) {
        print(&format!(
            "\n{} {} checks held in {}. `cargo run` serves the same for you to try.",
            self.bold("The tour is complete:"),
            self.checks,
            seconds(took)
        ));
    }

    fn bold(&self, text: &str) -> String {
        if self.styled {
            format!("\x1b[1m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn dim(&self, text: &str) -> String {
        if self.styled {
            format!("\x1b[2m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Where labels end in [`Screen::beside`].
const LABEL: usize = 17;

/// Something that takes time: a bar for each part of it, gone once it is over. Nothing is drawn where
/// standard error is no terminal.
pub(super) struct Progress(MultiProgress);

impl Progress {
    pub(super) fn new() -> Self {
        Self(MultiProgress::new())
    }

    /// A part with a known number of pieces.
    pub(super) fn bar(&self, name: &str, length: u64) -> ProgressBar {
        self.add(
            ProgressBar::new(length),
            name,
            "   {prefix:34} {bar:20} {pos}/{len} models  {msg}",
        )
    }

    /// A part of which nobody knows how long it takes.
    pub(super) fn spinner(&self, name: &str) -> ProgressBar {
        self.add(ProgressBar::no_length(), name, "   {spinner} {prefix}  {msg}")
    }

    fn add(&self, bar: ProgressBar, name: &str, template: &str) -> ProgressBar {
        let bar = self.0.add(bar);
        // The templates are constants; a broken one would only look plain.
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // What stays on a terminal that went away is nobody's problem.
        let _ = self.0.clear();
    }
}

fn row<const N: usize>(widths: [usize; N], cells: &[String; N]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        // Writing to a String cannot fail.
        let _ = write!(line, "{} ", fitted(cell, width));
    }
    line.trim_end().to_owned()
}

/// Exactly `width` characters.
fn fitted(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return format!("{text}{}", " ".repeat(width - length));
    }
    let cut: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// `3.4 s`, `12 ms`.
pub(super) fn seconds(duration: Duration) -> String {
    match duration.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        millis => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
    }
}

fn print(line: &str) {
    // Whoever stops reading (`tour | head`) still learns from the exit code how it ended.
    let _ = writeln!(io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fit() {
        assert_eq!(fitted("abc", 5), "abc  ");
        assert_eq!(fitted("äöüß…", 4), "äöü…");
        assert_eq!(row([3, 2], &["a".into(), "bcd".into()]), "a   b…");
        assert_eq!(seconds(Duration::from_millis(999)), "999 ms");
        assert_eq!(seconds(Duration::from_millis(3_450)), "3.4 s");
    }
}
