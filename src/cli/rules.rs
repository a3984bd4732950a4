//! `temizu rules`: checked, tried with the cases beside them, tried on a mail.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::arguments::{RulesArguments, RulesCommand, Source};
use super::print::Printer;
use super::trouble::{CONFIG, Trouble};
use super::{explain, setup};
use crate::config::fault::Fault;
use crate::config::load::{self, Loaded, Overrides};
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
    let language = printer.language();
    let texts = loaded.rule_texts().map_err(|errors| setup::faults(&errors.render(language), printer))?;
    RuleSet::parse(&texts).map_err(|errors| setup::faults(&errors.render(language), printer))
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
    let rules = if files.is_empty() {
        in_force(&loaded, printer)?
    } else {
        let texts =
            load::read_rules(files).map_err(|errors| setup::faults(&errors.render(printer.language()), printer))?;
        RuleSet::parse(&texts).map_err(|errors| setup::faults(&errors.render(printer.language()), printer))?
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
