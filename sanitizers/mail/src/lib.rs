//! The MIME tree of a mail, its headers decoded, its parts named.
