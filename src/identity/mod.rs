//! Sign-in: who somebody is, proven by a local password and a second factor, a directory, an OpenID provider or a proxy in
//! front. Refuses: default passwords, and to tell whether a sign-in name exists.
//!
//! Invariant: a failed proof costs the same time and says the same, whatever was wrong with it.
