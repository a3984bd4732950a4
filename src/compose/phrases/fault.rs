//! What is wrong with a template of a site, in both languages.
//!
//! Invariant: every problem has a stable code and says what to write instead.

use super::place::{Place, VARIABLES};
use crate::domain::Language;

/// One mistake in the wording of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhraseFault {
    /// The name of the place as it was given.
    pub name: String,
    /// The line within its text, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: PhraseProblem,
}

/// What can be wrong with a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhraseProblem {
    /// No place has this name.
    UnknownPlace,
    /// The template cannot be read; what the engine says.
    Syntax(String),
    /// The template names what there is not in this place.
    UnknownVariable(String, Place),
    /// The template was tried on made-up mails and failed; what the engine says.
    Fails(String),
    /// Nothing is said where something has to be.
    Empty,
    /// More lines than so many.
    TooManyLines(usize),
    /// A line of more characters than so many.
    TooLong(usize),
    /// A character that cannot be seen or changes how others are read.
    ControlCharacter,
    /// An address that mail programs make a link of, other than the portal's.
    ForeignLink,
    /// A line that looks like one that only the gateway may draw, or like a file in the text.
    Imitation,
    /// What mail programs take for an encoded word (`=?`).
    EncodedWord,
}

impl PhraseProblem {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownPlace => "unknown_place",
            Self::Syntax(_) => "template_syntax",
            Self::UnknownVariable(..) => "unknown_variable",
            Self::Fails(_) => "template_fails",
            Self::Empty => "empty",
            Self::TooManyLines(_) => "too_many_lines",
            Self::TooLong(_) => "too_long",
            Self::ControlCharacter => "control_character",
            Self::ForeignLink => "foreign_link",
            Self::Imitation => "imitation",
            Self::EncodedWord => "encoded_word",
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn what(&self, language: Language) -> String {
        let (ja, en) = match self {
            Self::UnknownPlace => ("知らないキーです".to_owned(), "unknown key".to_owned()),
            Self::Syntax(why) => {
                (format!("テンプレートの書き方が違います（{why}）"), format!("not a valid template: {why}"))
            }
            Self::UnknownVariable(name, _) => {
                (format!("{name} という変数はありません"), format!("there is no variable {name} here"))
            }
            Self::Fails(why) => {
                (format!("ためすと失敗しました（{why}）"), format!("it fails on a made-up mail: {why}"))
            }
            Self::Empty => ("空です".to_owned(), "it is empty".to_owned()),
            Self::TooManyLines(lines) => (format!("{lines} 行を超えています"), format!("it is over {lines} line(s)")),
            Self::TooLong(width) => (
                format!("変数を入れると、一行が {width} 文字を超えます"),
                format!("with its variables filled in, a line is over {width} characters"),
            ),
            Self::ControlCharacter => {
                ("見えない文字か制御文字があります".to_owned(), "it has an invisible or a control character".to_owned())
            }
            Self::ForeignLink => (
                "site.portal_url のほかの URL があります".to_owned(),
                "it has a link other than site.portal_url".to_owned(),
            ),
            Self::Imitation => (
                "このゲートウェイだけが引く区切り線か、埋め込みファイルに見える行です".to_owned(),
                "the line looks like a divider of the gateway or a file in the text".to_owned(),
            ),
            Self::EncodedWord => ("「=?」は使えません".to_owned(), "it contains `=?`".to_owned()),
        };
        choose(language, ja, en)
    }

    /// What to write instead.
    #[must_use]
    pub fn instead(&self, language: Language) -> String {
        let (ja, en) = match self {
            Self::UnknownPlace => {
                let names: Vec<&str> = Place::ALL.iter().map(|place| place.name()).collect();
                let names = names.join(", ");
                (format!("使えるのは: {names}"), format!("write one of: {names}"))
            }
            Self::UnknownVariable(_, place) => {
                let names = VARIABLES.iter().map(|(name, ..)| *name);
                let names: Vec<&str> = names.take(if place.is_tag() { 1 } else { usize::MAX }).collect();
                let names = names.join(", ");
                (format!("使えるのは: {names}"), format!("write one of: {names}"))
            }
            Self::Syntax(_) | Self::Fails(_) => (
                "{{ 変数 }} と {% if 変数 %}…{% endif %} だけを使ってください".to_owned(),
                "use {{ variable }} and {% if variable %}...{% endif %} only".to_owned(),
            ),
            Self::Empty => {
                ("文を書くか、この項目を消してください".to_owned(), "write something, or remove the key".to_owned())
            }
            Self::TooManyLines(_) | Self::TooLong(_) => ("短くしてください".to_owned(), "make it shorter".to_owned()),
            Self::ControlCharacter | Self::Imitation | Self::EncodedWord => {
                ("取り除いてください".to_owned(), "remove it".to_owned())
            }
            Self::ForeignLink => (
                "{{ portal }} を使うか、URL を消してください".to_owned(),
                "use {{ portal }}, or remove the address".to_owned(),
            ),
        };
        choose(language, ja, en)
    }
}

fn choose(language: Language, ja: String, en: String) -> String {
    if language == Language::Ja { ja } else { en }
}
