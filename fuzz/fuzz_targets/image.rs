//! Pictures: the laws of a sanitizer, whatever type the bytes are taken for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanitizer_api::{Budget, Code, Hints};
use sanitizer_image::{rebuild_picture, sanitizer_for};

fuzz_target!(|data: &[u8]| {
    let types = ["png", "jpeg", "gif", "bmp", "ico", "tiff", "webp"];
    let Some((&choice, input)) = data.split_first() else { return };
    let sanitizer = sanitizer_for(types[usize::from(choice) % types.len()]).expect("a listed type");
    // Small outputs keep the fuzzer fast.
    let budget = Budget { output_bytes: 1 << 20, ..Budget::generous() };
    if let Ok(rebuilt) = sanitizer.sanitize(input, Hints::default(), &mut budget.clone()) {
        let (_, own) = rebuilt.media_type.split_once('/').expect("a media type");
        let own = sanitizer_for(own).expect("a listed type");
        let again = own.sanitize(&rebuilt.bytes, Hints::default(), &mut budget.clone()).expect("own output");
        assert_eq!(again.bytes, rebuilt.bytes);
        assert!(again.findings.iter().all(|finding| finding.code == Code::QrCodeFound));
    }
    let _picture = rebuild_picture(input, &mut budget.clone());
});
