//! `temizu trace`: the life of one mail, found by whatever the caller on the telephone can read out.

use std::process::ExitCode;

use super::arguments::Trace;
use super::print::Printer;
use super::trouble::{NO_INPUT, Trouble};
use super::{queue, setup};
use crate::domain::ItemKey;
use crate::ports::ItemFilter;

/// Items shown in full; more are listed.
const IN_FULL: usize = 5;

pub(super) async fn run(arguments: Trace, printer: &Printer) -> Result<ExitCode, Trouble> {
    let store = setup::store(&arguments.source, printer).await?;
    let tenant = store.tenant.clone();
    let filter = ItemFilter { text: Some(arguments.text.trim().to_owned()), limit: 100, ..ItemFilter::default() };
    let found = store.items(&tenant, &filter).await?;
    if found.is_empty() && !arguments.json {
        return Err(Trouble::new(
            NO_INPUT,
            "該当するメールはありません。管理番号・Message-ID・メールアドレスの全体を示してください",
            "no such mail; give the whole reference, Message-ID or address",
        ));
    }
    let mut details = Vec::new();
    for summary in &found {
        details.push(store.item(&ItemKey { tenant: tenant.clone(), id: summary.id }).await?);
    }
    if arguments.json {
        printer.json(&details)?;
    } else if details.len() <= IN_FULL {
        details.iter().for_each(|detail| queue::describe(detail, printer));
    } else {
        queue::table(&found, printer);
    }
    Ok(ExitCode::SUCCESS)
}
