//! What is known of who sent a mail: what trusted relays found out, and how its addresses agree.
//!
//! Refuses: words of relays that the site does not trust; whoever makes these facts leaves them out. Tricks are findings
//! of the item. Invariant: nothing here comes from a header that a sender could have written himself.

use serde::{Deserialize, Serialize};

use super::address::Domain;

/// Facts about the sender.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SenderFacts {
    /// What trusted relays found: per method the words of the newest field that speaks of it; at most [`MAX_CHECKS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<SenderCheck>,
    /// The reverse path belongs to another organisational domain than From. Newsletters and lists do that too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub envelope_differs: bool,
    /// An address of Reply-To belongs to another organisational domain than From.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reply_differs: bool,
}

/// Checks kept of one mail.
pub const MAX_CHECKS: usize = 100;

/// One result of one check, as a trusted relay tells it (RFC 8601 2.7, RFC 7208 9.1, RFC 8617 4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderCheck {
    /// What was checked.
    pub method: CheckMethod,
    /// How it ended.
    pub result: CheckResult,
    /// The domain it speaks for: of the reverse path (spf), of the signature (dkim), of From (dmarc).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// That domain and the domain of every author have one organisational domain (RFC 7489 3.1, relaxed).
    #[serde(default)]
    pub aligned: bool,
    /// Which relay says so: its authserv-id.
    pub said_by: Domain,
}

/// What overall is known of the sender: the line 差出人の確認 of the notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// 合格: the domain in From sent it, as far as a trusted relay can tell.
    Passed,
    /// 不合格: a trusted relay says that the domain in From did not send it.
    Failed,
    /// なし: nobody trusted said anything that counts.
    None,
}

macro_rules! words {
    ($(#[$doc:meta])+ $name:ident { $($(#[$variant_doc:meta])+ $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$variant_doc])+ $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word of the standards, lower case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one with this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// What a relay can check.
    CheckMethod {
        /// May this host send for the domain of the reverse path (RFC 7208)?
        Spf = "spf",
        /// Does a signature of some domain hold (RFC 6376)?
        Dkim = "dkim",
        /// Does either of them speak for the domain in From (RFC 7489)?
        Dmarc = "dmarc",
        /// Does the chain of the relays before hold (RFC 8617)?
        Arc = "arc",
    }
}

words! {
    /// How a check ended (RFC 8601 2.7).
    CheckResult {
        /// It holds.
        Pass = "pass",
        /// It does not hold.
        Fail = "fail",
        /// It probably does not hold (spf).
        Softfail = "softfail",
        /// The domain says nothing either way.
        Neutral = "neutral",
        /// There was nothing to check.
        None = "none",
        /// It could not be checked now.
        Temperror = "temperror",
        /// It can never be checked: what the domain publishes does not read.
        Permerror = "permerror",
        /// It holds, and the relay does not accept it for reasons of its own (dkim).
        Policy = "policy",
    }
}

impl Authentication {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Passed, Self::Failed, Self::None];

    /// The word in rules: `passed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::None => "none",
        }
    }
}

impl SenderFacts {
    /// What overall is known of the sender; the first line that fits decides:
    ///
    /// 1. dmarc failed: [`Authentication::Failed`];
    /// 2. dmarc passed for the domain in From: [`Authentication::Passed`];
    /// 3. spf or dkim passed for the domain in From (aligned): [`Authentication::Passed`];
    /// 4. spf failed (fail, softfail) and no dkim passed: [`Authentication::Failed`];
    /// 5. otherwise [`Authentication::None`]. arc is told and decides nothing: it speaks of relays, not of senders.
    #[must_use]
    pub fn authentication(&self) -> Authentication {
        let any = |method, fits: &dyn Fn(&SenderCheck) -> bool| {
            self.checks.iter().any(|check| check.method == method && fits(check))
        };
        let passed = |check: &SenderCheck| check.result == CheckResult::Pass;
        let vouched = |check: &SenderCheck| passed(check) && check.aligned;
        let failed = |check: &SenderCheck| matches!(check.result, CheckResult::Fail | CheckResult::Softfail);
        if any(CheckMethod::Dmarc, &failed) {
            return Authentication::Failed;
        }
        if [CheckMethod::Dmarc, CheckMethod::Spf, CheckMethod::Dkim].iter().any(|method| any(*method, &vouched)) {
            return Authentication::Passed;
        }
        if any(CheckMethod::Spf, &failed) && !any(CheckMethod::Dkim, &passed) {
            return Authentication::Failed;
        }
        Authentication::None
    }

    /// Facts of which [`Self::authentication`] says `outcome`, for test cases of rules.
    #[must_use]
    pub fn assumed(outcome: Authentication) -> Self {
        let check = |result| SenderCheck {
            method: CheckMethod::Dmarc,
            result,
            domain: None,
            aligned: true,
            said_by: Domain::placeholder(),
        };
        let checks = match outcome {
            Authentication::Passed => vec![check(CheckResult::Pass)],
            Authentication::Failed => vec![check(CheckResult::Fail)],
            Authentication::None => Vec::new(),
        };
        Self { checks, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `spf=pass` speaks for the domain in From; `spf=pass!` for another one.
    fn facts(words: &str) -> SenderFacts {
        let check = |word: &str| {
            let (method, result) = word.split_once('=').unwrap();
            SenderCheck {
                method: CheckMethod::from_word(method).unwrap(),
                result: CheckResult::from_word(result.trim_end_matches('!')).unwrap(),
                domain: Some(Domain::parse("a.example").unwrap()),
                aligned: !result.ends_with('!'),
                said_by: Domain::placeholder(),
            }
        };
        SenderFacts { checks: words.split_whitespace().map(check).collect(), ..SenderFacts::default() }
    }

    #[test]
    fn a_sender_passes_only_where_something_speaks_for_the_domain_in_from() {
        for (words, expected) in [
            ("", Authentication::None),
            ("dmarc=pass", Authentication::Passed),
            ("dmarc=pass!", Authentication::None),
            ("spf=pass", Authentication::Passed),
            ("dkim=pass", Authentication::Passed),
            ("spf=pass! dkim=pass!", Authentication::None),
            ("dmarc=fail spf=pass dkim=pass", Authentication::Failed),
            ("dmarc=fail!", Authentication::Failed),
            ("dmarc=none spf=fail", Authentication::Failed),
            ("spf=softfail dkim=fail", Authentication::Failed),
            ("spf=fail dkim=pass!", Authentication::None),
            ("spf=fail dkim=pass", Authentication::Passed),
            ("dmarc=pass dmarc=fail", Authentication::Failed),
            ("dkim=fail", Authentication::None),
            ("arc=pass", Authentication::None),
            ("arc=fail", Authentication::None),
            ("spf=neutral dkim=permerror dmarc=temperror", Authentication::None),
            ("dkim=policy spf=none", Authentication::None),
        ] {
            assert_eq!(facts(words).authentication(), expected, "{words}");
        }
    }

    #[test]
    fn assumed_facts_say_what_was_assumed() {
        for outcome in Authentication::ALL {
            assert_eq!(SenderFacts::assumed(*outcome).authentication(), *outcome);
        }
    }

    #[test]
    fn facts_that_were_stored_before_there_was_anything_to_know_still_read() {
        assert_eq!(serde_json::from_str::<SenderFacts>("{}").unwrap(), SenderFacts::default());
        assert_eq!(serde_json::to_string(&SenderFacts::default()).unwrap(), "{}");
        let known = facts("dmarc=pass spf=softfail!");
        let text = serde_json::to_string(&known).unwrap();
        assert!(text.contains(r#""method":"dmarc","result":"pass""#), "{text}");
        assert_eq!(serde_json::from_str::<SenderFacts>(&text).unwrap(), known);
    }
}
