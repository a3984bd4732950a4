//! `temizu config`: the configuration in force, and what a key means.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::{ConfigArguments, ConfigCommand};
use super::print::Printer;
use super::setup;
use super::trouble::{Trouble, USAGE};
use crate::config::load::Overrides;
use crate::config::reference::{self, KEYS, Key};
use crate::domain::Language;

pub(super) fn run(arguments: &ConfigArguments, printer: &Printer) -> Result<ExitCode, Trouble> {
    match &arguments.what {
        ConfigCommand::Show { source, non_default, json } => {
            let config = setup::configuration(source, Overrides::default(), printer)?.config;
            if *json {
                printer.json(&reference::show_json(&config, *non_default))?;
            } else {
                printer.line(reference::show_toml(&config, *non_default).trim_end());
            }
        }
        ConfigCommand::Explain { key: None, json } => list("", *json, printer)?,
        ConfigCommand::Explain { key: Some(section), json } if is_section(section) => {
            list(&format!("{section}."), *json, printer)?;
        }
        ConfigCommand::Explain { key: Some(key), json } => explain(key, *json, printer)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| key.path.split_once('.').is_some_and(|(section, _)| section == name))
}

fn list(prefix: &str, json: bool, printer: &Printer) -> Result<(), Trouble> {
    let keys = KEYS.iter().filter(|key| key.path.starts_with(prefix));
    if json {
        let keys: Vec<_> = keys.map(|key| json!({ "key": key.path, "ja": key.ja, "en": key.en })).collect();
        return printer.json(&keys);
    }
    let rows: Vec<Vec<String>> = keys.map(|key| vec![key.path.to_owned(), words(key, printer).to_owned()]).collect();
    printer.table(&[printer.choose("項目", "KEY"), printer.choose("意味", "MEANING")], &rows);
    Ok(())
}

fn explain(path: &str, json: bool, printer: &Printer) -> Result<(), Trouble> {
    let doc = reference::explain(path).map_err(|near| {
        let near = near.join(", ");
        let (ja, en) = match near.as_str() {
            "" => (String::new(), String::new()),
            near => (format!("もしかして: {near}"), format!("did you mean {near}? ")),
        };
        Trouble::new(
            USAGE,
            format!("「{path}」という項目はありません。{ja}（一覧は `temizu config explain`）"),
            format!("there is no key `{path}`; {en}(`temizu config explain` lists all)"),
        )
    })?;
    let default = doc.default.as_deref();
    if json {
        return printer.json(&json!({
            "key": doc.key.path,
            "default": default,
            "form": { "ja": doc.key.form.words().ja, "en": doc.key.form.words().en },
            "ja": doc.key.ja,
            "en": doc.key.en,
            "example": doc.key.example,
        }));
    }
    printer.line(doc.key.path);
    printer.line(format!("  {}", words(doc.key, printer)));
    printer.line(format!("  {}: {}", printer.choose("書き方", "form"), doc.key.form.words().text(printer.language())));
    printer.line(format!("  {}: {}", printer.choose("既定値", "default"), default.unwrap_or("-")));
    printer.line(format!("  {}: {}", printer.choose("例", "example"), doc.key.example));
    Ok(())
}

const fn words(key: &'static Key, printer: &Printer) -> &'static str {
    match printer.language() {
        Language::Ja => key.ja,
        Language::En => key.en,
    }
}
