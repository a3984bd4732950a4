//! How much memory the largest archives need: a process of its own, because its peak is asked of the system.
//!
//! The worker's address space is bounded: an archive that needs more would end the whole mail.

use miniz_oxide::deflate::compress_to_vec;
use sanitizer_archive::{Allowance, Unreadable, open};

/// Most bytes for one archive besides its input: what is unpacked, and room to grow. A worker has 1 GiB.
const PEAK: usize = 576 << 20;
/// Packed zeros: 8 MiB of them.
const PIECE: usize = 8 << 20;

/// The most memory that this process ever held, in bytes (proc_pid_status(5)).
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<usize>().ok()?.checked_mul(1024)
}

fn gzip(content: &[u8], level: u8) -> Vec<u8> {
    let head = b"\x1F\x8B\x08\0\0\0\0\0\0\x03".to_vec();
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let tail = [crc32fast::hash(content), length].map(u32::to_le_bytes).concat();
    [head, compress_to_vec(content, level), tail].concat()
}

#[test]
fn an_archive_of_all_that_is_allowed_fits_into_a_worker_and_one_byte_more_is_refused() {
    let most = usize::try_from(Allowance::usual().bytes).unwrap();
    // Enough that is not packed at all for the ratio to be that of an honest archive.
    let plain = gzip(&vec![b'a'; PIECE / 2], 0);
    let zeros = gzip(&vec![0; PIECE], 1);
    let half = gzip(&vec![0; PIECE / 2], 1);
    let fits = [plain, zeros.repeat(most / PIECE - 1), half].concat();
    let archive = open("gzip", &fits, &mut Allowance::usual()).unwrap();
    assert_eq!(archive.members[0].size, Allowance::usual().bytes);
    drop(archive);
    let over = [fits, gzip(b"a", 1)].concat();
    assert_eq!(open("gzip", &over, &mut Allowance::usual()), Err(Unreadable::TooLarge));
    let peak = peak().expect("the system tells what a process held");
    assert!(peak < PEAK, "{} MiB", peak >> 20);
}
