//! How a tab looks at its page: window, zoom, language, with or without scripts; and pictures of it.

use std::path::Path;
use std::sync::atomic::Ordering;

use chromiumoxide::cdp::browser_protocol::emulation::{
    SetDeviceMetricsOverrideParams, SetScriptExecutionDisabledParams, SetUserAgentOverrideParams,
};
use chromiumoxide::cdp::browser_protocol::page::CaptureScreenshotFormat;
use chromiumoxide::page::ScreenshotParams;
use serde_json::json;

use super::tab::Tab;

impl Tab {
    /// A window of this many CSS pixels.
    pub(crate) async fn set_viewport(&self, width: u32, height: u32) {
        self.set_window(width, height, 1).await;
    }

    /// As Ctrl and + in a window of 1280 by 800 pixels: at 200 % the page has 640 by 400 CSS pixels, each of four dots.
    pub(crate) async fn set_page_zoom(&self, percent: u32) {
        assert_eq!(percent % 100, 0, "whole factors only");
        self.set_window(1280 * 100 / percent, 800 * 100 / percent, percent / 100).await;
    }

    async fn set_window(&self, width: u32, height: u32, factor: u32) {
        let metrics = SetDeviceMetricsOverrideParams::new(width, height, factor, false);
        self.page.execute(metrics).await.unwrap();
        self.wait_until("the size of the window", &format!("innerWidth === {width} && innerHeight === {height}")).await;
    }

    /// Makes text larger and nothing else, as WCAG 1.4.4 has it and as "Zoom Text Only" of Firefox does: every element
    /// gets its computed size of letters times this, in the window as it is. That is harder on a page than zooming it,
    /// because no width grows along. Of the page as it is now: what comes later has its own size. 100 undoes it.
    pub(crate) async fn set_text_zoom(&self, percent: u32) {
        let _: bool = self.ask(&format!("temizu.zoom({percent} / 100)")).await;
    }

    /// From the next page on.
    pub(crate) async fn disable_javascript(&self) {
        self.scripts_are_off.store(true, Ordering::Relaxed);
        self.page.execute(SetScriptExecutionDisabledParams::new(true)).await.unwrap();
    }

    /// Lets checks that need timers and events run on a page whose scripts are off. Those of the page stay off: it was
    /// read without them.
    pub(super) async fn with_scripts<T>(&self, check: impl Future<Output = T>) -> T {
        let off = self.scripts_are_off.load(Ordering::Relaxed);
        if off {
            self.page.execute(SetScriptExecutionDisabledParams::new(false)).await.unwrap();
        }
        let answer = check.await;
        if off {
            self.page.execute(SetScriptExecutionDisabledParams::new(true)).await.unwrap();
        }
        answer
    }

    /// What the browser asks servers for, from the next page on: `ja`, `en`.
    pub(crate) async fn set_language(&self, language: &str) {
        let mut agent = SetUserAgentOverrideParams::new(self.chromium.browser.user_agent().await.unwrap());
        agent.accept_language = Some(language.to_owned());
        self.page.execute(agent).await.unwrap();
    }

    /// Writes a picture (PNG) of the whole page.
    pub(crate) async fn screenshot(&self, path: &Path) {
        let params = ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).full_page(true).build();
        self.page.save_screenshot(params, path).await.unwrap();
    }

    /// Moves the page so that what `css` selects stands at the top of the window, or as far up as the page can be moved.
    pub(crate) async fn scroll_to(&self, css: &str) {
        self.wait_for(css).await;
        let move_it = "scrollIntoView({ block: 'start', behavior: 'instant' })";
        let _: bool = self.ask(&format!("(temizu.all({})[0].{move_it}, true)", json!(css))).await;
    }

    /// Writes a picture (PNG) of what the window shows.
    pub(crate) async fn picture(&self, path: &Path) {
        let params = ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).build();
        self.page.save_screenshot(params, path).await.unwrap();
    }
}
