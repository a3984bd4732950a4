//! What a site says in its own words: small templates for a few places of the notice.
//!
//! Refuses at start: unknown places and variables, faulty templates, text that breaks the rules of the place (lines,
//! lengths, links other than the portal's). Invariant: no template can include, open or call anything, and one that
//! fails at delivery leaves the built-in words standing.

mod fault;
mod place;
mod rendering;

use std::collections::BTreeMap;

use super::looks::{after, is_blank, letters};
use super::{MailStatus, Site, wording};
use crate::domain::Language;
pub use fault::{PhraseFault, PhraseProblem};
pub use place::{Place, VARIABLES};
pub(super) use rendering::Known;

/// The templates of a site, each proven to work on made-up mails; empty for the built-in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phrases {
    templates: BTreeMap<Place, String>,
    /// Tags are fixed texts, so that they can be taken off a subject again.
    tags: BTreeMap<Place, String>,
    portal_url: String,
}

impl Phrases {
    /// Takes the texts of `site` by the names of their places, and tries each on made-up mails there: in its language,
    /// with its contact and its retention. Its portal is the only address that may be a link.
    ///
    /// # Errors
    /// All mistakes, each with its line within its text.
    pub fn new<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>, site: &Site) -> Result<Self, Vec<PhraseFault>> {
        let mut this = Self { portal_url: site.portal_url.clone(), ..Self::default() };
        let mut faults = Vec::new();
        for (name, text) in texts {
            let fault = |(line, problem)| PhraseFault { name: name.to_owned(), line, problem };
            let Some(place) = Place::of(name) else {
                faults.push(fault((1, PhraseProblem::UnknownPlace)));
                continue;
            };
            match rendering::prove(place, text, site) {
                Ok(rendered) if place.is_tag() => _ = this.tags.insert(place, rendered),
                Ok(_) => _ = this.templates.insert(place, text.to_owned()),
                Err(why) => faults.push(fault(why)),
            }
        }
        if faults.is_empty() { Ok(this) } else { Err(faults) }
    }

    /// What the site says here, as guarded lines; absent if it says nothing of its own.
    pub(super) fn say(&self, place: Place, known: &Known<'_>) -> Option<Vec<String>> {
        let text = self.templates.get(&place)?;
        match rendering::render(place, text, known, &self.portal_url) {
            Ok(rendered) => Some(rendered.lines().map(str::to_owned).collect()),
            Err((line, problem)) => {
                let (place, problem) = (place.name(), problem.what(Language::En));
                tracing::warn!(place, line, problem, "a phrase of the site failed; the built-in words stand for it");
                None
            }
        }
    }

    /// The site's tag in front of the subject; absent if it has none of its own, empty if it wants none.
    pub(super) fn tag(&self, status: MailStatus) -> Option<&str> {
        let place = match status {
            MailStatus::Clean => return None,
            MailStatus::Text => Place::TagText,
            MailStatus::Changed => Place::TagChanged,
            MailStatus::Action | MailStatus::Held | MailStatus::Quarantined => Place::TagAction,
        };
        self.tags.get(&place).map(String::as_str)
    }

    /// `subject` without tags of ours or the site's at its front, so that they neither pile up nor come from outside.
    pub(super) fn without_tags<'s>(&self, subject: &'s str) -> &'s str {
        let mut rest = subject.trim_start();
        while let Some(shorter) = self.after_tag(rest.trim_start_matches(is_blank)) {
            rest = shorter.trim_start_matches(is_blank);
        }
        rest
    }

    /// What follows a tag, in brackets of any width and with blanks inside them, or as the site writes it.
    fn after_tag<'s>(&self, subject: &'s str) -> Option<&'s str> {
        let own: Vec<&str> = self.tags.values().map(String::as_str).filter(|tag| !tag.is_empty()).collect();
        if let Some(rest) = own.iter().find_map(|tag| after(subject, tag)) {
            return Some(rest);
        }
        let (inside, rest) = subject.strip_prefix(BRACKETS_OPEN)?.split_once(BRACKETS_CLOSE)?;
        let inside = letters(inside);
        let bare = |tag: &str| letters(tag.trim_start_matches(BRACKETS_OPEN).trim_end_matches(BRACKETS_CLOSE));
        let is_tag = |tag: &str| bare(tag).eq_ignore_ascii_case(&inside);
        (wording::tags().any(is_tag) || own.into_iter().any(is_tag)).then_some(rest)
    }
}

const BRACKETS_OPEN: [char; 3] = ['[', '［', '【'];
const BRACKETS_CLOSE: [char; 3] = [']', '］', '】'];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::notice;
    use crate::compose::tests::site;

    fn here() -> Site {
        Site { portal_url: "https://portal.example/x".to_owned(), ..site(Language::Ja) }
    }

    fn problems(name: &str, text: &str) -> Vec<(usize, &'static str)> {
        problems_at(&here(), name, text)
    }

    fn problems_at(site: &Site, name: &str, text: &str) -> Vec<(usize, &'static str)> {
        match Phrases::new([(name, text)], site) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.into_iter().map(|fault| (fault.line, fault.problem.code())).collect(),
        }
    }

    #[test]
    fn our_tags_do_not_pile_up_and_cannot_be_brought_along() {
        let phrases = Phrases::new([("tag_action", "〔要手続〕"), ("tag_changed", "[洗浄済]")], &here()).unwrap();
        for (subject, rest) in [
            ("請求書", "請求書"),
            ("[無害化] 請求書", "請求書"),
            (" [要操作][無害化]  [Action needed] 請求書", "請求書"),
            ("Re: [無害化] 請求書", "Re: [無害化] 請求書"),
            ("[無害化]", ""),
            ("［要操作］【 無害化 】 [action needed] x", "x"),
            ("〔要手続〕【洗浄済】[ 洗浄済 ] x", "x"),
            ("[議案] x", "[議案] x"),
            ("[", "["),
            ("[無害] x", "[無害] x"),
            ("[\u{FE0E}無害化] x", "x"),
            ("\u{2800}[無\u{E0100}害化\u{FFF0}] \u{2800}x", "x"),
            ("〔\u{FE0E}要手続〕\u{FE0F}[Action\u{3000}needed] x", "x"),
            ("葛\u{E0100}飾区 [無害化]", "葛\u{E0100}飾区 [無害化]"),
        ] {
            assert_eq!(phrases.without_tags(subject), rest);
        }
    }

    #[test]
    fn what_a_place_takes_is_taken() {
        for (name, text) in [
            ("top", "■ {{ reference }} を安全な形に変えました（{{ attachments }}件）。"),
            ("top", "{% if waiting %}手続きがあります。{% else %}安全な形に変えました。{% endif %}\n"),
            ("kept", "メールを預かっています。\n{{ kept_until }}までに{{ contact }}へ。"),
            ("kept_subject", "預かりのお知らせ {{ reference }}"),
            ("contact", "情報政策課 内線1234\n平日 8:30 から 17:15 まで"),
            ("closing", "くわしくは {{ portal }} を見てください。\n受信 {{ received }}"),
            ("tag_text", "[文字]"),
            ("tag_changed", ""),
        ] {
            assert_eq!(problems(name, text), [], "{name}: {text}");
        }
    }

    #[test]
    fn mistakes_are_found_at_start_with_their_lines() {
        for (name, text, line, code) in [
            ("topp", "x", 1, "unknown_place"),
            ("closing", "a\n{{ subject }}", 2, "unknown_variable"),
            ("closing", "a\n\n{% if x", 3, "template_syntax"),
            ("closing", "{% include \"/etc/passwd\" %}", 1, "template_syntax"),
            ("closing", "{{ contact|upper }}", 1, "template_syntax"),
            ("closing", "{{ range(3) }}", 1, "unknown_variable"),
            ("closing", "{% for a in \"x\" * 90000 %}{{ a }}{% endfor %}", 1, "template_fails"),
            ("closing", "{{ waiting + \"x\" }}", 1, "template_fails"),
            ("closing", "a\nhttps://evil.example/", 2, "foreign_link"),
            ("closing", "https://portal.example/xyz", 1, "foreign_link"),
            ("closing", "www.evil.example", 1, "foreign_link"),
            ("closing", "────────────────", 1, "imitation"),
            ("closing", "────────\u{FE0E}────────", 1, "imitation"),
            ("closing", "a\n──── 添付されたメール ────", 2, "imitation"),
            ("closing", "begin 644 a.exe", 1, "imitation"),
            ("closing", "a\u{202E}b", 1, "control_character"),
            ("closing", "a\nb\nc\nd\ne\nf\ng", 7, "too_many_lines"),
            ("top", "", 1, "empty"),
            ("top", "■\u{3000}", 1, "empty"),
            ("top", "a\nb", 2, "too_many_lines"),
            ("kept_subject", "=?UTF-8?B?eA==?=", 1, "encoded_word"),
            ("tag_action", "[{{ reference }}]", 1, "unknown_variable"),
            ("tag_action", "[とてもとてもとてもとても長い印です]", 1, "too_long"),
        ] {
            assert_eq!(problems(name, text), [(line, code)], "{name}: {text}");
        }
        let long = "長".repeat(81);
        assert_eq!(problems("closing", &long), [(1, "too_long")]);
    }

    #[test]
    fn a_template_is_tried_as_it_would_be_worded_at_its_site() {
        let text = "メールを預かっています。お問い合わせは{{ contact }}までお願いします。";
        let at = |contact: &str| Site { contact: contact.to_owned(), ..here() };
        assert_eq!(problems_at(&at("情報政策課 内線1234"), "kept", text), []);
        let long = "総務部 情報政策課 情報システム係 内線1234、夜間は守衛室 内線9999";
        assert_eq!(problems_at(&at(long), "kept", text), [(1, "too_long")]);
        assert_eq!(problems_at(&at(&"長".repeat(500)), "closing", "{{ contact }}"), [], "cut as it is when written");
        assert_eq!(problems_at(&at(""), "top", "{{ contact }}"), [(1, "empty")]);
        assert_eq!(problems_at(&at("https://it.example"), "closing", "{{ contact }}"), [(1, "foreign_link")]);

        // In its own language, on its longest days, for every standing of an attachment.
        let english = Site { language: Language::En, ..here() };
        let dated = "原本は{{ kept_until }}を過ぎますと削除しますので、必要なときはそれまでに申請をしてください。";
        assert_eq!(problems_at(&here(), "kept", dated), []);
        assert_eq!(problems_at(&english, "kept", dated), [(1, "too_long")]);
        let branch = "{% if language == \"en\" %}{{ portal }}{% else %}x{% endif %}";
        assert_eq!(problems_at(&Site { portal_url: String::new(), ..english }, "top", branch), [(1, "empty")]);
        let withheld = "{% if waiting %}x{% elif withheld %}{% else %}y{% endif %}";
        assert_eq!(problems("top", withheld), [(1, "empty")]);
        let numbers = format!("{}{{{{ attachments }}}}", "長".repeat(59));
        assert_eq!(problems("top", &numbers), [(1, "too_long")]);
    }

    #[test]
    fn every_fault_is_told_in_both_languages() {
        let faults = Phrases::new([("topp", "x"), ("top", "{{ x }}"), ("closing", "{% if")], &here()).unwrap_err();
        assert_eq!(faults.len(), 3);
        for PhraseFault { problem, .. } in faults {
            assert!(!problem.what(Language::Ja).is_ascii() && problem.what(Language::En).is_ascii());
            assert!(!problem.instead(Language::Ja).is_empty() && problem.instead(Language::En).is_ascii());
        }
    }

    #[test]
    fn a_phrase_that_fails_at_delivery_leaves_the_built_in_words() {
        let text = "{% if reference == \"7K3F-92QD\" %}{{ reference + 1 }}{% endif %}x";
        let phrases = Phrases::new([("closing", text)], &here()).unwrap();
        let known = notice::trials(&here(), "").remove(0);
        assert_eq!(phrases.say(Place::Closing, &known), Some(vec!["x".to_owned()]));
        let known = Known { reference: "7K3F-92QD".to_owned(), ..known };
        assert_eq!(phrases.say(Place::Closing, &known), None);
        assert_eq!(phrases.say(Place::Top, &known), None);
    }
}
