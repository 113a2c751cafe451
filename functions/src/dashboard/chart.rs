//! Small drawings: bars of a day, and how full a pool is. Whole numbers on a square of units, no styles.

use maud::{Markup, html};

/// One bar: what went well below, what did not above.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What went well.
    pub good: u64,
    /// What did not.
    pub bad: u64,
    /// What a pointer shows.
    pub title: String,
}

/// Height of the drawing in units.
const HEIGHT: u64 = 48;
/// From one bar to the next.
const STEP: u64 = 10;
/// Width of a bar.
const WIDTH: u64 = 7;

/// A part's height: at least two units of what is there at all.
fn units(part: u64, most: u64) -> u64 {
    if part == 0 {
        0
    } else {
        // Counts of a day are far below what overflows.
        (part.saturating_mul(HEIGHT) / most).max(2)
    }
}

/// Bars side by side. `summary` says the same to whoever does not see them.
pub fn bars(bars: &[Bar], summary: &str) -> Markup {
    let most = bars
        .iter()
        .map(|bar| bar.good + bar.bad)
        .max()
        .unwrap_or(0)
        .max(1);
    let width = STEP * u64::try_from(bars.len()).unwrap_or_default() - (STEP - WIDTH);
    html! {
        svg class="bars" viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(summary) {
            @for (bar, x) in bars.iter().zip((0..).step_by(STEP as usize)) {
                @let bad = units(bar.bad, most);
                @let good = units(bar.good, most).min(HEIGHT - bad);
                g {
                    title { (bar.title) }
                    @if bar.good + bar.bad == 0 {
                        rect class="none" x=(x) y=(HEIGHT - 1) width=(WIDTH) height="1" {}
                    }
                    @if good > 0 { rect class="good" x=(x) y=(HEIGHT - good) width=(WIDTH) height=(good) {} }
                    @if bad > 0 { rect class="bad" x=(x) y=(HEIGHT - good - bad) width=(WIDTH) height=(bad) {} }
                }
            }
        }
    }
}

/// How much of a whole is taken.
pub fn meter(taken: u64, whole: u64, summary: &str) -> Markup {
    let share = taken.saturating_mul(200).checked_div(whole).unwrap_or(0).min(200);
    html! {
        svg class="meter" viewBox="0 0 200 4" preserveAspectRatio="none" role="img" aria-label=(summary) {
            rect class="none" width="200" height="4" {}
            @if share > 0 { rect class="taken" width=(share) height="4" {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_within_the_drawing() {
        let bar = |good, bad| Bar {
            good,
            bad,
            title: String::new(),
        };
        let drawn = bars(&[bar(0, 0), bar(1_000, 1), bar(1, 0)], "Syncs").into_string();
        assert!(drawn.contains("viewBox=\"0 0 27 48\""), "{drawn}");
        // One failure among a thousand is seen, and the bar does not grow over the top.
        assert!(
            drawn.contains("class=\"bad\" x=\"10\" y=\"0\" width=\"7\" height=\"2\""),
            "{drawn}"
        );
        assert!(drawn.contains("class=\"none\" x=\"0\""), "{drawn}");
        assert!(!drawn.contains("style="), "{drawn}");
        assert!(meter(5, 0, "").into_string().matches("rect").count() == 2);
    }
}
