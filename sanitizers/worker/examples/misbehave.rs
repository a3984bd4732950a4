//! A worker that breaks the session in the way its file name says; `tests/it/sandbox.rs` links it under those names.
//!
//! Standing in the worker's place, it takes the worker's arguments and speaks to the gateway like one, up to a point.
#![allow(clippy::unwrap_used, clippy::panic, clippy::exit, reason = "misbehaving is its purpose")]

use std::io::{self, Read, Write};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use sanitizer_protocol::{
    Assurance, Detected, FromWorker, Inspected, PartFound, Progress, Role, Unit, VERSION, Way, WrittenHead,
    encode_bytes, encode_control, encode_end,
};
use temizu_worker::confine::{Allowance, confine};
use temizu_worker::pipe::{Input, Output};
use temizu_worker::run;

fn main() {
    let name = std::env::args().next().unwrap();
    match name.rsplit('/').next().unwrap() {
        // Before it is ready.
        "noise" => send(b"\x07 not a frame at all"),
        "mute" => wait(),
        "another-version" => {
            say(&FromWorker::Ready { version: VERSION.wrapping_add(1) });
            wait();
        }
        "unconfined" => {
            complain("not confined, nothing was read: a test\x1b[31m\n");
            std::process::exit(70);
        }
        // While it is idle.
        "dies-idle" => ready(),
        // While it inspects.
        "deaf" => {
            ready();
            wait();
        }
        "silent" => {
            ready();
            hear_all();
        }
        "garbled" => {
            ready();
            hear_some();
            send(b"\x07 not a frame at all");
            wait();
        }
        "early" => {
            ready();
            hear_some();
            inspected(Inspected::default());
            wait();
        }
        "endless" => {
            ready();
            hear_some();
            loop {
                let mut frame = Vec::new();
                encode_bytes(&[b'x'; 4096], &mut frame).unwrap();
                send(&frame);
            }
        }
        "endless-empty" => {
            ready();
            hear_some();
            loop {
                let mut frame = Vec::new();
                encode_bytes(&[], &mut frame).unwrap();
                send(&frame);
            }
        }
        "quits" => {
            ready();
            hear_some();
        }
        "killed" => {
            ready();
            hear_some();
            kill_process(getpid(), Signal::KILL).unwrap();
        }
        "forbidden" => {
            confined();
            ready();
            hear_some();
            drop(std::fs::metadata("/"));
        }
        "greedy" => {
            confined();
            ready();
            hear_some();
            drop(vec![1u8; 8 * 1024 * 1024 * 1024]);
        }
        "spins" => {
            confined();
            ready();
            loop {
                std::hint::spin_loop();
            }
        }
        // While it rebuilds.
        "half" => written(b"text", 4, b"te", false),
        "cut" => written(b"text", 400, b"text", true),
        "excess" => written(b"text", 4, b"text and more", true),
        "other-bytes" => written(b"text", 4, b"TEXT", true),
        "escapes" => written(b"\x1b[2J", 4, b"\x1b[2J", true),
        "chatty" => progressing((1..).map(|done| (Vec::new(), done, 100_000)), false),
        "backwards" => progressing([(Vec::new(), 2, 9), (Vec::new(), 1, 9)].into_iter(), false),
        "beyond" => progressing([(Vec::new(), 10, 9)].into_iter(), false),
        "elsewhere" => progressing([(vec![7], 1, 9)].into_iter(), false),
        // It is honest, and never gets further.
        "busy" => progressing([(Vec::new(), 14, 24)].into_iter(), true),
        "boundless" => written(b"text", u64::MAX, b"text", true),
        // All is well but for the noise beside it.
        "loud" => {
            confined();
            for _ in 0..4096 {
                complain("citizen \u{1b}[31m \u{202e} data, again and again\n");
            }
            run::run(Input, Output).unwrap();
        }
        // What it was given: nothing but its arguments.
        "bare" => {
            assert!(std::env::vars_os().next().is_none() && std::env::current_dir().unwrap().as_os_str() == "/");
            confined();
            run::run(Input, Output).unwrap();
        }
        other => panic!("no such misbehaviour: {other}"),
    }
}

fn confined() {
    confine(Allowance { memory_bytes: 1024 * 1024 * 1024, cpu_seconds: 1 }).unwrap();
}

fn ready() {
    say(&FromWorker::Ready { version: VERSION });
}

fn say(message: &FromWorker) {
    let mut frame = Vec::new();
    encode_control(message, &mut frame).unwrap();
    send(&frame);
}

/// The gateway ends this process soon; a closed pipe is as good a reason to stop.
fn send(bytes: &[u8]) {
    if Output.write_all(bytes).is_err() {
        std::process::exit(0);
    }
}

fn complain(text: &str) {
    drop(io::stderr().write_all(text.as_bytes()));
}

fn hear_some() {
    let mut some = [0; 16];
    Input.read_exact(&mut some).unwrap();
}

fn hear_all() {
    let mut piece = [0; 65536];
    while Input.read(&mut piece).unwrap() > 0 {}
}

fn wait() {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

fn inspected(found: Inspected) {
    say(&FromWorker::Inspected(Box::new(found)));
}

/// Inspects a two-letter item rightly and says so of the first order: part, done, total.
fn progressing(told: impl Iterator<Item = (Vec<u16>, u32, u32)>, waits: bool) {
    inspected_rightly();
    for (path, done, total) in told {
        say(&FromWorker::Progress(Progress { path, unit: Unit::Slides, done, total }));
    }
    if waits {
        wait();
    }
    hear_all();
}

fn inspected_rightly() {
    ready();
    hear_item();
    inspected(Inspected {
        parts: vec![PartFound {
            folders: Vec::new(),
            path: Vec::new(),
            role: Role::Attachment,
            declared: String::new(),
            detected: Detected { id: "text".to_owned(), class: "text".to_owned() },
            name: None,
            extensions: Vec::new(),
            length: 2,
            sha256: [0; 32],
            encrypted: false,
        }],
        ..Inspected::default()
    });
    hear_some_order();
}

/// Inspects a two-letter item rightly and answers the first order with these promises and these bytes.
fn written(promised: &[u8], length: u64, bytes: &[u8], finished: bool) {
    inspected_rightly();
    let head = WrittenHead {
        path: Vec::new(),
        way: Way::Rebuild,
        length,
        sha256: sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), promised))
            .into(),
        media_type: "text/plain".to_owned(),
        sanitizer: "text".to_owned(),
        version: 1,
        assurance: Assurance::Rebuilt,
        findings: Vec::new(),
        links: Vec::new(),
        places: Vec::new(),
        candidates: Vec::new(),
    };
    say(&FromWorker::Written(head));
    let mut frames = Vec::new();
    encode_bytes(bytes, &mut frames).unwrap();
    if finished {
        encode_end(&mut frames);
    }
    send(&frames);
}

fn hear_item() {
    // The end frame is the last thing the gateway sends before it waits.
    let mut heard = Vec::new();
    while !heard.ends_with(&[3, 0, 0, 0, 0]) {
        let mut byte = [0];
        Input.read_exact(&mut byte).unwrap();
        heard.push(byte[0]);
    }
}

fn hear_some_order() {
    let mut header = [0; 5];
    Input.read_exact(&mut header).unwrap();
}
