//! Structures: nested, signed, automatic, broken, and made to be read in two ways.

use super::Sample;
use super::bytes::program;
use super::encode::{Mail, attachment, base64, join, part, text, word};

pub(super) fn samples() -> Vec<Sample> {
    let mut samples = harmless();
    samples.extend(hostile());
    samples
}

fn harmless() -> Vec<Sample> {
    vec![
        Sample {
            name: "30-nested-mail",
            about: "A mail attached to a mail (message/rfc822).",
            bytes: Mail::new(&word("Fwd: 見積りの件")).multipart("mixed", "mix").parts("mix", &[
                text("転送します。\n"),
                part(&[b"Content-Type: message/rfc822"], &Mail::new(&word("見積りの件"))
                    .content("text/plain; charset=UTF-8", "8bit").body("見積りを送ります。\n".as_bytes())),
            ], false),
        },
        Sample {
            name: "31-signed",
            about: "multipart/signed: the text is delivered, the signature kept.",
            bytes: Mail::new(&word("電子署名つき"))
                .header("MIME-Version", b"1.0")
                .header("Content-Type", b"multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"sig\"")
                .parts("sig", &[text("署名したメールです。\n"), attachment("application/pkcs7-signature", "smime.p7s", b"0\x80\x06\t*\x86H\x86\xF7\r\x01\x07\x02")], false),
        },
        Sample {
            name: "32-calendar",
            about: "A meeting invitation (text/calendar) beside the text.",
            bytes: Mail::new(&word("会議の招待")).multipart("mixed", "mix").parts("mix", &[
                text("会議に招待します。\n"),
                attachment("text/calendar", "invite.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:会議\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".as_bytes()),
            ], false),
        },
        Sample {
            name: "33-delivery-report",
            about: "A delivery report (multipart/report) from the null reverse path's world.",
            bytes: Mail::new(b"Undelivered Mail Returned to Sender")
                .header("Auto-Submitted", b"auto-replied")
                .header("MIME-Version", b"1.0")
                .header("Content-Type", b"multipart/report; report-type=delivery-status; boundary=\"rep\"")
                .parts("rep", &[
                    part(&[b"Content-Type: text/plain; charset=us-ascii"], b"Your message could not be delivered.\n"),
                    part(&[b"Content-Type: message/delivery-status"], b"Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; x@example.com\nAction: failed\nStatus: 5.1.1\n"),
                ], false),
        },
        Sample {
            name: "34-docomo-address",
            about: "A sender that RFC 5321 does not allow and that carriers gave out: a..b.@docomo.ne.jp.",
            bytes: Mail::default()
                .header("Date", b"Mon, 23 Nov 2026 10:41:07 +0900")
                .header("From", b"<hana..ko.@docomo.ne.jp>")
                .header("To", b"shokuin@city.example.lg.jp")
                .header("Subject", &word("ゴミの日について"))
                .content("text/plain; charset=UTF-8", "8bit")
                .body("ゴミの日はいつですか。\n".as_bytes()),
        },
        Sample {
            name: "35-dots",
            about: "Lines of dots, and a line that looks like the end of the mail.",
            bytes: Mail::new(b"dots").content("text/plain; charset=UTF-8", "8bit").body(b".\n..\n...a\n.\nQUIT\n.leading\n"),
        },
        Sample {
            name: "36-empty",
            about: "No body and no subject.",
            bytes: Mail::default()
                .header("Date", b"Mon, 23 Nov 2026 10:41:07 +0900")
                .header("From", b"a@example.com")
                .header("To", b"shokuin@city.example.lg.jp")
                .body(b""),
        },
    ]
}

fn hostile() -> Vec<Sample> {
    let exe = || attachment("application/octet-stream", "hidden.exe", &program());
    vec![
        Sample {
            name: "40-duplicate-headers",
            about: "Two subjects, two Content-Types, two boundaries: whoever reads it sees another mail. Attachments are kept.",
            bytes: Mail::new(b"first subject")
                .header("Subject", b"second subject")
                .header("MIME-Version", b"1.0")
                .header("Content-Type", b"multipart/mixed; boundary=\"one\"")
                .header("Content-Type", b"multipart/mixed; boundary=\"two\"")
                .body(
                    &[
                        join(
                            "one",
                            &[text("ひとつめの読み方\n"), attachment("text/plain", "memo.txt", b"memo\n")],
                            false,
                        ),
                        join("two", &[text("ふたつめの読み方\n"), exe()], false),
                    ]
                    .concat(),
                ),
        },
        Sample {
            name: "41-missing-boundary",
            about: "The closing boundary is missing; the attachment is cut off.",
            bytes: Mail::new(&word("切れたメール")).multipart("mixed", "mix").parts(
                "mix",
                &[text("本文です。\n"), attachment("text/plain", "memo.txt", b"memo\n")],
                true,
            ),
        },
        Sample {
            name: "42-names-disagree",
            about: "filename and name disagree, and so do the plain and the extended form.",
            bytes: Mail::new(&word("ふたつの名前")).multipart("mixed", "mix").parts(
                "mix",
                &[
                    text("本文です。\n"),
                    part(
                        &[
                            b"Content-Type: application/octet-stream; name=\"evil.exe\"",
                            b"Content-Disposition: attachment; filename=\"safe.txt\"; filename*=UTF-8''evil.js",
                            b"Content-Transfer-Encoding: base64",
                        ],
                        &base64(b"plain text\n"),
                    ),
                ],
                false,
            ),
        },
        Sample {
            name: "43-transfer-encoding-tricks",
            about: "A transfer encoding with a comment and base64 with junk in it.",
            bytes: Mail::new(&word("符号化")).multipart("mixed", "mix").parts(
                "mix",
                &[
                    text("本文です。\n"),
                    part(
                        &[
                            b"Content-Type: text/plain; name=\"memo.txt\"",
                            b"Content-Disposition: attachment; filename=\"memo.txt\"",
                            b"Content-Transfer-Encoding: (c) base64 ; x",
                        ],
                        b"TV!!qQ==AAAA\n",
                    ),
                ],
                false,
            ),
        },
        Sample {
            name: "44-header-injection",
            about: "Encoded words that decode to line ends and to another address.",
            bytes: Mail::default()
                .header("Date", b"Mon, 23 Nov 2026 10:41:07 +0900")
                .header(
                    "From",
                    &[word("\"市長\" <mayor@city.example.lg.jp>, x"), b" <x@evil.example>".to_vec()].concat(),
                )
                .header("To", b"shokuin@city.example.lg.jp")
                .header("Subject", &word("hello\r\nBcc: victim@example.com\r\n\r\nX"))
                .header("Message-ID", b"<not valid@@example>")
                .content("text/plain; charset=UTF-8", "8bit")
                .body("本文です。\n".as_bytes()),
        },
        Sample {
            name: "45-preamble",
            about: "An attachment hidden before the first and after the last boundary.",
            bytes: Mail::new(&word("前書きと後書き"))
                .multipart("mixed", "mix")
                .body(&[exe(), b"\n".to_vec(), join("mix", &[text("本文です。\n")], false), exe()].concat()),
        },
        Sample {
            name: "46-deep",
            about: "Multiparts nested thirty levels deep: over the limit of twenty, so the whole mail is quarantined and the reader is told.",
            bytes: deep(30),
        },
    ]
}

fn deep(levels: usize) -> Vec<u8> {
    let mut inner = text("いちばん奥の本文\n");
    for level in (1..levels).rev() {
        let boundary = format!("level-{level}");
        let head = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"");
        inner = part(&[head.as_bytes()], &join(&boundary, &[inner], false));
    }
    Mail::new(&word("入れ子")).multipart("mixed", "level-0").parts("level-0", &[inner], false)
}
