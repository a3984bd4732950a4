//! `temizu rules`: checked, tried with the cases beside them, tried on a mail.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::arguments::{RulesArguments, RulesCommand, Source};
use super::print::Printer;
use super::trouble::{CONFIG, NO_INPUT, Trouble};
use super::{explain, setup};
use crate::config::load::{Loaded, Overrides};
use crate::policy::{RuleSet, TestResult, civil_date};
use crate::ports::Clock as _;
use crate::serve::SystemClock;

/// Longest rule file.
const MAX_FILE: u64 = 1024 * 1024;

pub(super) async fn run(arguments: RulesArguments, printer: &Printer) -> Result<ExitCode, Trouble> {
    match arguments.what {
        RulesCommand::Check { files, source, json } => check(&files, &source, json, printer),
        RulesCommand::Test(arguments) => explain::run(arguments, printer).await,
    }
}

/// The rules of a configuration, or the built-in preset.
pub(super) fn load(loaded: &Loaded, printer: &Printer) -> Result<RuleSet, Trouble> {
    let language = printer.language();
    let texts = loaded.rule_texts().map_err(|errors| setup::faults(&errors.render(language), printer))?;
    RuleSet::parse(&texts).map_err(|errors| setup::faults(&errors.render(language), printer))
}

/// How the cases beside the rules ended, as of today.
pub(super) fn trials(rules: &RuleSet, utc_offset_minutes: i16) -> Vec<TestResult> {
    rules.run_tests(civil_date(SystemClock.now(), utc_offset_minutes))
}

fn check(files: &[PathBuf], source: &Source, json: bool, printer: &Printer) -> Result<ExitCode, Trouble> {
    let loaded = setup::configuration(source, Overrides::default(), printer)?;
    let rules = if files.is_empty() {
        load(&loaded, printer)?
    } else {
        let texts = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
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

fn read(file: &PathBuf) -> Result<(String, String), Trouble> {
    use std::io::Read as _;
    let name = file.display().to_string();
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "capped by take")]
    let read =
        std::fs::File::open(file).and_then(|handle| handle.take(MAX_FILE.saturating_add(1)).read_to_end(&mut bytes));
    let unreadable = |why: String| {
        Trouble::new(NO_INPUT, format!("{name} を読めません: {why}"), format!("{name} cannot be read: {why}"))
    };
    read.map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("not UTF-8".to_owned()))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(unreadable(format!("over {MAX_FILE} bytes")));
    }
    Ok((name, text))
}
