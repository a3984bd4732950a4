//! Things in mail that hold other things: mails, files of Outlook, files in a text, envelopes of signatures.

use super::Sample;
use super::bytes::{pdf, program};
use super::encode::{Mail, attachment, base64, jis, part, sjis, text, word};
use super::outlook::{Object, Tnef};

pub(super) fn samples() -> Vec<Sample> {
    let mut samples = mails();
    samples.extend(outlook());
    samples.extend(texts());
    samples
}

/// A mail with a text, a list and a program.
fn inner(subject: &str) -> Vec<u8> {
    Mail::new(&word(subject)).multipart("mixed", "inner").parts(
        "inner",
        &[
            text("見積りの内訳を送ります。\n"),
            attachment("text/csv", "内訳.csv", "品名,金額\r\n机,12000\r\n".as_bytes()),
            attachment("application/pdf", "見積書.pdf", &program()),
        ],
        false,
    )
}

fn mails() -> Vec<Sample> {
    vec![
        Sample {
            name: "50-forwarded-with-attachments",
            about: "A mail forwarded as an attachment: its text is shown, its list is handed on, the program that calls itself a PDF is kept.",
            bytes: Mail::new(&word("Fwd: 見積りの件")).multipart("mixed", "mix").parts(
                "mix",
                &[
                    text("転送します。ご確認ください。\n"),
                    part(
                        &[
                            b"Content-Type: message/rfc822",
                            b"Content-Disposition: attachment; filename=\"forwarded.eml\"",
                        ],
                        &inner("見積りの件"),
                    ),
                ],
                false,
            ),
        },
        Sample {
            name: "51-forwarded-base64",
            about: "A mail saved as a file and attached in base64, with a mail inside that again.",
            bytes: Mail::new(&word("保存したメール")).multipart("mixed", "mix").parts(
                "mix",
                &[
                    text("保存したメールを添付します。\n"),
                    attachment(
                        "application/octet-stream",
                        "保存.eml",
                        &Mail::new(&word("外側")).multipart("mixed", "middle").parts(
                            "middle",
                            &[text("外側の本文です。\n"), part(&[b"Content-Type: message/rfc822"], &inner("内側"))],
                            false,
                        ),
                    ),
                ],
                false,
            ),
        },
        Sample {
            name: "57-nested-without-end",
            about: "Two hundred mails inside each other: the text of the outer ones is shown, what is deeper than twenty levels stays a closed attachment.",
            bytes: nested(200),
        },
    ]
}

fn nested(levels: usize) -> Vec<u8> {
    let mut mail = b"From: a@example.com\nSubject: 200\n\nthe innermost\n".to_vec();
    for level in (1..levels).rev() {
        mail = [
            format!("From: a@example.com\nSubject: {level}\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n")
                .into_bytes(),
            mail,
        ]
        .concat();
    }
    Mail::new(&word("入れ子のメール")).multipart("mixed", "mix").parts(
        "mix",
        &[text("いちばん外側の本文です。\n"), part(&[b"Content-Type: message/rfc822"], &mail)],
        false,
    )
}

fn outlook() -> Vec<Sample> {
    let person = |name: &str, address: &str, kind| {
        Object::default().text(0x3001, name).text(0x39FE, address).number(0x0C15, kind)
    };
    let embedded = Object::default()
        .text(0x0037, "Re: 打合せ")
        .text(0x0C1A, "佐藤")
        .text(0x5D01, "sato@example.com")
        .text(0x1000, "十時で結構です。\r\n");
    let message = Object::default()
        .text(0x0037, "打合せの議事録")
        .text(0x0042, "山田建設 経理")
        .text(0x5D02, "keiri@yamada-kensetsu.example")
        .time(0x0039, 1_795_398_067)
        .number(0x3FFD, 932)
        .number(0x3FDE, 65_001)
        .text8(0x1000, &sjis("議事録を送ります。\r\n①が決定事項です。\r\n"))
        .recipient(person("職員", "shokuin@city.example.lg.jp", 1))
        .recipient(person("課長", "kacho@city.example.lg.jp", 2))
        .attachment(
            Object::default()
                .text(0x3707, "議事録.txt")
                .text(0x3704, "GIJIRO~1.TXT")
                .number(0x3705, 1)
                .binary(0x3701, "決定事項\r\n".as_bytes()),
        )
        .attachment(Object::default().text(0x3707, "更新.exe").number(0x3705, 1).binary(0x3701, &program()))
        .attachment(Object::default().text(0x3001, "Re: 打合せ").holding(embedded));
    vec![
        Sample {
            name: "52-winmail",
            about: "winmail.dat beside a text, as Outlook sends it to those who do not have Outlook: the files in it are handled like others.",
            bytes: Mail::new(&word("資料の送付")).multipart("mixed", "mix").parts(
                "mix",
                &[
                    text("資料をお送りします。\n"),
                    attachment(
                        "application/ms-tnef",
                        "winmail.dat",
                        &Tnef::new()
                            .attribute(1, 0x0002_800C, &[sjis("資料をお送りします。\r\n"), vec![0]].concat())
                            .file(&sjis("一覧表.csv"), &sjis("番号,名前\r\n1,髙橋\r\n"))
                            .file(&sjis("見積書.pdf"), &pdf())
                            .file(b"setup.exe", &program())
                            .done(),
                    ),
                ],
                false,
            ),
        },
        Sample {
            name: "53-outlook-message",
            about: "A .msg file with a text file, a program and another message in it.",
            bytes: Mail::new(&word("議事録")).multipart("mixed", "mix").parts(
                "mix",
                &[
                    text("Outlook から保存したメールを添付します。\n"),
                    attachment("application/vnd.ms-outlook", "打合せの議事録.msg", &message.msg()),
                ],
                false,
            ),
        },
    ]
}

fn texts() -> Vec<Sample> {
    let entity = [
        &b"Content-Type: multipart/mixed; boundary=\"signed\"\r\n\r\n--signed\r\n"[..],
        &part(&[b"Content-Type: text/plain; charset=ISO-2022-JP"], &jis("電子署名つきの本文です。\n")),
        b"--signed\r\n",
        &attachment("text/plain", "memo.txt", b"memo\n"),
        b"--signed--\r\n",
    ]
    .concat();
    let list = uuencoded("一覧.csv", &sjis("番号,名前\r\n1,山田\r\n"));
    vec![
        Sample {
            name: "54-uuencode",
            about: "Two files uuencoded in a Japanese text: taken out, a mark stays where they stood.",
            bytes: Mail::new(&word("古いメールソフトから")).content("text/plain; charset=ISO-2022-JP", "7bit").body(
                &[
                    jis("一覧を送ります。\n"),
                    list.replace("一覧.csv", "list.csv").into_bytes(),
                    jis("道具も送ります。\n"),
                    uuencoded("tool.exe", &program()).into_bytes(),
                    jis("以上です。begin 644 は文字のままです。\n"),
                ]
                .concat(),
            ),
        },
        Sample {
            name: "55-smime-opaque",
            about: "S/MIME signed in one piece (smime.p7m): the text in the envelope is the text of the mail.",
            bytes: Mail::new(&word("電子署名つき"))
                .header("MIME-Version", b"1.0")
                .header("Content-Type", b"application/pkcs7-mime; smime-type=signed-data; name=\"smime.p7m\"")
                .header("Content-Disposition", b"attachment; filename=\"smime.p7m\"")
                .header("Content-Transfer-Encoding", b"base64")
                .body(&base64(&signed(&entity))),
        },
        Sample {
            name: "56-pgp-signed",
            about: "Text signed in place with OpenPGP: shown without the armour.",
            bytes: Mail::new(&word("PGP 署名")).content("text/plain; charset=UTF-8", "8bit").body(
                "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n署名した本文です。\n- -- \n山田\n\
                 -----BEGIN PGP SIGNATURE-----\n\niHUEARYIAB0WIQQ=\n-----END PGP SIGNATURE-----\n"
                    .as_bytes(),
            ),
        },
        Sample {
            name: "58-smime-encrypted",
            about: "S/MIME encrypted: nothing of it can be checked, so it is kept back under its own reason.",
            bytes: Mail::new(&word("暗号化したメール"))
                .header("MIME-Version", b"1.0")
                .header("Content-Type", b"application/pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\"")
                .header("Content-Disposition", b"attachment; filename=\"smime.p7m\"")
                .header("Content-Transfer-Encoding", b"base64")
                .body(&base64(&der(0x30, &[identifier(3), der(0xA0, &der(0x30, &[2, 1, 0]))].concat()))),
        },
    ]
}

/// A field of DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let length = match content.len() {
        0..0x80 => vec![length[1]],
        0x80..0x100 => vec![0x81, length[1]],
        _ => vec![0x82, length[0], length[1]],
    };
    [&[tag], length.as_slice(), content].concat()
}

/// The object identifier 1.2.840.113549.1.7.x.
fn identifier(last: u8) -> Vec<u8> {
    der(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, last])
}

/// An envelope around signed content, without certificates and without a signature that anything could check.
fn signed(content: &[u8]) -> Vec<u8> {
    let inner = der(0x30, &[identifier(1), der(0xA0, &der(4, content))].concat());
    let data = der(0x30, &[vec![2, 1, 1, 0x31, 0], inner, vec![0x31, 0]].concat());
    der(0x30, &[identifier(2), der(0xA0, &data)].concat())
}

/// `begin MODE NAME`, lines of 45 bytes, `end`.
fn uuencoded(name: &str, bytes: &[u8]) -> String {
    let symbol = |bits: u32| match bits & 63 {
        0 => '`',
        bits => char::from_u32(bits + 32).unwrap_or('`'),
    };
    let mut out = format!("begin 644 {name}\n");
    for line in bytes.chunks(45) {
        out.push(symbol(u32::try_from(line.len()).unwrap_or_default()));
        for three in line.chunks(3) {
            let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
            out.extend([18, 12, 6, 0].map(|at| symbol(bits >> at)));
        }
        out.push('\n');
    }
    out + "`\nend\n"
}
