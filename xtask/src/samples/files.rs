//! Attachments: the rebuilt, the kept back and the refused.

use super::Sample;
use super::bytes::{PNG, docx, ole2, pdf, program, xlsm, zip};
use super::encode::{Mail, attachment, base64, part, sjis, text, word};

const GREETING: &str = "お世話になっております。\n添付をご確認ください。\n";

pub(super) fn samples() -> Vec<Sample> {
    vec![
        Sample {
            name: "20-text-and-csv",
            about: "A text file in Shift_JIS and a CSV with formula injection: both are rebuilt and delivered.",
            bytes: mail("名簿の送付", &[
                attachment("text/plain", "連絡事項.txt", &sjis("連絡事項\r\n①窓口は㈱山田建設です。\r\n")),
                attachment("text/csv", "名簿.csv", &sjis("氏名,金額,備考\r\n髙橋,-12,=HYPERLINK(\"http://evil.example\")\r\n山田,+81-47-000-0000,@SUM(A1)\r\n")),
            ]),
        },
        Sample {
            name: "21-all-kinds",
            about: "One attachment of each family: rebuilt where there is a way, kept in quarantine by its real type where not.",
            bytes: mail("資料一式", &[
                attachment("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "通知文書.docx", &docx()),
                attachment("application/vnd.ms-excel.sheet.macroEnabled.12", "請求書_R8-1105.xlsm", &xlsm()),
                attachment("application/pdf", "議事録.pdf", &pdf()),
                attachment("image/png", "写真.png", PNG),
                attachment("application/zip", "資料.zip", &zip(&[("読んでください.txt", "資料です。".as_bytes()), ("設定.bat", b"rem nothing\r\n")], false)),
                attachment("application/msword", "旧文書.doc", &ole2()),
                attachment("text/html", "案内.html", b"<html><body><script>alert(1)</script>hello</body></html>"),
                attachment("text/plain", "メモ.txt", "メモ\n".as_bytes()),
            ]),
        },
        Sample {
            name: "22-exe-renamed-pdf",
            about: "A program that is called a PDF: refused by its content.",
            bytes: mail("請求書", &[attachment("application/pdf", "請求書.pdf", &program())]),
        },
        Sample {
            name: "23-forbidden-names",
            about: "Harmless content under names that a system would run: refused by name.",
            bytes: mail("設定ファイル", &[
                attachment("text/plain", "invoice.js", b"// nothing\n"),
                attachment("application/octet-stream", "setup.bat", b"rem nothing\r\n"),
                attachment("application/octet-stream", "庁内ポータル.url", b"[InternetShortcut]\r\nURL=https://example.com/\r\n"),
                attachment("application/octet-stream", "見積書.pdf.exe", b"plain text\n"),
            ]),
        },
        Sample {
            name: "24-password-zip",
            about: "A password-protected ZIP (PPAP, first half): kept, with its own reason.",
            bytes: mail("名簿（パスワードは別送）", &[attachment("application/zip", "名簿.zip", &zip(&[("名簿.xlsx", b"????????????????")], true))]),
        },
        Sample {
            name: "25-rfc2231-names",
            about: "File names in RFC 2231: continued, percent-encoded, in Shift_JIS, out of order.",
            bytes: mail("RFC 2231", &[
                part(&[
                    b"Content-Type: text/plain; charset=UTF-8",
                    b"Content-Disposition: attachment; filename*0*=UTF-8''%E4%BB%A4%E5%92%8C%E5%85%AB;\n filename*1*=%E5%B9%B4%E5%BA%A6;\n filename*2=\".txt\"",
                    b"Content-Transfer-Encoding: base64",
                ], &base64("令和八年度".as_bytes())),
                part(&[
                    b"Content-Type: text/plain; charset=Shift_JIS",
                    b"Content-Disposition: attachment; filename*1*=%95%5C.txt; filename*0*=Shift_JIS''%8D%48%92%F6",
                    b"Content-Transfer-Encoding: base64",
                ], &base64(&sjis("工程表"))),
            ]),
        },
        Sample {
            name: "26-hostile-names",
            about: "File names that lie: right-to-left override, path, device name, control characters, 300 characters.",
            bytes: mail("名前", &[
                attachment("text/plain", "見積書\u{202E}fdp.txt", b"a\n"),
                attachment("text/plain", "../../etc/cron.d/x.txt", b"b\n"),
                attachment("text/plain", "nul.txt", b"c\n"),
                attachment("text/plain", &format!("{}.txt", "長".repeat(100)), b"d\n"),
            ]),
        },
    ]
}

fn mail(subject: &str, attachments: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = vec![text(GREETING)];
    parts.extend_from_slice(attachments);
    Mail::new(&word(subject)).multipart("mixed", "mix").parts("mix", &parts, false)
}
