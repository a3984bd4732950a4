//! `temizu notice`: what recipients would read, for made-up mails.
//!
//! Refuses a template with a mistake, with its file and line. Invariant: no store is opened and no worker is started.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::{NoticeArguments, NoticeCommand, Source};
use super::print::Printer;
use super::setup;
use super::trouble::{Trouble, USAGE};
use crate::compose::preview::{self, CASES, Case, Preview};
use crate::config::load::Overrides;
use crate::domain::Language;

/// The exit code for a template with a mistake.
const BAD_TEMPLATE: u8 = 1;

pub(super) fn run(arguments: NoticeArguments, printer: &Printer) -> Result<ExitCode, Trouble> {
    let NoticeCommand::Preview { source, template, lang, case, json } = arguments.what;
    let cases: Vec<&Case> = match &case {
        None => CASES.iter().collect(),
        Some(name) => vec![find(name)?],
    };
    let shown = previews(&source, template, lang, &cases, printer)?;
    if json {
        let one = |(case, preview): &(&Case, Preview)| {
            json!({
                "case": case.name,
                "ja": case.ja,
                "en": case.en,
                "subject": preview.subject,
                "status": preview.status.as_str(),
                "text": preview.text,
            })
        };
        printer.json(&shown.iter().map(one).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    for (case, preview) in &shown {
        printer.line(format!("======== {}: {}", case.name, printer.choose(case.ja, case.en)));
        printer.line(format!("{}: {}\n", printer.choose("件名", "Subject"), preview.subject));
        printer.line(&preview.text);
    }
    Ok(ExitCode::SUCCESS)
}

fn previews<'c>(
    source: &Source,
    template: Option<std::path::PathBuf>,
    lang: Option<Language>,
    cases: &[&'c Case],
    printer: &Printer,
) -> Result<Vec<(&'c Case, Preview)>, Trouble> {
    let mut config = setup::configuration(source, Overrides::default(), printer)?.config;
    config.notice.template = template.or(config.notice.template);
    config.site.language = lang.unwrap_or(config.site.language);
    let site = crate::serve::site(&config).map_err(|errors| {
        let rendered = errors.render(printer.language());
        Trouble { code: BAD_TEMPLATE, ..setup::faults(&rendered, printer) }
    })?;
    Ok(cases.iter().filter_map(|case| Some((*case, preview::preview(&site, case.name)?))).collect())
}

fn find(name: &str) -> Result<&'static Case, Trouble> {
    CASES.iter().find(|case| case.name == name).ok_or_else(|| {
        let names = CASES.iter().map(|case| case.name).collect::<Vec<_>>().join(", ");
        Trouble::new(
            USAGE,
            format!("「{name}」という例はありません。あるのは: {names}"),
            format!("there is no case `{name}`; there are: {names}"),
        )
    })
}
