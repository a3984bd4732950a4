//! Pages in a real browser: Debian's Chromium, driven through a [`Tab`], and what must be true of every page.
//!
//! Refuses to go on without Chromium or axe-core: a missing program is a failed test, never a skipped one. Invariant: a
//! browser, its profile and its downloads are gone soon after the test process has ended, however it ended, and it
//! resolves no name but `localhost`.
//!
//! How a test uses it: give the gateway [`authority::issued`] as its certificate, open a [`Tab`], `go` to the page, act
//! as a person does (`click`, `follow`, `fill`, `press`), then `checks::sound(&tab).await.unwrap()`. Every tab has
//! cookies of its own: two tabs are two people.

pub(crate) mod authority;
pub(crate) mod axe;
pub(crate) mod checks;
mod chromium;
mod hands;
pub(crate) mod hostile;
mod pages;
mod proofs;
pub(crate) mod tab;
mod view;
mod visit;
mod watch;

pub(crate) use tab::Tab;
pub(crate) use visit::Visit;
