//! A mail of the set in the making, together with what its reader must get.

use super::code::{Ibm, Jis, jis, quoted_printable, sjis};
use super::{Expected, Variant};
use crate::samples::encode::{Mail, base64, join, word};

/// What most bodies say: hiragana, katakana, kanji, the letters whose second byte in Shift_JIS is a backslash.
pub(super) const TEXT: &str = "総務課 柏木様\n\nいつもお世話になっております。山田建設の佐藤です。\n\
    工程表と予定表をお送りします。能登支所のソフトでもご確認いただけます。\n";

/// How a body travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    Seven,
    Eight,
    Base64,
    Quoted,
}

impl Transfer {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Seven => "7bit",
            Self::Eight => "8bit",
            Self::Base64 => "base64",
            Self::Quoted => "quoted-printable",
        }
    }

    pub(super) fn encode(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Seven | Self::Eight => bytes.to_vec(),
            Self::Base64 => base64(bytes),
            Self::Quoted => quoted_printable(bytes),
        }
    }
}

/// A mail in the making; what nothing is said about is plain UTF-8.
pub(super) struct Draft {
    name: String,
    subject: (Vec<u8>, String),
    sender: (Vec<u8>, String),
    content_type: Option<String>,
    transfer: Transfer,
    body: (Vec<u8>, String),
    files: Vec<(Vec<u8>, (String, String))>,
    told: Option<Vec<&'static str>>,
}

impl Draft {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            subject: (word("工程表の件"), "工程表の件".to_owned()),
            sender: (word("山田建設"), "山田建設".to_owned()),
            content_type: Some("text/plain; charset=UTF-8".to_owned()),
            transfer: Transfer::Base64,
            body: (TEXT.as_bytes().to_vec(), TEXT.to_owned()),
            files: Vec::new(),
            told: Some(Vec::new()),
        }
    }

    /// The subject as it stands in the header, and as it reads.
    pub(super) fn subject(mut self, raw: Vec<u8>, text: &str) -> Self {
        self.subject = (raw, text.to_owned());
        self
    }

    /// What stands before the sender's address, and how it reads.
    pub(super) fn sender(mut self, raw: Vec<u8>, text: &str) -> Self {
        self.sender = (raw, text.to_owned());
        self
    }

    /// Content-Type and transfer encoding; without a label there is no MIME header at all.
    pub(super) fn content(mut self, content_type: Option<&str>, transfer: Transfer) -> Self {
        self.content_type = content_type.map(str::to_owned);
        self.transfer = transfer;
        self
    }

    /// text/plain under a label.
    pub(super) fn labelled(self, label: Option<&str>, transfer: Transfer) -> Self {
        let content_type =
            label.map_or_else(|| "text/plain".to_owned(), |label| format!("text/plain; charset={label}"));
        self.content(Some(&content_type), transfer)
    }

    /// The bytes of the body before they are encoded for transfer, and its text.
    pub(super) fn body(mut self, bytes: Vec<u8>, text: &str) -> Self {
        self.body = (bytes, text.to_owned());
        self
    }

    /// A text file in UTF-8 under `headers` that name it.
    pub(super) fn file(self, headers: &[u8], name: &str) -> Self {
        let content = "添付の内容です。\n";
        self.file_of(headers, name, content.as_bytes(), content)
    }

    /// A text file of `bytes` that read as `text`.
    pub(super) fn file_of(mut self, headers: &[u8], name: &str, bytes: &[u8], text: &str) -> Self {
        let part = [headers, b"\nContent-Transfer-Encoding: base64\n\n", &base64(bytes)].concat();
        self.files.push((part, (name.to_owned(), text.to_owned())));
        self
    }

    /// What must be told of it.
    pub(super) fn told(mut self, told: &[&'static str]) -> Self {
        let mut told = told.to_vec();
        told.sort_unstable();
        told.dedup();
        self.told = Some(told);
        self
    }

    /// Whether something is told of it is not for this set to say.
    pub(super) fn told_or_not(mut self) -> Self {
        self.told = None;
        self
    }

    pub(super) fn finish(self) -> Variant {
        let from = [self.sender.0.as_slice(), b" <keiri@yamada-kensetsu.example>"].concat();
        let mail = Mail::default()
            .header("Date", b"Mon, 23 Nov 2026 10:41:07 +0900")
            .header("From", from.trim_ascii_start())
            .header("To", b"shokuin@city.example.lg.jp")
            .header("Subject", &self.subject.0);
        let content = self.transfer.encode(&self.body.0);
        let bytes = if self.files.is_empty() {
            match &self.content_type {
                Some(content_type) => mail.content(content_type, self.transfer.label()).body(&content),
                None => mail.body(&content),
            }
        } else {
            let content_type = self.content_type.unwrap_or_else(|| "text/plain".to_owned());
            let transfer = self.transfer.label();
            let head = format!("Content-Type: {content_type}\nContent-Transfer-Encoding: {transfer}\n\n");
            let mut parts = vec![[head.as_bytes(), &content].concat()];
            parts.extend(self.files.iter().map(|(part, _)| part.clone()));
            mail.multipart("mixed", "mix").body(&join("mix", &parts, false))
        };
        Variant {
            name: self.name,
            bytes,
            expected: Expected {
                subject: self.subject.1,
                sender: self.sender.1,
                body: self.body.1.trim_matches('\n').to_owned(),
                files: self.files.into_iter().map(|(_, file)| file).collect(),
                told: self.told,
            },
        }
    }
}

/// The charsets that most forms are tried in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    Jis,
    Sjis,
    Euc,
    Utf8,
}

impl Charset {
    pub(super) const ALL: [Self; 4] = [Self::Jis, Self::Sjis, Self::Euc, Self::Utf8];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Jis => "ISO-2022-JP",
            Self::Sjis => "Shift_JIS",
            Self::Euc => "EUC-JP",
            Self::Utf8 => "UTF-8",
        }
    }

    pub(super) const fn short(self) -> &'static str {
        match self {
            Self::Jis => "jis",
            Self::Sjis => "sjis",
            Self::Euc => "euc",
            Self::Utf8 => "utf8",
        }
    }

    /// The transfer encoding for plain bytes.
    pub(super) const fn plain(self) -> Transfer {
        match self {
            Self::Jis => Transfer::Seven,
            Self::Sjis | Self::Euc | Self::Utf8 => Transfer::Eight,
        }
    }

    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Jis => jis(text, &Jis::PLAIN),
            Self::Sjis => sjis(text, Ibm::Ibm),
            Self::Euc => super::code::euc(text),
            Self::Utf8 => text.as_bytes().to_vec(),
        }
    }
}
