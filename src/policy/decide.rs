//! From facts to a decision.
//!
//! What does not depend on the recipient is asked once per part; recipients for whom the same rules hold are decided
//! together, so that a mail to a thousand people costs little more than one to a single person.
//! Invariant: the groups keep the order of the envelope, and no two of them are alike.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::RuleSet;
use super::condition::Subject;
use super::pattern::Person;
use super::rule::{Effect, Rule};
use crate::domain::{Action, Decision, Facts, GroupDecision, Part, PartDecision, PartRole, Reason, RuleName};

/// The rules that may decide about one thing, in order: those that hold for every recipient end the list.
type Shortlist<'r> = Vec<(usize, &'r Rule)>;

/// Which rule decides about the mail and about each kind of part, by number; absent where none matches.
type Verdict = (Option<usize>, Vec<Option<usize>>);

/// Parts that the same rules may decide about are of one kind: however many parts there are, each kind is asked once.
#[derive(Debug, Default)]
struct Kinds<'r> {
    shortlists: Vec<Shortlist<'r>>,
    /// The kind of each part, in reading order.
    of_part: Vec<usize>,
}

impl RuleSet {
    /// Decides about every part for every recipient. Rules whose last day is before `today` do not count.
    ///
    /// To give the same answer after a crash, take the day from [`Facts::received_at`] (see [`super::civil_date`]).
    #[must_use]
    pub fn decide(&self, facts: &Facts, today: Date) -> Decision {
        let sender = facts.origin.sender().map(Person::from);
        let mail = self.shortlist(today, true, |rule| holds_for_mail(rule, facts, sender.as_ref()));
        let kinds = self.kinds(facts, sender.as_ref(), today);
        let about_recipient: BTreeMap<usize, &Rule> = kinds
            .shortlists
            .iter()
            .chain([&mail])
            .flatten()
            .filter(|(_, rule)| rule.is_about_recipient())
            .copied()
            .collect();

        let mut groups: Vec<GroupDecision> = Vec::new();
        let mut of_profile: BTreeMap<BTreeSet<usize>, usize> = BTreeMap::new();
        let mut of_verdict: BTreeMap<Verdict, usize> = BTreeMap::new();
        for recipient in facts.origin.recipients() {
            let person = Person::from(recipient);
            let profile: BTreeSet<usize> =
                about_recipient.iter().filter(|(_, rule)| rule.holds_for(&person)).map(|(number, _)| *number).collect();
            let group = *of_profile.entry(profile).or_insert_with_key(|profile| {
                let of_kinds = kinds.shortlists.iter().map(|shortlist| pick(shortlist, profile)).collect();
                let verdict = (pick(&mail, profile), of_kinds);
                *of_verdict.entry(verdict).or_insert_with_key(|verdict| {
                    groups.push(self.group(facts, &kinds, verdict));
                    groups.len().saturating_sub(1)
                })
            });
            if let Some(group) = groups.get_mut(group) {
                group.recipients.push(recipient.clone());
            }
        }
        Decision { rules: self.version(), groups }
    }

    fn shortlist(&self, today: Date, about_mail: bool, holds: impl Fn(&Rule) -> bool) -> Shortlist<'_> {
        let mut shortlist = Vec::new();
        for (number, rule) in self.rules().iter().enumerate() {
            if rule.effect.is_about_mail() == about_mail && rule.is_live(today) && holds(rule) {
                shortlist.push((number, rule));
                if !rule.is_about_recipient() {
                    break;
                }
            }
        }
        shortlist
    }

    fn kinds<'r>(&'r self, facts: &Facts, sender: Option<&Person>, today: Date) -> Kinds<'r> {
        let mut kinds = Kinds::default();
        let mut known: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for part in &facts.parts {
            let subject = Subject { facts, sender, part: Some(part) };
            let shortlist = self.shortlist(today, false, |rule| rule.holds(&subject));
            let numbers = shortlist.iter().map(|(number, _)| *number).collect();
            let kind = *known.entry(numbers).or_insert_with(|| {
                kinds.shortlists.push(shortlist);
                kinds.shortlists.len().saturating_sub(1)
            });
            kinds.of_part.push(kind);
        }
        kinds
    }

    fn group(&self, facts: &Facts, kinds: &Kinds<'_>, (mail, of_kinds): &Verdict) -> GroupDecision {
        let rule = |number: Option<usize>| number.and_then(|number| self.rules().get(number));
        let of_kind = |kind: &usize| rule(of_kinds.get(*kind).copied().flatten());
        let decided = facts.parts.iter().zip(&kinds.of_part).map(|(part, kind)| part_decision(part, of_kind(kind)));
        let mut parts = decided.collect();
        keep_with_their_mail(facts, &mut parts);
        GroupDecision { recipients: Vec::new(), hold: rule(*mail).map(|rule| rule.name.clone()), parts }
    }
}

/// What is in a mail or an archive that is kept back is kept back with it, whatever was decided about it alone.
fn keep_with_their_mail(facts: &Facts, parts: &mut Vec<PartDecision>) {
    let mut kept: Option<PartDecision> = None;
    // Reading order: a mail comes before everything inside it.
    for part in parts {
        match &kept {
            Some(mail) if part.path.is_inside(&mail.path) => {
                *part = PartDecision { path: part.path.clone(), ..mail.clone() };
            }
            _ => kept = is_kept_mail(facts, part).then(|| part.clone()),
        }
    }
}

/// True for a mail or an archive inside the mail that is kept back, and everything in it with it.
pub(super) fn is_kept_mail(facts: &Facts, decision: &PartDecision) -> bool {
    let is_opened = |part: &Part| matches!(part.role, PartRole::Enclosed | PartRole::Archive);
    facts.part(&decision.path).is_some_and(is_opened) && !decision.action.needs_worker()
}

/// True if a rule about the mail holds for the mail as a whole or for any one of its parts, recipients apart.
pub(super) fn holds_for_mail(rule: &Rule, facts: &Facts, sender: Option<&Person>) -> bool {
    mail_subjects(rule, facts, sender).any(|subject| rule.holds(&subject))
}

/// What a rule about the mail is asked about: the mail itself, unless the rule asks for a part; then each part.
pub(super) fn mail_subjects<'f>(
    rule: &Rule,
    facts: &'f Facts,
    sender: Option<&'f Person>,
) -> impl Iterator<Item = Subject<'f>> + use<'f> {
    let whole = (!rule.is_about_part()).then_some(Subject { facts, sender, part: None });
    whole.into_iter().chain(facts.parts.iter().map(move |part| Subject { facts, sender, part: Some(part) }))
}

fn part_decision(part: &Part, rule: Option<&Rule>) -> PartDecision {
    let path = part.path.clone();
    match rule.map(|rule| (rule, rule.effect)) {
        Some((rule, Effect::Part(action))) => PartDecision { path, action, reason: rule.code, rule: rule.name.clone() },
        // Fail closed: what no rule speaks of is kept back.
        Some((_, Effect::HoldMail)) | None => PartDecision {
            path,
            action: Action::Quarantine,
            reason: Some(Reason::UnsupportedFormat),
            rule: RuleName::last_resort(),
        },
    }
}

fn pick(shortlist: &Shortlist<'_>, profile: &BTreeSet<usize>) -> Option<usize> {
    let holds = |(number, rule): &&(usize, &Rule)| !rule.is_about_recipient() || profile.contains(number);
    shortlist.iter().find(holds).map(|(number, _)| *number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        Client, Digest, Envelope, Finding, HeaderFacts, Mailbox, Origin, PartPath, ReversePath, Timestamp, TypeClass,
        TypeId,
    };

    const TODAY: Date = jiff::civil::date(2026, 11, 23);

    fn rules(rows: &[(&str, &str, &str)]) -> RuleSet {
        let row = |(name, when, action): &(&str, &str, &str)| {
            format!(
                "[[rule]]\nname = \"{name}\"\nowner = \"o\"\nreason_text = \"r\"\nwhen = {{ {when} }}\naction = {action}\n"
            )
        };
        let text: String = rows.iter().map(row).collect();
        let departments = "[departments]\n\"税務課\" = [\"@tax.jp\", \"a@x.jp\"]\n".to_owned();
        RuleSet::parse(&[("t".to_owned(), departments + &text)]).unwrap()
    }

    fn part(number: u16, role: PartRole, class: TypeClass) -> Part {
        Part {
            path: PartPath::new(vec![number]).unwrap(),
            role,
            declared: "text/plain".to_owned(),
            detected: TypeId::try_from(class.as_str().replace('_', "-")).unwrap(),
            class,
            name: None,
            folders: Vec::new(),
            extensions: Vec::new(),
            length: 10,
            digest: Digest::of(b""),
            encrypted: false,
        }
    }

    fn facts(sender: Option<&str>, recipients: &[&str], parts: Vec<Part>) -> Facts {
        let mailbox = |text: &str| Mailbox::parse(text).unwrap();
        Facts {
            received_at: Timestamp::from_millis(0),
            origin: Origin::Mail(Envelope {
                reverse_path: sender.map_or_else(ReversePath::null, |text| ReversePath::of(mailbox(text))),
                forward_paths: recipients.iter().map(|text| mailbox(text)).collect(),
                client: Client { address: [127, 0, 0, 1].into(), helo: "h".to_owned(), tls: None },
                eight_bit: false,
            }),
            length: 100,
            headers: HeaderFacts::default(),
            parts,
            findings: Vec::new(),
            ambiguities: Vec::new(),
            sender: crate::domain::SenderFacts::default(),
        }
    }

    /// Which rules decided: per group its recipients, the holding rule, the rules of the parts.
    fn summary(decision: &Decision) -> Vec<String> {
        let line = |group: &GroupDecision| {
            let recipients = group.recipients.iter().map(Mailbox::as_str).collect::<Vec<_>>().join(",");
            let parts = group.parts.iter().map(|part| part.rule.as_str()).collect::<Vec<_>>().join(",");
            format!("{recipients}|{}|{parts}", group.hold.as_ref().map_or("", RuleName::as_str))
        };
        decision.groups.iter().map(line).collect()
    }

    fn attachments(classes: &[TypeClass]) -> Vec<Part> {
        (1..).zip(classes).map(|(number, class)| part(number, PartRole::Attachment, *class)).collect()
    }

    #[test]
    fn the_first_rule_that_matches_decides_and_what_none_matches_is_kept_back() {
        let rules = rules(&[
            ("R-1", "class = \"text\", size_over = 10", "\"strip\""),
            ("R-2", "class = [\"text\", \"image\"]", "\"rebuild\""),
            ("R-3", "class = [\"image\", \"mail\"], size_under = 99", "\"hold\""),
        ]);
        let facts = facts(None, &["a@x.jp"], attachments(&[TypeClass::Text, TypeClass::Image, TypeClass::Archive]));
        let decision = rules.decide(&facts, TODAY);
        assert_eq!(summary(&decision), ["a@x.jp||R-2,R-2,default"]);
        let last = &decision.groups[0].parts[2];
        assert_eq!((last.action, last.reason), (Action::Quarantine, Some(Reason::UnsupportedFormat)));
        assert_eq!(decision.groups[0].parts[0].reason, None);
        assert_eq!(decision.rules, rules.version());
    }

    #[test]
    fn recipients_decided_alike_share_a_group_in_the_order_of_the_envelope() {
        let rules = rules(&[
            ("R-1", "recipient = \"@tax.jp\"", "\"hold\""),
            ("R-2", "department = \"税務課\", class = \"text\"", "\"strip\""),
            ("R-3", "recipient = \"unused@x.jp\"", "\"strip\""),
            ("R-4", "", "\"rebuild\""),
        ]);
        let recipients = ["b@x.jp", "c@tax.jp", "A@x.jp", "d@x.jp", "e@tax.jp"];
        let decision = rules.decide(&facts(None, &recipients, attachments(&[TypeClass::Text])), TODAY);
        assert_eq!(summary(&decision), ["b@x.jp,d@x.jp||R-4", "c@tax.jp,e@tax.jp||R-1", "A@x.jp||R-2"]);
        let decision = rules.decide(&facts(None, &recipients, attachments(&[TypeClass::Image])), TODAY);
        assert_eq!(summary(&decision), ["b@x.jp,A@x.jp,d@x.jp||R-4", "c@tax.jp,e@tax.jp||R-1"]);
    }

    #[test]
    fn a_mail_is_held_by_a_match_on_itself_or_on_any_one_of_its_parts() {
        let rules = rules(&[
            ("M-1", "sender = \"<>\", recipient = \"a@x.jp\"", "\"hold-mail\""),
            ("M-2", "class = \"executable\", size_over = 5", "\"hold-mail\""),
            ("M-3", "finding = \"type_mismatch\"", "\"hold-mail\""),
            ("R-1", "", "\"rebuild\""),
        ]);
        let two = ["a@x.jp", "b@x.jp"];
        let hold = |facts: &Facts| summary(&rules.decide(facts, TODAY));
        let text = attachments(&[TypeClass::Text]);
        assert_eq!(hold(&facts(Some("s@y.jp"), &two, text.clone())), ["a@x.jp,b@x.jp||R-1"]);
        assert_eq!(hold(&facts(None, &two, text.clone())), ["a@x.jp|M-1|R-1", "b@x.jp||R-1"]);
        assert_eq!(hold(&facts(None, &two, Vec::new())), ["a@x.jp|M-1|", "b@x.jp||"]);
        let program = attachments(&[TypeClass::Text, TypeClass::Executable]);
        assert_eq!(hold(&facts(Some("s@y.jp"), &two, program.clone())), ["a@x.jp,b@x.jp|M-2|R-1,R-1"]);
        let mut small = program;
        small[1].length = 5;
        assert_eq!(
            hold(&facts(Some("s@y.jp"), &two, small)),
            ["a@x.jp,b@x.jp||R-1,R-1"],
            "one part has the class, the other the size"
        );
        for path in ["0", "1"] {
            let mut found = facts(Some("s@y.jp"), &two, text.clone());
            found.findings = vec![Finding { code: Reason::TypeMismatch, part: path.parse().unwrap(), count: 1 }];
            assert_eq!(hold(&found), ["a@x.jp,b@x.jp|M-3|R-1"]);
        }
    }

    #[test]
    fn what_is_found_on_a_multipart_holds_for_the_parts_in_it() {
        let rules = rules(&[("R-1", "finding = \"corrupt\"", "\"quarantine\""), ("R-2", "", "\"text\"")]);
        let at = |path: &str, role| Part { path: path.parse().unwrap(), ..part(1, role, TypeClass::Text) };
        let decided = |parts: Vec<Part>, found: &str| {
            let mut facts = facts(None, &["a@x.jp"], parts);
            facts.findings = vec![Finding { code: Reason::Corrupt, part: found.parse().unwrap(), count: 1 }];
            let decision = rules.decide(&facts, TODAY);
            decision.groups[0].parts.iter().map(|part| part.rule.as_str().to_owned()).collect::<Vec<_>>().join(" ")
        };
        let file = PartRole::Attachment;
        assert_eq!(decided(vec![at("1", file), at("2.1", file), at("2.2.1", file)], "2"), "R-2 R-1 R-1");
        assert_eq!(decided(vec![at("1", file), at("2.1", file), at("2.2.1", file)], "2.2"), "R-2 R-2 R-1");
        // A text with files in it is a part itself: what is found on it is its own.
        assert_eq!(decided(vec![at("2", PartRole::Body), at("2.1", file)], "2"), "R-1 R-2");
    }

    #[test]
    fn the_parts_of_an_enclosed_mail_are_kept_back_with_it() {
        let rules = rules(&[
            ("R-1", "role = \"enclosed\", size_over = 10", "\"quarantine\""),
            ("R-2", "role = \"enclosed\"", "\"text\""),
            ("R-3", "class = \"image\"", "\"hold\""),
            ("R-4", "", "\"rebuild\""),
        ]);
        let at = |path: &str, role, class, length| {
            let path = path.parse().unwrap();
            Part { path, length, ..part(1, role, class) }
        };
        let decided = |length| {
            let parts = vec![
                at("1", PartRole::Enclosed, TypeClass::Mail, length),
                at("1.1", PartRole::Body, TypeClass::Text, 1),
                at("1.2", PartRole::Enclosed, TypeClass::Mail, 1),
                at("1.2.1", PartRole::Attachment, TypeClass::Image, 1),
                at("2", PartRole::Attachment, TypeClass::Text, 1),
            ];
            let decision = rules.decide(&facts(None, &["a@x.jp"], parts), TODAY);
            let rules: Vec<_> = decision.groups[0].parts.iter().map(|part| part.rule.as_str().to_owned()).collect();
            rules.join(" ")
        };
        assert_eq!(decided(10), "R-2 R-4 R-2 R-3 R-4");
        assert_eq!(decided(11), "R-1 R-1 R-1 R-1 R-4");
    }

    #[test]
    fn each_condition_asks_for_what_it_names() {
        let mut file = part(1, PartRole::Attachment, TypeClass::Text);
        file.name = Some("請求書.txt".to_owned().try_into().unwrap());
        file.extensions = vec!["txt".to_owned(), "exe".to_owned()];
        file.encrypted = true;
        let mut facts = facts(Some("Taro@Sub.Y.jp"), &["a@x.jp"], vec![file]);
        facts.sender = crate::domain::SenderFacts::assumed(crate::domain::Authentication::Failed);
        facts.findings = vec![
            Finding { code: Reason::Corrupt, part: "1".parse().unwrap(), count: 1 },
            Finding { code: Reason::TooDeep, part: PartPath::root(), count: 1 },
            Finding { code: Reason::TooLarge, part: "2".parse().unwrap(), count: 1 },
        ];
        for (when, expected) in [
            ("role = \"attachment\"", true),
            ("role = [\"body\", \"alternative\"]", false),
            ("type = \"text\"", true),
            ("type = \"pdf\"", false),
            ("extension = [\"EXE\", \"com\"]", true),
            ("extension = \"pdf\"", false),
            ("extension_only = \"txt\"", false),
            ("extension_only = [\"txt\", \"exe\"]", true),
            ("name_matches = \"^請求書\"", true),
            ("name_matches = \"^求\"", false),
            ("size_over = 9", true),
            ("size_over = 10", false),
            ("size_under = 11", true),
            ("size_under = 10", false),
            ("encrypted = true", true),
            ("encrypted = false", false),
            ("finding = \"corrupt\"", true),
            ("finding = \"too_deep\"", true),
            ("finding = \"too_large\"", false),
            ("authentication = [\"passed\", \"failed\"]", true),
            ("authentication = \"none\"", false),
            ("sender = \"taro@sub.y.jp\"", true),
            ("sender = \".y.jp\"", true),
            ("sender = \"@y.jp\"", false),
            ("sender = \"<>\"", false),
            ("recipient = \"@x.jp\"", true),
            ("recipient = \".x.jp\"", false),
            ("department = \"税務課\"", true),
        ] {
            let decision = rules(&[("R-1", when, "\"strip\"")]).decide(&facts, TODAY);
            assert_eq!(decision.groups[0].parts[0].rule.as_str() == "R-1", expected, "{when}");
        }
    }

    #[test]
    fn a_rule_counts_until_the_end_of_its_last_day() {
        let rules = rules(&[("R-1", "", "\"rebuild\"\nexpires = \"2026-11-23\"")]);
        let facts = facts(None, &["a@x.jp"], attachments(&[TypeClass::Text]));
        let decided = |day: Date| rules.decide(&facts, day).groups[0].parts[0].rule.to_string();
        assert_eq!(decided(TODAY), "R-1");
        assert_eq!(decided(TODAY.tomorrow().unwrap()), "default");
    }

    fn any_rules() -> impl Strategy<Value = RuleSet> {
        let when = prop_oneof![
            Just("class = \"text\""),
            Just("class = [\"image\", \"text\"]"),
            Just("recipient = \"a@x.jp\""),
            Just("recipient = [\"@x.jp\", \".jp\"]"),
            Just("department = \"税務課\", class = \"image\""),
            Just("sender = \"<>\""),
            Just("finding = \"corrupt\""),
            Just("authentication = [\"failed\", \"none\"]"),
            Just("encrypted = false"),
        ];
        let action = prop_oneof![
            Just("\"text\""),
            Just("\"rebuild\""),
            Just("\"hold\""),
            Just("\"hold-mail\""),
            Just("\"strip\"")
        ];
        prop::collection::vec((when, action), 0..8).prop_map(|rows| {
            // Each row alone is sound; a row that an earlier one makes unreachable is left out.
            let mut kept: Vec<(String, &str, &str)> = Vec::new();
            for (number, (when, action)) in rows.into_iter().enumerate() {
                kept.push((format!("R-{number}"), when, action));
                let sound = |rows: &[(String, &str, &str)]| {
                    let text: String = rows.iter().map(|(name, when, action)| format!(
                        "[[rule]]\nname = \"{name}\"\nowner = \"o\"\nreason_text = \"r\"\nwhen = {{ {when} }}\naction = {action}\n"
                    )).collect();
                    RuleSet::parse(&[("t".to_owned(), "[departments]\n\"税務課\" = \"@tax.jp\"\n".to_owned() + &text)]).is_ok()
                };
                if !sound(&kept) {
                    kept.pop();
                }
            }
            let rows: Vec<(&str, &str, &str)> = kept.iter().map(|(name, when, action)| (name.as_str(), *when, *action)).collect();
            rules(&rows)
        })
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        let recipient =
            prop::sample::subsequence(vec!["a@x.jp", "b@x.jp", "c@tax.jp", "d@sub.x.jp", "E@tax.jp"], 0..=5);
        let class = prop::sample::select(vec![TypeClass::Text, TypeClass::Image, TypeClass::Unknown]);
        let parts = prop::collection::vec(class, 0..6).prop_map(|classes| attachments(&classes));
        (recipient.prop_shuffle(), parts, any::<bool>(), any::<bool>()).prop_map(
            |(recipients, parts, null, corrupt)| {
                let mut facts = facts((!null).then_some("s@y.jp"), &recipients, parts);
                let part = if corrupt { PartPath::root() } else { PartPath::new(vec![1]).unwrap() };
                facts.findings = vec![Finding { code: Reason::Corrupt, part, count: 1 }];
                facts
            },
        )
    }

    proptest! {
        #[test]
        fn deciding_is_total_deterministic_and_the_same_for_each_recipient_alone(rules in any_rules(), facts in any_facts()) {
            let decision = rules.decide(&facts, TODAY);
            prop_assert_eq!(&decision, &rules.decide(&facts, TODAY));
            let mut seen: Vec<&Mailbox> = decision.groups.iter().flat_map(|group| &group.recipients).collect();
            let mut given: Vec<&Mailbox> = facts.origin.recipients().iter().collect();
            seen.sort();
            given.sort();
            prop_assert_eq!(seen, given, "every recipient once");
            for group in &decision.groups {
                let paths: Vec<&PartPath> = group.parts.iter().map(|part| &part.path).collect();
                prop_assert_eq!(paths, facts.parts.iter().map(|part| &part.path).collect::<Vec<_>>(), "every part once");
                for part in &group.parts {
                    prop_assert_eq!(part.reason.is_none(), part.action.needs_worker());
                }
                for recipient in &group.recipients {
                    let Origin::Mail(mut envelope) = facts.origin.clone() else { unreachable!() };
                    envelope.forward_paths = vec![recipient.clone()];
                    let alone = rules.decide(&Facts { origin: Origin::Mail(envelope), ..facts.clone() }, TODAY);
                    prop_assert_eq!((&alone.groups[0].hold, &alone.groups[0].parts), (&group.hold, &group.parts));
                }
            }
            for (number, group) in decision.groups.iter().enumerate() {
                for other in decision.groups.iter().take(number) {
                    prop_assert_ne!((&group.hold, &group.parts), (&other.hold, &other.parts), "no two groups are alike");
                }
            }
        }

        #[test]
        fn the_explanation_ends_in_the_rule_that_decided(rules in any_rules(), facts in any_facts()) {
            let explanations = rules.explain(&facts, TODAY);
            for group in rules.decide(&facts, TODAY).groups {
                let first = &group.recipients[0];
                let about = |path: Option<&PartPath>| -> Vec<_> {
                    explanations.iter().filter(|one| one.recipient == *first && one.path.as_ref() == path).collect()
                };
                for part in &group.parts {
                    let steps = about(Some(&part.path));
                    let (last, before) = steps.split_last().unwrap();
                    prop_assert!(last.matched && last.failed.is_none() && last.rule == part.rule);
                    prop_assert!(before.iter().all(|step| !step.matched && step.failed.is_some()));
                }
                let matched: Vec<_> = about(None).into_iter().filter(|step| step.matched).map(|step| &step.rule).collect();
                prop_assert_eq!(matched, group.hold.iter().collect::<Vec<_>>());
            }
        }
    }
}
