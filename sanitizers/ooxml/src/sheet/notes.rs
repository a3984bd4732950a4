//! The boxes of comments on a sheet (VML): where they stand and whether they are shown. Everything else is made anew.
//!
//! Refuses: every other shape (buttons, objects, pictures). Invariant: nothing of the old drawing is written but whole
//! numbers.

use std::fmt::Write;

use crate::xml::encoding::decode;
use crate::xml::reader::{Item, Reader};

/// Shapes on one sheet that are read.
const MAX_NOTES: usize = 20_000;
/// Excel numbers shapes of the first drawing from here.
const FIRST: usize = 1_025;

const HEAD: &str = concat!(
    r#"<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="#,
    r#""urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>"#,
    r#"</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,"#,
    r#"l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>"#,
);

#[derive(Debug, Default)]
struct Note {
    is_note: bool,
    anchor: Option<String>,
    row: Option<u32>,
    column: Option<u32>,
    is_shown: bool,
}

/// The drawing `bytes` with nothing but the boxes of comments. What does not read has none.
pub(crate) fn rewrite(bytes: &[u8]) -> Vec<u8> {
    let mut out = HEAD.to_owned();
    let text = decode(bytes).unwrap_or_default();
    // Excel writes the texts of buttons as careless HTML.
    let text = if text.contains("</br>") { text } else { text.replace("<br>", "<br/>").into() };
    let notes = read(&text);
    for (at, note) in notes.iter().filter(|note| note.is_note).enumerate() {
        let (Some(row), Some(column)) = (note.row, note.column) else { continue };
        let look = if note.is_shown { "visible" } else { "hidden" };
        let shown = if note.is_shown { "<x:Visible/>" } else { "" };
        let anchor = note.anchor.as_ref().map(|anchor| format!("<x:Anchor>{anchor}</x:Anchor>")).unwrap_or_default();
        let written = write!(
            out,
            concat!(
                "<v:shape id=\"_x0000_s{}\" type=\"#_x0000_t202\" style=\"position:absolute;margin-left:59.25pt;",
                "margin-top:1.5pt;width:108pt;height:59.25pt;z-index:{};visibility:{}\" fillcolor=\"#ffffe1\" ",
                "o:insetmode=\"auto\"><v:fill color2=\"#ffffe1\"/><v:shadow on=\"t\" color=\"black\" obscured=\"t\"/>",
                "<v:path o:connecttype=\"none\"/><v:textbox style=\"mso-direction-alt:auto\">",
                "<div style=\"text-align:left\"></div></v:textbox><x:ClientData ObjectType=\"Note\"><x:MoveWithCells/>",
                "<x:SizeWithCells/>{}<x:AutoFill>False</x:AutoFill><x:Row>{}</x:Row><x:Column>{}</x:Column>{}",
                "</x:ClientData></v:shape>",
            ),
            FIRST + at,
            at + 1,
            look,
            anchor,
            row,
            column,
            shown,
        );
        // Writing to a string does not fail.
        debug_assert!(written.is_ok());
    }
    out.push_str("</xml>");
    out.into_bytes()
}

/// All shapes up to where the drawing no longer reads; old programs wrote it carelessly.
fn read(text: &str) -> Vec<Note> {
    let mut reader = Reader::new(text);
    let (mut notes, mut note) = (Vec::new(), Note::default());
    let mut field: Option<&str> = None;
    let mut content = String::new();
    loop {
        match reader.next() {
            Ok(Item::Open(element)) => {
                field = None;
                content.clear();
                if element.is("xvml", "ClientData") {
                    note = Note { is_note: element.attribute("ObjectType") == Some("Note"), ..Note::default() };
                } else if ["Anchor", "Row", "Column", "Visible"].iter().any(|name| element.is("xvml", name)) {
                    field = Some(element.local);
                } else if element.is("v", "shape") {
                    if notes.len() >= MAX_NOTES {
                        break;
                    }
                    notes.push(std::mem::take(&mut note));
                }
            }
            Ok(Item::Text(text)) => content.push_str(&text),
            Ok(Item::Close) => {
                match field.take() {
                    Some("Anchor") => note.anchor = anchor(&content),
                    Some("Row") => note.row = content.trim().parse().ok(),
                    Some("Column") => note.column = content.trim().parse().ok(),
                    Some("Visible") => note.is_shown = !content.trim().eq_ignore_ascii_case("false"),
                    _ => {}
                }
                content.clear();
            }
            Ok(Item::End) | Err(_) => break,
        }
    }
    notes.push(note);
    notes
}

/// Eight whole numbers.
fn anchor(text: &str) -> Option<String> {
    let numbers: Vec<u32> = text.split(',').map(|number| number.trim().parse().ok()).collect::<Option<_>>()?;
    let numbers: Vec<_> = numbers.iter().map(u32::to_string).collect();
    (numbers.len() == 8).then(|| numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_old_drawing_only_the_boxes_of_comments_stay() {
        let old = br##"<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel">
            <v:shape onclick="x"><b>a<br></b><x:ClientData ObjectType="Button"><x:FmlaMacro>run</x:FmlaMacro></x:ClientData></v:shape>
            <v:shape style="visibility:visible"><x:ClientData ObjectType="Note"><x:Anchor> 1, 15, 0,2, 3,15,4,6</x:Anchor>
            <x:Row>2</x:Row><x:Column>1</x:Column><x:Visible/></x:ClientData></v:shape></xml>"##;
        let new = rewrite(old);
        let text = String::from_utf8(new.clone()).unwrap();
        assert_eq!(text.matches("<v:shape ").count(), 1);
        assert!(text.contains("<x:Anchor>1, 15, 0, 2, 3, 15, 4, 6</x:Anchor>"), "{text}");
        assert!(text.contains("<x:Row>2</x:Row><x:Column>1</x:Column><x:Visible/>"));
        assert_eq!(rewrite(&new), new);
        assert!(!rewrite(b"\xFF<xml").is_empty());
    }
}
