//! What lies in one of the two places, page by page.
//!
//! Refuses: names that rows would not keep. Invariant: no more than a few pages are in memory, however many objects there are.

use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use tokio::sync::mpsc;

use super::failure::failed;
use super::shared::SharedFolder;
use crate::domain::Timestamp;
use crate::ports::StoreError;

/// Names in a page at most.
const PAGE: usize = 500;
/// Pages that wait to be taken.
const AHEAD: usize = 1;

type Pages = mpsc::Sender<Result<Vec<String>, StoreError>>;

/// A listing under way; it ends when it is dropped.
pub(in crate::store::scaleout) struct Listing {
    pages: mpsc::Receiver<Result<Vec<String>, StoreError>>,
}

impl Listing {
    /// The next names, as rows keep them; `None` at the end.
    pub(in crate::store::scaleout) async fn page(&mut self) -> Result<Option<Vec<String>>, StoreError> {
        self.pages.recv().await.transpose()
    }

    pub(super) fn of_folder(kind: &'static str, folder: Arc<SharedFolder>, older_than: Timestamp) -> Self {
        let (to, pages) = mpsc::channel(AHEAD);
        tokio::task::spawn_blocking(move || {
            let mut page = Vec::with_capacity(PAGE);
            let walked = folder.walk(older_than, |name| {
                page.push(format!("{kind}/{name}"));
                page.len() < PAGE || to.blocking_send(Ok(std::mem::take(&mut page))).is_ok()
            });
            // Whoever does not want the rest has gone.
            drop(to.blocking_send(walked.map(|()| page)));
        });
        Self { pages }
    }

    pub(super) fn of_bucket(kind: &'static str, store: &dyn ObjectStore, prefix: &str, older_than: Timestamp) -> Self {
        let (to, pages) = mpsc::channel(AHEAD);
        let below = (!prefix.is_empty()).then(|| Path::from(prefix));
        let mut listed = store.list(below.as_ref());
        let prefix = prefix.to_owned();
        tokio::spawn(async move {
            let mut page = Vec::with_capacity(PAGE);
            while let Some(object) = std::future::poll_fn(|context| listed.as_mut().poll_next(context)).await {
                match object {
                    Ok(object) => page.extend(name(kind, &prefix, &object, older_than)),
                    Err(error) => return send(&to, Err(failed(error))).await,
                }
                if page.len() >= PAGE && to.send(Ok(std::mem::take(&mut page))).await.is_err() {
                    return;
                }
            }
            send(&to, Ok(page)).await;
        });
        Self { pages }
    }
}

async fn send(to: &Pages, page: Result<Vec<String>, StoreError>) {
    // Whoever does not want the rest has gone.
    drop(to.send(page).await);
}

/// How a row would name the object, if it is old and of ours.
fn name(kind: &str, prefix: &str, object: &ObjectMeta, older_than: Timestamp) -> Option<String> {
    let inside = object.location.as_ref().strip_prefix(prefix)?;
    let (shard, name) = inside.split_once('/')?;
    let old = object.last_modified.timestamp_millis() < older_than.millis();
    (old && !shard.is_empty() && !name.contains('/')).then(|| format!("{kind}/{inside}"))
}
