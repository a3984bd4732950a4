//! What pages load besides themselves: style sheets, scripts, fonts and signs. Ours lie beside this file; what is not
//! ours is fetched by `cargo xtask assets` (`xtask/npm.txt`) and part of release binaries.
//!
//! Refuses: a name that is not in the set, and an address of another version of the set.
//! Invariant: what lies under an address never changes, so browsers may keep it for ever.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

/// Where [`serve`] belongs in a router. Open to everybody: the page of sign-in needs it.
pub const ROUTE: &str = "/assets/{version}/{*name}";

/// The style sheets of every page, in this order.
pub const STYLES: [&str; 3] = ["tokens.css", "noto/noto-sans-jp.css", "temizu.css"];

/// The scripts of every page, in this order, each with `defer` and the nonce of the page. No page needs them.
pub const SCRIPTS: [&str; 2] = ["htmx.js", "temizu.js"];

/// The content of `<meta name="htmx-config">`, which stands before the scripts. htmx 4 under a strict policy needs:
///
/// - `extensions`: which extensions may register. `hx-csp` holds the only way into the DOM under Trusted Types, the
///   policy [`TRUSTED_TYPES_POLICY`]; the extension of server-sent events is named `sse`, not `hx-sse`.
/// - `includeIndicatorCSS:false`: no style sheet made by script (`includeIndicatorStyles` in htmx 2).
/// - nothing that is evaluated, because the policy has no `unsafe-eval`: no `hx-on`, no `js:` values, no trigger filters.
///
/// `hx-csp` takes the `nonce` of the first `<script nonce>` of a page, and strips all `hx-` attributes of elements
/// without the same `hx-nonce`: every element with `hx-` attributes carries `hx-nonce="{{ nonce }}"`. Parts of pages that
/// come later may carry the nonce of their own response, which `hx-csp` reads in the `Content-Security-Policy` header of
/// that response and replaces. Server-sent events have no such header: what they bring carries no `hx-` attributes.
/// A stream that ends is asked for again, for ever, unless its element has `hx-sse:close="done"` and the last event is
/// `done`.
pub const HTMX_CONFIG: &str = r#"{"extensions":"hx-csp,sse","includeIndicatorCSS":false}"#;

/// The Trusted Types policy that htmx makes; our own script makes none. In the `Content-Security-Policy`:
/// `script-src 'self' 'nonce-…'; require-trusted-types-for 'script'; trusted-types htmx`, beside
/// `style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'`.
pub const TRUSTED_TYPES_POLICY: &str = "htmx";

/// Not ours; read from the folder in builds for development, part of release builds.
#[derive(rust_embed::Embed)]
#[folder = "target/assets/embedded"]
#[allow_missing = true]
struct Fetched;

const OWN: &[(&str, &str)] = &[
    (
        "temizu.css",
        concat!(
            include_str!("styles/base.css"),
            include_str!("styles/frame.css"),
            include_str!("styles/state.css"),
            include_str!("styles/list.css"),
            include_str!("styles/form.css"),
            include_str!("styles/print.css"),
        ),
    ),
    ("temizu.js", concat!(include_str!("script/fields.js"), include_str!("script/list.js"))),
    ("icons/check.svg", include_str!("styles/icons/check.svg")),
    ("icons/clock.svg", include_str!("styles/icons/clock.svg")),
    ("icons/down.svg", include_str!("styles/icons/down.svg")),
    ("icons/glass.svg", include_str!("styles/icons/glass.svg")),
    ("icons/info.svg", include_str!("styles/icons/info.svg")),
    ("icons/key.svg", include_str!("styles/icons/key.svg")),
    ("icons/person.svg", include_str!("styles/icons/person.svg")),
    ("icons/stop.svg", include_str!("styles/icons/stop.svg")),
    ("icons/turning.svg", include_str!("styles/icons/turning.svg")),
    ("icons/warning.svg", include_str!("styles/icons/warning.svg")),
];

/// Why pages cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}, which pages need, is not part of this program: run `cargo xtask assets` and build again")]
pub struct Incomplete(String);

/// One file of the set.
struct Asset {
    bytes: Cow<'static, [u8]>,
    /// SHA-256 of the bytes, in quotes.
    etag: String,
}

struct Assets {
    /// The first 16 hexadecimal digits of a SHA-256 over all names and bytes.
    version: String,
    files: BTreeMap<String, Asset>,
}

impl Assets {
    fn of(files: impl Iterator<Item = (String, Cow<'static, [u8]>)>) -> Self {
        let with_tag = files.map(|(name, bytes)| {
            let etag = format!("\"{}\"", hex(&Sha256::digest(&bytes)));
            (name, Asset { bytes, etag })
        });
        let files: BTreeMap<_, _> = with_tag.collect();
        let mut whole = Sha256::new();
        for (name, asset) in &files {
            whole.update(name.as_bytes());
            whole.update([0]);
            whole.update(asset.etag.as_bytes());
        }
        let mut version = hex(&whole.finalize());
        version.truncate(16);
        Self { version, files }
    }

    fn complete(&self) -> Result<(), Incomplete> {
        let named = STYLES.iter().chain(&SCRIPTS).find(|name| !self.files.contains_key(**name));
        if let Some(name) = named {
            return Err(Incomplete((*name).to_owned()));
        }
        if !self.files.keys().any(|name| name.ends_with(".woff2")) {
            return Err(Incomplete("the font Noto Sans JP".to_owned()));
        }
        Ok(())
    }
}

/// Read once: what changes on the disk of a developer is there after the next start.
fn assets() -> &'static Assets {
    static ASSETS: OnceLock<Assets> = OnceLock::new();
    ASSETS.get_or_init(|| {
        let fetched = Fetched::iter().filter_map(|name| Fetched::get(&name).map(|it| (name.into_owned(), it.data)));
        let own = OWN.iter().map(|(name, text)| ((*name).to_owned(), Cow::Borrowed(text.as_bytes())));
        Assets::of(fetched.chain(own))
    })
}

/// The address of a file of the set, for `href` and `src`. A name that is not in the set gets one that is not found.
#[must_use]
pub fn href(name: &str) -> String {
    format!("/assets/{}/{name}", assets().version)
}

/// Whether this program can show pages at all: asked once, before a web edge starts to listen.
///
/// # Errors
/// [`Incomplete`] if it was built without what `cargo xtask assets` fetches.
pub fn complete() -> Result<(), Incomplete> {
    assets().complete()
}

/// The licences of what is not ours, by the name of their package.
pub fn licences() -> impl Iterator<Item = (&'static str, &'static str)> {
    assets().files.iter().filter_map(|(name, asset)| {
        let package = name.strip_prefix("licences/")?.strip_suffix(".txt")?;
        Some((package, std::str::from_utf8(&asset.bytes).ok()?))
    })
}

/// Answers [`ROUTE`].
#[allow(clippy::unused_async, reason = "axum takes nothing else")]
pub async fn serve(Path((version, name)): Path<(String, String)>, asked: HeaderMap) -> Response {
    let found = assets().files.get(&name).filter(|_| version == assets().version);
    let Some(asset) = found else {
        return (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")]).into_response();
    };
    let Ok(etag) = HeaderValue::from_str(&asset.etag) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|value| value.split(',')).any(|tag| tag.trim() == asset.etag);
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::ETAG, etag),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type(&name))),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let body = match &asset.bytes {
        Cow::Borrowed(bytes) => Body::from(*bytes),
        Cow::Owned(bytes) => Body::from(bytes.as_slice()),
    };
    (headers, body).into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string does not fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(address: &str, headers: HeaderMap) -> Response {
        let mut parts = address.trim_start_matches("/assets/").splitn(2, '/');
        let (version, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        serve(Path((version.to_owned(), name.to_owned())), headers).await
    }

    async fn body(response: Response) -> Vec<u8> {
        axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap().to_vec()
    }

    fn header_of(response: &Response, name: HeaderName) -> String {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    fn text(name: &str) -> String {
        String::from_utf8(assets().files.get(name).unwrap().bytes.to_vec()).unwrap()
    }

    /// What stands between `url(` and `)`, without quotes and `./`.
    fn addresses(sheet: &str) -> Vec<String> {
        let parts = sheet.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
        parts.map(|it| it.trim_matches(['"', '\'']).trim_start_matches("./").to_owned()).collect()
    }

    #[test]
    fn a_program_built_by_xtask_has_all_that_pages_need() {
        assert_eq!(complete(), Ok(()));
    }

    #[test]
    fn a_program_without_what_is_fetched_says_what_to_do() {
        let own = OWN.iter().map(|(name, text)| ((*name).to_owned(), Cow::Borrowed(text.as_bytes())));
        let said = Assets::of(own).complete().unwrap_err().to_string();
        assert!(said.contains("tokens.css") && said.contains("cargo xtask assets"), "{said}");
    }

    #[tokio::test]
    async fn a_file_is_served_with_its_type_and_may_be_kept_for_ever() {
        let response = asked(&href("temizu.css"), HeaderMap::new()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header_of(&response, header::CONTENT_TYPE), "text/css; charset=utf-8");
        assert_eq!(header_of(&response, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
        assert_eq!(body(response).await, text("temizu.css").as_bytes());
    }

    #[tokio::test]
    async fn whoever_has_a_file_already_is_not_sent_it_again() {
        let first = asked(&href("temizu.js"), HeaderMap::new()).await;
        let etag = first.headers().get(header::ETAG).unwrap().clone();
        assert!(!etag.to_str().unwrap().starts_with("W/"), "strong");
        let mut known = HeaderMap::new();
        known.insert(header::IF_NONE_MATCH, etag);
        let second = asked(&href("temizu.js"), known).await;
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(body(second).await, b"");
    }

    #[tokio::test]
    async fn other_names_and_other_versions_are_not_found() {
        let beside = href("temizu.css");
        for address in [
            href("temizu.cs"),
            href(""),
            href("../assets.rs"),
            href("noto/../temizu.css"),
            beside.replace("/assets/", "/assets/0"),
            "/assets/temizu.css".to_owned(),
        ] {
            let response = asked(&address, HeaderMap::new()).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{address}");
            assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-store", "{address}");
        }
    }

    #[test]
    fn another_byte_makes_another_address() {
        let set = |text: &'static str| Assets::of([("a.css".to_owned(), Cow::Borrowed(text.as_bytes()))].into_iter());
        assert_eq!(set("one").version, set("one").version);
        assert_ne!(set("one").version, set("two").version);
        assert_eq!(set("one").version.len(), 16);
    }

    #[test]
    fn whatever_a_style_sheet_names_is_in_the_set_and_nothing_lies_elsewhere() {
        for name in STYLES {
            let folder = name.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
            let sheet = text(name);
            assert!(!sheet.contains("@import") && !sheet.contains("//"), "{name} leads elsewhere");
            for address in addresses(&sheet) {
                assert!(assets().files.contains_key(&format!("{folder}{address}")), "{name} names {address}");
            }
        }
        assert!(addresses(&text("noto/noto-sans-jp.css")).len() > 100);
        assert!(addresses(&text("temizu.css")).len() >= 10);
    }

    #[test]
    fn every_token_and_property_that_our_style_sheet_uses_exists() {
        let (ours, tokens) = (text("temizu.css"), text("tokens.css"));
        let used = ours.split("var(").skip(1).filter_map(|rest| rest.split([')', ',']).next());
        for name in used {
            let set = format!("{name}:");
            assert!(ours.contains(&set) || tokens.contains(&set), "{name} is nowhere set");
        }
    }

    /// Classes of a page that the style sheet does not know. What a template decides on its own is left out.
    fn unknown_classes(page: &str, sheet: &str) -> Vec<String> {
        let mut plain = String::new();
        for (number, part) in page.split("{%").flat_map(|it| it.split("{{")).enumerate() {
            let after = part.find(['%', '}']).and_then(|end| part.get(end + 2..)).unwrap_or_default();
            plain.push_str(if number == 0 { part } else { "\0" });
            plain.push_str(if number == 0 { "" } else { after });
        }
        let lists = plain.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let classes = lists.flat_map(str::split_whitespace).filter(|class| !class.contains('\0'));
        let is_known = |class: &str| {
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
            sheet.split(&format!(".{class}")).skip(1).any(ends)
        };
        classes.filter(|class| !is_known(class)).map(str::to_owned).collect()
    }

    #[test]
    fn every_class_of_a_page_is_one_that_the_style_sheet_knows() {
        let sheet = text("temizu.css");
        let example = r#"<p class="card {{ a }} chip-{{ b }} car"><i class="button {% if c %}nothing{% endif %}">"#;
        assert_eq!(unknown_classes(example, &sheet), ["car"]);
        let folders =
            ["web", "portal", "review"].map(|edge| format!("{}/src/{edge}/pages", env!("CARGO_MANIFEST_DIR")));
        for entry in folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten() {
            let path = entry.unwrap().path();
            let page = std::fs::read_to_string(&path).unwrap();
            assert_eq!(unknown_classes(&page, &sheet), Vec::<String>::new(), "{}", path.display());
        }
    }

    #[test]
    fn our_script_makes_nothing_of_text_and_names_no_other_place() {
        let script = text("temizu.js");
        for word in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "://", ".style"]
        {
            assert!(!script.contains(word), "{word}");
        }
    }

    #[test]
    fn htmx_comes_with_the_extensions_that_its_configuration_names() {
        let script = text("htmx.js");
        for extension in ["\"hx-csp\"", "\"sse\""] {
            assert!(script.contains(&format!("registerExtension({extension}")), "{extension}");
        }
        assert!(script.contains("createPolicy(\"htmx\"") && HTMX_CONFIG.contains("hx-csp,sse"));
    }

    #[test]
    fn every_package_that_is_part_of_the_program_comes_with_its_licence() {
        let licences: Vec<_> = licences().collect();
        assert_eq!(
            licences.iter().map(|(package, _)| *package).collect::<Vec<_>>(),
            ["digital-go-jp-design-tokens", "htmx.org", "noto-sans-jp"]
        );
        assert!(licences.iter().all(|(_, text)| text.len() > 200));
    }
}
