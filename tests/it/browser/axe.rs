//! axe-core, the accessibility checker, run on a page.
//!
//! Refuses to pass a page that it could not look at whole. `cargo xtask assets` fetches it.

use std::sync::LazyLock;

use serde::Deserialize;

use super::checks::{Check, Findings};
use super::tab::Tab;

/// Every success criterion of levels A and AA, up to WCAG 2.2.
const RUN: &str = "axe.reset(), axe.run(document, { iframes: false, resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    .then(it => ({ violations: it.violations, passed: it.passes.length }))";

static SOURCE: LazyLock<Result<String, String>> = LazyLock::new(|| {
    let path = xtask::assets::axe();
    std::fs::read_to_string(&path)
        .map_err(|error| format!("{} ({error}): run `cargo xtask assets` first", path.display()))
});

#[derive(Deserialize)]
struct Outcome {
    violations: Vec<Violation>,
    passed: usize,
}

#[derive(Deserialize)]
struct Violation {
    id: String,
    help: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    html: String,
    failure_summary: Option<String>,
}

/// No violation that axe-core knows of, at levels A and AA of WCAG 2.0, 2.1 and 2.2.
pub(crate) async fn accessible(tab: &Tab) -> Check {
    let source = SOURCE.as_ref().unwrap_or_else(|reason| panic!("{reason}"));
    let run = format!("(globalThis.axe ?? (() => {{ {source} }})(), {RUN})");
    let outcome: Outcome = tab.with_scripts(tab.ask(&run)).await;
    assert!(outcome.passed > 0, "axe found nothing to look at");
    let mut findings = Findings::default();
    for violation in outcome.violations {
        for node in violation.nodes {
            let why = node.failure_summary.unwrap_or_default().replace('\n', " ");
            findings.add(format!("{}: {}: {} ({why})", violation.id, violation.help, node.html));
        }
    }
    for frame in tab.ask::<Vec<String>>("temizu.frames()").await {
        findings.add(format!("frame: not looked into: {frame}"));
    }
    findings.into()
}
