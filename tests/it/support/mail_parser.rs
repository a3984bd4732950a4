//! Delivered mails, read by a second mail parser that is not ours: the crate `mail-parser`, with its own decoding.
//!
//! The workers use its tree for what comes in; here it reads what goes out, as a mail program would.

use mail_parser::{DecodeProblems, MessageParser, MessagePart, PartFlags};

use super::delivered::Delivered;

/// `mail-parser` sees in every mail the tree, the subject, the texts and the names that [`Delivered`] sees, and neither
/// damage nor doubt.
pub(crate) fn agrees(mails: &[Vec<u8>]) {
    for mail in mails {
        let ours = Delivered::read(mail).unwrap();
        let message = MessageParser::new().parse(mail.as_slice()).unwrap();
        assert_eq!(message.subject(), ours.value("subject"), "{ours:?}");
        for part in message.parts() {
            assert_eq!(part.flags(), PartFlags::default(), "{ours:?}");
            assert_eq!(part.decoded_checked().1, DecodeProblems::default(), "{ours:?}");
            assert!(!part.is_message(), "{ours:?}");
        }
        let multiparts = message.parts().filter(MessagePart::is_multipart).count();
        assert_eq!(multiparts, usize::from(!ours.files.is_empty()), "{ours:?}");
        let leaves: Vec<_> = message.parts().filter(|part| !part.is_multipart()).collect();
        let read: Vec<(String, String)> =
            leaves.iter().map(|leaf| (leaf.attachment_name().unwrap_or_default().to_owned(), text(leaf))).collect();
        let files = ours.files.iter().map(|file| (file.name.clone(), file.shown()));
        let expected: Vec<_> = [(String::new(), ours.text.clone())].into_iter().chain(files).collect();
        assert_eq!(read, expected);
    }
}

/// The content of a leaf: text by its own charset (all of ours say UTF-8), anything else in hexadecimal digits.
fn text(leaf: &MessagePart<'_>) -> String {
    if !leaf.is_text() {
        return leaf.decoded().iter().map(|byte| format!("{byte:02x}")).collect();
    }
    let charset = leaf.content_type().and_then(|kind| kind.attribute("charset").map(str::to_ascii_lowercase));
    assert_eq!(charset.as_deref(), Some("utf-8"));
    String::from_utf8(leaf.decoded().into_owned()).unwrap().replace("\r\n", "\n")
}
