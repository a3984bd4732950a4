//! Plain text, CSV and HTML, written anew as plain UTF-8 text.
