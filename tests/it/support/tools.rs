//! Programs of other people that read what the gateway writes; `cargo xtask tools` installs them.
//!
//! Refuses to go on without one: a missing program is a failed test, never a skipped one.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Runs a Python script with the packages of `xtask/python.txt`; returns what it printed.
pub(crate) fn python(script: &str, arguments: &[&Path], input: &str) -> String {
    let interpreter = xtask::python::interpreter();
    let mut child = Command::new(&interpreter)
        .args(["-I", "-c", script])
        .args(arguments)
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} ({error}): run `cargo xtask tools` first", interpreter.display()));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let fed = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    fed.join().unwrap();
    assert!(output.status.success(), "python3: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// As [`python`], in JSON both ways.
pub(crate) fn ask<T: DeserializeOwned>(script: &str, arguments: &[&Path], input: &impl Serialize) -> T {
    let said = python(script, arguments, &serde_json::to_string(input).unwrap());
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Runs an installed program; returns how it ended and what it said.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Output {
    let ended = Command::new(name).args(arguments).env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).output();
    ended.unwrap_or_else(|error| panic!("{name} ({error}): run `cargo xtask tools` first"))
}

/// A zip as Python writes it.
pub(crate) fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    const WRITE: &str = r#"
import io, json, sys, zipfile
out = io.BytesIO()
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
    for name, content in json.load(sys.stdin):
        archive.writestr(name, bytes.fromhex(content))
print(out.getvalue().hex())
"#;
    let members: Vec<_> = members.iter().map(|(name, content)| (name, hex(content))).collect();
    unhex(python(WRITE, &[], &serde_json::to_string(&members).unwrap()).trim())
}

/// Names and contents of a zip, all of them sound, as Python sees them.
pub(crate) fn members(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    const READ: &str = r#"
import io, json, sys, zipfile
archive = zipfile.ZipFile(io.BytesIO(bytes.fromhex(sys.stdin.read())))
assert archive.testzip() is None
print(json.dumps({i.filename: archive.read(i).hex() for i in archive.infolist()}))
"#;
    let members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&python(READ, &[], &hex(zip))).unwrap();
    members.into_iter().map(|(name, content)| (name, unhex(content.as_str().unwrap()))).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
