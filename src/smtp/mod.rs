//! Receiving SMTP (RFC 5321), internet side.
