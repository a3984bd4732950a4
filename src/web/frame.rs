//! What every page has around it: names, menu, who reads it, language, addresses of style sheets.
//!
//! Refuses nothing. Invariant: whatever a template shows of it is escaped by the template.

use super::Web;
use super::assets;
use super::reader::Reader;
use super::words::Words;
use crate::domain::{OfficeRole, Principal};
use crate::ports::Door;

/// An entry of the menu.
#[derive(Debug, Clone)]
pub struct MenuItem {
    /// Where it leads.
    pub path: &'static str,
    /// What it says.
    pub label: &'static str,
    /// The page is there.
    pub current: bool,
}

/// Who reads the page.
#[derive(Debug, Clone)]
pub struct Who {
    /// Their name.
    pub name: String,
    /// Their departments today.
    pub departments: String,
    /// What they may act as.
    pub roles: String,
}

/// What is around a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// How it is written.
    pub l: Words,
    /// The municipality.
    pub office: String,
    /// Who reads it.
    pub who: Option<Who>,
    /// The menu.
    pub menu: Vec<MenuItem>,
    /// What forms send back.
    pub token: String,
    /// Single-key shortcuts are on.
    pub shortcuts: bool,
    /// Whom to ask.
    pub contact: String,
    /// Path and query, for links that come back.
    pub target: String,
    /// The page is on the internet side.
    pub outside: bool,
    /// Which scripts the page may run.
    pub nonce: String,
}

impl Frame {
    /// Of a page for `reader`.
    #[must_use]
    pub fn new(web: &Web, reader: &Reader) -> Self {
        let visitor = reader.visitor.as_ref();
        let l = reader.words;
        Self {
            l,
            office: web.config.site.name.clone(),
            who: visitor.map(|visitor| who(&visitor.principal, l)),
            menu: visitor.map(|visitor| (web.menu)(&visitor.principal, l, &reader.target)).unwrap_or_default(),
            token: visitor.map(|visitor| visitor.session.form_token.clone()).unwrap_or_default(),
            shortcuts: visitor.is_some_and(|visitor| visitor.principal.preferences.shortcuts),
            contact: web.config.site.contact.clone(),
            target: reader.target.clone(),
            outside: web.door == Door::Review,
            nonce: reader.nonce.clone(),
        }
    }

    /// The address of an asset.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        assets::href(name)
    }

    /// The style sheets.
    pub fn styles(&self) -> impl Iterator<Item = String> {
        assets::STYLES.iter().map(|name| assets::href(name))
    }

    /// The scripts.
    pub fn scripts(&self) -> impl Iterator<Item = String> {
        assets::SCRIPTS.iter().map(|name| assets::href(name))
    }

    /// How htmx is set up.
    #[must_use]
    pub const fn htmx(&self) -> &'static str {
        assets::HTMX_CONFIG
    }

    /// The program's version.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The same page in the other language.
    #[must_use]
    pub fn other_language(&self) -> (&'static str, &'static str) {
        (self.l.t("en", "ja"), self.l.t("English", "日本語"))
    }
}

fn who(principal: &Principal, words: Words) -> Who {
    let join = |parts: Vec<&str>| parts.join(words.t("、", ", "));
    Who {
        name: principal.name.to_string(),
        departments: join(principal.departments.iter().map(|department| department.name.as_str()).collect()),
        roles: join(principal.roles.iter().map(|role: &OfficeRole| role.title(words.language)).collect()),
    }
}
