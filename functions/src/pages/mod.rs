//! What pages of Manifold are made of: the document around them, one design system, icons, texts, and the
//! headers that keep them safe. The connect page and the dashboard stand on this.
//!
//! A page is written with maud, which escapes every text. It brings no script and no style inline, and
//! nothing from another origin: [`policy`] would not let it.

pub mod assets;
pub mod connect;
pub mod document;
pub mod icons;
pub mod parts;
pub mod policy;
pub mod texts;

pub use document::Document;
pub use icons::{Icon, icon};
pub use policy::Framing;
pub use texts::{Language, Texts};
