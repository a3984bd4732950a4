//! What an item can be found by: its id, its reference, the addresses of its envelope, Message-IDs.
//!
//! Invariant: what is stored and what is searched for go through the same folding.

use crate::domain::{ItemId, Mailbox, MessageId, Reference};

/// Text typed into a search, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sought {
    /// The item with this id.
    Item(ItemId),
    /// The item with this reference.
    Reference(Reference),
    /// Items with this term.
    Term(String),
}

impl Sought {
    /// An id and a reference have lengths and alphabets of their own; neither can be an address or a Message-ID,
    /// which hold an `@`.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Ok(id) = text.parse() {
            Self::Item(id)
        } else if let Ok(reference) = text.parse() {
            Self::Reference(reference)
        } else {
            Self::Term(fold(text))
        }
    }
}

/// The term of an address.
pub(super) fn address_term(address: &Mailbox) -> String {
    fold(address.as_str())
}

/// The term of a Message-ID.
pub(super) fn message_id_term(id: &MessageId) -> String {
    fold(id.as_str())
}

fn fold(text: &str) -> String {
    text.trim_start_matches('<').trim_end_matches('>').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn what_is_typed_is_understood() {
        let id = ItemId::new(Timestamp::from_millis(7), [3; 10]);
        let reference = id.reference().to_string();
        assert_eq!(Sought::parse(&format!(" {id} ")), Sought::Item(id));
        assert_eq!(Sought::parse(&reference), Sought::Reference(id.reference()));
        assert_eq!(Sought::parse(&reference.replace('-', "").to_lowercase()), Sought::Reference(id.reference()));
        assert_eq!(Sought::parse("Taro@Example.JP"), Sought::Term("taro@example.jp".to_owned()));
    }

    #[test]
    fn a_message_id_is_found_with_and_without_its_brackets() {
        let id = MessageId::try_from("<AbC@example.jp>".to_owned()).unwrap();
        for typed in ["<AbC@example.jp>", "abc@example.jp"] {
            assert_eq!(Sought::parse(typed), Sought::Term(message_id_term(&id)), "{typed}");
        }
    }
}
