//! The sandbox with real workers, well-behaved and not.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use temizu::config;
use temizu::domain::{Action, PartPath, PartRole, Reason};
use temizu::ports::{
    Answer, Blob, Onlooker, Order, Progress, Rebuilder, SandboxError, Step, StoreError, Subject, Unit,
};
use temizu::sandbox::{Sandbox, Settings};

use crate::support::worker::{example, worker};

const MAIL: &[u8] = b"From: a@example.jp\r\nTo: b@example.lg.jp\r\nSubject: test\r\nMIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\nthis is the body.\r\n";

/// A worker binary under a path of its own, so that its processes can be told from those of other tests.
struct Bench {
    folder: tempfile::TempDir,
    settings: Settings,
}

fn bench(binary: &Path, name: &str, seconds: u64) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    symlink(binary, &path).unwrap();
    let sandbox = config::Sandbox { worker: path, wall_clock_seconds: seconds, ready: 2, ..config::Sandbox::default() };
    Bench { folder, settings: Settings::new(&sandbox, &config::Limits::default(), Path::new("/")) }
}

fn well_behaved() -> Bench {
    bench(&worker(), "worker", 60)
}

fn misbehaving(how: &str) -> Bench {
    bench(&example("misbehave"), how, 60)
}

impl Bench {
    fn start(&self) -> Sandbox {
        Sandbox::start(self.settings.clone())
    }

    /// The processes of this bench that are alive.
    fn processes(&self) -> Vec<u32> {
        let path = self.folder.path().to_str().unwrap();
        let runs_here = |pid: &u32| {
            std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(path.as_bytes()))
        };
        std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
            .filter(runs_here)
            .collect()
    }
}

fn mail(bytes: &[u8]) -> (Subject, Blob) {
    (Subject::Mail, Blob::in_memory(Bytes::copy_from_slice(bytes)))
}

fn file(bytes: &[u8]) -> (Subject, Blob) {
    (Subject::File { untrusted_name: "a.txt".to_owned() }, Blob::in_memory(Bytes::copy_from_slice(bytes)))
}

async fn inspect_error(sandbox: &Sandbox, item: (Subject, Blob)) -> SandboxError {
    match sandbox.inspect(item.0, item.1).await {
        Ok((inspection, _)) => panic!("it was inspected: {inspection:?}"),
        Err(error) => error,
    }
}

/// Waits for what must come, and fails loudly if it does not.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "waited too long: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Inspects a mail and has its body written.
async fn body_of(sandbox: &Sandbox, item: (Subject, Blob)) -> String {
    let (inspection, session) = sandbox.inspect(item.0, item.1).await.unwrap();
    let body = inspection.parts.iter().find(|part| part.role == PartRole::Body).unwrap();
    let order = Order { path: body.path.clone(), action: Action::Text };
    let answers = session.rebuild(vec![order]).await.unwrap();
    let [Answer::Written { derivative, .. }] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(derivative.about().media_type, "text/plain");
    String::from_utf8(derivative.bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_mail_is_inspected_and_its_body_written_anew() {
    let bench = well_behaved();
    let sandbox = bench.start();
    sandbox.prove().await.unwrap();
    assert!(body_of(&sandbox, mail(MAIL)).await.contains("this is the body."));
}

#[tokio::test]
async fn a_file_is_one_part_and_what_has_no_sanitizer_is_refused() {
    let bench = well_behaved();
    let sandbox = bench.start();
    let (subject, original) = file(b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0");
    let (inspection, session) = sandbox.inspect(subject, original).await.unwrap();
    assert_eq!(inspection.parts.len(), 1);
    assert!(inspection.findings.iter().any(|finding| finding.code == Reason::TypeMismatch), "{inspection:?}");
    let order = Order { path: PartPath::root(), action: Action::Rebuild };
    let answers = session.rebuild(vec![order.clone()]).await.unwrap();
    assert_eq!(answers, [Answer::Refused { order, reason: Reason::UnsupportedFormat }]);
}

#[tokio::test]
async fn many_large_mails_at_once_are_served_without_standing_still() {
    let bench = well_behaved();
    let sandbox = std::sync::Arc::new(bench.start());
    let large = [MAIL, &b"0123456789 0123456789 0123456789\r\n".repeat(40 * 1024)].concat();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (sandbox, large) = (std::sync::Arc::clone(&sandbox), large.clone());
            tokio::spawn(async move { body_of(&sandbox, mail(&large)).await.len() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap() > 1024 * 1024);
    }
}

#[tokio::test]
async fn a_mail_without_structure_or_over_a_limit_is_told_apart_from_a_crash() {
    let bench = well_behaved();
    let sandbox = bench.start();
    let endless_header = [b"Subject: ".as_slice(), &b"x".repeat(1024 * 1024)].concat();
    let error = inspect_error(&sandbox, mail(&endless_header)).await;
    assert!(matches!(error, SandboxError::LimitReached(Reason::TooLarge)), "{error}");
    let error = inspect_error(&sandbox, mail(b" \r\n")).await;
    assert!(matches!(error, SandboxError::Unreadable), "{error}");
}

/// What the worker says of any mail must hold before the gateway, or a mail could be made that nobody ever gets.
#[tokio::test]
async fn no_mail_makes_an_honest_worker_look_like_a_liar() {
    let nested = |depth: usize| {
        let open: String =
            (0..depth).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
        format!("From: a@b.jp\r\n{open}Content-Type: application/x\r\n\r\nx\r\n")
    };
    let named = |name: &str| {
        format!(
            "From: a@b.jp\r\nContent-Type: application/x; name=\"{name}\"\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
        )
    };
    let headed = |headers: &str| format!("{headers}\r\n\r\nx\r\n");
    let mut mails: Vec<String> = (17..24).chain([62, 63, 64, 65, 200]).map(nested).collect();
    mails.extend(
        ["a.tar.gz", "..", "nul", "a\u{202E}fdp.exe", "x.\u{200B}", "あ.表", "a.b.", "COM1.txt", ".x", "a.\u{1F468}"]
            .map(named),
    );
    mails.push(named(&format!("{}.{}", "a".repeat(500), "b".repeat(500))));
    mails.extend(
        [
            "From: \"a\\\"b\"@c.jp, x@[1.2.3.4], <@r:a@b>, a@b@c, あ@い, \u{202E}x <a..b.@docomo.ne.jp>",
            "Date: Fri, 31 Dec 99999 23:59:59 +9959",
            "Date: Mon, 01 Jan 0000 00:00:00 -2399",
            "Message-ID: <a b@c>\r\nReferences: <x@y> junk <z@> <@z> <あ@b> <a@b>",
            "Subject: =?utf-8?q?a=0D=0ABcc:_x=40y=00=E2=80=AE?=\r\nSubject: b\r\nFrom: x\r\nFrom: y",
            "Subject: =?utf-16?b?/////w==?= =?x-unknown?q?=80=81?= =?iso-2022-jp?b?GyRCPGo/ZQ==?=",
            "Content-Type: TEXT/PLAIN; charset=\"\u{1F4A9}\"; name*0*=a''%00%0d%0a; name*1=.exe",
            "Content-Type: multipart/mixed; boundary=\"\"\r\nContent-Transfer-Encoding: base64",
            ": no name\r\n continued\r\nX",
        ]
        .map(headed),
    );
    let html =
        |html: &str| format!("Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>{html}</body></html>\r\n");
    mails.extend(
        [
            "<a href='javascript:alert(1)'>x</a> <a href='HTTP://a.example/?u=https://b.example'>https://c.example</a>",
            "<a href='ht\u{202E}tp://a.example'>\u{202E}x</a> <a href='https://a.example/%0d%0a&#13;&#10;&#x202e;'>&#0;&#27;</a>",
            "<a href='mailto:a@b?body=http://c'>x</a> <a href='data:text/html,x'>y</a> <a href='//a.example'>z</a>",
            "<a href='hthttps://tps://a.example'>x</a> <a href=''>y</a> <a href='file://a/b'>z</a> ftp://a.example",
        ]
        .map(html),
    );
    let bench = well_behaved();
    let sandbox = bench.start();
    for text in mails {
        let (subject, original) = mail(text.as_bytes());
        match sandbox.inspect(subject, original).await {
            Ok((inspection, session)) => {
                let order = |part: &temizu::domain::Part| Order { path: part.path.clone(), action: Action::Text };
                session.rebuild(inspection.parts.iter().map(order).collect()).await.expect(&text);
            }
            Err(SandboxError::LimitReached(_) | SandboxError::Unreadable) => {}
            Err(error) => panic!("{error}: {text:?}"),
        }
    }
}

#[tokio::test]
async fn an_original_that_cannot_be_read_is_not_blamed_on_the_worker() {
    let bench = well_behaved();
    let sandbox = bench.start();
    let blob = |length, pieces: Vec<Result<Bytes, StoreError>>| {
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        pieces.into_iter().for_each(|piece| sender.try_send(piece).unwrap());
        Blob::new(length, receiver)
    };
    let piece = || Ok(Bytes::from_static(b"From: "));
    for broken in [blob(12, vec![piece()]), blob(3, vec![piece()]), blob(12, vec![piece(), Err(StoreError::NotFound)])]
    {
        let error = inspect_error(&sandbox, (Subject::Mail, broken)).await;
        assert!(matches!(error, SandboxError::Original(_)), "{error}");
    }
}

#[tokio::test]
async fn workers_get_no_environment_and_no_folder_and_may_complain_at_length() {
    for how in ["bare", "loud"] {
        let bench = misbehaving(how);
        let sandbox = bench.start();
        assert!(body_of(&sandbox, mail(MAIL)).await.contains("this is the body."), "{how}");
    }
}

#[tokio::test]
async fn a_worker_that_never_gets_ready_is_told_with_its_path_and_reason() {
    let missing = bench(Path::new("/nonexistent/worker"), "missing", 2);
    let mute = bench(&example("misbehave"), "mute", 2);
    for (bench, reason) in [
        (missing, "No such file"),
        (mute, "in time"),
        (misbehaving("noise"), "does not speak"),
        (misbehaving("another-version"), "version"),
        (misbehaving("unconfined"), "exit status 70 not confined, nothing was read: a test?[31m"),
    ] {
        let sandbox = bench.start();
        let error = inspect_error(&sandbox, mail(MAIL)).await;
        let SandboxError::Unavailable(text) = &error else { panic!("{error}") };
        assert!(text.contains(bench.settings.worker.to_str().unwrap()) && text.contains(reason), "{text}");
    }
}

#[tokio::test]
async fn a_worker_that_dies_while_it_inspects_is_a_crash_that_names_its_end() {
    for (how, end) in [
        ("quits", "exit status 0"),
        ("killed", "killed from outside"),
        ("forbidden", "seccomp"),
        ("greedy", "out of memory"),
    ] {
        let bench = misbehaving(how);
        let sandbox = bench.start();
        let error = inspect_error(&sandbox, mail(MAIL)).await;
        let SandboxError::Crashed(text) = &error else { panic!("{how}: {error}") };
        assert!(text.contains(end), "{how}: {text}");
    }
}

#[tokio::test]
async fn a_worker_that_is_silent_deaf_or_busy_for_ever_runs_out_of_time() {
    let large = [MAIL, &[b'x'; 1024 * 1024]].concat();
    let attempt = |how: &'static str, item: &[u8]| {
        let item = mail(item);
        tokio::spawn(async move {
            let bench = bench(&example("misbehave"), how, 2);
            (how, inspect_error(&bench.start(), item).await)
        })
    };
    let attempts = [attempt("silent", MAIL), attempt("deaf", MAIL), attempt("deaf", &large), attempt("spins", MAIL)];
    for attempt in attempts {
        let (how, error) = attempt.await.unwrap();
        assert!(matches!(error, SandboxError::TimedOut), "{how}: {error}");
    }
}

#[tokio::test]
async fn answers_that_break_the_protocol_are_not_believed() {
    let large = [MAIL, &[b'x'; 1024 * 1024]].concat();
    for (how, item) in [("garbled", MAIL), ("early", &large), ("endless", MAIL), ("endless-empty", MAIL)] {
        let bench = misbehaving(how);
        let sandbox = bench.start();
        let error = inspect_error(&sandbox, mail(item)).await;
        assert!(matches!(error, SandboxError::BadAnswer(_)), "{how}: {error}");
    }
}

#[tokio::test]
async fn rebuilt_bytes_that_are_not_as_promised_are_not_believed() {
    for how in ["half", "cut", "excess", "other-bytes", "escapes", "boundless"] {
        let bench = misbehaving(how);
        let sandbox = bench.start();
        let (subject, original) = file(b"ab");
        let (_, session) = sandbox.inspect(subject, original).await.unwrap();
        let error = session.rebuild(vec![Order { path: PartPath::root(), action: Action::Rebuild }]).await.unwrap_err();
        let died = how == "half" && matches!(error, SandboxError::Crashed(_));
        assert!(died || matches!(error, SandboxError::BadAnswer(_)), "{how}: {error}");
    }
}

/// Everything that was told of how far a worker is.
#[derive(Default)]
struct Told(std::sync::Mutex<Vec<Progress>>);

impl Onlooker for Told {
    fn saw(&self, progress: Progress) {
        self.0.lock().unwrap().push(progress);
    }
}

#[tokio::test]
async fn files_that_have_ended_and_sheets_inside_of_one_are_told_while_they_are_written() {
    let sheets: Vec<String> = (1..=3).map(crate::files::sheet_of).collect();
    let book = crate::files::book_of(&sheets.iter().map(String::as_str).collect::<Vec<_>>());
    let mut mail_text =
        b"From: a@b.jp\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nbody\r\n".to_vec();
    mail_text.extend_from_slice(
        b"--b\r\nContent-Type: application/octet-stream; name=a.xlsx\r\nContent-Disposition: attachment\r\n\
          Content-Transfer-Encoding: base64\r\n\r\n",
    );
    mail_text.extend_from_slice(BASE64.encode(&book).as_bytes());
    mail_text.extend_from_slice(b"\r\n--b--\r\n");
    let bench = well_behaved();
    let sandbox = bench.start();
    let (subject, original) = mail(&mail_text);
    let (inspection, session) = sandbox.inspect(subject, original).await.unwrap();
    let order = |part: &temizu::domain::Part| {
        let action = if part.role == PartRole::Body { Action::Text } else { Action::Rebuild };
        Order { path: part.path.clone(), action }
    };
    let told = Told::default();
    session.rebuild_watched(inspection.parts.iter().map(order).collect(), &told).await.unwrap();
    let sheets = |done| Some(Step { unit: Unit::Sheets, done, total: 3 });
    let expected = [(0, None), (1, None), (1, sheets(1)), (1, sheets(2)), (1, sheets(3)), (2, None)];
    let told: Vec<_> = told.0.into_inner().unwrap().iter().map(|told| (told.done, told.step)).collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_worker_that_floods_or_lies_about_its_progress_is_not_believed() {
    for how in ["chatty", "backwards", "beyond", "elsewhere"] {
        let bench = misbehaving(how);
        let sandbox = bench.start();
        let (subject, original) = file(b"ab");
        let (_, session) = sandbox.inspect(subject, original).await.unwrap();
        let told = Told::default();
        let order = Order { path: PartPath::root(), action: Action::Rebuild };
        let error = session.rebuild_watched(vec![order], &told).await.unwrap_err();
        assert!(matches!(error, SandboxError::BadAnswer(_)), "{how}: {error}");
        let told = told.0.into_inner().unwrap();
        assert!(told.len() <= 101 && told.iter().all(|told| told.done == 0 && told.files == 1), "{how}");
        assert!(told.iter().filter_map(|told| told.step).all(|step| step.done <= step.total), "{how}");
    }
}

#[tokio::test]
async fn a_worker_killed_while_it_waits_is_replaced() {
    let bench = well_behaved();
    let sandbox = bench.start();
    until("idle workers", || bench.processes().len() == 2).await;
    let killed = bench.processes();
    for pid in &killed {
        assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    }
    for pid in killed {
        until("the dead to be reaped", || !exists(pid)).await;
    }
    until("others to take their places", || bench.processes().len() == 2).await;
    assert!(body_of(&sandbox, mail(MAIL)).await.contains("body"));
}

#[tokio::test]
async fn a_worker_that_always_dies_while_it_waits_does_not_stop_the_gateway() {
    let bench = misbehaving("dies-idle");
    let sandbox = bench.start();
    let error = inspect_error(&sandbox, mail(MAIL)).await;
    assert!(matches!(error, SandboxError::Crashed(_)), "{error}");
}

#[tokio::test]
async fn no_process_outlives_its_session_or_the_sandbox() {
    let bench = well_behaved();
    let sandbox = bench.start();
    let (subject, original) = mail(MAIL);
    let (_, session) = sandbox.inspect(subject, original).await.unwrap();
    until("two idle workers and one busy", || bench.processes().len() >= 3).await;
    let processes = bench.processes();
    drop(session);
    drop(sandbox);
    for pid in processes {
        until("every process to be killed and reaped", || !exists(pid)).await;
    }
}

fn exists(pid: u32) -> bool {
    PathBuf::from(format!("/proc/{pid}")).exists()
}
