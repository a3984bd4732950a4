//! What the web edges share: TLS, sessions, forms, headers, pages in two languages, assets.
//!
//! Refuses: a change of state by GET, a form from elsewhere, anything to load from elsewhere.
//! Invariant: no page leaves without the headers of `web::headers`.

pub mod assets;
pub mod cookie;
pub mod elsewhere;
pub mod form;
pub mod frame;
pub mod headers;
pub mod listener;
pub mod prove;
pub mod reader;
pub mod routes;
pub mod sign_in;
pub mod sso;
pub mod tls;
pub mod trouble;
pub mod words;

use std::sync::Arc;

use jiff::civil::Date;

use self::frame::MenuItem;
use self::words::Words;
use crate::config::Config;
use crate::domain::{Principal, TenantId, date};
use crate::identity::Identity;
use crate::ports::{Accounts, Clock, Door, Entropy, Sessions};

/// The menu of a door, for somebody who reads `target`.
pub type Menu = fn(&Principal, Words, &str) -> Vec<MenuItem>;

/// What all pages of a listener need.
pub struct Web {
    /// The configuration.
    pub config: Arc<Config>,
    /// The municipality.
    pub tenant: TenantId,
    /// Which listener.
    pub door: Door,
    /// Who may sign in.
    pub accounts: Arc<dyn Accounts>,
    /// Who has.
    pub sessions: Arc<dyn Sessions>,
    /// How people prove who they are.
    pub identity: Arc<Identity>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// The menu.
    pub menu: Menu,
}

impl Web {
    /// The day at the site.
    #[must_use]
    pub fn today(&self) -> Date {
        date::local(self.clock.now(), self.config.site.utc_offset_minutes).date()
    }
}
