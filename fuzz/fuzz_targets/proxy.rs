//! The PROXY header: what is complete stays so with more bytes behind it, and every cut of it is incomplete.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temizu::smtp::proxy::{MAX_HEADER, ProxyHeader, parse};

fuzz_target!(|data: &[u8]| {
    let longer = [data, b"EHLO x\r\n"].concat();
    match parse(data) {
        complete @ ProxyHeader::Complete { length, .. } => {
            assert!(length <= data.len() && length <= MAX_HEADER);
            assert_eq!(parse(&longer), complete);
            assert_eq!(parse(&data[..length]), complete, "bytes behind the header count");
            for cut in 0..length {
                assert_eq!(parse(&data[..cut]), ProxyHeader::Incomplete);
            }
        }
        ProxyHeader::Invalid => assert_eq!(parse(&longer), ProxyHeader::Invalid),
        ProxyHeader::Incomplete => assert!(data.len() < MAX_HEADER, "it waits for ever"),
    }
});
