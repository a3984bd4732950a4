//! `temizu rules`: checked, tried with the cases beside them, tried on a mail.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::arguments::{RulesArguments, RulesCommand, Source};
use super::check::mistakes;
use super::print::Printer;
use super::trouble::{CONFIG, Trouble};
use super::{explain, setup};
use crate::config::fault::Fault;
use crate::config::load::{self, ConfigErrors, Loaded, Overrides};
use crate::policy::{RuleSet, TestResult, civil_date};
use crate::ports::Clock as _;
use crate::serve::SystemClock;

pub(super) async fn run(arguments: RulesArguments, printer: &Printer) -> Result<ExitCode, Trouble> {
    match arguments.what {
        RulesCommand::Check { files, source, json } => check(&files, &source, json, printer),
        RulesCommand::Test(arguments) => explain::run(arguments, printer).await,
    }
}

/// The rules of a configuration, or the built-in preset.
pub(super) fn in_force(loaded: &Loaded, printer: &Printer) -> Result<RuleSet, Trouble> {
    parse(loaded).map_err(|errors| setup::faults(&errors.render(printer.language()), printer))
}

/// As [`in_force`], for commands that show the mistakes themselves.
pub(super) fn parse(loaded: &Loaded) -> Result<RuleSet, ConfigErrors> {
    parse_texts(&loaded.rule_texts()?)
}

fn parse_texts(texts: &[(String, String)]) -> Result<RuleSet, ConfigErrors> {
    RuleSet::parse(texts).map_err(|errors| ConfigErrors { faults: errors.faults })
}

/// How the cases beside the rules ended, as of today.
pub(super) fn trials(rules: &RuleSet, utc_offset_minutes: i16) -> Vec<TestResult> {
    rules.run_tests(civil_date(SystemClock.now(), utc_offset_minutes))
}

/// What is allowed in rules but probably not meant, as of today.
pub(super) fn remarks(rules: &RuleSet, utc_offset_minutes: i16) -> Vec<Fault> {
    rules.remarks(civil_date(SystemClock.now(), utc_offset_minutes))
}

fn check(files: &[PathBuf], source: &Source, json: bool, printer: &Printer) -> Result<ExitCode, Trouble> {
    let loaded = setup::configuration(source, Overrides::default(), printer)?;
    let parsed =
        if files.is_empty() { parse(&loaded) } else { load::read_rules(files).and_then(|texts| parse_texts(&texts)) };
    let rules = match parsed {
        Ok(rules) => rules,
        Err(errors) if json => return mistakes(&errors.faults, printer),
        Err(errors) => return Err(setup::faults(&errors.render(printer.language()), printer)),
    };
    let results = trials(&rules, loaded.config.site.utc_offset_minutes);
    let failed: Vec<_> = results.iter().filter(|result| !result.passed).collect();
    if json {
        printer.json(&json!({
            "rules": rules.rules().len(),
            "version": rules.version().digest,
            "tests": results,
            "ok": failed.is_empty(),
        }))?;
    } else {
        for result in &failed {
            let (file, line) = (&result.file, result.position.line);
            let (rule, case) = (result.rule.as_str(), &result.case);
            printer.say(
                format!(
                    "{file}:{line}: 規則 {rule}「{case}」: {} のはずが {} になりました",
                    result.expected, result.decided
                ),
                format!(
                    "{file}:{line}: rule {rule}, case `{case}`: expected {}, decided {}",
                    result.expected, result.decided
                ),
            );
        }
        let version = rules.version().digest;
        printer.say(
            format!(
                "規則 {} 件、試験 {} 件（不合格 {} 件）。版 {version}",
                rules.rules().len(),
                results.len(),
                failed.len()
            ),
            format!(
                "{} rules, {} tests, {} failed. Version {version}",
                rules.rules().len(),
                results.len(),
                failed.len()
            ),
        );
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(CONFIG) })
}
