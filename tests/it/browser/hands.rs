//! What a person does in a tab: point, click, type, choose, fetch a file.
//!
//! Refuses to act on what a person could not act on: an element that is hidden, covered, or one of several.

use std::path::Path;

use chromiumoxide::cdp::browser_protocol::accessibility::GetPartialAxTreeParams;
use chromiumoxide::cdp::browser_protocol::browser::{
    DownloadProgressState, EventDownloadProgress, EventDownloadWillBegin,
};
use chromiumoxide::cdp::browser_protocol::dom::SetFileInputFilesParams;
use chromiumoxide::cdp::browser_protocol::input::{
    DispatchKeyEventParams, DispatchKeyEventType, DispatchMouseEventParams, DispatchMouseEventType, InsertTextParams,
    MouseButton,
};
use chromiumoxide::cdp::js_protocol::runtime::RemoteObjectId;
use chromiumoxide::keys;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::tab::{PATIENCE, Tab};

/// A file that the browser has fetched.
#[derive(Debug)]
pub(crate) struct Download {
    /// As the browser would have named it on the disk.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Tab {
    /// Clicks on the one element that `css` selects, or on the one link or button with the text `css`. Stays on the
    /// page, as far as the test is concerned: [`Self::follow`] waits for the next one.
    pub(crate) async fn click(&self, css: &str) {
        let point = format!("temizu.point({})", json!(css));
        self.wait_until(&format!("something to click for `{css}`"), &format!("{point} !== null")).await;
        let (x, y): (f64, f64) = self.ask(&point).await;
        for kind in [
            DispatchMouseEventType::MouseMoved,
            DispatchMouseEventType::MousePressed,
            DispatchMouseEventType::MouseReleased,
        ] {
            let mut event = DispatchMouseEventParams::new(kind.clone(), x, y);
            if kind != DispatchMouseEventType::MouseMoved {
                (event.button, event.click_count) = (Some(MouseButton::Left), Some(1));
            }
            self.page.execute(event).await.unwrap();
        }
    }

    /// As [`Self::click`], and waits until the next page is loaded.
    pub(crate) async fn follow(&self, css: &str) {
        let before = self.document().await;
        self.click(css).await;
        self.left(&before).await;
    }

    /// Replaces what is in the field that `css` selects.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        self.wait_for(css).await;
        let _: bool = self.ask(&format!("temizu.enter({})", json!(css))).await;
        if text.is_empty() {
            self.press("Delete").await;
        } else {
            self.page.execute(InsertTextParams::new(text)).await.unwrap();
        }
    }

    /// Chooses a value of a list, or sets a date: `2026-11-23`.
    pub(crate) async fn choose(&self, css: &str, value: &str) {
        self.wait_for(css).await;
        let chosen: String = self.ask(&format!("temizu.choose({}, {})", json!(css), json!(value))).await;
        assert_eq!(chosen, value, "`{css}` does not offer that");
    }

    /// Puts a file into the field that `css` selects.
    pub(crate) async fn attach(&self, css: &str, file: &Path) {
        let mut set = SetFileInputFilesParams::new(vec![file.to_str().unwrap().to_owned()]);
        set.object_id = Some(self.object(css).await);
        self.page.execute(set).await.unwrap();
    }

    /// Presses a key, named as in a keyboard event: `Enter`, `a`, `/`, `Tab`, `Shift+Tab`.
    pub(crate) async fn press(&self, name: &str) {
        let (shift, name) = name.strip_prefix("Shift+").map_or((false, name), |name| (true, name));
        let key = keys::get_key_definition(name).unwrap_or_else(|| panic!("no key is named {name:?}"));
        let text = key.text.or_else(|| (key.key.len() == 1).then_some(key.key));
        let down = if text.is_some() { DispatchKeyEventType::KeyDown } else { DispatchKeyEventType::RawKeyDown };
        for (kind, text) in [(down, text), (DispatchKeyEventType::KeyUp, None)] {
            let mut event = DispatchKeyEventParams::new(kind);
            event.key = Some(key.key.to_owned());
            event.code = Some(key.code.to_owned());
            event.windows_virtual_key_code = Some(key.key_code);
            event.modifiers = Some(if shift { 8 } else { 0 });
            event.text = text.map(str::to_owned);
            self.page.execute(event).await.unwrap();
        }
    }

    /// Clicks on what `css` names and returns the file that the browser fetches then.
    pub(crate) async fn download(&self, css: &str) -> Download {
        let mut begun = self.chromium.browser.event_listener::<EventDownloadWillBegin>().await.unwrap();
        let mut progress = self.chromium.browser.event_listener::<EventDownloadProgress>().await.unwrap();
        self.click(css).await;
        let fetched = async {
            let begun = loop {
                let event = begun.next().await.expect("a running browser");
                if event.frame_id.as_ref() == self.page.target_id().as_ref() {
                    break event;
                }
            };
            loop {
                let event = progress.next().await.expect("a running browser");
                match event.state {
                    _ if event.guid != begun.guid => {}
                    DownloadProgressState::InProgress => {}
                    DownloadProgressState::Canceled => panic!("the browser gave up {}", begun.url),
                    DownloadProgressState::Completed => break begun,
                }
            }
        };
        let begun = tokio::time::timeout(PATIENCE, fetched).await;
        let begun = begun.unwrap_or_else(|_| panic!("no file came of `{css}`"));
        let bytes = std::fs::read(self.downloads.path().join(&begun.guid)).unwrap();
        Download { name: begun.suggested_filename.clone(), bytes }
    }

    /// What a screen reader says of the one element that `css` selects: its role and its name.
    pub(crate) async fn role_and_name(&self, css: &str) -> (String, String) {
        let mut tree = GetPartialAxTreeParams::default();
        (tree.object_id, tree.fetch_relatives) = (Some(self.object(css).await), Some(false));
        let nodes = self.page.execute(tree).await.unwrap().result.nodes;
        let node = nodes.into_iter().next().expect("an element");
        let word = |value: Option<Value>| value.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default();
        (word(node.role.and_then(|it| it.value)), word(node.name.and_then(|it| it.value)))
    }

    async fn object(&self, css: &str) -> RemoteObjectId {
        let expression = format!("document.querySelector({})", json!(css));
        self.wait_until(css, &format!("{expression} !== null")).await;
        self.evaluate(&expression, false).await.unwrap().object_id.expect("an element")
    }
}
