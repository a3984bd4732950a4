//! A process that tries to get out: `escape_probe confined|landlock|seccomp|free ATTEMPT [TARGET]`.
//!
//! With `confined` it first does exactly what the worker does; `landlock` and `seccomp` are one layer of it alone. Exit
//! status 0 says that the attempt succeeded, 1 that it was refused; a system call that is not listed ends the process
//! by SIGSYS. `tests/it/escape.rs` runs it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "an attacker has no style guide")]

use std::fs::{self, File};
use std::io::{self, Read};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::thread;

use rustix::process::{Pid, getppid, test_kill_process};
use seccompiler::{SeccompAction, SeccompFilter};
use temizu_worker::confine::{Allowance, allow_listed_calls, confine, deny_files};

/// What the probe may have, and more than that.
const MEMORY: u64 = 256 * 1024 * 1024;
const TOO_MUCH: usize = 512 * 1024 * 1024;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (state, attempt) = (arguments.first().unwrap().as_str(), arguments.get(1).unwrap().as_str());
    let target = arguments.get(2).map_or("", String::as_str);
    // Never closed: the worker cannot close anything either.
    let inherited = Box::leak(Box::new(File::open("/proc/self/status").unwrap()));
    let parent = getppid().unwrap();
    match state {
        "confined" => confine(Allowance { memory_bytes: MEMORY, cpu_seconds: 1 }).unwrap(),
        "landlock" => deny_files().unwrap(),
        "seccomp" => allow_listed_calls().unwrap(),
        _ => {}
    }
    if attempt_it(attempt, target, inherited, parent).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn attempt_it(attempt: &str, target: &str, inherited: &mut File, parent: Pid) -> io::Result<()> {
    let address = || target.parse::<SocketAddr>().unwrap();
    match attempt {
        "nothing" => Ok(()),
        "read a file" => fs::read(target).map(drop),
        "create a file" => File::create(target).map(drop),
        "remove a file" => fs::remove_file(target),
        "rename a file" => fs::rename(target, format!("{target}.new")),
        "look at a file" => fs::metadata(target).map(drop),
        "list a folder" => fs::read_dir(target).map(drop),
        "make a folder" => fs::create_dir(target),
        "change a mode" => fs::set_permissions(target, mode(0o777)),
        "change the folder" => std::env::set_current_dir(target),
        "read its own memory as a file" => File::open("/proc/self/mem").map(drop),
        "read an inherited descriptor" => inherited.read(&mut [0; 16]).map(drop),
        "connect by TCP" => TcpStream::connect(address()).map(drop),
        "listen by TCP" => TcpListener::bind(address()).map(drop),
        "send by UDP" => UdpSocket::bind("127.0.0.1:0")?.send_to(b"out", address()).map(drop),
        "connect to a Unix socket" => UnixStream::connect(target).map(drop),
        "make a pair of sockets" => UnixStream::pair().map(drop),
        "make a pipe" => io::pipe().map(drop),
        "become another program" => Err(Command::new("/bin/true").exec()),
        "start another program" => Command::new("/bin/true").status().map(drop),
        "start a thread" => thread::Builder::new().spawn(|| ()).map(drop),
        "signal its parent" => Ok(test_kill_process(parent)?),
        "take too much memory" => Vec::<u8>::new().try_reserve_exact(TOO_MUCH).map_err(io::Error::other),
        "compute for ever" => loop {
            std::hint::spin_loop();
        },
        "overflow the stack" => {
            std::hint::black_box(descend(std::hint::black_box(u64::MAX)));
            Ok(())
        }
        "start a worker where there is no landlock" => start_without(libc::SYS_landlock_create_ruleset, target),
        "start a worker where limits are refused" => start_without(libc::SYS_prlimit64, target),
        other => Err(io::Error::other(other.to_owned())),
    }
}

/// Becomes a worker in a kernel that does not know `call`.
fn start_without(call: i64, worker: &str) -> io::Result<()> {
    let unknown = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let architecture = std::env::consts::ARCH.try_into().map_err(io::Error::other)?;
    let filter = SeccompFilter::new([(call, Vec::new())].into(), SeccompAction::Allow, unknown, architecture);
    let program: seccompiler::BpfProgram = filter.and_then(TryInto::try_into).map_err(io::Error::other)?;
    seccompiler::apply_filter(&program).map_err(io::Error::other)?;
    Err(Command::new(worker).args(["--memory", "1073741824", "--cpu", "5"]).exec())
}

fn mode(bits: u32) -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(bits)
}

fn descend(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 512]);
    if depth == 0 { 0 } else { descend(depth.saturating_sub(1)).wrapping_add(frame.iter().sum::<u64>()) }
}
