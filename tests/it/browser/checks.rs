//! What must be true of every page, each as a function that says all it found wrong.
//!
//! Refuses to pass what it could not look at. Invariant: a page is as it was before, in a window of 1280 by 800 pixels.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

pub(crate) use super::axe::accessible;
use super::tab::Tab;

/// Everything that is wrong with a page, a sentence each.
#[derive(Clone, Default)]
pub(crate) struct Findings(Vec<String>);

/// `Ok` if nothing is wrong.
pub(crate) type Check = Result<(), Findings>;

impl Findings {
    pub(super) fn add(&mut self, finding: String) {
        self.0.push(finding);
    }

    /// If a finding has `word` in it.
    pub(crate) fn name(&self, word: &str) -> bool {
        self.0.iter().any(|finding| finding.contains(word))
    }
}

impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} findings", self.0.len())?;
        self.0.iter().try_for_each(|finding| write!(f, "\n- {finding}"))
    }
}

impl From<Findings> for Check {
    fn from(findings: Findings) -> Self {
        if findings.0.is_empty() { Ok(()) } else { Err(findings) }
    }
}

fn none_of(found: Vec<String>) -> Check {
    Findings(found).into()
}

/// All checks of one page: what every page in every state has to pass.
pub(crate) async fn sound(tab: &Tab) -> Check {
    let mut all = Findings::default();
    for (name, check) in [
        ("well formed", well_formed(tab).await),
        ("accessible", accessible(tab).await),
        ("reflow", reflows(tab).await),
        ("reflow at 200 %", reflows_at_200_percent(tab).await),
        ("tab order", tab_order(tab).await),
        ("foreign request", no_foreign_request(tab).await),
        ("policy", no_csp_report(tab).await),
        ("script", no_script_error(tab).await),
    ] {
        all.0.extend(check.err().into_iter().flat_map(|it| it.0).map(|finding| format!("{name}: {finding}")));
    }
    all.into()
}

/// WCAG 1.4.10: in a window of 320 CSS pixels nothing scrolls sideways, sticks out or is cut off.
pub(crate) async fn reflows(tab: &Tab) -> Check {
    tab.set_viewport(320, 800).await;
    let found = tab.ask("temizu.overflow()").await;
    tab.set_viewport(1280, 800).await;
    none_of(found)
}

/// WCAG 1.4.4: the same with letters of twice the size, and with everything of twice the size, in a usual window.
pub(crate) async fn reflows_at_200_percent(tab: &Tab) -> Check {
    tab.set_text_zoom(200).await;
    let mut found: Vec<String> = tab.ask("temizu.overflow()").await;
    tab.set_text_zoom(100).await;
    tab.set_page_zoom(200).await;
    found.extend(tab.ask::<Vec<String>>("temizu.overflow()").await);
    tab.set_page_zoom(100).await;
    none_of(found)
}

/// One round through a page with the Tab key.
#[derive(Deserialize)]
struct Walk {
    /// What must be reached, in the order of the document.
    expected: Vec<String>,
    reached: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    /// In `expected`; negative for what need not be reached.
    place: i64,
    ringed: bool,
    shown: String,
}

async fn walk(tab: &Tab) -> Walk {
    tab.with_scripts(async {
        let (least, most): (usize, usize) = tab.ask("temizu.start_walk()").await;
        for presses in 1..=most {
            tab.press("Tab").await;
            if presses > least && tab.ask("temizu.is_round()").await {
                break;
            }
        }
        tab.ask("temizu.end_walk()").await
    })
    .await
}

/// What has the focus one after the other when Tab is pressed, from the top of the page on, as HTML.
pub(crate) async fn focus_order(tab: &Tab) -> Vec<String> {
    walk(tab).await.reached.into_iter().map(|step| step.shown).collect()
}

/// WCAG 2.1.1, 2.4.3, 2.4.7: Tab reaches every link, button and field, in the order of the document, and whatever has
/// the focus is on the screen with an outline or a shadow that it has not without.
pub(crate) async fn tab_order(tab: &Tab) -> Check {
    let walk = walk(tab).await;
    let mut findings = Findings::default();
    let mut last = -1;
    for step in &walk.reached {
        if !step.ringed {
            findings.add(format!("one cannot see that it has the focus: {}", step.shown));
        }
        if step.place >= 0 && step.place < last {
            findings.add(format!("out of order: {}", step.shown));
        }
        last = last.max(step.place);
    }
    for (place, missed) in walk.expected.iter().enumerate() {
        if !walk.reached.iter().any(|step| usize::try_from(step.place) == Ok(place)) {
            findings.add(format!("Tab does not reach {missed}"));
        }
    }
    findings.into()
}

/// No two pages have the same title; of each page its name and its title.
pub(crate) fn titles_differ(pages: &[(&str, &str)]) -> Check {
    let mut known = BTreeMap::new();
    let mut findings = Findings::default();
    for (page, title) in pages {
        if let Some(other) = known.insert(*title, *page) {
            findings.add(format!("{other} and {page} have the same title: {title}"));
        }
    }
    findings.into()
}

/// Since the tab was opened nothing was asked of an origin that is not the tab's own, and no other window was opened.
pub(crate) async fn no_foreign_request(tab: &Tab) -> Check {
    let seen = tab.seen().await;
    let foreign = seen.requests.into_iter().filter(|request| !tab.owns(&request.url));
    let mut found: Vec<_> = foreign.map(|request| format!("{} {}", request.method, request.url)).collect();
    let hints: Vec<String> = tab.ask("temizu.hints()").await;
    found.extend(hints.into_iter().filter(|url| !tab.owns(url)).map(|url| format!("hint {url}")));
    found.extend(tab.further_windows().await.into_iter().map(|url| format!("another window: {url}")));
    found.extend(seen.unread.into_iter().map(|raw| format!("not understood: {raw}")));
    none_of(found)
}

/// Since the tab was opened no page has broken its content security policy.
pub(crate) async fn no_csp_report(tab: &Tab) -> Check {
    let mut seen = tab.seen().await;
    let reports = seen.requests.iter().filter(|request| request.is_report);
    seen.violations.extend(reports.map(|request| format!("reported to {}", request.url)));
    seen.violations.extend(seen.unread.into_iter().map(|raw| format!("not understood: {raw}")));
    none_of(seen.violations)
}

/// Since the tab was opened no script has failed and nothing was missing.
pub(crate) async fn no_script_error(tab: &Tab) -> Check {
    let messages = tab.console().await.into_iter().filter(|message| message.level == "error");
    none_of(messages.map(|message| message.text).collect())
}

/// What a validator says first: ids once, a language, one heading of the first level, one main part, a label for every
/// field, references that lead somewhere, nothing inline.
pub(crate) async fn well_formed(tab: &Tab) -> Check {
    none_of(tab.ask("temizu.formed()").await)
}
