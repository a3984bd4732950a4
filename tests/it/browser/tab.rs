//! One page in the browser, with cookies, downloads and ears of its own.
//!
//! Refuses to wait for ever: whatever must happen has [`PATIENCE`]. Invariant: questions about the page are asked in a
//! world that its scripts cannot reach and its policy does not bind; they are answered when its scripts are off, too.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::browser::{
    BrowserContextId, SetDownloadBehaviorBehavior, SetDownloadBehaviorParams,
};
use chromiumoxide::cdp::browser_protocol::emulation::SetFocusEmulationEnabledParams;
use chromiumoxide::cdp::browser_protocol::network::Cookie;
use chromiumoxide::cdp::browser_protocol::page::{CreateIsolatedWorldParams, GetFrameTreeParams, ReloadParams};
use chromiumoxide::cdp::browser_protocol::storage::GetCookiesParams;
use chromiumoxide::cdp::browser_protocol::target::{
    CreateBrowserContextParams, CreateTargetParams, DisposeBrowserContextParams, GetTargetsParams,
};
use chromiumoxide::cdp::js_protocol::runtime::{EvaluateParams, RemoteObject};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::chromium::Chromium;
use super::watch::{Message, Request, Seen, Watch};

/// Longest wait for something that must happen.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Questions about a page: `temizu.*`.
const QUESTIONS: &str = include_str!("page.js");

/// A tab of the shared browser; closed when dropped.
#[derive(Debug)]
pub(crate) struct Tab {
    pub(super) page: Page,
    pub(super) chromium: &'static Chromium,
    pub(super) context: BrowserContextId,
    pub(super) downloads: tempfile::TempDir,
    pub(super) scripts_are_off: AtomicBool,
    watch: Mutex<Watch>,
    own: Mutex<BTreeSet<String>>,
}

impl Tab {
    /// A new person's browser: no cookies, nothing loaded, 1280 by 800 pixels, Japanese.
    pub(crate) async fn open() -> Self {
        let chromium = Chromium::shared().await;
        let browser = &chromium.browser;
        let context = browser.create_browser_context(CreateBrowserContextParams::default()).await.unwrap();
        let downloads = tempfile::Builder::new().prefix("temizu-downloads-").tempdir().unwrap();
        let mut behavior = SetDownloadBehaviorParams::new(SetDownloadBehaviorBehavior::AllowAndName);
        behavior.browser_context_id = Some(context.clone());
        behavior.download_path = Some(downloads.path().to_str().unwrap().to_owned());
        behavior.events_enabled = Some(true);
        browser.execute(behavior).await.unwrap();
        let mut target = CreateTargetParams::new("about:blank");
        target.browser_context_id = Some(context.clone());
        let page = browser.new_page(target).await.unwrap();
        page.execute(SetFocusEmulationEnabledParams::new(true)).await.unwrap();
        let watch = Mutex::new(Watch::new(&page, chromium.unread.clone()).await.unwrap());
        let (scripts_are_off, own) = (AtomicBool::new(false), Mutex::default());
        let tab = Self { page, chromium, context, downloads, scripts_are_off, watch, own };
        tab.set_viewport(1280, 800).await;
        tab
    }

    /// Loads a page, which makes its origin one of the tab's own. Returns the HTTP status.
    pub(crate) async fn go(&self, url: &str) -> u16 {
        self.own.lock().unwrap().insert(origin(url));
        let gone = tokio::time::timeout(PATIENCE, self.page.goto(url)).await;
        gone.unwrap_or_else(|_| panic!("{url} does not load")).unwrap_or_else(|error| panic!("{url}: {error}"));
        self.loaded().await;
        self.ask("temizu.status()").await
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) {
        let before = self.document().await;
        self.page.execute(ReloadParams::default()).await.unwrap();
        self.left(&before).await;
    }

    /// The address that the page has now.
    pub(crate) async fn url(&self) -> String {
        self.ask("location.href").await
    }

    pub(crate) async fn title(&self) -> String {
        self.ask("document.title").await
    }

    /// Text of the one element that `css` selects, as people see it; waits for the element.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.ask_of(css, "innerText").await
    }

    /// What is typed or chosen in the one element that `css` selects.
    pub(crate) async fn value(&self, css: &str) -> String {
        self.ask_of(css, "value").await
    }

    /// If an element that `css` selects can be seen now.
    pub(crate) async fn exists(&self, css: &str) -> bool {
        self.count(css).await > 0
    }

    /// How many elements that `css` selects can be seen now.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.ask(&format!("temizu.all({}).length", json!(css))).await
    }

    /// The elements of the page, in order, with nothing of their words: what hostile words must not change.
    pub(crate) async fn shape(&self) -> Vec<String> {
        self.ask("temizu.shape()").await
    }

    /// Waits until an element that `css` selects can be seen.
    pub(crate) async fn wait_for(&self, css: &str) {
        self.wait_until(css, &format!("temizu.all({}).length > 0", json!(css))).await;
    }

    /// Waits until the page shows `text`.
    pub(crate) async fn wait_for_text(&self, text: &str) {
        self.wait_until(text, &format!("(document.body?.innerText ?? '').includes({})", json!(text))).await;
    }

    /// Waits until `expression` is true in the page; `what` is for the message of a failure.
    pub(crate) async fn wait_until(&self, what: &str, expression: &str) {
        if !self.comes_true(expression, PATIENCE).await {
            let page = self.try_ask("temizu.summary()").await;
            panic!("{what} did not come within {PATIENCE:?}; the page is {page:#?}");
        }
    }

    /// If `expression` is true in the page before `patience` is over.
    pub(crate) async fn comes_true(&self, expression: &str, patience: Duration) -> bool {
        let since = Instant::now();
        loop {
            // While a page goes and the next one comes nothing can be asked.
            if self.try_ask(expression).await.is_ok_and(|answer| answer == Value::Bool(true)) {
                return true;
            }
            if since.elapsed() > patience {
                return false;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Forgets that the browser wrote the status of a page to its console, which is an error on purpose.
    pub(crate) async fn forgive_status(&self) {
        self.seen().await;
        let status = "Failed to load resource: the server responded with a status of ";
        self.watch.lock().unwrap().seen.messages.retain(|message| !message.text.starts_with(status));
    }

    /// Names the page that is shown: what scripts change leaves it the same, every load makes another.
    pub(crate) async fn page_shown(&self) -> String {
        self.document().await
    }

    /// Gives the page a cookie, as its own scripts could.
    pub(crate) async fn set_cookie(&self, cookie: &str) {
        let _: String = self.ask(&format!("document.cookie = {}", json!(cookie))).await;
    }

    /// The tab's cookies, of all hosts.
    pub(crate) async fn cookies(&self) -> Vec<Cookie> {
        let get = GetCookiesParams { browser_context_id: Some(self.context.clone()) };
        self.chromium.browser.execute(get).await.unwrap().result.cookies
    }

    /// Makes a further origin one of the tab's own: the other listener of the same gateway.
    pub(crate) fn may_ask(&self, url: &str) {
        self.own.lock().unwrap().insert(origin(url));
    }

    /// If requests to this address are the tab's own.
    pub(super) fn owns(&self, url: &str) -> bool {
        let local = ["data:", "blob:", "about:"].iter().any(|scheme| url.starts_with(scheme));
        local || self.own.lock().unwrap().contains(&origin(url))
    }

    /// All requests since the tab was opened.
    pub(crate) async fn requests(&self) -> Vec<Request> {
        self.seen().await.requests
    }

    /// All messages on the console since the tab was opened.
    pub(crate) async fn console(&self) -> Vec<Message> {
        self.seen().await.messages
    }

    /// Addresses of the windows that the page has opened besides its own.
    pub(super) async fn further_windows(&self) -> Vec<String> {
        let targets = self.chromium.browser.execute(GetTargetsParams::default()).await.unwrap();
        let ours =
            targets.result.target_infos.into_iter().filter(|it| it.browser_context_id == Some(self.context.clone()));
        // The browser has some for its own surface.
        let opened = ours.filter(|it| &it.target_id != self.page.target_id() && !it.url.starts_with("chrome://"));
        opened.map(|it| it.url).collect()
    }

    pub(super) async fn seen(&self) -> Seen {
        // Events come in order with answers: after the second answer those before the first have been handed on.
        for _ in 0..2 {
            let _: bool = self.ask("true").await;
        }
        let mut watch = self.watch.lock().unwrap();
        watch.listen();
        watch.seen.clone()
    }

    /// The answer of the page to an expression, which may be a promise.
    pub(super) async fn ask<T: DeserializeOwned>(&self, expression: &str) -> T {
        let shown = || expression.chars().take(200).collect::<String>();
        let answer = self.try_ask(expression).await.unwrap_or_else(|error| panic!("{}: {error}", shown()));
        serde_json::from_value(answer).unwrap_or_else(|error| panic!("{}: {error}", shown()))
    }

    pub(super) async fn try_ask(&self, expression: &str) -> Result<Value, String> {
        Ok(self.evaluate(expression, true).await?.value.unwrap_or(Value::Null))
    }

    /// Evaluates in a world of our own, which knows [`QUESTIONS`].
    pub(super) async fn evaluate(&self, expression: &str, by_value: bool) -> Result<RemoteObject, String> {
        let mut world = CreateIsolatedWorldParams::new(self.page.target_id().as_ref().to_owned());
        world.world_name = Some("temizu tests".to_owned());
        let world = self.page.execute(world).await.map_err(|error| error.to_string())?.result.execution_context_id;
        let mut evaluate = EvaluateParams::new(format!("{QUESTIONS};\n{expression}"));
        evaluate.context_id = Some(world);
        evaluate.await_promise = Some(true);
        evaluate.return_by_value = Some(by_value);
        let answer = self.page.execute(evaluate).await.map_err(|error| error.to_string())?.result;
        match answer.exception_details {
            Some(thrown) => Err(format!("{} {:?}", thrown.text, thrown.exception.and_then(|it| it.description))),
            None => Ok(answer.result),
        }
    }

    async fn ask_of(&self, css: &str, property: &str) -> String {
        let one = format!("temizu.all({}).length === 1", json!(css));
        self.wait_until(&format!("one element `{css}`"), &one).await;
        self.ask(&format!("temizu.all({})[0].{property}", json!(css))).await
    }

    /// Names the document that is shown: every load makes a new one.
    pub(super) async fn document(&self) -> String {
        let tree = self.page.execute(GetFrameTreeParams::default()).await.unwrap().result.frame_tree;
        tree.frame.loader_id.as_ref().to_owned()
    }

    /// Waits until another document than `before` is shown and loaded.
    pub(super) async fn left(&self, before: &str) {
        let since = Instant::now();
        while self.document().await == before {
            assert!(since.elapsed() < PATIENCE, "no new page came; this is still {}", self.url().await);
            tokio::time::sleep(PAUSE).await;
        }
        self.loaded().await;
    }

    async fn loaded(&self) {
        self.wait_until("the page", "document.readyState === 'complete'").await;
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        let (chromium, context) = (self.chromium, self.context.clone());
        chromium.runtime.spawn(async move {
            // The browser may be gone already.
            drop(chromium.browser.execute(DisposeBrowserContextParams::new(context)).await);
        });
    }
}

/// Scheme, host and port.
fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}
