//! Links and pictures: what they show, and where they lead.
//!
//! Refuses: live targets, pictures themselves. Invariant: all that a link shows is compared with its target.

use sanitizer_api::Code;

use super::super::look::decoded;
use super::super::tag::Tag;
use super::{Entered, Leave, Reader};
use crate::url::{Target, defang};

impl<'a> Reader<'a> {
    pub(super) fn start_link(&mut self, entered: &Entered<'a>) -> Leave {
        let Some(href) = entered.attributes.href else { return Leave::Inline };
        let facts = self.facts(entered.id);
        let picture = facts.text == 0
            && !self.titled.contains(href)
            && self.tree.children(entered.id).any(|child| self.tree.tag(child) == Tag::Img);
        let outer = self.shown.replace(String::new());
        Leave::Link { href: decoded(href).into_owned(), outer, before: self.writer.pieces, picture }
    }

    pub(super) fn image(&mut self, entered: &Entered<'a>) {
        self.note(Code::RemoteImageRemoved, 1);
        let alt = sanitizer_japanese::single_line(&decoded(entered.attributes.alt));
        if alt.is_empty() || entered.attributes.is_pixel() || entered.look.hides_pictures() {
            return;
        }
        if let Some(shown) = &mut self.shown {
            shown.push_str(&alt);
        }
        let alt = defang(&alt);
        self.writer.text(&format!("［画像: {alt}］"));
    }

    pub(super) fn end_link(&mut self, href: &str, shown: &str, before: u64, picture: bool) {
        let target = Target::of(href);
        if target == Target::Active {
            self.note(Code::ActiveContentRemoved, 1);
        }
        if self.writer.pieces == before {
            // A picture without words is still something to click on.
            if !picture || !matches!(target, Target::Web(_)) {
                return;
            }
            self.writer.text("［画像］");
        }
        match target {
            Target::Web(url) => {
                if let Some(number) = self.seen.links.lead(&url, shown) {
                    self.writer.mark(&format!("[{number}]"));
                }
            }
            Target::Contact(contact) if !shown.contains(&contact) => self.writer.mark(&format!("（{contact}）")),
            Target::Contact(_) | Target::Nowhere | Target::Active => {}
        }
    }
}
