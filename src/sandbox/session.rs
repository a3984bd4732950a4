//! One item's conversation with its worker, bounded in time.
//!
//! Refuses: answers before the item was sent, answers that do not match the orders. Invariant: when a session ends, well
//! or not, or is dropped, its worker is dead.

use std::time::Duration;

use async_trait::async_trait;
use sanitizer_protocol::{self as protocol, Failure, FromWorker, ToWorker, Way};
use tokio::io::AsyncRead;
use tokio::time::{Instant, timeout};

use super::check::{self, Lie};
use super::link::{self, Broken, Inbox};
use super::pool::Settings;
use super::worker::{Worker, converse};
use crate::domain::{Action, Reason};
use crate::ports::{Answer, Blob, Inspection, Order, RebuildSession, SandboxError, Subject};

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
) -> Result<(Inspection, Box<dyn RebuildSession>), SandboxError> {
    let started = Instant::now();
    let length = original.len();
    let is_file = matches!(subject, Subject::File { .. });
    let request = ToWorker::Inspect { subject: spoken(subject)?, length, limits: settings.limits };
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
        Ok(Ok((FromWorker::Ready { .. } | FromWorker::Written(_) | FromWorker::Refused { .. }, _))) => {
            Err(Broken::Lie("an answer out of turn"))
        }
    };
    match checked {
        Ok(inspection) => {
            let session = Session {
                worker,
                left: settings.wall_clock.saturating_sub(started.elapsed()),
                allowance: check::Allowance::of(&settings.limits),
            };
            Ok((inspection, Box::new(session)))
        }
        Err(broken) => Err(worker.autopsy(broken).await),
    }
}

impl From<Lie> for Broken {
    fn from(lie: Lie) -> Self {
        Self::Lie(lie.0)
    }
}

fn spoken(subject: Subject) -> Result<protocol::Subject, SandboxError> {
    match subject {
        Subject::Mail => Ok(protocol::Subject::Mail),
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
struct Session {
    worker: Worker,
    left: Duration,
    allowance: check::Allowance,
}

#[async_trait]
impl RebuildSession for Session {
    async fn rebuild(self: Box<Self>, orders: Vec<Order>) -> Result<Vec<Answer>, SandboxError> {
        let Self { mut worker, left, allowance } = *self;
        if orders.is_empty() {
            worker.retire();
            return Ok(Vec::new());
        }
        match timeout(left, rebuild(&mut worker, &orders, allowance)).await {
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

async fn rebuild(worker: &mut Worker, orders: &[Order], allowance: check::Allowance) -> Result<Vec<Answer>, Broken> {
    let spoken: Option<Vec<protocol::Order>> = orders.iter().map(order).collect();
    let request = ToWorker::Rebuild { orders: spoken.ok_or(Broken::Lie("an order that is nothing to write"))? };
    let talk = link::send(&mut worker.stdin, &request);
    match converse(talk, answers(&mut worker.inbox, orders, allowance)).await? {
        (answers, true) => Ok(answers),
        (_, false) => Err(Broken::Lie("answers before the orders were sent")),
    }
}

/// One answer per order, in the same order, and nothing after them.
async fn answers(
    inbox: &mut Inbox<impl AsyncRead + Unpin>,
    orders: &[Order],
    mut allowance: check::Allowance,
) -> Result<Vec<Answer>, Broken> {
    let mut answers = Vec::with_capacity(orders.len());
    for order in orders {
        let answer = match inbox.message().await? {
            FromWorker::Written(head) => {
                let promise = check::promise(head, order, &mut allowance)?;
                let bytes = inbox.content(promise.length()).await?;
                promise.kept_by(bytes)?
            }
            FromWorker::Refused { path, way, code } => check::refusal(&path, way, &code, order)?,
            FromWorker::Ready { .. } | FromWorker::Inspected(_) | FromWorker::Failed(_) => {
                return Err(Broken::Lie("an answer out of turn"));
            }
        };
        answers.push(answer);
    }
    if inbox.has_more() { Err(Broken::Lie("more answers than orders")) } else { Ok(answers) }
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
