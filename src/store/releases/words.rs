//! The words of requests: what a row says, who may decide on it, and what a decision makes of it.
//!
//! Refuses: to show somebody else's request to whoever reads no mailbox in common with whoever asked. Invariant: what the
//! words are is in `about`, with defaults for what older rows do not have.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::release::Decided;
use crate::domain::{
    AccountId, ArrivalState, DepartmentCode, ItemId, Label, Reason, ReleaseRequest, RequestState, Risk, RuleName, Stage,
};
use crate::ports::{ArrivalDetail, ArrivalLine, AskedByOther, Judgement, Ruling, StoreError, Viewer};
use crate::store::arrivals::lines;
use crate::store::rows::Columns;

/// What is not in columns.
#[derive(Serialize, Deserialize)]
pub(super) struct About {
    file: Option<String>,
    subject: Option<String>,
    sender: String,
    kept_for: Option<Reason>,
    #[serde(default)]
    rules: Vec<RuleName>,
    risk: Risk,
    requester_name: Label,
    why: String,
    #[serde(default)]
    use_until: Option<Date>,
    decided: Option<Decided>,
    /// For which of the requester's mailboxes it came, in lower case.
    pub(super) mailboxes: Vec<String>,
}

impl About {
    pub(super) fn of(request: &ReleaseRequest, mailboxes: Vec<String>) -> Self {
        Self {
            file: request.file.clone(),
            subject: request.subject.clone(),
            sender: request.sender.clone(),
            kept_for: request.kept_for,
            rules: request.rules.clone(),
            risk: request.risk,
            requester_name: request.requester_name.clone(),
            why: request.why.clone(),
            use_until: request.use_until,
            decided: None,
            mailboxes,
        }
    }
}

/// A row of `release_request`.
pub(in crate::store) fn request(row: &impl Columns) -> Result<ReleaseRequest, StoreError> {
    let about: About = row.json("about")?;
    let item: ItemId = row.parsed("item")?;
    Ok(ReleaseRequest {
        id: row.parsed("id")?,
        item,
        reference: item.reference(),
        part: row.maybe_parsed("part")?,
        file: about.file,
        subject: about.subject,
        sender: about.sender,
        kept_for: about.kept_for,
        rules: about.rules,
        risk: about.risk,
        requester: row.parsed("requester")?,
        requester_name: about.requester_name,
        department: row.parsed::<DepartmentCode>("department")?,
        why: about.why,
        use_until: about.use_until,
        asked_at: row.time("asked_at")?,
        until: row.time("until")?,
        state: row.parsed("state")?,
        decided: about.decided,
    })
}

/// What a viewer may know of a request by somebody else: nothing, unless both read a mailbox that the mail came for.
pub(in crate::store) fn of_other(row: &impl Columns, viewer: &Viewer) -> Result<Option<AskedByOther>, StoreError> {
    let about: About = row.json("about")?;
    if !about.mailboxes.iter().any(|mailbox| viewer.mailboxes.contains(mailbox)) {
        return Ok(None);
    }
    Ok(Some(AskedByOther {
        by: about.requester_name,
        asked_at: row.time("asked_at")?,
        state: row.parsed("state")?,
        decided_at: about.decided.map(|decided| decided.at),
    }))
}

/// Column `place`: NULL for whoever may not decide, empty for whoever decides for themselves.
pub(super) enum Power {
    None,
    Own,
    InPlaceOf(Label),
}

impl Power {
    pub(super) fn of(row: &impl Columns) -> Result<Self, StoreError> {
        Ok(match row.maybe_text("place")?.as_deref() {
            None => Self::None,
            Some("") => Self::Own,
            Some(name) => Self::InPlaceOf(name.parse().map_err(|_| StoreError::Damaged("place"))?),
        })
    }

    /// In whose place; [`StoreError::NotFound`] if there is no power.
    pub(super) fn place(self) -> Result<Option<Label>, StoreError> {
        match self {
            Self::None => Err(StoreError::NotFound),
            Self::Own => Ok(None),
            Self::InPlaceOf(name) => Ok(Some(name)),
        }
    }

    /// The same for a look: whoever decided may see on what, always.
    pub(super) fn looking(self, request: &ReleaseRequest, approver: AccountId) -> Result<Option<Label>, StoreError> {
        match self {
            Self::None => {
                let own = request.decided.as_ref().filter(|decided| decided.by == approver);
                Ok(own.ok_or(StoreError::NotFound)?.in_place_of.clone())
            }
            power => power.place(),
        }
    }
}

/// What a decision makes of a request: the state, until when, and the words.
pub(super) fn judged(
    row: &impl Columns,
    judgement: &Judgement,
    place: Option<Label>,
) -> Result<(ReleaseRequest, About), StoreError> {
    let (mut request, mut about) = (request(row)?, row.json::<About>("about")?);
    if request.state != RequestState::Waiting || judgement.at >= request.until {
        return Err(StoreError::Conflict);
    }
    match judgement.ruling {
        Ruling::Approve { fetch_until } => (request.state, request.until) = (RequestState::Approved, fetch_until),
        Ruling::Return => request.state = RequestState::Returned,
    }
    about.decided = Some(Decided {
        by: judgement.by,
        by_name: judgement.by_name.clone(),
        in_place_of: place,
        at: judgement.at,
        comment: judgement.comment.clone(),
    });
    Ok((request, about))
}

/// What the requester saw of the mail, from its row of `arrival` beside the item's `stage`.
pub(super) fn seen(row: &impl Columns) -> Result<ArrivalDetail, StoreError> {
    let arrival = lines::arrival(row)?;
    let state = ArrivalState::from_name(&row.maybe_text("state")?.unwrap_or_default());
    let expired = row.parsed::<Stage>("stage")? == Stage::Expired;
    let state = if expired { ArrivalState::Expired } else { state.ok_or(StoreError::Damaged("state"))? };
    let reference = arrival.id.reference();
    Ok(ArrivalDetail {
        line: ArrivalLine { arrival, reference, state, aside: false },
        concluded_at: None,
        deliveries: Vec::new(),
        wrong_passwords: row.number("wrong_passwords")?,
        trying: false,
        candidates: 0,
        typed: Vec::new(),
        requests: Vec::new(),
        asked_by_others: Vec::new(),
        fetched: Vec::new(),
    })
}
