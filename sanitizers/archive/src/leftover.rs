//! Files that macOS and Windows put into archives for themselves, which nobody sent.
//!
//! Refuses: files that only bear such a name. Invariant: what is called a leftover is of the size and the form that its
//! system gives it; it is dropped, never delivered.

/// AppleDouble: what macOS keeps beside a file (RFC 1740).
const APPLE_DOUBLE: &[u8] = b"\x00\x05\x16\x07";
/// How Finder keeps the look of a folder.
const FINDER: &[u8] = b"\0\0\0\x01Bud1";
/// Small pictures of Explorer, in a compound file.
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// True for `._…`, `.DS_Store`, `Thumbs.db` and `desktop.ini` with the bytes that belong to them.
pub(crate) fn is_one(path: &str, bytes: &[u8]) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    match file.as_str() {
        ".ds_store" => bytes.starts_with(FINDER),
        "thumbs.db" | "ehthumbs.db" => bytes.starts_with(COMPOUND),
        "desktop.ini" => is_of_a_shell(bytes),
        _ => file.starts_with("._") && bytes.starts_with(APPLE_DOUBLE),
    }
}

/// Settings of Explorer: UTF-16 or a legacy charset, in sections of its own.
fn is_of_a_shell(bytes: &[u8]) -> bool {
    let letters = bytes.iter().filter(|byte| byte.is_ascii_graphic()).take(40);
    let start: String = letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    ["[.shellclassinfo]", "[localizedfilenames]", "[viewstate]", "[deleteoncopy]"]
        .iter()
        .any(|one| start.starts_with(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_known_by_their_name_and_by_their_bytes() {
        let utf16: Vec<u8> = "\u{FEFF}\r\n[.ShellClassInfo]\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (path, bytes, is) in [
            ("__MACOSX/d/._a.txt", b"\x00\x05\x16\x07\x00\x02".as_slice(), true),
            ("._a.txt", b"\x00\x05\x16\x07", true),
            ("__MACOSX/._a.exe", b"MZ", false),
            ("__MACOSX/a.txt", b"words", false),
            ("a.txt", b"\x00\x05\x16\x07", false),
            ("d/.DS_Store", b"\0\0\0\x01Bud1\0", true),
            (".DS_Store", b"MZ", false),
            ("Thumbs.db", COMPOUND, true),
            ("thumbs.db", b"MZ", false),
            ("desktop.ini", &utf16, true),
            ("Desktop.ini", b"[.ShellClassInfo]\r\n", true),
            ("desktop.ini", b"[settings]", false),
        ] {
            assert_eq!(is_one(path, bytes), is, "{path}");
        }
    }
}
