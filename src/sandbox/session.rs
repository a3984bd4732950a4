//! One item's conversation with its worker, bounded in time.
//!
//! Refuses: answers before the item was sent, answers that do not match the orders. Invariant: when a session ends, well
//! or not, or is dropped, its worker is dead.

use std::time::Duration;

use async_trait::async_trait;
use sanitizer_protocol::{self as protocol, Failure, FromWorker, Passwords, ToWorker, Way};
use tokio::io::AsyncRead;
use tokio::time::{Instant, timeout};

use super::check::{self, Lie};
use super::link::{self, Broken, Inbox};
use super::pool::Settings;
use super::worker::{Worker, converse};
use crate::domain::{Action, Password, Reason};
use crate::ports::{Answer, Blob, Inspection, Onlooker, Order, Progress, RebuildSession, SandboxError, Step, Subject};

/// Longest name of a single file that is handed to a worker, in bytes.
const MAX_NAME: usize = 4096;

/// Has the worker inspect an item.
///
/// # Errors
/// See [`SandboxError`]; the worker is dead then.
pub(super) async fn inspect(
    mut worker: Worker,
    settings: &Settings,
    subject: Subject,
    original: Blob,
    passwords: &[Password],
) -> Result<(Inspection, Session), SandboxError> {
    let started = Instant::now();
    let length = original.len();
    let is_file = matches!(subject, Subject::File { .. });
    let request = ToWorker::Inspect {
        subject: spoken(subject)?,
        length,
        limits: settings.limits,
        settings: settings.site.clone(),
        passwords: tried(passwords),
    };
    let heard = timeout(
        settings.wall_clock,
        converse(link::feed(&mut worker.stdin, &request, original), worker.inbox.message::<FromWorker>()),
    )
    .await;
    let checked = match heard {
        Err(_) => {
            worker.retire();
            return Err(SandboxError::TimedOut);
        }
        Ok(Err(broken)) => Err(broken),
        Ok(Ok((FromWorker::Failed(failure), _))) => {
            worker.retire();
            return Err(failed(failure));
        }
        Ok(Ok((FromWorker::Inspected(found), true))) => {
            check::inspection(*found, &settings.limits, length, is_file).map_err(Broken::from)
        }
        Ok(Ok((FromWorker::Inspected(_), false))) => Err(Broken::Lie("an answer before the item was sent")),
        Ok(Ok((_, _))) => Err(Broken::Lie("an answer out of turn")),
    };
    match checked {
        Ok(inspection) => {
            let session = Session {
                worker,
                left: settings.wall_clock.saturating_sub(started.elapsed()),
                allowance: check::Allowance::of(&settings.limits, settings.site.tables),
            };
            Ok((inspection, session))
        }
        Err(broken) => Err(worker.autopsy(broken).await),
    }
}

impl From<Lie> for Broken {
    fn from(lie: Lie) -> Self {
        Self::Lie(lie.0)
    }
}

/// As many passwords as a worker takes; one that is longer than any format knows opens nothing.
fn tried(passwords: &[Password]) -> Passwords {
    let fits = passwords.iter().map(Password::reveal).filter(|one| one.len() <= Passwords::MAX_BYTES);
    Passwords::new(fits.take(Passwords::MAX).map(str::to_owned).collect()).unwrap_or_default()
}

fn spoken(subject: Subject) -> Result<protocol::Subject, SandboxError> {
    match subject {
        Subject::Mail => Ok(protocol::Subject::Mail),
        Subject::BareMail => Ok(protocol::Subject::BareMail),
        Subject::File { untrusted_name } if untrusted_name.len() <= MAX_NAME => {
            Ok(protocol::Subject::File { name: untrusted_name })
        }
        Subject::File { .. } => Err(SandboxError::LimitReached(Reason::TooLarge)),
    }
}

fn failed(failure: Failure) -> SandboxError {
    match failure {
        Failure::Unreadable => SandboxError::Unreadable,
        Failure::Protocol => SandboxError::BadAnswer("the worker did not understand the gateway"),
        Failure::Limit { code } => match code.parse() {
            Ok(reason @ (Reason::TooLarge | Reason::TooManyFiles | Reason::TooDeep)) => {
                SandboxError::LimitReached(reason)
            }
            _ => SandboxError::BadAnswer("a limit that there is not"),
        },
    }
}

/// A worker that has inspected its item.
pub(super) struct Session {
    pub(super) worker: Worker,
    pub(super) left: Duration,
    allowance: check::Allowance,
}

#[async_trait]
impl RebuildSession for Session {
    async fn rebuild_watched(
        self: Box<Self>,
        orders: Vec<Order>,
        onlooker: &dyn Onlooker,
    ) -> Result<Vec<Answer>, SandboxError> {
        let Self { mut worker, left, allowance } = *self;
        if orders.is_empty() {
            worker.retire();
            return Ok(Vec::new());
        }
        match timeout(left, rebuild(&mut worker, &orders, allowance, onlooker)).await {
            Ok(Ok(answers)) => {
                worker.retire();
                Ok(answers)
            }
            Ok(Err(broken)) => Err(worker.autopsy(broken).await),
            Err(_) => {
                worker.retire();
                Err(SandboxError::TimedOut)
            }
        }
    }
}

async fn rebuild(
    worker: &mut Worker,
    orders: &[Order],
    allowance: check::Allowance,
    onlooker: &dyn Onlooker,
) -> Result<Vec<Answer>, Broken> {
    let spoken: Option<Vec<protocol::Order>> = orders.iter().map(order).collect();
    let request = ToWorker::Rebuild { orders: spoken.ok_or(Broken::Lie("an order that is nothing to write"))? };
    let talk = link::send(&mut worker.stdin, &request);
    match converse(talk, answers(&mut worker.inbox, orders, allowance, onlooker)).await? {
        (answers, true) => Ok(answers),
        (_, false) => Err(Broken::Lie("answers before the orders were sent")),
    }
}

/// One answer per order, in the same order, and nothing after them.
async fn answers(
    inbox: &mut Inbox<impl AsyncRead + Unpin>,
    orders: &[Order],
    mut allowance: check::Allowance,
    onlooker: &dyn Onlooker,
) -> Result<Vec<Answer>, Broken> {
    let mut answers = Vec::with_capacity(orders.len());
    let files = count(orders.len());
    for order in orders {
        // The files are counted here: how many have ended is nothing that has to be believed.
        let told = |step| onlooker.saw(Progress { files, done: count(answers.len()), step });
        told(None);
        let answer = match answer_to(inbox, order, |step| told(Some(step))).await? {
            FromWorker::Written(head) => {
                let promise = check::promise(head, order, &mut allowance)?;
                let bytes = inbox.content(promise.length()).await?;
                promise.kept_by(bytes)?
            }
            FromWorker::Refused { path, way, code } => check::refusal(&path, way, &code, order)?,
            _ => return Err(Broken::Lie("an answer out of turn")),
        };
        answers.push(answer);
    }
    onlooker.saw(Progress { files, done: files, step: None });
    if inbox.has_more() { Err(Broken::Lie("more answers than orders")) } else { Ok(answers) }
}

/// The next message that is not about how far the worker is.
async fn answer_to(
    inbox: &mut Inbox<impl AsyncRead + Unpin>,
    order: &Order,
    told: impl Fn(Step),
) -> Result<FromWorker, Broken> {
    let mut patience = check::Patience::default();
    loop {
        match inbox.message().await? {
            FromWorker::Progress(untrusted) => told(check::progress(&untrusted, order, &mut patience)?),
            answer => return Ok(answer),
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn order(order: &Order) -> Option<protocol::Order> {
    Some(protocol::Order { path: order.path.numbers().to_vec(), way: way(order.action)? })
}

/// How the protocol calls an action.
pub(super) const fn way(action: Action) -> Option<Way> {
    match action {
        Action::Text => Some(Way::Text),
        Action::Rebuild => Some(Way::Rebuild),
        Action::Hold | Action::Quarantine | Action::Strip => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sanitizer_protocol::{Inspected, PartFound, WrittenHead, encode_bytes, encode_control, encode_end};

    use super::*;
    use crate::domain::{Digest, PartPath};

    const LIMITS: protocol::Limits = protocol::Limits {
        header_bytes: 1000,
        depth: 5,
        parts: 5,
        html_bytes: 1000,
        text_bytes: 1000,
        output_bytes: 1000,
    };

    fn ordered(count: u16) -> Vec<Order> {
        let order = |number| Order { path: PartPath::new(vec![number]).unwrap(), action: Action::Text };
        (1..=count).map(order).collect()
    }

    fn written(number: u16, bytes: &[u8]) -> Vec<u8> {
        let head = WrittenHead {
            path: vec![number],
            way: Way::Text,
            length: u64::try_from(bytes.len()).unwrap(),
            sha256: *Digest::of(bytes).as_bytes(),
            media_type: "text/plain".to_owned(),
            sanitizer: "text".to_owned(),
            version: 1,
            assurance: protocol::Assurance::Rebuilt,
            findings: Vec::new(),
            links: Vec::new(),
            places: Vec::new(),
            candidates: Vec::new(),
        };
        let mut frames = Vec::new();
        encode_control(&FromWorker::Written(head), &mut frames).unwrap();
        encode_bytes(bytes, &mut frames).unwrap();
        encode_end(&mut frames);
        frames
    }

    fn refused(number: u16) -> Vec<u8> {
        let refused = FromWorker::Refused { path: vec![number], way: Way::Text, code: "corrupt".to_owned() };
        let mut frames = Vec::new();
        encode_control(&refused, &mut frames).unwrap();
        frames
    }

    fn heard(stream: &[u8], orders: &[Order]) -> Result<Vec<Answer>, Broken> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(answers(
            &mut Inbox::new(stream, 10_000),
            orders,
            check::Allowance::of(&LIMITS, protocol::TableEncoding::default()),
            &(),
        ))
    }

    #[test]
    fn answers_come_one_per_order_and_in_their_order() {
        let answers = heard(&[written(1, b"one"), refused(2), written(3, b"three")].concat(), &ordered(3)).unwrap();
        assert!(matches!(answers.as_slice(), [Answer::Written { .. }, Answer::Refused { .. }, Answer::Written { .. }]));
        let swapped = heard(&[written(2, b"two"), written(1, b"one")].concat(), &ordered(2));
        assert!(matches!(swapped, Err(Broken::Lie("an answer to another order"))));
        let missing = heard(&written(1, b"one"), &ordered(2));
        assert!(matches!(missing, Err(Broken::Ended)));
        let surplus = heard(&[written(1, b"one"), refused(1)].concat(), &ordered(1));
        assert!(matches!(surplus, Err(Broken::Lie("more answers than orders"))));
    }

    #[test]
    fn a_stream_longer_than_any_answer_is_cut_off() {
        let long = written(1, &[b'x'; 999]).repeat(20);
        let heard = heard(&long, &vec![ordered(1)[0].clone(); 20]);
        assert!(matches!(heard, Err(Broken::Lie(_))), "{heard:?}");
    }

    #[test]
    fn failures_name_a_limit_or_are_not_believed() {
        let limit = |code: &str| failed(Failure::Limit { code: code.to_owned() });
        assert!(matches!(limit("too_deep"), SandboxError::LimitReached(Reason::TooDeep)));
        assert!(matches!(limit("expired"), SandboxError::BadAnswer(_)));
        assert!(matches!(failed(Failure::Unreadable), SandboxError::Unreadable));
        assert!(matches!(failed(Failure::Protocol), SandboxError::BadAnswer(_)));
    }

    /// A valid answer, so that changed bytes get past the frame and into the check.
    fn inspected() -> Vec<u8> {
        let part = PartFound {
            folders: Vec::new(),
            path: vec![1],
            role: protocol::Role::Body,
            declared: "text/plain".to_owned(),
            detected: protocol::Detected { id: "text".to_owned(), class: "text".to_owned() },
            name: Some("a.txt".to_owned()),
            extensions: vec!["txt".to_owned()],
            length: 5,
            sha256: [0; 32],
            encrypted: false,
        };
        let found = Inspected { parts: vec![part], ..Inspected::default() };
        let mut frames = Vec::new();
        encode_control(&FromWorker::Inspected(Box::new(found)), &mut frames).unwrap();
        frames
    }

    fn check_inspection(stream: &[u8]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut inbox = Inbox::new(stream, 10_000);
        if let Ok(FromWorker::Inspected(found)) = runtime.block_on(inbox.message()) {
            drop(check::inspection(*found, &LIMITS, 100, false));
        }
    }

    proptest! {
        #[test]
        fn whatever_a_worker_writes_is_answered_and_never_a_panic(
            noise in prop::collection::vec(any::<u8>(), 0..400),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            drop(heard(&noise, &ordered(2)));
            check_inspection(&noise);
            let mut answers = [written(1, "一つ".as_bytes()), refused(2)].concat();
            let mut found = inspected();
            for (place, byte) in changes {
                *place.get_mut(&mut answers) = byte;
                *place.get_mut(&mut found) = byte;
            }
            drop(heard(&answers, &ordered(2)));
            check_inspection(&found);
        }
    }
}
