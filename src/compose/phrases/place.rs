//! The places of a notice that a site may word, and what may stand there.
//!
//! Invariant: what reasons say and what became of a file is not among them.

/// A place that a site may word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// First line of a mail of which something was changed.
    Top,
    /// First lines of the notice about a mail that is kept back as a whole.
    Kept,
    /// Subject of that notice.
    KeptSubject,
    /// Whom to ask: lines at the end instead of `site.contact`.
    Contact,
    /// Last lines.
    Closing,
    /// In front of the subject if only the body was turned into text.
    TagText,
    /// In front of the subject if a file was changed.
    TagChanged,
    /// In front of the subject if something is kept back.
    TagAction,
}

/// What a place takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) lines: usize,
    /// Characters of a line.
    pub(super) width: usize,
    pub(super) may_be_empty: bool,
}

impl Place {
    /// All of them, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Top,
        Self::Kept,
        Self::KeptSubject,
        Self::Contact,
        Self::Closing,
        Self::TagText,
        Self::TagChanged,
        Self::TagAction,
    ];

    /// Its name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Kept => "kept",
            Self::KeptSubject => "kept_subject",
            Self::Contact => "contact",
            Self::Closing => "closing",
            Self::TagText => "tag_text",
            Self::TagChanged => "tag_changed",
            Self::TagAction => "tag_action",
        }
    }

    /// The place with this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|place| place.name() == name)
    }

    pub(super) const fn is_tag(self) -> bool {
        matches!(self, Self::TagText | Self::TagChanged | Self::TagAction)
    }

    /// True if it becomes a part of a header.
    pub(super) const fn is_in_header(self) -> bool {
        self.is_tag() || matches!(self, Self::KeptSubject)
    }

    pub(super) const fn room(self) -> Room {
        match self {
            Self::Top => Room { lines: 1, width: 60, may_be_empty: false },
            Self::Kept => Room { lines: 3, width: 60, may_be_empty: false },
            Self::KeptSubject => Room { lines: 1, width: 60, may_be_empty: false },
            Self::Contact | Self::Closing => Room { lines: 6, width: 80, may_be_empty: true },
            Self::TagText | Self::TagChanged | Self::TagAction => Room { lines: 1, width: 16, may_be_empty: true },
        }
    }
}

/// What the templates of all places but the tags may name: variable, Japanese, English. Tags know `language` alone.
pub const VARIABLES: &[(&str, &str, &str)] = &[
    ("language", "お知らせの言語（ja か en）", "language of the notice, ja or en"),
    ("reference", "管理番号", "reference id of the mail"),
    ("received", "受信した日時", "when the mail was received"),
    ("kept_until", "保管期限の日", "the last day on which the original is kept"),
    ("contact", "問い合わせ先（site.contact）", "whom staff ask (site.contact)"),
    (
        "portal",
        "このメールの職員用ページの URL。なければ空",
        "address of the mail's page in the portal; empty without one",
    ),
    ("attachments", "添付の数", "number of attachments"),
    ("delivered", "受け取れる添付の数", "number of attachments in the mail"),
    ("waiting", "操作が必要な添付の数", "number of attachments that need an action"),
    ("withheld", "渡せない添付の数", "number of attachments that are not handed over"),
];
