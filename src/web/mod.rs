//! What the web edges share: TLS, sessions, forms, headers, pages in two languages, assets.
//!
//! Refuses: a change of state by GET, a form from elsewhere, anything to load from elsewhere.
//! Invariant: no page leaves without the headers of `web::headers`.

pub mod assets;
