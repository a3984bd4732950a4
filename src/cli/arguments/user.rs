//! The words of `temizu user`.
//!
//! Refuses: a door there is not, a link for more than a day. Invariant: people are named by what they sign in with.

use clap::{Args, Subcommand};

use super::Source;
use crate::cli::roster;
use crate::ports::Door;

#[derive(Debug, Args)]
pub(in crate::cli) struct User {
    #[command(subcommand)]
    pub(in crate::cli) what: UserCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// All accounts, by sign-in name
    List {
        #[command(flatten)]
        source: Source,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
    /// Make a link that signs somebody in once, for when they cannot sign in otherwise; it goes on record
    Link {
        #[command(flatten)]
        user: OneUser,
        /// Where it is good: portal or review
        #[arg(long, value_name = "DOOR", default_value = "portal", value_parser = door)]
        door: Door,
        /// How long it is good, in minutes: 1 to 1440
        #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1440))]
        minutes: u32,
    },
    /// People by CSV: show the difference and apply it, all or nothing
    Import {
        #[command(flatten)]
        import: roster::Import,
        #[command(flatten)]
        source: Source,
    },
    /// Let somebody sign in no more, and sign them out
    Block(OneUser),
    /// Let somebody sign in again
    Unblock(OneUser),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct OneUser {
    /// Their sign-in name
    pub(in crate::cli) login: String,
    #[command(flatten)]
    pub(in crate::cli) source: Source,
    /// Machine-readable output
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

fn door(text: &str) -> Result<Door, String> {
    match text {
        "portal" => Ok(Door::Portal),
        "review" => Ok(Door::Review),
        _ => Err("the doors are portal and review".to_owned()),
    }
}
