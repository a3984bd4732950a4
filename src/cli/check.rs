//! `temizu check`: can this configuration be used? Values, files, rules and the cases beside the rules.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::Check;
use super::print::Printer;
use super::trouble::{CONFIG, Trouble};
use super::{rules, setup};
use crate::config::fault::Fault;
use crate::config::load::{Overrides, Work};
use crate::serve::Role;

pub(super) fn run(arguments: &Check, printer: &Printer) -> Result<ExitCode, Trouble> {
    let language = printer.language();
    let loaded = match setup::load(&arguments.source, Overrides::default()) {
        Ok(loaded) => loaded,
        Err(errors) if arguments.json => return mistakes(&errors.faults, printer),
        Err(errors) => return Err(setup::faults(&errors.render(language), printer)),
    };
    let mut faults = loaded.missing_for(work(&arguments.role));
    faults.extend(loaded.unusable_files());
    let rules = match rules::parse(&loaded) {
        Ok(rules) => rules,
        Err(errors) if arguments.json => return mistakes(&errors.faults, printer),
        Err(errors) => return Err(setup::faults(&errors.render(language), printer)),
    };
    // A file that is not there is told already.
    if faults.iter().all(|fault| fault.key != "notice.template")
        && let Err(errors) = crate::serve::wording::phrases(&loaded.config)
    {
        faults.extend(errors.faults);
    }
    let failed: Vec<_> = rules::trials(&rules, loaded.config.site.utc_offset_minutes)
        .into_iter()
        .filter(|result| !result.passed)
        .collect();
    let remarks = rules::remarks(&rules, loaded.config.site.utc_offset_minutes);
    let warnings = if arguments.strict { loaded.warnings.len().saturating_add(remarks.len()) } else { 0 };
    let usable = faults.is_empty() && failed.is_empty() && warnings == 0;
    if arguments.json {
        printer.json(&json!({
            "ok": usable,
            "faults": faults,
            "warnings": loaded.warnings,
            "rule_remarks": remarks,
            "failed_rule_tests": failed,
            "rules": rules.version().digest,
        }))?;
    } else {
        loaded.warnings.iter().chain(&remarks).for_each(|remark| printer.line(remark.render(language)));
        faults.iter().for_each(|fault| printer.line(fault.render(language)));
        for result in &failed {
            let (file, line, rule) = (&result.file, result.position.line, result.rule.as_str());
            printer.line(format!("{file}:{line}: {rule}: {} ≠ {}", result.expected, result.decided));
        }
        if usable {
            printer.say("設定と規則は使えます。", "The configuration and the rules can be used.");
        }
    }
    Ok(if usable { ExitCode::SUCCESS } else { ExitCode::from(CONFIG) })
}

/// What roles do.
pub(super) fn work(roles: &[Role]) -> Work {
    let has = |role| roles.contains(&role);
    Work { receives: has(Role::Intake), processes: has(Role::Process), sends: has(Role::Deliver) }
}

/// Mistakes that kept the configuration or the rules from being read at all.
pub(super) fn mistakes(faults: &[Fault], printer: &Printer) -> Result<ExitCode, Trouble> {
    printer.json(&json!({ "ok": false, "faults": faults }))?;
    Ok(ExitCode::from(CONFIG))
}
