//! The screens of the connect page, all in one document: a script shows one at a time and fills it.

use maud::{Markup, html};

use crate::pages::{Icon, Texts, icon, parts};

/// Every screen, hidden but for the one that waits.
pub(super) fn all(texts: &Texts, id: &str, origins: &[String]) -> Markup {
    let words = serde_json::to_string(&texts.below("connect")).unwrap_or_default();
    let origins = serde_json::to_string(origins).unwrap_or_default();
    html! {
        main id="flow" class="flow" data-session=(id) data-origins=(origins) data-texts=(words) {
            header class="flow-bar" {
                button type="button" class="button quiet icon-only small" data-do="back" aria-label=(texts.say("connect.back")) hidden { (icon(Icon::Back)) }
                p class="flow-for truncate small soft" data-slot="for" {}
                button type="button" class="button quiet icon-only small" data-do="leave" aria-label=(texts.say("connect.close")) hidden { (icon(Icon::Cross)) }
            }
            noscript { (message(Icon::Warning, "warn", texts.say("connect.noscript.title"), texts.say("connect.noscript.text"))) }
            section data-screen="loading" class="screen centred needs-script" aria-busy="true" {
                span class="spinner" {}
                p class="soft" role="status" { (texts.say("connect.loading")) }
            }
            (systems(texts))
            (prepare(texts))
            (form(texts))
            (signin(texts))
            (checking(texts))
            (done(texts))
            section data-screen="message" class="screen" hidden {
                div class="empty" {
                    span class="mark" data-slot="mark" {}
                    h1 tabindex="-1" data-slot="title" {}
                    p data-slot="text" {}
                    button type="button" class="button primary" data-slot="action" hidden {}
                }
            }
            p class="visually-hidden" role="status" aria-live="polite" data-slot="said" {}
            footer class="flow-foot small faint" { (icon(Icon::Lock)) span data-slot="promise" { (texts.say("connect.promise")) } }
        }
        (leave(texts))
        (templates(texts))
    }
}

fn message(sign: Icon, tone: &str, title: &str, text: &str) -> Markup {
    html! {
        div class="screen" { div class="empty" {
            span class={ "mark " (tone) } { (icon(sign)) }
            h1 { (title) }
            p { (text) }
        } }
    }
}

fn systems(texts: &Texts) -> Markup {
    html! {
        section data-screen="systems" class="screen" hidden aria-labelledby="systems-title" {
            div class="screen-head" {
                h1 id="systems-title" tabindex="-1" { (texts.say("connect.systems.title")) }
                p class="soft" { (texts.say("connect.systems.text")) }
            }
            div class="input-group" {
                (icon(Icon::Search))
                input id="search" class="input" type="search" autocomplete="off" autocapitalize="none" spellcheck="false"
                    aria-label=(texts.say("connect.systems.search")) placeholder=(texts.say("connect.systems.search"))
                    aria-describedby="search-count" aria-controls="system-list";
            }
            div class="chips" role="group" aria-label=(texts.say("connect.systems.categories")) data-slot="categories" {}
            p id="search-count" class="visually-hidden" role="status" data-slot="count" {}
            ul id="system-list" class="system-list" data-slot="list" {}
            div data-slot="none" hidden {
                (parts::empty(Icon::Search, texts.say("connect.systems.none"), texts.say("connect.systems.none_text"), &html! {}))
            }
        }
    }
}

fn head_of_system() -> Markup {
    html! {
        div class="system-head" {
            span data-slot="logo" {}
            div class="grow" { h1 tabindex="-1" data-slot="title" {} p class="soft small" data-slot="vendor" {} }
        }
    }
}

fn prepare(texts: &Texts) -> Markup {
    html! {
        section data-screen="prepare" class="screen" hidden {
            (head_of_system())
            fieldset class="methods" data-slot="methods" hidden {
                legend { (texts.say("connect.prepare.method")) }
                div class="stack" data-slot="choices" {}
            }
            div data-slot="preparation" hidden {
                h2 class="steps-title" { (texts.say("connect.prepare.steps")) }
                ol class="guidance" data-slot="steps" {}
            }
            div class="screen-end" {
                button type="button" class="button primary wide" data-do="prepared" { (texts.say("connect.prepare.continue")) }
            }
        }
    }
}

fn form(texts: &Texts) -> Markup {
    html! {
        section data-screen="form" class="screen" hidden {
            (head_of_system())
            div class="notice bad" role="alert" data-slot="problem" tabindex="-1" hidden { (icon(Icon::Warning)) div { strong data-slot="what" {} " " span data-slot="hint" {} } }
            div class="notice" data-slot="repairing" hidden { (icon(Icon::Info)) div data-slot="repairing-text" {} }
            div class="notice sample" data-slot="sample" hidden {
                (icon(Icon::Bolt))
                div class="grow" { (texts.say("connect.form.sample")) }
                button type="button" class="button small" data-do="sample" { (texts.say("connect.form.fill")) }
            }
            div class="notice" data-slot="redirect" hidden {
                (icon(Icon::External))
                div class="grow" { (texts.say("connect.signin.redirect")) " " code class="mono" data-slot="redirect-uri" {} }
            }
            form novalidate data-slot="form" class="stack" {
                div class="stack" data-slot="fields" {}
                details class="advanced" data-slot="advanced" hidden {
                    summary { (icon(Icon::Next)) (texts.say("connect.form.advanced")) }
                    div class="stack" data-slot="advanced-fields" {}
                }
                details class="advanced" data-slot="again" hidden {
                    summary { (icon(Icon::Next)) (texts.say("connect.form.guidance")) }
                    ol class="guidance" data-slot="steps" {}
                }
                div class="screen-end" {
                    button type="submit" class="button primary wide" data-slot="submit" { (texts.say("connect.form.connect")) }
                }
            }
        }
    }
}

fn signin(texts: &Texts) -> Markup {
    html! {
        section data-screen="signin" class="screen" hidden {
            (head_of_system())
            div class="empty" {
                span class="mark" data-slot="mark" { span class="spinner" {} }
                h2 data-slot="state" {}
                p data-slot="text" {}
                p class="small faint" data-slot="said" hidden {}
            }
            div class="screen-end stack" {
                button type="button" class="button primary wide" data-do="open" hidden { (icon(Icon::External)) span { (texts.say("connect.signin.open")) } }
                button type="button" class="button wide" data-do="abandon" { (texts.say("connect.checking.correct")) }
            }
        }
    }
}

fn checking(texts: &Texts) -> Markup {
    html! {
        section data-screen="checking" class="screen" hidden {
            (head_of_system())
            div class="notice warn" role="status" data-slot="offline" hidden { (icon(Icon::Offline)) div { (texts.say("connect.checking.offline")) } }
            ol class="check-steps" data-slot="steps" {}
            div class="notice bad" role="alert" data-slot="failure" hidden { (icon(Icon::Warning)) div { strong data-slot="what" {} " " span data-slot="hint" {} } }
            div class="screen-end" data-slot="end" hidden {
                button type="button" class="button primary wide" data-do="correct" { (texts.say("connect.checking.correct")) }
            }
        }
    }
}

fn done(texts: &Texts) -> Markup {
    html! {
        section data-screen="done" class="screen" hidden {
            div class="empty" {
                span class="mark good" { (icon(Icon::Check)) }
                h1 tabindex="-1" data-slot="title" {}
                p data-slot="text" {}
            }
            ul class="found" data-slot="found" {}
            div class="screen-end" {
                button type="button" class="button primary wide" data-do="finish" data-slot="finish" { (texts.say("connect.done.finish")) }
            }
        }
    }
}

fn leave(texts: &Texts) -> Markup {
    html! {
        dialog id="leave" class="dialog" aria-labelledby="leave-title" {
            header { h2 id="leave-title" { (texts.say("connect.leave.title")) } }
            div class="body" { p class="soft" { (texts.say("connect.leave.text")) } }
            footer {
                button type="button" class="button" data-do="stay" { (texts.say("connect.leave.stay")) }
                button type="button" class="button danger" data-do="go" { (texts.say("connect.leave.go")) }
            }
        }
    }
}

/// What repeats: a script clones these and fills their slots with text, never with markup.
fn templates(texts: &Texts) -> Markup {
    html! {
        template id="system" {
            li { button type="button" class="system" { span data-slot="logo" {} span class="grow" { span class="name" data-slot="name" {} span class="vendor" data-slot="vendor" {} } (icon(Icon::Next)) } }
        }
        template id="method" {
            label class="choice" { input type="radio" name="method"; span class="grow" { strong data-slot="title" {} span class="soft small" data-slot="description" {} } }
        }
        template id="guidance" { li { strong data-slot="title" {} p class="soft" data-slot="text" {} } }
        template id="field" {
            div class="field" {
                div class="label" { label data-slot="label" {} span class="optional" data-slot="optional" hidden { (texts.say("connect.form.optional")) } }
                div class="input-group" data-slot="group" {}
                p class="help" data-slot="help" {}
                p class="problem" data-slot="problem" hidden { (icon(Icon::Warning)) span data-slot="problem-text" {} }
            }
        }
        template id="reveal" {
            button type="button" class="button quiet small" aria-pressed="false" data-do="reveal" { (texts.say("connect.form.show")) }
        }
        template id="step" {
            li class="check-step" data-state="waiting" {
                span class="sign" { span class="spinner" {} (icon(Icon::Check)) (icon(Icon::Cross)) span class="dot" {} }
                div class="grow" { p class="title" { span data-slot="title" {} span class="visually-hidden" data-slot="state" {} } p class="detail small" data-slot="detail" hidden {} p class="hint small" data-slot="hint" hidden {} }
            }
        }
        template id="found" { li { span class="number" data-slot="total" {} span data-slot="what" {} span class="faint small" data-slot="newest" {} } }
    }
}
