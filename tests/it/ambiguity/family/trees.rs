//! Cases of mails inside the mail, and of mails that are another tree to some readers.
//!
//! Invariant: those of [`other`] must be flagged as a whole, though the program in them is found.

use base64::Engine as _;

use super::{BASE64, Base, Family, PART_ENCODING, TOP};

/// The program in a mail inside the mail.
pub(super) fn enclosed(family: &mut Family) {
    let alone = || format!("{TOP}{}", Base::new().whole_part());
    let among = |boundary: &str| {
        let mail = String::from_utf8(Base::new().mail()).unwrap();
        mail.replace("b-outer-1", boundary)
    };
    for (name, content) in [
        ("alone", alone()),
        ("among-others", among("inner")),
        ("twice-enclosed", format!("{TOP}Content-Type: message/rfc822\r\n\r\n{}", among("inner"))),
        ("longer-boundary", among("b-outer-12")),
        ("never-closed", among("inner").replace("--inner--\r\n", "")),
        ("no-header", Base::new().content),
        ("comment-in-encoding", alone().replace("base64", "(c) base64")),
    ] {
        for kind in ["message/rfc822", "message/global", "message/news"] {
            let part = format!("Content-Type: {kind}\r\n");
            let name = format!("enclosed-{}-{name}", kind.replace('/', "-"));
            family.add(name, |base| (base.part, base.content) = (part, content.clone() + "\r\n"));
        }
    }
    let encoded = BASE64.encode(among("b-outer-1"));
    family.add("enclosed-in-base64", |base| {
        base.part = format!("Content-Type: message/rfc822\r\n{PART_ENCODING}");
        base.content = encoded + "\r\n";
    });
    family.add("enclosed-in-digest", |base| {
        base.part = "Content-Type: multipart/digest; boundary=inner\r\n".to_owned();
        base.content = format!("--inner\r\n\r\n{}\r\n--inner--\r\n", alone());
    });
}

/// Built so that to some readers there is another tree; the program is found, and the whole mail must be flagged.
pub(super) fn other(family: &mut Family) {
    for (name, kind) in [
        ("blank-before-slash", "multipart /mixed"),
        ("blank-behind-slash", "multipart/ mixed"),
        ("blank-in-subtype", "multipart/mi xed"),
        ("control-behind", "multipart/mixed\u{1}"),
        ("control-inside", "multi\u{1}part/mixed"),
        ("parenthesis-inside", "multi)part/mixed"),
    ] {
        family.add(format!("type-{name}"), |base| base.kind = base.kind.replace("multipart/mixed", kind));
    }
    for (name, boundary) in [("same", "b-outer-1"), ("other-case", "B-OUTER-1")] {
        let mail = String::from_utf8(Base::new().mail()).unwrap().replace("b-outer-1", boundary);
        family.add(format!("enclosed-with-{name}-boundary"), |base| {
            base.part = "Content-Type: message/rfc822\r\n".to_owned();
            base.content = mail;
        });
    }
}
