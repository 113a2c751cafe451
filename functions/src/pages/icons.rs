//! Icons as one inline sprite: a page holds each drawing once and refers to it.

use maud::{Markup, PreEscaped, html};

/// Makes the list of icons: name, its id in the sprite, and the drawing on a 24-unit square.
macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident $id:literal $drawing:literal;)*) => {
        /// An icon.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Icon {
            $($(#[$doc])* $name,)*
        }

        impl Icon {
            /// Its id in the sprite, which scripts use too.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }
        }

        const DRAWINGS: &[(&str, &str)] = &[$(($id, $drawing),)*];
    };
}

icons! {
    /// Done.
    Check "check" r#"<path d="M5 12.5l4.5 4.5L19 7.5"/>"#;
    /// Close, failed.
    Cross "cross" r#"<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>"#;
    /// Look for.
    Search "search" r#"<circle cx="11" cy="11" r="6.5"/><path d="M16 16l4.5 4.5"/>"#;
    /// Back.
    Back "back" r#"<path d="M19 12H5.5M11.5 5.5L5 12l6.5 6.5"/>"#;
    /// Go on.
    Next "next" r#"<path d="M9 5.5l6.5 6.5L9 18.5"/>"#;
    /// Open or shut.
    Down "down" r#"<path d="M5.5 9l6.5 6.5L18.5 9"/>"#;
    /// A warning.
    Warning "warning" r#"<path d="M12 4.5L21 19.5H3z"/><path d="M12 10v4.2M12 17v.01"/>"#;
    /// Something to know.
    Info "info" r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 11.5V16M12 8v.01"/>"#;
    /// Kept secret.
    Lock "lock" r#"<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 018 0v2.5"/>"#;
    /// Connected.
    Plug "plug" r#"<path d="M9 3.5V8M15 3.5V8M6.5 8h11v3.5a5.5 5.5 0 01-11 0zM12 17v3.5"/>"#;
    /// Elsewhere, in a window of its own.
    External "external" r#"<path d="M13.5 4.5h6v6M19.5 4.5L11 13M17.5 14v4a1.5 1.5 0 01-1.5 1.5H6A1.5 1.5 0 014.5 18V8A1.5 1.5 0 016 6.5h4"/>"#;
    /// Copy.
    Copy "copy" r#"<rect x="8.5" y="8.5" width="11" height="11" rx="2"/><path d="M15.5 5.5v-1h-11v11h1"/>"#;
    /// A clock.
    Clock "clock" r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>"#;
    /// Without a network.
    Offline "offline" r#"<path d="M3.5 9.5a13 13 0 015-3M20.5 9.5a13 13 0 00-8-3.6M6.5 13a8.5 8.5 0 013-2M17.5 13a8.5 8.5 0 00-2-1.5M12 18v.01M4 4l16 16"/>"#;
    /// Again.
    Refresh "refresh" r#"<path d="M19.5 12a7.5 7.5 0 11-2.2-5.300L19.5 9M19.5 4.5V9H15"/>"#;
    /// More.
    Plus "plus" r#"<path d="M12 5.5v13M5.5 12h13"/>"#;
    /// An overview.
    Home "home" r#"<path d="M4.5 11L12 4.5 19.5 11v8.5h-5V14h-5v5.5h-5z"/>"#;
    /// Systems.
    Grid "grid" r#"<rect x="4.5" y="4.5" width="6" height="6" rx="1.5"/><rect x="13.5" y="4.5" width="6" height="6" rx="1.5"/><rect x="4.5" y="13.5" width="6" height="6" rx="1.5"/><rect x="13.5" y="13.5" width="6" height="6" rx="1.5"/>"#;
    /// Webhooks.
    Send "send" r#"<path d="M20 4L10.5 13.5M20 4l-6 16-3.5-6.5L4 10z"/>"#;
    /// Events.
    List "list" r#"<path d="M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5v.01M4.5 12v.01M4.5 17.5v.01"/>"#;
    /// Credits.
    Coins "coins" r#"<ellipse cx="12" cy="6.5" rx="7" ry="2.8"/><path d="M5 6.5v5.300c0 1.5 3.1 2.8 7 2.800s7-1.3 7-2.800V6.5M5 11.800v5.400C5 18.7 8.1 20 12 20s7-1.3 7-2.800v-5.4"/>"#;
    /// Keys.
    Key "key" r#"<circle cx="8" cy="15.5" r="4"/><path d="M11 12.5l8.5-8.5M15.5 8l3 3"/>"#;
    /// How to begin.
    Book "book" r#"<path d="M5 5.5A1.5 1.5 0 016.5 4H19v13.5H6.5A1.5 1.5 0 005 19zM5 19a1.5 1.5 0 001.5 1.5H19"/>"#;
    /// Sign out.
    Leave "leave" r#"<path d="M14 7V5a1 1 0 00-1-1H5.5v16H13a1 1 0 001-1v-2M9.5 12h11M17 8.5l3.5 3.5-3.5 3.5"/>"#;
    /// Away with it.
    Bin "bin" r#"<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10.5 11v5M13.5 11v5"/>"#;
    /// A menu.
    Menu "menu" r#"<path d="M4.5 7.5h15M4.5 12h15M4.5 16.5h15"/>"#;
    /// Something runs by itself.
    Bolt "bolt" r#"<path d="M13 3.5L5.5 13.5H12l-1 7 7.5-10H12z"/>"#;
}

/// The sprite, hidden; stands once in every document.
#[must_use]
pub fn sprite() -> Markup {
    html! {
        svg hidden aria-hidden="true" {
            @for (id, drawing) in DRAWINGS {
                symbol id={ "icon-" (id) } viewBox="0 0 24 24" { (PreEscaped(drawing)) }
            }
        }
    }
}

/// An icon beside a text that says the same: hidden from screen readers.
#[must_use]
pub fn icon(icon: Icon) -> Markup {
    html! {
        svg class="icon" aria-hidden="true" { use href={ "#icon-" (icon.id()) } {} }
    }
}
