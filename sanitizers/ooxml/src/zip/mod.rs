//! The zip container of a package: a strict reader and a writer that always writes the same.
//!
//! Refuses: what two readers could read differently (see [`read`]). Invariant: no member is inflated before its size is
//! paid for.

pub(crate) mod read;
pub(crate) mod write;

pub(crate) use read::Archive;
pub(crate) use write::pack;

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_of_members_is_the_one_that_zip_names() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
    }
}
