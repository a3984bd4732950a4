//! 経過 of U2: what became of a mail, in order of time, as one list.
//!
//! Refuses: what somebody else asked for and why; of that there is one line. Invariant: each line has its moment, and every
//! word of it is made here or was checked by the domain.

use crate::domain::{Language, ReleaseRequest, RequestState, Status, Timestamp};
use crate::ports::{ArrivalDetail, AskedByOther, Delivery, Fetched, OfferState, Typed};
use crate::web::words::Words;

/// One line.
pub(super) struct Moment {
    /// In the reader's words.
    pub(super) at: String,
    /// For `datetime`.
    pub(super) at_machine: String,
    pub(super) what: String,
}

/// What became of a mail so far, oldest first.
pub(super) fn moments(detail: &ArrivalDetail, l: Words) -> Vec<Moment> {
    let arrival = &detail.line.arrival;
    let came = match arrival.uploaded_by {
        Some(_) => l.t("ファイルが入れられました。", "The file was put in."),
        None => l.t("メールが届きました。", "The mail came in."),
    };
    let mut all = vec![(arrival.received_at, came.to_owned())];
    let first_mail = detail.deliveries.iter().map(|delivery| delivery.queued_at).min();
    if let Some(at) = detail.concluded_at.or(first_mail) {
        all.push((at, l.t("調べ終わり、処理を決めました。", "It was inspected and decided on.").to_owned()));
    }
    all.extend(detail.deliveries.iter().map(|delivery| delivered(delivery, l)));
    all.extend(detail.fetched.iter().map(|fetched| fetch(fetched, detail, l)));
    all.extend(detail.typed.iter().map(|typed| typing(typed, l)));
    all.extend(detail.requests.iter().flat_map(|request| own(request, l)));
    all.extend(detail.asked_by_others.iter().map(|asked| other(asked, l)));
    // What happened at one moment stays in the order of the lists.
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(at, what)| Moment { at: l.short(&at), at_machine: l.machine(&at), what }).collect()
}

/// The copy for one mailbox: its last try, or that it waits for the first.
fn delivered(delivery: &Delivery, l: Words) -> (Timestamp, String) {
    let to = &delivery.mailbox;
    let tried = match (delivery.attempts > 1, l.language) {
        (false, _) => String::new(),
        (true, Language::Ja) => format!("（{}回目）", delivery.attempts),
        (true, Language::En) => format!(" (try {})", delivery.attempts),
    };
    let what = match (delivery.status, delivery.answered_at, l.language) {
        (Status::Sent, _, Language::Ja) => format!("{to} へメールをお届けしました{tried}。"),
        (Status::Sent, _, Language::En) => format!("Delivered to {to}{tried}."),
        (Status::Refused, _, Language::Ja) => format!("メールサーバが {to} あてを受け取りませんでした{tried}。"),
        (Status::Refused, _, Language::En) => format!("The mail server refused it for {to}{tried}."),
        (Status::Undeliverable, _, Language::Ja) => format!("{to} へお届けできませんでした{tried}。"),
        (Status::Undeliverable, _, Language::En) => format!("It could not be delivered to {to}{tried}."),
        (Status::OnHold, _, Language::Ja) => format!("{to} への配送を止めています。"),
        (Status::OnHold, _, Language::En) => format!("Delivery to {to} is on hold."),
        (Status::Waiting, None, Language::Ja) => format!("{to} への配送を待っています。"),
        (Status::Waiting, None, Language::En) => format!("Waiting for delivery to {to}."),
        (Status::Waiting, Some(_), Language::Ja) => {
            format!("{to} へ届けようとしましたが、まだ届いていません{tried}。もう一度ためします。")
        }
        (Status::Waiting, Some(_), Language::En) => {
            format!("Delivery to {to} did not succeed yet{tried}; it is tried again.")
        }
    };
    (delivery.answered_at.unwrap_or(delivery.queued_at), what)
}

/// The name of somebody, if there is still such an account.
fn who(name: Option<&crate::domain::Label>, l: Words) -> String {
    match (name, l.language) {
        (Some(name), Language::Ja) => format!("{name}さん"),
        (Some(name), Language::En) => name.to_string(),
        (None, _) => l.t("今は利用者でない人", "Somebody who is no user any more").to_owned(),
    }
}

fn fetch(fetched: &Fetched, detail: &ArrivalDetail, l: Words) -> (Timestamp, String) {
    let mut files = detail.line.arrival.parts.iter().filter_map(|part| part.now.as_ref());
    let file = files.find(|now| now.digest == fetched.digest).map(|now| now.name.as_str());
    let by = who(fetched.by.as_ref(), l);
    let what = match (file, l.language) {
        (Some(file), Language::Ja) => format!("{by}が「{file}」をダウンロードしました。"),
        (None, Language::Ja) => format!("{by}がファイルをダウンロードしました。"),
        (Some(file), Language::En) => format!("{by} downloaded “{file}”."),
        (None, Language::En) => format!("{by} downloaded a file."),
    };
    (fetched.at, what)
}

fn typing(typed: &Typed, l: Words) -> (Timestamp, String) {
    let by = who(typed.by.as_ref(), l);
    let became = match typed.state {
        OfferState::Queued(_) | OfferState::Trying(_) => l.t("ためしています", "being tried"),
        OfferState::Opened => l.t("開けました", "it opened"),
        OfferState::Wrong => l.t("違いました", "wrong"),
        OfferState::Failed => l.t("ためせませんでした", "could not be tried"),
    };
    let what = match (typed.count, l.language) {
        (0, Language::Ja) => format!("{by}がパスワードを入れました（{became}）。"),
        (0, Language::En) => format!("{by} typed a password ({became})."),
        (count, Language::Ja) => format!("{by}がパスワードを{count}個入れました（{became}）。"),
        (count, Language::En) => format!("{by} typed passwords: {count} ({became})."),
    };
    (typed.at, what)
}

/// The reader's own request, and what was decided.
fn own(request: &ReleaseRequest, l: Words) -> Vec<(Timestamp, String)> {
    let file = request.file.as_deref().unwrap_or(l.t("メール全体", "the whole mail"));
    let over = match request.state {
        RequestState::Withdrawn => l.t("（取り下げました）", " (withdrawn)"),
        RequestState::Waiting => l.t("（承認を待っています）", " (awaiting approval)"),
        _ => "",
    };
    let asked = match l.language {
        Language::Ja => format!("あなたが原本を申請しました{over}：{file}。理由：{}", request.why),
        Language::En => format!("You asked for the original{over}: {file}. Reason: {}", request.why),
    };
    let mut lines = vec![(request.asked_at, asked)];
    if let Some(decided) = &request.decided {
        let place = match (&decided.in_place_of, l.language) {
            (None, _) => String::new(),
            (Some(approver), Language::Ja) => format!("（{approver}さんの代理）"),
            (Some(approver), Language::En) => format!(" (for {approver})"),
        };
        let by = who(Some(&decided.by_name), l);
        let did = match request.state {
            RequestState::Returned => l.t("申請を差し戻しました", "returned the request"),
            RequestState::HandedOver => l.t("申請を承認し、原本は受取済みです", "approved; the original was fetched"),
            _ => l.t("申請を承認しました", "approved the request"),
        };
        let comment = match (&decided.comment, l.language) {
            (None, _) => String::new(),
            (Some(comment), Language::Ja) => format!("コメント：{comment}"),
            (Some(comment), Language::En) => format!(" Comment: {comment}"),
        };
        lines.push((
            decided.at,
            match l.language {
                Language::Ja => format!("{by}{place}が{did}。{comment}"),
                Language::En => format!("{by}{place} {did}.{comment}"),
            },
        ));
    }
    if request.state == RequestState::Expired {
        lines.push((request.until, l.t("申請の期限が過ぎました。", "The time of the request is over.").to_owned()));
    }
    lines
}

fn other(asked: &AskedByOther, l: Words) -> (Timestamp, String) {
    let (by, state) = (who(Some(&asked.by), l), asked.state.title(l.language));
    let what = match (asked.decided_at, l.language) {
        (None, Language::Ja) => format!("{by}が原本を申請しました（{state}）。"),
        (None, Language::En) => format!("{by} asked for the original ({state})."),
        (Some(at), Language::Ja) => format!("{by}が原本を申請しました（{}に{state}）。", l.short(&at)),
        (Some(at), Language::En) => format!("{by} asked for the original ({state}, {}).", l.short(&at)),
    };
    (asked.asked_at, what)
}
