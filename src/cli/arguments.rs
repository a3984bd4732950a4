//! The commands and their options, as clap reads them.
//!
//! Help texts are English; the Japanese manual (docs/ja) names every command. Invariant: every option that names the
//! configuration is in [`Source`], so that all commands find the same gateway.

mod user;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};

use crate::config::StoreKind;
use crate::domain::Language;
use crate::store::scaleout::grants::{UnknownZone, Zone};

pub(super) use self::user::{OneUser, User, UserCommand};

/// Temizu (手水): washes internet mail before it enters a local government's LGWAN network.
#[derive(Debug, Parser)]
#[command(name = "temizu", version, about, max_term_width = 110)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the gateway
    Serve(Serve),
    /// Show the main job on the sample mails, without any set-up
    Demo(Demo),
    /// Check the configuration and the rules; exit code 0 if they can be used
    Check(Check),
    /// Show or explain the configuration
    Config(ConfigArguments),
    /// Sanitize files or mails (.eml) here and now: exit 0 clean, 10 changed, 11 held, 12 blocked, 65 unparsable, 75 temporary
    Sanitize(Sanitize),
    /// Explain what would be done with a mail, rule by rule
    Explain(Explain),
    /// Items and deliveries: list, show, retry, hold, release
    Queue(Queue),
    /// What is kept back: list, show, export the originals
    Quarantine(Quarantine),
    /// Follow one mail: by 管理番号, item id, Message-ID or address
    Trace(Trace),
    /// Check rules, or test them on a mail
    Rules(RulesArguments),
    /// See what recipients would read
    Notice(NoticeArguments),
    /// Verify or export the audit chain
    Audit(Audit),
    /// Back up the embedded store while the gateway runs, or check a backup
    Backup(Backup),
    /// Make a store from a backup, in the folder of --data or --config, which must not exist or be empty
    Restore(Restore),
    /// Bring the store to this program's version; with --roles, give each role a login of its own
    Migrate(Migrate),
    /// Legal holds and the end of retention: hold, lift, list, run
    Retention(Retention),
    /// Move everything from one kind of store to the other
    Store(StoreArguments),
    /// Who may sign in to the portal: list, link, block, unblock
    User(User),
    /// Exit code 0 if the gateway answers (for containers and monitoring)
    Healthcheck(Health),
}

/// Where the configuration comes from. `--data`, `--smtp-listen`, `--next-hop` and `--domain` together need no file.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Source {
    /// Configuration file [default: /etc/temizu/temizu.toml if it exists]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Folder of the embedded store
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// The worker binary [default: temizu-worker beside this program]
    #[arg(long, value_name = "FILE")]
    pub(super) worker: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) source: Source,
    /// Address to receive mail on (may be repeated)
    #[arg(long, value_name = "ADDR")]
    pub(super) smtp_listen: Vec<SocketAddr>,
    /// The LGWAN mail server, host:port
    #[arg(long, value_name = "ADDR")]
    pub(super) next_hop: Option<String>,
    /// Recipient domain (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub(super) domain: Vec<String>,
    /// Roles of this process
    #[arg(long, value_delimiter = ',', value_name = "ROLE", default_values_t = crate::serve::Role::ALL)]
    pub(super) role: Vec<crate::serve::Role>,
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Folder with sample mails (NAME/input.eml or *.eml) [default: the built-in ones]
    #[arg(long, value_name = "DIR")]
    pub(super) samples: Option<PathBuf>,
    /// Stay up afterwards, until Ctrl-C
    #[arg(long)]
    pub(super) keep: bool,
    /// The worker binary [default: temizu-worker beside this program]
    #[arg(long, value_name = "FILE")]
    pub(super) worker: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) source: Source,
    /// Roles of the host that the configuration is for
    #[arg(long, value_delimiter = ',', value_name = "ROLE", default_values_t = crate::serve::Role::ALL)]
    pub(super) role: Vec<crate::serve::Role>,
    /// Warnings fail too
    #[arg(long)]
    pub(super) strict: bool,
    /// Machine-readable output
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ConfigArguments {
    #[command(subcommand)]
    pub(super) what: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// The configuration in force
    Show {
        #[command(flatten)]
        source: Source,
        /// Only keys that differ from their default
        #[arg(long)]
        non_default: bool,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
    /// What a key means
    Explain {
        /// The key, `smtp.max_recipients`, or a section, `smtp`; without it all keys are listed
        key: Option<String>,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Sanitize {
    /// Files; names ending in .eml are read as mails. `-` reads a mail from standard input
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Folder to write the results to [default: nothing is written]
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Password to try on files that are encrypted; up to 10 times. The system's list of processes shows it while the
    /// command runs: better use --password-file
    #[arg(long = "password", value_name = "PASSWORD", allow_hyphen_values = true)]
    pub(super) passwords: Vec<Typed>,
    /// File of passwords to try, one a line; `-` reads them from standard input
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) source: Source,
    /// Machine-readable output
    #[arg(long)]
    pub(super) json: bool,
}

/// A password as somebody typed it.
#[derive(Clone)]
pub(super) struct Typed(pub(super) String);

impl std::str::FromStr for Typed {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed")
    }
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The mail
    #[arg(value_name = "FILE.eml")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) source: Source,
    /// Machine-readable output
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Queue {
    #[command(subcommand)]
    pub(super) what: QueueCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    /// Items, newest first
    List {
        #[command(flatten)]
        source: Source,
        /// Only these stages: received, sanitized, delivered, held, quarantined, expired
        /// [default: those that are not finished]
        #[arg(long, value_delimiter = ',', value_name = "STAGE")]
        stage: Vec<crate::domain::Stage>,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
    /// Everything about one item but its content
    Show(OneItem),
    /// Try again now
    Retry(OneItem),
    /// Take out of the schedule
    Hold(OneItem),
    /// Put back on the schedule
    Release(OneItem),
}

#[derive(Debug, Args)]
pub(super) struct OneItem {
    /// 管理番号 or item id; `-` reads them from standard input, one a line
    pub(super) id: String,
    #[command(flatten)]
    pub(super) source: Source,
    /// Machine-readable output
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Quarantine {
    #[command(subcommand)]
    pub(super) what: QuarantineCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum QuarantineCommand {
    /// What is kept back, newest first
    List {
        #[command(flatten)]
        source: Source,
        /// Only what matches this 管理番号, item id, Message-ID or address
        #[arg(long, value_name = "TEXT")]
        find: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
    /// What is kept back of one item
    Show(OneItem),
    /// Write originals as received to a folder: DANGEROUS, they have not been sanitized
    Export {
        #[command(flatten)]
        source: Source,
        /// 管理番号 or item id [default: every item with something kept back]
        #[arg(long, value_name = "ID")]
        id: Vec<String>,
        /// The folder
        #[arg(value_name = "OUT")]
        output: PathBuf,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Trace {
    /// 管理番号, item id, Message-ID or address
    pub(super) text: String,
    #[command(flatten)]
    pub(super) source: Source,
    /// Machine-readable output
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RulesArguments {
    #[command(subcommand)]
    pub(super) what: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// Check rule files and run the test cases beside the rules
    Check {
        /// Rule files [default: those of the configuration]
        files: Vec<PathBuf>,
        #[command(flatten)]
        source: Source,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
    /// What the rules would do with a mail
    Test(Explain),
}

#[derive(Debug, Args)]
pub(super) struct NoticeArguments {
    #[command(subcommand)]
    pub(super) what: NoticeCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum NoticeCommand {
    /// Show the notice of made-up mails, without a store: exit code 1 if the template has a mistake
    Preview {
        #[command(flatten)]
        source: Source,
        /// A file with wording of the site's own [default: notice.template]
        #[arg(long, value_name = "FILE")]
        template: Option<PathBuf>,
        /// Language of the notice: ja or en [default: site.language]
        #[arg(long, value_name = "LANG", value_parser = language)]
        lang: Option<Language>,
        /// Only this case
        #[arg(long, value_name = "NAME")]
        case: Option<String>,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
}

fn language(text: &str) -> Result<Language, String> {
    match text {
        "ja" => Ok(Language::Ja),
        "en" => Ok(Language::En),
        _ => Err("the languages are ja and en".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    pub(super) what: AuditCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check every link of the chain: exit 0 if it holds, 1 and the first bad record if not
    Verify {
        #[command(flatten)]
        source: Source,
        /// An exported chain instead of the store
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
    /// Write the chain as JSON lines to standard output
    Export {
        #[command(flatten)]
        source: Source,
    },
}

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The backup's folder; it must not exist or be empty
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    #[command(flatten)]
    pub(super) source: Source,
    /// Check the backup in DIR instead of making one
    #[arg(long, conflicts_with = "with_key")]
    pub(super) verify: bool,
    /// Put the private sealing key in too: DANGEROUS, backup and key together open every original
    #[arg(long)]
    pub(super) with_key: bool,
    /// Machine-readable output
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup's folder
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    // The store to make is the one that these name.
    #[command(flatten)]
    pub(super) source: Source,
    /// Put every received item and every waiting delivery on hold, so that nothing is sent before a person has looked
    #[arg(long)]
    pub(super) hold: bool,
    /// Machine-readable output
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Health {
    #[command(flatten)]
    pub(super) source: Source,
    /// The address the gateway receives mail on [default: that of the configuration]
    #[arg(long, value_name = "ADDR")]
    pub(super) smtp_listen: Vec<SocketAddr>,
}

#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    pub(super) source: Source,
    #[command(flatten)]
    pub(super) database: Database,
    /// The store to bring up to date: embedded or scaleout [default: store.kind]
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub(super) store: Option<StoreKind>,
    /// Change nothing; exit code 0 if the store is up to date, 1 if not
    #[arg(long, conflicts_with = "roles")]
    pub(super) check: bool,
    /// Make a login for each role in PostgreSQL, with no more than it needs, and policies for the buckets
    #[arg(long)]
    pub(super) roles: bool,
    /// One more login, for a host with several roles, like host1=intake,process (may be repeated)
    #[arg(long, value_name = "NAME=ROLES", requires = "roles")]
    pub(super) login: Vec<NamedLogin>,
    /// What the names of the logins begin with
    #[arg(long, value_name = "NAME", default_value = "temizu", requires = "roles")]
    pub(super) prefix: String,
    /// Folder for the passwords and policies
    #[arg(long, value_name = "DIR", default_value = "./temizu-roles", requires = "roles")]
    pub(super) out: PathBuf,
    /// Give logins that exist new passwords, too
    #[arg(long, requires = "roles")]
    pub(super) new_passwords: bool,
    /// Machine-readable output
    #[arg(long)]
    pub(super) json: bool,
}

/// The login that owns the database, where it is not that of the configuration.
#[derive(Debug, Args)]
pub(super) struct Database {
    /// The owner's database login, postgres://login@host/database [default: store.postgres]
    #[arg(long, value_name = "URL")]
    pub(super) postgres: Option<String>,
    /// A file with the password of that login
    #[arg(long, value_name = "FILE", requires = "postgres")]
    pub(super) postgres_password_file: Option<PathBuf>,
}

/// A login and its roles.
#[derive(Debug, Clone)]
pub(super) struct NamedLogin {
    pub(super) name: String,
    pub(super) zones: Vec<Zone>,
}

impl FromStr for NamedLogin {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        let (name, zones) = text.split_once('=').ok_or(UnknownZone)?;
        let zones = zones.split(',').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { name: name.to_owned(), zones })
    }
}

#[derive(Debug, Args)]
pub(super) struct Retention {
    #[command(subcommand)]
    pub(super) what: RetentionCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum RetentionCommand {
    /// Put items under a legal hold: the end of their retention spares them
    Hold(LegalHold),
    /// Lift the legal hold of items
    Lift(LegalHold),
    /// Items under a legal hold, newest first
    List {
        #[command(flatten)]
        source: Source,
        /// At most so many
        #[arg(long, default_value_t = 1000)]
        limit: u32,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
    /// Destroy now what is past its retention, as the process role does every hour
    Run {
        #[command(flatten)]
        source: Source,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct LegalHold {
    /// 管理番号 or item ids; `-` reads them from standard input, one a line
    #[arg(required = true, value_name = "ITEM")]
    pub(super) items: Vec<String>,
    /// Why; it goes on record
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    #[command(flatten)]
    pub(super) source: Source,
    /// Machine-readable output
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct StoreArguments {
    #[command(subcommand)]
    pub(super) what: StoreCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Copy items, rules, accounts and the audit chain, verify them, and hand over: the target may be served then, the source no
    /// longer. Stop the gateway first; run it again if it was interrupted
    Copy {
        /// The store to copy: embedded or scaleout
        #[arg(long, value_name = "KIND", value_parser = kind)]
        from: StoreKind,
        /// The other one
        #[arg(long, value_name = "KIND", value_parser = kind)]
        to: StoreKind,
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        database: Database,
        /// Compare both and change neither
        #[arg(long)]
        verify_only: bool,
        /// Hand over although objects are missing in the source: their originals and mails are lost for good
        #[arg(long, conflicts_with = "verify_only")]
        accept_missing: bool,
        /// Machine-readable output
        #[arg(long)]
        json: bool,
    },
    /// Let a store that was copied away be served again; what the other one has done since is not in it
    Unmark {
        /// Which store: embedded or scaleout
        #[arg(long, value_name = "KIND", value_parser = kind)]
        store: StoreKind,
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        database: Database,
    },
}

fn kind(text: &str) -> Result<StoreKind, String> {
    match text {
        "embedded" => Ok(StoreKind::Embedded),
        "scaleout" => Ok(StoreKind::Scaleout),
        _ => Err("the kinds are embedded and scaleout".to_owned()),
    }
}
