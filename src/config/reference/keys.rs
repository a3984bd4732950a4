//! The rows of the table of keys, in the order of the file.

use super::{Key, Section};
use crate::config::form::Form;
use crate::domain::PartPath;

const MIB: i64 = 1024 * 1024;
const GIB: i64 = 1024 * MIB;

const fn integer(min: i64, max: i64) -> Form {
    Form::Integer { min, max }
}

const fn key(path: &'static str, form: Form, example: &'static str, en: &'static str, ja: &'static str) -> Key {
    Key { path, form, en, ja, example }
}

const fn list(of: &'static Form) -> Form {
    Form::List { of, may_be_empty: true }
}

/// The tables of the file, in order.
pub const SECTIONS: &[Section] = &[
    Section { name: "site", en: "The municipality and what its staff read", ja: "団体と、職員が読む文" },
    Section { name: "notice", en: "What recipients are told", ja: "届いたメールに添えるお知らせ" },
    Section { name: "smtp", en: "Receiving mail", ja: "メールの受信" },
    Section { name: "deliver", en: "Sending to the LGWAN mail server", ja: "LGWAN 側メールサーバへの送信" },
    Section { name: "store", en: "Where data lies", ja: "データの置き場所" },
    Section {
        name: "sandbox", en: "Workers that read hostile bytes", ja: "外から来たデータを読むワーカー"
    },
    Section { name: "rules", en: "Rules", ja: "規則" },
    Section { name: "files", en: "How files are written anew", ja: "作り直したファイルの形" },
    Section { name: "sender", en: "What is believed of a sender", ja: "差出人の確認" },
    Section { name: "limits", en: "Limits of one mail", ja: "一通のメールの上限" },
    Section { name: "retention", en: "How long things are kept", ja: "保管する期間" },
    Section {
        name: "password", en: "Passwords that come with a mail of their own", ja: "別のメールで届くパスワード"
    },
    Section { name: "portal", en: "The staff portal, on the LGWAN side", ja: "職員のポータル（LGWAN 側）" },
    Section {
        name: "review",
        en: "Where approved originals are handed out, on the internet side",
        ja: "承認された原本を渡す窓口（インターネット側）",
    },
    Section { name: "identity", en: "Sign-in", ja: "サインイン" },
];

const SOCKET: Form = Form::Socket;
const DOMAIN: Form = Form::Domain;
const IP: Form = Form::Ip;
const PATH: Form = Form::Path;
const NAME: Form = Form::Line;
const TIME: Form = Form::Time;
const MINUTES: Form = integer(1, 7 * 24 * 60);
/// [`PartPath::MAX_DEPTH`] as a bound.
const DEEPEST: i64 = 64;
const _: () = assert!(PartPath::MAX_DEPTH == 64, "DEEPEST follows PartPath::MAX_DEPTH");

/// Every key, in the order of the file.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    key("site.tenant", Form::Tenant, "\"main\"",
        "The municipality, where several share one store: nothing of one tenant is seen by another.",
        "団体の識別名。一つの保管庫を複数の団体で使うときに分けます（互いの情報は見えません）。"),
    key("site.name", Form::Line, "\"手水市\"",
        "Name of the municipality, as pages show it.",
        "団体の名前。画面に載せます。"),
    key("site.host_name", Form::Domain, "\"temizu.city.example.lg.jp\"",
        "Name of this gateway in EHLO, greetings, Received and Message-ID; never the machine's own host name.",
        "このゲートウェイの名前。EHLO、応答、Received、Message-ID に使います（機械のホスト名は使いません）。"),
    key("site.language", Form::Choice(&["ja", "en"]), "\"ja\"",
        "Language of notices.",
        "お知らせの言語。"),
    key("site.utc_offset_minutes", integer(-720, 840), "540",
        "Offset of local time from UTC in minutes; 540 is Japan.",
        "現地時刻と UTC の差（分）。540 が日本です。"),
    key("site.contact", Form::Line, "\"情報政策課 内線1234\"",
        "Whom staff ask, as the notice shows it.",
        "お知らせに載せる問い合わせ先。"),
    key("site.portal_url", Form::Url, "\"https://mail-portal.city.example.lg.jp\"",
        "Address of the staff portal without a slash at the end; empty while there is none.",
        "職員用ページの URL。末尾に / を付けません。なければ空にします。"),
    key("site.gaiji", Form::Path, "\"/etc/temizu/gaiji.txt\"",
        "Table of the site's own characters: a code and a word a line; what it does not know is shown as a geta mark.",
        "外字の表。一行に一つ、コードと置き換える文字を書きます。表にない外字は〓で示します。"),

    key("notice.template", Form::Path, "\"/etc/temizu/notice.toml\"",
        "A file with the site's own wording for a few places of the notice; try it with temizu notice preview.",
        "お知らせの一部を団体の言葉に変えるファイル。temizu notice preview で確かめられます。"),
    key("notice.held", Form::Switch, "true",
        "Whether the recipients of a mail that a rule holds as a whole are told so.",
        "規則がメール全体を止めたとき、宛先の人に知らせるかどうか。"),

    key("smtp.listen", list(&SOCKET), "[\"0.0.0.0:25\", \"[::]:25\"]",
        "Addresses to listen on. Needed to receive mail.",
        "待ち受けるアドレスとポート。受信に必要です。"),
    key("smtp.domains", list(&DOMAIN), "[\"city.example.lg.jp\"]",
        "Recipient domains, exactly as listed; mail to any other is refused. Needed to receive mail.",
        "受け取る宛先のドメイン。書いたものだけを受け取り、ほかは断ります。受信に必要です。"),
    key("smtp.tls_certificate", Form::Path, "\"/etc/temizu/tls/chain.pem\"",
        "Certificate chain (PEM); STARTTLS is offered if this and smtp.tls_key are set.",
        "証明書チェーン（PEM）。smtp.tls_key と両方あれば STARTTLS を使えます。"),
    key("smtp.tls_key", Form::Path, "\"/etc/temizu/tls/key.pem\"",
        "Private key (PEM) of smtp.tls_certificate.",
        "smtp.tls_certificate の秘密鍵（PEM）。"),
    key("smtp.proxy_protocol_from", list(&IP), "[\"192.0.2.10\"]",
        "Peers whose connections begin with a PROXY protocol header (version 1 or 2).",
        "PROXY プロトコル（第1版・第2版）で接続してくる相手の IP アドレス。"),
    key("smtp.line_ends", Form::Choice(&["refuse", "normalize"]), "\"refuse\"",
        "What to do with a bare CR, a bare LF or a NUL in DATA: refuse the mail, or turn line ends into CRLF and drop NUL.",
        "DATA の中の単独の CR・LF・NUL の扱い。refuse は断り、normalize は CRLF に直して NUL を除きます。"),
    key("smtp.max_sessions", integer(1, 10_000), "200",
        "Sessions at the same time.",
        "同時に受ける接続の数。"),
    key("smtp.max_sessions_per_client", integer(1, 10_000), "100",
        "Sessions at the same time from one client address.",
        "一つの接続元から同時に受ける接続の数。"),
    key("smtp.max_recipients", integer(1, 100_000), "1000",
        "Recipients of one mail; RFC 5321 asks for at least 100.",
        "一通の宛先の数。RFC 5321 は 100 以上を求めています。"),
    key("smtp.command_timeout_seconds", integer(1, 3600), "300",
        "Seconds to wait for a command; RFC 5321 asks for at least 300.",
        "コマンドを待つ秒数。RFC 5321 は 300 以上を求めています。"),
    key("smtp.data_timeout_seconds", integer(1, 86_400), "600",
        "Seconds one DATA may take in all.",
        "一つの DATA にかけてよい秒数。"),
    key("smtp.data_min_bytes_per_second", integer(0, GIB), "500",
        "Bytes per second that DATA must reach on average after its first ten seconds; 0 for no such limit.",
        "DATA が最初の 10 秒のあと平均で保つべき毎秒のバイト数。0 は制限なしです。"),
    key("smtp.max_hops", integer(1, 1000), "50",
        "Received headers after which a mail is taken for looping.",
        "Received ヘッダがこの数を超えたメールはループとみなします。"),

    key("deliver.next_hop", Form::HostPort, "\"mail.lgwan.example.lg.jp:25\"",
        "The LGWAN mail server, host:port. Needed to deliver mail.",
        "LGWAN 側のメールサーバ（ホスト:ポート）。送信に必要です。"),
    key("deliver.tls", Form::Choice(&["off", "if-offered", "required"]), "\"required\"",
        "STARTTLS towards it: never, if offered (the certificate must hold then), or always.",
        "送信時の STARTTLS。off は使わず、if-offered は相手が対応していれば使い（証明書を確かめます）、required は必ず使います。"),
    key("deliver.tls_ca", Form::Path, "\"/etc/temizu/tls/lgwan-ca.pem\"",
        "Certificate authorities (PEM) to trust besides the system's.",
        "システムのもののほかに信頼する認証局の証明書（PEM）。"),
    key("deliver.max_connections", integer(1, 1000), "10",
        "Connections at the same time.",
        "同時に使う接続の数。"),
    key("deliver.timeout_seconds", integer(1, 3600), "120",
        "Seconds to wait for the connection and for each reply.",
        "接続と一つ一つの応答を待つ秒数。"),
    key("deliver.retry_minutes", Form::List { of: &MINUTES, may_be_empty: false }, "[1, 5, 10, 20, 60]",
        "Minutes to wait before each retry; the last one repeats.",
        "再送までに待つ分数を順に書きます。最後の値をくり返します。"),
    key("deliver.give_up_hours", integer(1, 8760), "120",
        "Hours after which a mail that could not be delivered is held for an operator.",
        "届けられないメールの再送をやめ、管理者の確認待ちにするまでの時間数。"),
    key("deliver.alarm_minutes", integer(1, 10_080), "15",
        "Minutes without any success, while mail waits, after which an alarm is logged.",
        "待っているメールがあるのに一通も届かないとき、警報を記録するまでの分数。"),

    key("store.kind", Form::Choice(&["embedded", "scaleout"]), "\"embedded\"",
        "embedded: SQLite and files in one folder of one host; scaleout: PostgreSQL and an object store, for several hosts.",
        "保管庫の種類。embedded は一台の一つのフォルダ、scaleout は PostgreSQL とオブジェクトストレージ（複数台）。"),
    key("store.data", Form::Path, "\"/var/lib/temizu\"",
        "Folder of the embedded store: database, originals, keys. The scale-out store has only its keys there.",
        "データのフォルダ（データベース、原本、鍵）。scaleout では鍵だけを置きます。"),
    key("store.postgres", Form::Database, "\"postgres://temizu_process@db.example.lg.jp/temizu?sslmode=verify-full\"",
        "Scale-out: the PostgreSQL database, without a password.",
        "scaleout: PostgreSQL のデータベース（パスワードは書きません）。"),
    key("store.postgres_password_file", Form::Path, "\"/etc/temizu/postgres.password\"",
        "Scale-out: a file with the password of that login, mode 600.",
        "scaleout: そのログインのパスワードを書いたファイル（モード 600）。"),
    key("store.originals", Form::Objects, "\"s3://temizu-originals\"",
        "Scale-out: where sealed originals go. Only intake (to write), process and review have access.",
        "scaleout: 封をした原本の置き場所。intake（書き込みのみ）、process、review だけが使います。"),
    key("store.derivatives", Form::Objects, "\"s3://temizu-derivatives\"",
        "Scale-out: where rebuilt parts and composed mails go.",
        "scaleout: 無害化した部品と新しいメールの置き場所。"),
    key("store.s3_endpoint", Form::Url, "\"https://s3.example.lg.jp\"",
        "Scale-out: address of the S3-compatible service; empty for that of the region.",
        "scaleout: S3 互換サービスの URL。空ならリージョンのものを使います。"),
    key("store.s3_region", Form::Line, "\"us-east-1\"",
        "Scale-out: region of the S3 service.",
        "scaleout: S3 サービスのリージョン。"),
    key("store.s3_credentials_file", Form::Path, "\"/etc/temizu/s3.credentials\"",
        "Scale-out: a file with access_key_id = ... and secret_access_key = ... of this host's roles, mode 600.",
        "scaleout: access_key_id = ... と secret_access_key = ... を書いたファイル（モード 600）。"),
    key("store.reserve_bytes", integer(0, i64::MAX), "1073741824",
        "Bytes of disk to keep free; below them intake answers 452.",
        "空けておくディスクのバイト数。下回ると受信は 452 を返します。"),
    key("store.inline_bytes", integer(0, 16 * MIB), "65536",
        "Originals up to so many bytes ride in the database transaction; larger ones are files or objects.",
        "このバイト数までの原本はデータベースに、超えるものはファイルかオブジェクトに置きます。"),

    key("sandbox.worker", Form::Path, "\"/usr/lib/temizu/temizu-worker\"",
        "The worker binary; empty means temizu-worker beside this binary.",
        "ワーカーの実行ファイル。空なら本体と同じ場所の temizu-worker を使います。"),
    key("sandbox.concurrent", integer(0, 1024), "4",
        "Items processed at the same time; 0 means four per processor core.",
        "同時に処理する件数。0 は CPU のコア数の 4 倍です。"),
    key("sandbox.ready", integer(0, 1024), "2",
        "Workers kept started ahead of need.",
        "あらかじめ起動しておくワーカーの数。"),
    key("sandbox.wall_clock_seconds", integer(1, 3600), "20",
        "Seconds of wall clock for one item.",
        "一件の処理にかけてよい秒数。"),
    key("sandbox.memory_bytes", integer(64 * MIB, 64 * GIB), "1073741824",
        "Bytes of address space for one worker.",
        "一つのワーカーが使ってよいメモリ（アドレス空間）のバイト数。"),

    key("rules.files", list(&PATH), "[\"/etc/temizu/rules/alpha.toml\"]",
        "Rule files, in order; empty means the built-in preset alpha.",
        "規則のファイルを順に書きます。空なら組み込みの alpha（αモデル）を使います。"),

    key("files.csv_encoding", Form::Choice(&["utf-8-bom", "utf-8", "cp932"]), "\"utf-8-bom\"",
        "How CSV and TSV files are encoded: UTF-8 with a mark (Excel in Japan reads UTF-8 without one as Shift_JIS), without one, \
         or Shift_JIS (CP932); a table with characters that CP932 lacks is UTF-8 with a mark.",
        "CSV と TSV の文字コード。utf-8-bom は BOM 付き（エクセルで文字化けしません）、utf-8 は BOM なし、cp932 はシフト JIS です。\
         シフト JIS にない文字のある表は、BOM 付きの UTF-8 にします。"),

    key("sender.trusted_authserv_ids", list(&DOMAIN), "[\"relay.example.lg.jp\"]",
        "Relays whose Authentication-Results, ARC fields and Received-SPF are believed, by authserv-id (Received-SPF: receiver, ARC-Seal: d); empty: none is.",
        "送信ドメイン認証の結果を信じる中継サーバの名前（authserv-id。Received-SPF では receiver、ARC-Seal では d）。空ならどれも信じません。"),
    key("sender.trusted_hops", integer(1, 50), "1",
        "Received fields that these relays add on the way to this gateway; what stands beneath the last of them is not believed, whoever signed it.",
        "それらの中継サーバが加える Received の数。その最後の行より下に書かれた結果は、名前が合っていても信じません。"),
    key("sender.known_domains", list(&DOMAIN), "[\"pref.example.lg.jp\", \"example.co.jp\"]",
        "Domains, besides smtp.domains, that others may imitate: senders whose domain looks like one of them are flagged.",
        "smtp.domains のほかに、まねされやすいドメイン。これらにまぎらわしい差出人に印を付けます。"),

    key("limits.message_bytes", integer(64 * 1024, GIB), "52428800",
        "Bytes of one mail.",
        "一通のメールのバイト数。"),
    key("limits.header_bytes", integer(1024, 16 * MIB), "65536",
        "Bytes of all headers of a mail.",
        "一通のヘッダ全体のバイト数。"),
    key("limits.depth", integer(1, DEEPEST), "20",
        "Depth of the MIME tree.",
        "MIME の入れ子の深さ。"),
    key("limits.parts", integer(1, 10_000), "500",
        "Parts of a mail.",
        "一通のパートの数。"),
    key("limits.html_bytes", integer(1024, GIB), "2097152",
        "Bytes of one HTML body.",
        "一つの HTML 本文のバイト数。"),
    key("limits.text_bytes", integer(1024, GIB), "2097152",
        "Bytes of text written for one body.",
        "一つの本文として書き出す文字のバイト数。"),

    key("retention.days", integer(1, 36_500), "14",
        "Days after which the original and everything rebuilt from it are destroyed.",
        "原本と、それから作り直したものを破棄するまでの日数。"),

    key("password.search_hours", integer(0, 720), "24",
        "Hours after a file with a password in which later mails of its sender are searched for it; 0 searches none. \
         What is found is sealed.",
        "パスワード付きのファイルが届いてから、同じ差出人のメールにパスワードを探す時間。0 は探しません。見つけたものは封をして保管します。"),

    key("portal.listen", list(&SOCKET), "[\"0.0.0.0:8443\"]",
        "Addresses to listen on, always with TLS; none by default.",
        "待ち受けるアドレス。常に TLS です。書かないと動きません。"),
    key("portal.tls_certificate", Form::Path, "\"/etc/temizu/portal.crt\"",
        "Certificate chain (PEM). Without one the gateway makes an authority of its own, and a certificate by it, at first start.",
        "証明書（PEM）。書かないときは、最初の起動で独自の認証局と証明書を作ります。"),
    key("portal.tls_key", Form::Path, "\"/etc/temizu/portal.key\"",
        "Private key (PEM).",
        "秘密鍵（PEM）。"),
    key("portal.names", list(&NAME), "[\"mail-portal.city.example.lg.jp\"]",
        "Host names and addresses that browsers use, for the certificate made here; that of site.portal_url counts by itself.",
        "ブラウザが使うホスト名やアドレス（独自の証明書に載せます）。site.portal_url のものは書かなくても載ります。"),
    key("portal.date_style", Form::Choice(&["both", "wareki", "seireki"]), "\"both\"",
        "How dates are written on Japanese pages: the Japanese era and the year of the Common Era, the era alone, or the year alone.",
        "日本語の画面の日付。both は令和8年（2026年）、wareki は令和8年、seireki は2026年。"),
    key("portal.password_attempts", integer(1, 100), "5",
        "Wrong passwords for one mail until nobody may try more.",
        "一通のメールについて、違うパスワードを入れられる回数。超えると止めます。"),
    key("portal.decision_hours", integer(1, 8760), "72",
        "Hours that approvers have to decide on a request.",
        "申請から承認までの期限（時間）。"),
    key("portal.fetch_hours", integer(1, 8760), "24",
        "Hours that the requester has to fetch an approved original.",
        "承認された原本を受け取れる期限（時間）。"),
    key("portal.upload_bytes", integer(1024, GIB), "52428800",
        "Bytes of one uploaded file.",
        "画面から入れるファイル一つのバイト数。"),
    key("portal.digest_times", list(&TIME), "[\"08:30\", \"13:00\"]",
        "Local times at which staff are sent a list of the mails that wait for them, if there are new ones; empty sends none.",
        "操作が必要なメールの一覧を職員にメールで知らせる時刻（新しいものがあるときだけ）。空なら知らせません。"),

    key("review.listen", list(&SOCKET), "[\"0.0.0.0:8444\"]",
        "Addresses to listen on, always with TLS; none by default.",
        "待ち受けるアドレス。常に TLS です。書かないと動きません。"),
    key("review.tls_certificate", Form::Path, "\"/etc/temizu/review.crt\"",
        "Certificate chain (PEM). Without one the gateway makes an authority of its own, and a certificate by it, at first start.",
        "証明書（PEM）。書かないときは、最初の起動で独自の認証局と証明書を作ります。"),
    key("review.tls_key", Form::Path, "\"/etc/temizu/review.key\"",
        "Private key (PEM).",
        "秘密鍵（PEM）。"),
    key("review.names", list(&NAME), "[\"review.city.example.jp\"]",
        "Host names and addresses that browsers use, for the certificate made here; that of review.url counts by itself.",
        "ブラウザが使うホスト名やアドレス（独自の証明書に載せます）。review.url のものは書かなくても載ります。"),
    key("review.url", Form::Url, "\"https://review.city.example.jp:8444\"",
        "Address of this listener as browsers use it, without a slash at the end; the portal shows it to whoever may fetch an original.",
        "この窓口のアドレス（末尾の / なし）。原本を受け取れる人にポータルが示します。"),
    key("review.original_bytes", integer(1024, GIB), "52428800",
        "Bytes of the largest original that is handed out; it is in memory as a whole meanwhile.",
        "渡せる原本の大きさの上限（バイト）。渡す間は全体がメモリに載ります。"),

    key("identity.key", Form::Path, "\"/etc/temizu/identity.key\"",
        "File with the key that seals second factors; made at the first start (mode 600) as identity.key in store.data \
         if not set. Portal and review need the same one.",
        "二要素認証の秘密を封じる鍵のファイル（モード 600）。書かなければ store.data の identity.key を最初の起動で作ります。\
         portal と review には同じ鍵を置きます。"),
    key("identity.totp", Form::Choice(&["administrators", "everybody", "nobody"]), "\"administrators\"",
        "Who must have a second factor (an app with one-time codes): administrators and approvers, everybody, or nobody. \
         Whoever has one is asked for it.",
        "二要素認証（ワンタイムコードのアプリ）を必須にする人。administrators は管理者と承認者、everybody は全員、nobody は任意です。\
         登録した人には必ず尋ねます。"),
    key("identity.office_words", list(&Form::Line), "[\"example\", \"市役所\"]",
        "Words of the office that no password may be made of, such as its name.",
        "団体の名前など、パスワードに使わせない言葉。"),
];
