//! Invitations and address cards, as Exchange, Google, telephones and address books send them.

use super::Sample;
use super::encode::{Mail, attachment, base64, join, part, sjis, text, word};

const EXCHANGE: &str = "\
BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nPRODID:Microsoft Exchange Server 2010\r\nVERSION:2.0\r\n\
BEGIN:VTIMEZONE\r\nTZID:Tokyo Standard Time\r\n\
BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nEND:STANDARD\r\n\
BEGIN:DAYLIGHT\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n\
BEGIN:VEVENT\r\nORGANIZER;CN=山田建設 経理:mailto:keiri@yamada-kensetsu.example\r\n\
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=\"情報政策課, \r\n 職員\":mailto:shokuin@city.example.lg.jp\r\n\
DESCRIPTION;LANGUAGE=ja-JP:お世話になっております。\\n工程の打合せをお願いします。\\n\r\n 参加: https://teams.example.com/l/meetup-join/19%3ameeting_x?p=1\\n\\n\\\\\\\\fileserver\\\\工程\\n\r\n\
UID:040000008200E00074C5B7101A82E00800000000D0A5E5F3B65CDC01000000000000000\r\n 010000000C6A8E3E5D1F5F04A9F5E6C7B8A9D0E1F\r\n\
SUMMARY;LANGUAGE=ja-JP:【12/1】下水道工事 工程打合せ（第3回）\r\n\
DTSTART;TZID=Tokyo Standard Time:20261201T100000\r\nDTEND;TZID=Tokyo Standard Time:20261201T110000\r\n\
CLASS:PUBLIC\r\nPRIORITY:5\r\nDTSTAMP:20261123T014107Z\r\nTRANSP:OPAQUE\r\nSTATUS:CONFIRMED\r\nSEQUENCE:0\r\n\
LOCATION;LANGUAGE=ja-JP:本庁舎3階 会議室A\\; Teams\r\n\
X-MICROSOFT-CDO-APPT-SEQUENCE:0\r\nX-MICROSOFT-CDO-OWNERAPPTID:-1\r\nX-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\r\n\
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY\r\nX-MICROSOFT-CDO-ALLDAYEVENT:FALSE\r\nX-MICROSOFT-CDO-IMPORTANCE:1\r\n\
X-MICROSOFT-ONLINEMEETINGEXTERNALLINK:https://teams.example.com/l/meetup-join/19\r\n\
X-ALT-DESC;FMTTYPE=text/html:<html><body><a href=\"https://evil.example/\">参加</a></body></html>\r\n\
BEGIN:VALARM\r\nDESCRIPTION:REMINDER\r\nTRIGGER;RELATED=START:-PT15M\r\nACTION:DISPLAY\r\nEND:VALARM\r\n\
END:VEVENT\r\nEND:VCALENDAR\r\n";

const GOOGLE: &str = "\
BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN\r\nMETHOD:REQUEST\r\n\
BEGIN:VTIMEZONE\r\nTZID:Asia/Tokyo\r\nX-LIC-LOCATION:Asia/Tokyo\r\n\
BEGIN:STANDARD\r\nTZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nTZNAME:JST\r\nDTSTART:19700101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
BEGIN:VEVENT\r\nDTSTART;TZID=Asia/Tokyo:20261202T140000\r\nDTEND;TZID=Asia/Tokyo:20261202T150000\r\n\
RRULE:FREQ=WEEKLY;COUNT=6;BYDAY=WE\r\nEXDATE;TZID=Asia/Tokyo:20261230T140000\r\n\
DTSTAMP:20261123T014107Z\r\nORGANIZER;CN=山田花子:mailto:hanako@yamada-kensetsu.example\r\n\
UID:5l1m2n3o4p5q6r7s8t9u@google.com\r\n\
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=\r\n TRUE;CN=shokuin@city.example.lg.jp;X-NUM-GUESTS=0:mailto:shokuin@city.example\r\n .lg.jp\r\n\
X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij\r\nX-MICROSOFT-CDO-OWNERAPPTID:-1234567890\r\n\
CREATED:20261123T014000Z\r\nDESCRIPTION:Google Meet に参加: https://meet.google.com/abc-defg-hij\\n\\nこのセクションは編集しないでください。\r\n\
LAST-MODIFIED:20261123T014105Z\r\nLOCATION:www.example.com 会議室\r\nSEQUENCE:0\r\nSTATUS:CONFIRMED\r\nSUMMARY:定例会\r\nTRANSP:OPAQUE\r\n\
ATTACH;FILENAME=資料.pdf;FMTTYPE=application/pdf:https://drive.google.com/file/d/x\r\n\
BEGIN:VALARM\r\nACTION:EMAIL\r\nSUMMARY:x\r\nATTENDEE:mailto:evil@evil.example\r\nTRIGGER:-P1D\r\nEND:VALARM\r\n\
BEGIN:VALARM\r\nACTION:AUDIO\r\nATTACH:file://evil.example/x.wav\r\nTRIGGER:-PT1M\r\nEND:VALARM\r\n\
END:VEVENT\r\nEND:VCALENDAR\r\n";

const CARD: &str = "\
BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 18.0//EN\r\nN:髙橋;花子;;;\r\nFN:髙橋 花子\r\n\
X-PHONETIC-FIRST-NAME:はなこ\r\nX-PHONETIC-LAST-NAME:たかはし\r\nORG:山田建設㈱;経理部;\r\nTITLE:主任\r\n\
EMAIL;type=INTERNET;type=WORK;type=pref:hanako@yamada-kensetsu.example\r\nTEL;type=CELL;type=VOICE;type=pref:090-0000-0000\r\n\
item1.ADR;type=WORK:;;柏5-10-1;柏市;千葉県;277-8505;日本\r\nitem1.X-ABADR:jp\r\nBDAY;value=date:1990-01-02\r\n\
NOTE:名刺交換 2026/11/20\\n詳細は https://evil.example/card を参照\r\nURL;type=WORK:https://evil.example/\r\n\
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8\r\n UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/\r\n\
END:VCARD\r\n";

pub(super) fn samples() -> Vec<Sample> {
    vec![
        Sample {
            name: "60-exchange-invitation",
            about: "An invitation as Exchange sends it in Japanese: the third choice of an alternative, without a name. It still works as one; mark-up and links do not.",
            bytes: Mail::new(&word("【12/1】下水道工事 工程打合せ（第3回）")).multipart("alternative", "alt").parts(
                "alt",
                &[
                    text("工程の打合せをお願いします。\n"),
                    part(
                        &[b"Content-Type: text/html; charset=UTF-8"],
                        "<html><body><p>工程の打合せをお願いします。</p></body></html>\n".as_bytes(),
                    ),
                    part(
                        &[
                            b"Content-Type: text/calendar; charset=\"utf-8\"; method=REQUEST",
                            b"Content-Transfer-Encoding: base64",
                        ],
                        &base64(EXCHANGE.as_bytes()),
                    ),
                ],
                false,
            ),
        },
        Sample {
            name: "61-google-invitation",
            about: "An invitation as Google sends it: once inside the alternative and once more as a file. Alarms that send mail and play sounds are left out.",
            bytes: Mail::new(&word("招待状: 定例会")).multipart("mixed", "mix").parts(
                "mix",
                &[
                    part(
                        &[b"Content-Type: multipart/alternative; boundary=\"alt\""],
                        &join(
                            "alt",
                            &[
                                text("定例会に招待されています。\n"),
                                part(
                                    &[
                                        b"Content-Type: text/calendar; charset=\"UTF-8\"; method=REQUEST",
                                        b"Content-Transfer-Encoding: 8bit",
                                    ],
                                    GOOGLE.as_bytes(),
                                ),
                            ],
                            false,
                        ),
                    ),
                    attachment("application/ics", "invite.ics", GOOGLE.as_bytes()),
                ],
                false,
            ),
        },
        Sample {
            name: "62-vcard-telephone",
            about: "An address card from an old telephone: vCard 2.1, Shift_JIS in quoted-printable, the reading in half-width kana, a picture.",
            bytes: Mail::new(&word("連絡先")).multipart("mixed", "mix").parts(
                "mix",
                &[text("連絡先を送ります。\n"), attachment("text/x-vcard", "PIM00001.vcf", &telephone())],
                false,
            ),
        },
        Sample {
            name: "63-vcard",
            about: "An address card of today: vCard 3.0 with the reading of the name, a picture and a page on the web.",
            bytes: Mail::new(&word("名刺")).multipart("mixed", "mix").parts(
                "mix",
                &[text("名刺を送ります。\n"), attachment("text/vcard", "髙橋 花子.vcf", CARD.as_bytes())],
                false,
            ),
        },
    ]
}

/// Raw Shift_JIS beside Shift_JIS in quoted-printable; ソ ends in a backslash there.
fn telephone() -> Vec<u8> {
    let quoted = |text: &str| sjis(text).iter().map(|byte| format!("={byte:02X}")).collect::<String>();
    let mut card = format!(
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{};{};;;\r\n",
        quoted("山田"),
        quoted("ソフィー")
    )
    .into_bytes();
    card.extend_from_slice(b"SOUND;X-IRMC-N;CHARSET=SHIFT_JIS:");
    card.extend_from_slice(&sjis("ﾔﾏﾀﾞ;ｿﾌｨｰ;;;"));
    let rest = format!(
        "\r\nTEL;PREF;CELL;VOICE:09000000000\r\nEMAIL;PREF;CELL:sophie..yamada.@docomo.ne.jp\r\n\
         NOTE;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=\r\n{}=\r\n{}\r\n\
         PHOTO;TYPE=JPEG;ENCODING=BASE64:\r\n /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcG\r\n\r\nX-GN:x\r\nEND:VCARD\r\n",
        quoted("十五時以降に"),
        quoted("電話可")
    );
    card.extend_from_slice(rest.as_bytes());
    card
}
