//! Standard input and output as plain pipes: one system call per call, no buffer, no line ends.
//!
//! The standard library's own handles flush at every line end, which would cut an answer into many writes.
//! Invariant: touches descriptors 0 and 1 only.

use std::io::{self, Read, Write};

use rustix::stdio::{stdin, stdout};

/// Descriptor 0.
#[derive(Debug, Default)]
pub struct Input;

/// Descriptor 1.
#[derive(Debug, Default)]
pub struct Output;

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(stdin(), buffer)?)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
