//! Sends composed mails to the LGWAN mail server; retries.
