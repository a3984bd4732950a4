//! The review listener: hands out approved originals, on the internet side.
//!
//! Refuses: everything that was not approved for whoever asks. Invariant: the record of a hand-over is written before the
//! first byte leaves.

mod file;
mod originals;
mod password;
mod ticket;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use tokio::sync::Semaphore;

use self::ticket::Tickets;
use crate::domain::{OfficeRole, Principal};
use crate::ports::{HandOver, NoEntropy, OriginalSource, PartReader, Register};
use crate::web::Web;
use crate::web::frame::MenuItem;
use crate::web::routes::{Need, Routes, Row};
use crate::web::sign_in;
use crate::web::words::Words;

/// Originals packed at the same time: each is in memory as a whole, packed and unpacked.
const AT_ONCE: usize = 2;

/// Whoever may have asked for an original.
const STAFF: Need = Need::OneOf(&[OfficeRole::Staff]);

/// What the pages of this listener need.
#[derive(Clone)]
pub struct Review {
    web: Arc<Web>,
    requests: Arc<dyn HandOver>,
    originals: Arc<dyn OriginalSource>,
    register: Arc<dyn Register>,
    parts: Arc<dyn PartReader>,
    tickets: Arc<Tickets>,
    packing: Arc<Semaphore>,
}

impl FromRef<Review> for Arc<Web> {
    fn from_ref(review: &Review) -> Self {
        Self::clone(&review.web)
    }
}

impl Review {
    /// Pages over `requests` and `originals`, with a key for tickets that ends with this value. `register` knows what was
    /// found in a mail, `parts` takes a file out of it.
    ///
    /// # Errors
    /// [`NoEntropy`] if there is no key.
    pub fn new(
        web: Arc<Web>,
        requests: Arc<dyn HandOver>,
        originals: Arc<dyn OriginalSource>,
        register: Arc<dyn Register>,
        parts: Arc<dyn PartReader>,
    ) -> Result<Self, NoEntropy> {
        let tickets = Arc::new(Tickets::new(&*web.entropy)?);
        let packing = Arc::new(Semaphore::new(AT_ONCE));
        Ok(Self { web, requests, originals, register, parts, tickets, packing })
    }

    /// The pages.
    pub fn router(self) -> Router {
        self.routes().router(self)
    }

    /// Who may see which page.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.routes().rows().to_vec()
    }

    fn routes(&self) -> Routes<Self> {
        sign_in::routes(&self.web)
            .get("/", Need::Anyone, originals::list)
            .get("/originals/{request}", STAFF, originals::page)
            .post("/originals/{request}", STAFF, originals::prepare)
            .post("/originals/{request}/zip", STAFF, originals::hand_out)
    }
}

/// The menu: there is one thing to do here.
#[must_use]
pub fn menu(_: &Principal, l: Words, target: &str) -> Vec<MenuItem> {
    let path = target.split('?').next().unwrap_or_default();
    let current = path == "/" || path.starts_with("/originals/");
    vec![MenuItem { path: "/", label: l.t("受け取れる原本", "Originals to fetch"), current }]
}
