//! Typed configuration. Every key has a default, so that an empty file (or none) is complete but for the domains and
//! the next hop, which the command line can give as well.
//!
//! Refuses: unknown keys, values out of range (see `load`). Invariant: a [`Config`] that came out of `load` is whole;
//! nothing later asks whether a value makes sense.

mod check;
pub mod document;
pub mod fault;
pub mod form;
pub mod gaiji;
pub mod identity;
pub mod load;
mod places;
mod private;
pub mod reference;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{Domain, Language, TenantId, TimeOfDay};

pub use identity::{Directory, Identity, Openid, SignInProxy, TotpPolicy};
pub use private::is_private;

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The municipality.
    pub site: Site,
    /// What recipients are told.
    pub notice: Notice,
    /// Receiving.
    pub smtp: Smtp,
    /// Sending to the LGWAN mail server.
    pub deliver: Deliver,
    /// Where data lies.
    pub store: Store,
    /// Workers.
    pub sandbox: Sandbox,
    /// Rules.
    pub rules: Rules,
    /// How files are written anew.
    pub files: Files,
    /// What is believed of a sender.
    pub sender: Sender,
    /// Limits of one item.
    pub limits: Limits,
    /// How long things are kept.
    pub retention: Retention,
    /// Passwords that come with a mail of their own.
    pub password: Password,
    /// The staff portal: LGWAN side.
    pub portal: Portal,
    /// Where approved originals are handed out: internet side.
    pub review: Review,
    /// Sign-in.
    pub identity: Identity,
    /// Sign-in with an account of LDAP or Active Directory.
    pub directory: Directory,
    /// Sign-in at an OpenID provider.
    pub openid: Openid,
    /// Sign-in at a proxy in front.
    pub proxy: SignInProxy,
}

/// The municipality and what its staff read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// The municipality, where several share one store: 1 to 32 of a-z, 0-9 and -.
    pub tenant: TenantId,
    /// Name of the municipality, as pages show it: `柏市`.
    pub name: String,
    /// Name of this gateway in EHLO, greetings, Received and Message-ID; never the machine's own host name.
    pub host_name: Domain,
    /// Language of notices.
    pub language: Language,
    /// Offset of local time from UTC in minutes (540 is Japan).
    pub utc_offset_minutes: i16,
    /// Whom staff ask, as the notice shows it: `情報政策課 内線1234`.
    pub contact: String,
    /// Address of the staff portal without a slash at the end; empty while there is none.
    pub portal_url: String,
    /// The table of the site's own characters, see [`gaiji`]; without one all of them become 〓.
    pub gaiji: Option<PathBuf>,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            tenant: TenantId::single(),
            name: String::new(),
            host_name: Domain::placeholder(),
            language: Language::Ja,
            utc_offset_minutes: 540,
            contact: "情報政策課".to_owned(),
            portal_url: String::new(),
            gaiji: None,
        }
    }
}

/// What recipients are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notice {
    /// A file with the site's own wording for a few places of the notice.
    pub template: Option<PathBuf>,
    /// Whether the recipients of a mail that a rule holds as a whole are told so.
    pub held: bool,
}

impl Default for Notice {
    fn default() -> Self {
        Self { template: None, held: true }
    }
}

/// Receiving SMTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Smtp {
    /// Addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// Recipient domains, exactly as listed; mail to any other is refused.
    pub domains: Vec<Domain>,
    /// Certificate chain (PEM); STARTTLS is offered if this and `tls_key` are set.
    pub tls_certificate: Option<PathBuf>,
    /// Private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// Peers whose connections begin with a PROXY protocol header (version 1 or 2).
    pub proxy_protocol_from: Vec<IpAddr>,
    /// What to do with a bare CR, a bare LF or a NUL in DATA.
    pub line_ends: LineEnds,
    /// Sessions at the same time.
    pub max_sessions: u32,
    /// Sessions at the same time from one client address.
    pub max_sessions_per_client: u32,
    /// Recipients of one mail.
    pub max_recipients: u32,
    /// Seconds to wait for a command.
    pub command_timeout_seconds: u64,
    /// Seconds one DATA may take in all.
    pub data_timeout_seconds: u64,
    /// Bytes per second that DATA must reach on average after its first ten seconds.
    pub data_min_bytes_per_second: u64,
    /// Received headers after which a mail is taken for looping.
    pub max_hops: u32,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            domains: Vec::new(),
            tls_certificate: None,
            tls_key: None,
            proxy_protocol_from: Vec::new(),
            line_ends: LineEnds::Refuse,
            max_sessions: 200,
            max_sessions_per_client: 100,
            max_recipients: 1000,
            command_timeout_seconds: 300,
            data_timeout_seconds: 600,
            data_min_bytes_per_second: 500,
            max_hops: 50,
        }
    }
}

/// What to do with line ends that are not CRLF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEnds {
    /// Refuse the mail with 5xx.
    #[default]
    Refuse,
    /// Turn bare CR and bare LF into CRLF and drop NUL; still only CRLF.CRLF ends the mail.
    Normalize,
}

/// Sending SMTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deliver {
    /// The LGWAN mail server, `host:port`.
    pub next_hop: String,
    /// STARTTLS towards it.
    pub tls: DeliverTls,
    /// Certificate authorities (PEM) to trust besides the system's.
    pub tls_ca: Option<PathBuf>,
    /// Connections at the same time.
    pub max_connections: u32,
    /// Seconds to wait for the connection and for each reply.
    pub timeout_seconds: u64,
    /// Minutes to wait before each retry; the last one repeats.
    pub retry_minutes: Vec<u64>,
    /// Hours after which a mail that could not be delivered is held for an operator.
    pub give_up_hours: u64,
    /// Minutes without any success, while mail waits, after which an alarm is logged.
    pub alarm_minutes: u64,
}

impl Default for Deliver {
    fn default() -> Self {
        Self {
            next_hop: String::new(),
            tls: DeliverTls::IfOffered,
            tls_ca: None,
            max_connections: 10,
            timeout_seconds: 120,
            retry_minutes: vec![1, 5, 10, 20, 60],
            give_up_hours: 120,
            alarm_minutes: 15,
        }
    }
}

/// STARTTLS towards the next hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliverTls {
    /// Never.
    Off,
    /// If offered; the certificate must hold then.
    #[default]
    IfOffered,
    /// Always; without it nothing is delivered.
    Required,
}

/// Where data lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// Which store.
    pub kind: StoreKind,
    /// Folder of the embedded store: database, originals, keys. The scale-out store has its keys there, nothing else.
    pub data: PathBuf,
    /// The PostgreSQL database of the scale-out store, without a password: `postgres://login@host/temizu`.
    pub postgres: String,
    /// A file with the password of that login.
    pub postgres_password_file: Option<PathBuf>,
    /// Where the scale-out store puts sealed originals: `s3://bucket` or `file:///shared/folder`.
    pub originals: String,
    /// Where it puts rebuilt parts and composed mails.
    pub derivatives: String,
    /// Address of an S3-compatible service; empty for the cloud's own.
    pub s3_endpoint: String,
    /// Region of the S3 service.
    pub s3_region: String,
    /// A file with the two halves of the S3 key: `access_key_id = …` and `secret_access_key = …`.
    pub s3_credentials_file: Option<PathBuf>,
    /// Bytes of disk to keep free; below them intake answers 452.
    pub reserve_bytes: u64,
    /// Originals up to so many bytes ride in the database transaction; larger ones are files.
    pub inline_bytes: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            kind: StoreKind::Embedded,
            data: PathBuf::from("/var/lib/temizu"),
            postgres: String::new(),
            postgres_password_file: None,
            originals: String::new(),
            derivatives: String::new(),
            s3_endpoint: String::new(),
            s3_region: "us-east-1".to_owned(),
            s3_credentials_file: None,
            reserve_bytes: 1024 * 1024 * 1024,
            inline_bytes: 64 * 1024,
        }
    }
}

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// SQLite and files in one folder of one host.
    #[default]
    Embedded,
    /// PostgreSQL and an object store, for several hosts.
    Scaleout,
}

/// Workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sandbox {
    /// The worker binary; empty means `temizu-worker` beside this binary.
    pub worker: PathBuf,
    /// Items processed at the same time; 0 means four per processor core.
    pub concurrent: u32,
    /// Workers kept started ahead of need.
    pub ready: u32,
    /// Seconds of wall clock for one item.
    pub wall_clock_seconds: u64,
    /// Bytes of address space for one worker.
    pub memory_bytes: u64,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            worker: PathBuf::new(),
            concurrent: 0,
            ready: 4,
            wall_clock_seconds: 20,
            memory_bytes: 1024 * 1024 * 1024,
        }
    }
}

/// Rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Rule files, in order; empty means the built-in preset `alpha`.
    pub files: Vec<PathBuf>,
}

/// What is believed of a sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sender {
    /// Relays whose Authentication-Results, ARC fields and Received-SPF are believed, by authserv-id (Received-SPF:
    /// receiver, ARC-Seal: d); empty means that nobody is.
    pub trusted_authserv_ids: Vec<Domain>,
    /// Received fields that these relays add; what stands beneath the last of them is not believed.
    pub trusted_hops: u32,
    /// Domains, besides `smtp.domains`, that others may imitate.
    pub known_domains: Vec<Domain>,
}

impl Default for Sender {
    fn default() -> Self {
        Self { trusted_authserv_ids: Vec::new(), trusted_hops: 1, known_domains: Vec::new() }
    }
}

/// Limits of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of one mail.
    pub message_bytes: u64,
    /// Bytes of all headers of a mail.
    pub header_bytes: u64,
    /// Depth of the MIME tree.
    pub depth: u32,
    /// Parts of a mail.
    pub parts: u32,
    /// Bytes of one HTML body.
    pub html_bytes: u64,
    /// Bytes of text written for one body.
    pub text_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 50 * 1024 * 1024,
            header_bytes: 64 * 1024,
            depth: 20,
            parts: 500,
            html_bytes: 2 * 1024 * 1024,
            text_bytes: 2 * 1024 * 1024,
        }
    }
}

/// How long things are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Days after which the original and everything rebuilt from it are destroyed.
    pub days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 14 }
    }
}

/// How files are written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// How CSV and TSV files are encoded.
    pub csv_encoding: CsvEncoding,
}

/// How CSV and TSV files are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CsvEncoding {
    /// UTF-8 with a byte order mark, which Excel in Japan needs to read it.
    #[default]
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    /// UTF-8 without one, for programs that do not know it.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Shift_JIS as Windows has it; a table that it has no code for is UTF-8 with a byte order mark.
    Cp932,
}

/// Passwords that come with a mail of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Password {
    /// Hours after a file with a password in which later mails of its sender are searched for it; 0 searches none.
    pub search_hours: u32,
}

impl Default for Password {
    fn default() -> Self {
        Self { search_hours: 24 }
    }
}

impl Password {
    /// The same as a span; `None` if nothing is searched.
    #[must_use]
    pub fn window(&self) -> Option<Duration> {
        (self.search_hours > 0).then(|| Duration::from_secs(u64::from(self.search_hours).saturating_mul(3_600)))
    }
}

/// The staff portal: LGWAN side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Portal {
    /// Addresses to listen on, always with TLS; none by default.
    pub listen: Vec<SocketAddr>,
    /// Certificate chain (PEM); without one the gateway makes an authority of its own and a certificate at first start.
    pub tls_certificate: Option<PathBuf>,
    /// Private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// Host names and addresses that browsers use, for the certificate made here; `site.portal_url` counts by itself.
    pub names: Vec<String>,
    /// How dates are written.
    pub date_style: DateStyle,
    /// Wrong passwords for one item until nobody may try more.
    pub password_attempts: u32,
    /// Hours that approvers have to decide on a request.
    pub decision_hours: u32,
    /// Hours that the requester has to fetch an approved original.
    pub fetch_hours: u32,
    /// Bytes of one uploaded file.
    pub upload_bytes: u64,
    /// Different files and texts that one account may fetch or be shown within an hour.
    pub fetches_per_hour: u32,
    /// Local times at which staff are sent a list of what waits for them; empty for none.
    pub digest_times: Vec<TimeOfDay>,
}

impl Default for Portal {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            tls_certificate: None,
            tls_key: None,
            names: Vec::new(),
            date_style: DateStyle::Both,
            password_attempts: 5,
            decision_hours: 72,
            fetch_hours: 24,
            upload_bytes: 50 * 1024 * 1024,
            fetches_per_hour: 1000,
            digest_times: ["08:30", "13:00"].into_iter().filter_map(|time| time.parse().ok()).collect(),
        }
    }
}

/// How dates are written on pages in Japanese.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateStyle {
    /// 令和8年（2026年）11月23日
    #[default]
    Both,
    /// 令和8年11月23日
    Wareki,
    /// 2026年11月23日
    Seireki,
}

/// Where approved originals are handed out: internet side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Review {
    /// Addresses to listen on, always with TLS; none by default.
    pub listen: Vec<SocketAddr>,
    /// Certificate chain (PEM); without one the gateway makes an authority of its own and a certificate at first start.
    pub tls_certificate: Option<PathBuf>,
    /// Private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// Host names and addresses that browsers use, for the certificate made here.
    pub names: Vec<String>,
    /// Address of this listener as browsers use it, without a slash at the end; the portal shows it to whoever may fetch.
    pub url: String,
    /// Bytes of the largest original that is handed out; it is in memory as a whole meanwhile.
    pub original_bytes: u64,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            tls_certificate: None,
            tls_key: None,
            names: Vec::new(),
            url: String::new(),
            original_bytes: 50 * 1024 * 1024,
        }
    }
}
