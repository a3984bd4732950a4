//! Invitations and address cards through a whole gateway, read by a program that is not ours (the crate `ical`).
//!
//! An invitation that arrives must still be one: times, people and the series are those of the sender, the
//! Content-Type says what is asked for, and nothing in it can be clicked or run.

use std::path::Path;

use ical::parser::ical::component::IcalCalendar;
use ical::property::Property;
use ical::{IcalParser, VcardParser};
use temizu::domain::{Action, Reason};
use temizu::ports::ItemDetail;

use crate::support::delivered::Delivered;
use crate::support::gateway::{DOMAIN, Plan, Site};
use crate::support::next_hop::NextHop;
use crate::support::python;

/// What became of one mail.
struct Ended {
    item: ItemDetail,
    mail: Delivered,
    bytes: Vec<u8>,
}

async fn ended(original: &[u8]) -> Ended {
    let hop = NextHop::start(Vec::new()).await;
    let site = Site::start(Plan::new(hop.address())).await;
    let reference = site.send(&[&format!("shokuin@{DOMAIN}")], original).await;
    let item = site.ended(reference).await;
    site.stop().await;
    let bytes = hop.seen().taken.remove(0).bytes;
    python::agrees(std::slice::from_ref(&bytes));
    Ended { item, mail: Delivered::read(&bytes).unwrap(), bytes }
}

async fn sample(name: &str) -> Ended {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    ended(&std::fs::read(root.join(name).join("input.eml")).unwrap()).await
}

impl Ended {
    /// The header lines of the `number`th attached file, on one line each.
    fn header(&self, number: usize) -> String {
        let text = std::str::from_utf8(&self.bytes).unwrap();
        let headers = text.split("\r\nContent-Type: ").skip(3).map(|part| part.split("\r\n\r\n").next().unwrap());
        headers.map(|header| header.replace("\r\n ", " ")).nth(number).unwrap()
    }

    fn findings(&self, number: usize) -> Vec<Reason> {
        let facts = self.item.facts.as_ref().unwrap();
        let outcomes = self.item.outcomes.iter().flat_map(|(_, outcomes)| outcomes);
        let files = outcomes.filter(|outcome| {
            outcome.action == Action::Rebuild
                && facts.part(&outcome.path).is_some_and(|part| part.class.as_str() == "text")
        });
        files.map(|outcome| outcome.findings.iter().map(|found| found.code).collect()).nth(number).unwrap()
    }
}

fn calendar(content: &str) -> IcalCalendar {
    let mut calendars: Vec<_> = IcalParser::new(content.as_bytes()).map(Result::unwrap).collect();
    assert_eq!(calendars.len(), 1);
    calendars.remove(0)
}

fn value<'a>(properties: &'a [Property], name: &str) -> &'a str {
    let found: Vec<_> = properties.iter().filter(|property| property.name == name).collect();
    let [one] = found.as_slice() else { panic!("one {name}: {properties:?}") };
    one.value.as_deref().unwrap_or_default()
}

fn parameter<'a>(properties: &'a [Property], name: &str, parameter: &str) -> &'a str {
    let property = properties.iter().find(|property| property.name == name).unwrap();
    let found = property.params.iter().flatten().find(|(name, _)| name == parameter).unwrap();
    &found.1[0]
}

fn names(properties: &[Property]) -> Vec<&str> {
    properties.iter().map(|property| property.name.as_str()).collect()
}

#[tokio::test]
async fn an_invitation_of_exchange_still_works_as_one() {
    let ended = sample("60-exchange-invitation").await;
    let [file] = ended.mail.files.as_slice() else { panic!("{:?}", ended.mail.files) };
    assert!(ended.header(0).starts_with("text/calendar; charset=UTF-8; method=REQUEST; name="), "{}", ended.header(0));
    assert!(file.name.ends_with(".ics"));
    let calendar = calendar(&file.content);
    assert_eq!(value(&calendar.properties, "METHOD"), "REQUEST");
    assert_eq!(value(&calendar.timezones[0].properties, "TZID"), "Tokyo Standard Time");
    assert_eq!(calendar.timezones[0].transitions.len(), 2);
    let event = &calendar.events[0].properties;
    assert_eq!(
        value(event, "UID"),
        "040000008200E00074C5B7101A82E00800000000D0A5E5F3B65CDC01000000000000000010000000C6A8E3E5D1F5F04A9F5E6C7B8A9D0E1F",
        "the answer names the sender's own event"
    );
    assert_eq!(value(event, "DTSTART"), "20261201T100000");
    assert_eq!(parameter(event, "DTSTART", "TZID"), "Tokyo Standard Time");
    assert_eq!(value(event, "SUMMARY"), "【12/1】下水道工事 工程打合せ（第3回）");
    assert_eq!(value(event, "ORGANIZER"), "mailto:keiri@yamada-kensetsu.example");
    assert_eq!(value(event, "ATTENDEE"), "mailto:shokuin@city.example.lg.jp");
    assert_eq!(parameter(event, "ATTENDEE", "CN"), "情報政策課, 職員");
    assert_eq!(parameter(event, "ATTENDEE", "RSVP"), "TRUE");
    assert_eq!(value(event, "LOCATION"), "本庁舎3階 会議室A\\; Teams");
    assert_eq!(value(event, "X-MICROSOFT-CDO-BUSYSTATUS"), "TENTATIVE");
    let description = value(event, "DESCRIPTION");
    assert!(description.contains("hxxps://teams[.]example[.]com/l/meetup-join/19%3ameeting_x?p=1"), "{description}");
    assert!(description.contains("[\\\\\\\\]fileserver"), "{description}");
    let alarms = &calendar.events[0].alarms;
    assert_eq!(alarms.len(), 1);
    assert_eq!(
        (value(&alarms[0].properties, "ACTION"), value(&alarms[0].properties, "TRIGGER")),
        ("DISPLAY", "-PT15M")
    );
    let unlisted: Vec<_> = names(event).into_iter().filter(|name| name.starts_with("X-")).collect();
    assert_eq!(
        unlisted,
        ["X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-INTENDEDSTATUS", "X-MICROSOFT-CDO-ALLDAYEVENT"]
    );
    assert_eq!(ended.findings(0), [Reason::ActiveContentRemoved, Reason::LinkDisabled, Reason::CalendarRebuilt]);
}

#[tokio::test]
async fn both_copies_of_an_invitation_of_google_are_rebuilt_without_what_acts() {
    let ended = sample("61-google-invitation").await;
    let [inline, file] = ended.mail.files.as_slice() else { panic!("{:?}", ended.mail.files) };
    assert_eq!(inline.content, file.content, "one original, one rebuilding");
    assert_eq!((file.name.as_str(), file.media_type.as_str()), ("invite.ics", "text/calendar"));
    assert!(ended.header(1).contains("method=REQUEST"), "{}", ended.header(1));
    let calendar = calendar(&file.content);
    let event = &calendar.events[0];
    assert_eq!(value(&event.properties, "RRULE"), "FREQ=WEEKLY;COUNT=6;BYDAY=WE");
    assert_eq!(value(&event.properties, "EXDATE"), "20261230T140000");
    assert_eq!(value(&event.properties, "UID"), "5l1m2n3o4p5q6r7s8t9u@google.com");
    assert_eq!(value(&event.properties, "LOCATION"), "www[.]example[.]com 会議室");
    assert!(event.alarms.is_empty(), "an alarm sends no mail and plays no file");
    for gone in ["ATTACH", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-CDO-OWNERAPPTID"] {
        assert!(!names(&event.properties).contains(&gone), "{gone}");
    }
    assert!(!file.content.contains("evil.example") && !file.content.contains("://meet.google.com"));
}

#[tokio::test]
async fn address_cards_of_every_age_are_read_with_their_readings() {
    let old = sample("62-vcard-telephone").await;
    let card = &VcardParser::new(old.mail.files[0].content.as_bytes()).next().unwrap().unwrap().properties;
    assert_eq!((old.mail.files[0].name.as_str(), value(card, "VERSION")), ("PIM00001.vcf", "3.0"));
    assert_eq!((value(card, "N"), value(card, "FN")), ("山田;ソフィー;;;", "山田 ソフィー"));
    assert_eq!((value(card, "X-PHONETIC-LAST-NAME"), value(card, "X-PHONETIC-FIRST-NAME")), ("ﾔﾏﾀﾞ", "ｿﾌｨｰ"));
    assert_eq!((value(card, "TEL"), value(card, "EMAIL")), ("09000000000", "sophie..yamada.@docomo.ne.jp"));
    assert_eq!(value(card, "NOTE"), "十五時以降に電話可");
    assert!(!names(card).contains(&"PHOTO"));
    assert!(old.findings(0).contains(&Reason::ContactRebuilt));

    let new = sample("63-vcard").await;
    let card = &VcardParser::new(new.mail.files[0].content.as_bytes()).next().unwrap().unwrap().properties;
    assert_eq!((value(card, "N"), value(card, "X-PHONETIC-LAST-NAME")), ("髙橋;花子;;;", "たかはし"));
    assert_eq!(value(card, "ORG"), "山田建設㈱;経理部;");
    assert_eq!(value(card, "ADR"), ";;柏5-10-1;柏市;千葉県;277-8505;日本");
    assert!(value(card, "NOTE").contains("hxxps://evil[.]example/card"));
    assert!(!names(card).contains(&"PHOTO") && !names(card).contains(&"URL"));
    assert_eq!(new.findings(0), [Reason::ActiveContentRemoved, Reason::LinkDisabled, Reason::ContactRebuilt]);
}

#[tokio::test]
async fn an_invitation_that_was_cut_is_kept_back_and_the_text_arrives() {
    let mail = "From: a@sender.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=limit-of-parts\r\n\r\n\
        --limit-of-parts\r\nContent-Type: text/plain\r\n\r\nthe body\r\n\
        --limit-of-parts\r\nContent-Type: text/calendar; name=invite.ics\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\n\
        --limit-of-parts--\r\n";
    let ended = ended(mail.as_bytes()).await;
    assert!(ended.mail.files.is_empty() && ended.mail.text.contains("the body"), "{}", ended.mail.text);
    let outcomes: Vec<_> = ended.item.outcomes.iter().flat_map(|(_, outcomes)| outcomes).collect();
    assert!(outcomes.iter().any(|outcome| outcome.reason == Some(Reason::Corrupt)), "{outcomes:?}");
}

#[tokio::test]
async fn a_calendar_that_names_addresses_in_every_way_does_not_cost_its_mail() {
    let event = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261201T010000Z\r\n\
        SUMMARY:「打合せ」\r\nDESCRIPTION:連絡先 <mailto:a@b.jp>\\Nwww.evil.example ldap://x \\\\\\\\server\\\\share http:/x\r\n\
        ATTENDEE;CN=\"mailto:a@b.jp^nwww.evil.example\":mailto:a@b.jp?attach=/etc/x\r\n\
        BEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let wide = format!("\u{FEFF}{event}");
    let wide = wide.encode_utf16().flat_map(u16::to_be_bytes);
    let wide: Vec<String> = wide.map(|byte| format!("={byte:02X}")).collect();
    let wide: Vec<String> = wide.chunks(20).map(<[String]>::concat).collect();
    let mail = format!(
        "From: a@sender.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=limit-of-parts\r\n\r\n\
        --limit-of-parts\r\nContent-Type: text/plain\r\n\r\nthe body\r\n\
        --limit-of-parts\r\nContent-Type: text/calendar; charset=utf-8; name=a.ics\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{event}\r\n\
        --limit-of-parts\r\nContent-Type: text/calendar; charset=utf-16; name=b.ics\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n\
        --limit-of-parts\r\nContent-Type: text/vcard; charset=utf-8; name=c.vcf\r\n\r\n\
        BEGIN:VCARD\r\nEMAIL:soumu@www.city.example.jp\r\nTEL:tel:tel:1\r\nNOTE:mailto:a@b.jp\r\nEND:VCARD\r\n\
        --limit-of-parts--\r\n",
        wide.join("=\r\n")
    );
    let ended = ended(mail.as_bytes()).await;
    let [narrow, wide, card] = ended.mail.files.as_slice() else { panic!("{:?}", ended.mail) };
    assert_eq!(narrow.content, wide.content);
    let content = narrow.content.replace("\r\n ", "");
    assert!(content.contains("SUMMARY:「打合せ」\r\n"), "{content}");
    let description = "連絡先 <mailto[:]a@b.jp>\\nwww[.]evil[.]example ldap[://]x [\\\\\\\\]server\\\\share http[:/]x";
    assert!(content.contains(&format!("DESCRIPTION:{description}\r\n")), "{content}");
    assert!(content.contains("ATTENDEE;CN=\"mailto[:]a@b.jp www[.]evil[.]example\":mailto:a@b.jp\r\n"), "{content}");
    assert!(!content.contains("VALARM"), "{content}");
    assert!(
        card.content.contains("EMAIL:soumu@www.city.example.jp\r\nTEL:1\r\nNOTE:mailto[:]a@b.jp\r\n"),
        "{}",
        card.content
    );
}
