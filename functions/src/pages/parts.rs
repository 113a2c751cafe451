//! Small parts that several pages are put together from.

use maud::{Markup, html};

use super::{Icon, icon};

/// How something is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing about it.
    Plain,
    /// It is as it should be.
    Good,
    /// It wants attention.
    Warn,
    /// It is broken.
    Bad,
    /// It is new, or chosen.
    Accent,
}

impl Tone {
    /// The class of it.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Accent => "accent",
        }
    }
}

/// A state in a word.
#[must_use]
pub fn badge(tone: Tone, word: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (word) } }
}

/// A sentence that stands out.
#[must_use]
pub fn notice(tone: Tone, text: &Markup) -> Markup {
    let sign = match tone {
        Tone::Good => Icon::Check,
        Tone::Warn | Tone::Bad => Icon::Warning,
        Tone::Plain | Tone::Accent => Icon::Info,
    };
    html! { div class={ "notice " (tone.class()) } { (icon(sign)) div { (text) } } }
}

/// What stands where nothing is yet: what it would be, and what to do next.
#[must_use]
pub fn empty(sign: Icon, title: &str, text: &str, action: &Markup) -> Markup {
    html! {
        div class="empty" {
            span class="mark" { (icon(sign)) }
            h2 { (title) }
            p { (text) }
            (action)
        }
    }
}

/// A logo drawn from the initials of a name: two letters, and a tone that the name decides. The script that
/// draws the same (`scripts/initials.js`) is held against this by `initials.json`, which tests of both read.
#[must_use]
pub fn initials(name: &str, size: &str) -> Markup {
    html! {
        span class={ "initials " (size) " tone-" (tone_of(name)) } aria-hidden="true" { (letters_of(name)) }
    }
}

/// How many tones there are in `design/parts.css`.
const TONES: u32 = 7;

fn tone_of(name: &str) -> u32 {
    name.chars()
        .fold(0u32, |sum, letter| (sum * 31 + u32::from(letter)) % 65_521)
        % TONES
}

/// The first letters of the first two words, numbers passed over, or the first two of the only one. A short word
/// that is written in capitals stays whole: SAP.
fn letters_of(name: &str) -> String {
    let mut words = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let Some(first) = words.next() else {
        return String::new();
    };
    let short = first.chars().count() <= 3;
    if short && first.chars().count() > 1 && first.chars().all(char::is_uppercase) {
        return first.to_owned();
    }
    let upper = |word: &str, count| {
        word.chars()
            .take(count)
            .flat_map(char::to_uppercase)
            .collect::<String>()
    };
    match words.find(|word| !word.starts_with(|letter: char| letter.is_numeric())) {
        Some(second) => upper(first, 1) + &upper(second, 1),
        None => {
            let mut letters = first.chars();
            let head: String = letters.by_ref().take(1).flat_map(char::to_uppercase).collect();
            head + &letters.take(1).collect::<String>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_what_people_expect() {
        let expected: Vec<(String, String, u32)> =
            serde_json::from_str(include_str!("initials.json")).expect("names, letters and tones");
        for (name, letters, tone) in expected {
            assert_eq!((letters_of(&name), tone_of(&name)), (letters, tone), "{name}");
        }
    }
}
