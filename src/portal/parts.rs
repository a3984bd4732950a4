//! A mail and its files as pages show them: every word made here, so that templates only place it.
//!
//! Refuses: to show a name or a subject that reorders or hides the text around it (the domain has refused those already).
//! Invariant: the sentence of a reason is the one that notice, command line and audit show.

use crate::domain::{
    Action, ArrivalFile, ArrivalState, Assurance, Digest, Finding, ItemId, Language, PartRole, Reason, reason,
};
use crate::ports::ArrivalLine;
use crate::web::words::Words;

/// One line of the list.
pub(super) struct Line {
    pub(super) id: ItemId,
    pub(super) reference: String,
    pub(super) state: &'static str,
    pub(super) chip: &'static str,
    pub(super) subject: String,
    pub(super) sender: String,
    pub(super) at: String,
    pub(super) at_machine: String,
    pub(super) files: Vec<String>,
    pub(super) more_files: usize,
    pub(super) reason: String,
    pub(super) wants_password: bool,
    /// The one rebuilt file of it, and how many there are.
    pub(super) file: Option<Digest>,
    pub(super) rebuilt: usize,
}

/// One part before and after.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) is_file: bool,
    pub(super) chip: &'static str,
    pub(super) state: &'static str,
    pub(super) before: Vec<(String, String)>,
    pub(super) after: Vec<(String, String)>,
    pub(super) found: Vec<Found>,
    pub(super) reason: String,
    /// The code of that reason; empty if there is none.
    pub(super) code: &'static str,
    pub(super) next: String,
    pub(super) rule: String,
    pub(super) digest: Option<Digest>,
    /// Where its picture is.
    pub(super) picture: Option<String>,
    /// Its first lines, and whether there are more.
    pub(super) table: Option<(String, bool)>,
    /// True for a rebuilt text that has a page of its own.
    pub(super) is_text: bool,
    /// Its place among the parts of the page: what makes identifiers of.
    pub(super) number: usize,
    pub(super) wants_password: bool,
    pub(super) is_kept: bool,
}

/// One finding: its sentence, how often, and where.
pub(super) struct Found {
    pub(super) code: &'static str,
    pub(super) sentence: String,
    pub(super) count: u32,
    pub(super) places: Vec<String>,
}

/// Files that the list names before it counts the rest.
const NAMED: usize = 3;

/// `line` in the reader's words.
pub(super) fn line(line: &ArrivalLine, l: Words) -> Line {
    let arrival = &line.arrival;
    let files: Vec<&ArrivalFile> = arrival.parts.iter().filter(|part| is_file(part)).collect();
    let kept = arrival.parts.iter().find(|part| part.outcome.is_kept());
    let rebuilt: Vec<Digest> = files.iter().filter_map(|file| file.now.as_ref().map(|now| now.digest)).collect();
    Line {
        id: arrival.id,
        reference: line.reference.to_string(),
        state: line.state.title(l.language),
        chip: line.state.as_str(),
        // A file from staff has no subject and no sender.
        subject: match (arrival.uploaded_by, files.first()) {
            (Some(_), Some(file)) => name(file, l),
            _ => subject(arrival.headers.subject.as_deref(), line.state, l),
        },
        sender: match arrival.uploaded_by {
            Some(_) => l.t("ポータルで入れたファイル", "Put in at the portal").to_owned(),
            None => sender(line),
        },
        at: l.short(&arrival.received_at),
        at_machine: l.machine(&arrival.received_at),
        more_files: files.len().saturating_sub(NAMED),
        files: files.iter().take(NAMED).map(|file| name(file, l)).collect(),
        reason: match (kept, arrival.parts.is_empty()) {
            (Some(part), _) => sentence(part, l),
            // It could not be opened as a whole.
            (None, true) => arrival.findings.first().map(|finding| l.reason(&finding.code)).unwrap_or_default(),
            (None, false) => String::new(),
        },
        wants_password: line.state == ArrivalState::PasswordWanted,
        file: rebuilt.first().copied().filter(|_| rebuilt.len() == 1),
        rebuilt: rebuilt.len(),
    }
}

/// What stands for the subject.
pub(super) fn subject(subject: Option<&str>, state: ArrivalState, l: Words) -> String {
    match subject.map(str::trim).filter(|subject| !subject.is_empty()) {
        Some(subject) => subject.to_owned(),
        None if state == ArrivalState::Expired => l.t("（期限切れ）", "(expired)").to_owned(),
        None => l.t("（件名なし）", "(no subject)").to_owned(),
    }
}

/// Name and address of the sender.
pub(super) fn sender(line: &ArrivalLine) -> String {
    match line.arrival.headers.from.first() {
        Some(from) if from.name.is_empty() => from.address.to_string(),
        Some(from) => format!("{} <{}>", from.name, from.address),
        None => line.arrival.reverse_path.clone(),
    }
}

/// True for what people call an attachment.
pub(super) fn is_file(part: &ArrivalFile) -> bool {
    matches!(part.part.role, PartRole::Attachment | PartRole::Archive | PartRole::Enclosed)
}

/// What a part is called.
pub(super) fn name(file: &ArrivalFile, l: Words) -> String {
    match (&file.part.name, file.part.role) {
        (Some(name), _) => name.to_string(),
        (None, PartRole::Body | PartRole::Alternative) => l.t("本文", "Body").to_owned(),
        (None, PartRole::Enclosed) => l.t("添付されたメール", "Attached mail").to_owned(),
        (None, _) => l.t("名前のないファイル", "File without a name").to_owned(),
    }
}

fn detail(part: &ArrivalFile) -> reason::Detail<'_> {
    reason::Detail { rule: Some(part.outcome.rule.as_str()), portal: true, ..part.part.detail() }
}

fn sentence(part: &ArrivalFile, l: Words) -> String {
    part.outcome.reason.map(|reason| reason.sentence(l.language, &detail(part))).unwrap_or_default()
}

/// A part in the reader's words.
pub(super) fn part(one: &ArrivalFile, l: Words, contact: &str) -> Part {
    let detail = reason::Detail { contact: Some(contact), ..detail(one) };
    let why = one.outcome.reason;
    let wants_password = one.outcome.is_kept()
        && (one.part.encrypted || matches!(why, Some(Reason::PasswordRequired | Reason::WrongPassword)));
    let state = match () {
        () if wants_password => ArrivalState::PasswordWanted,
        () if one.outcome.is_kept() && one.outcome.action == Action::Hold => ArrivalState::Checking,
        () if one.outcome.is_kept() => ArrivalState::Withheld,
        () => ArrivalState::Available,
    };
    Part {
        name: name(one, l),
        is_file: is_file(one),
        chip: state.as_str(),
        state: state.title(l.language),
        before: before(one, l),
        after: after(one, l),
        found: one.findings.iter().chain(&one.outcome.findings).map(|finding| found(finding, one, l)).collect(),
        reason: why.map(|reason| reason.sentence(l.language, &detail)).unwrap_or_default(),
        code: why.map_or("", Reason::code),
        next: why.map(|reason| reason.next_step(l.language, &detail)).unwrap_or_default(),
        rule: one.outcome.rule.as_str().to_owned(),
        digest: one.now.as_ref().map(|now| now.digest),
        picture: None,
        table: None,
        is_text: one.now.as_ref().is_some_and(|now| now.media_type == "text/plain"),
        number: 0,
        wants_password,
        is_kept: one.outcome.is_kept(),
    }
}

fn before(one: &ArrivalFile, l: Words) -> Vec<(String, String)> {
    let part = &one.part;
    let kind = reason::kind(part.class, l.language);
    let mut rows = vec![
        (l.t("名前", "Name").to_owned(), name(one, l)),
        (l.t("中身の種類", "Real type").to_owned(), format!("{kind}（{}）", part.detected.as_str())),
        (l.t("送り手の申告", "Declared type").to_owned(), part.declared.clone()),
        (l.t("大きさ", "Size").to_owned(), l.size(&part.length)),
        ("SHA-256".to_owned(), part.digest.to_string()),
    ];
    if part.encrypted {
        rows.push((l.t("パスワード", "Password").to_owned(), l.t("あり", "yes").to_owned()));
    }
    rows
}

fn after(one: &ArrivalFile, l: Words) -> Vec<(String, String)> {
    let Some(now) = &one.now else { return Vec::new() };
    vec![
        (l.t("名前", "Name").to_owned(), now.name.clone()),
        (l.t("種類", "Type").to_owned(), now.media_type.clone()),
        (l.t("大きさ", "Size").to_owned(), l.size(&now.length)),
        (l.t("方法", "Method").to_owned(), method(one, l)),
        ("SHA-256".to_owned(), now.digest.to_string()),
    ]
}

/// The guideline's word for what was done, and how sure it is.
fn method(one: &ArrivalFile, l: Words) -> String {
    let method = match one.outcome.action {
        Action::Text => l.t("テキスト抽出", "text extraction"),
        Action::Rebuild => l.t("分解・再構成", "disarm and reconstruction"),
        Action::Hold => l.t("目視確認・承認", "visual check and approval"),
        Action::Quarantine => l.t("隔離", "quarantine"),
        Action::Strip => l.t("削除", "removed"),
    };
    let assurance = match one.outcome.assurance {
        Some(Assurance::Rendered) => l.t("（描き直し）", " (rendered)"),
        Some(Assurance::Rebuilt) => l.t("（作り直し）", " (rebuilt)"),
        Some(Assurance::Filtered) => l.t("（検査）", " (filtered)"),
        None => "",
    };
    format!("{method}{assurance}")
}

fn found(finding: &Finding, one: &ArrivalFile, l: Words) -> Found {
    let places = one.now.iter().flat_map(|now| &now.places).filter(|place| place.code == finding.code);
    let times = |count: u32| match l.language {
        Language::Ja => format!("{count}件"),
        Language::En => format!("{count}"),
    };
    Found {
        code: finding.code.code(),
        sentence: finding.code.sentence(l.language, &detail(one)),
        count: finding.count,
        places: places.map(|place| format!("{} {}", place.name, times(place.count))).collect(),
    }
}
