//! The second factor: one-time codes of six digits, a fresh one every 30 seconds (RFC 6238, SHA-1 as apps expect).
//!
//! Refuses: codes more than one step away from now, and codes that are not six digits once full-width digits are read as
//! digits. Invariant: the secret leaves here sealed, or in the one picture that its owner is shown.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use totp_rs::{Builder, Totp};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::domain::{AccountId, Login, TenantId, Timestamp};

/// Bytes of a secret (RFC 4226 4, R6).
pub(super) const SECRET: usize = 20;
/// Seconds of a step.
pub const STEP_SECONDS: u64 = 30;

/// A secret cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the second factor cannot be used; an administrator can take it away")]
pub struct Unusable;

/// What the secret of an account is sealed for: that of one account opens as no other's.
pub(super) fn purpose(tenant: &TenantId, account: AccountId) -> String {
    format!("totp/{}/{account}", tenant.as_str())
}

/// The step whose code this is, from one before now to one after; none if it is wrong.
pub(super) fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Result<Option<u64>, Unusable> {
    let digits: Zeroizing<String> = Zeroizing::new(code.nfkc().filter(|c| !c.is_whitespace()).take(7).collect());
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now.millis() / 1_000).map_err(|_| Unusable)?;
    Ok(of(secret, "")?.check(&digits, seconds))
}

/// What an app needs to know: its address, for a link, and the secret in base 32, to type.
pub(super) fn address(secret: &[u8], login: &Login) -> Result<(Zeroizing<String>, Zeroizing<String>), Unusable> {
    let totp = of(secret, login.as_str())?;
    let url = totp.to_url().map(Zeroizing::new).map_err(|_| Unusable)?;
    let typed = url.split(['?', '&']).find_map(|field| field.strip_prefix("secret=")).ok_or(Unusable)?;
    Ok((url.clone(), Zeroizing::new(typed.to_owned())))
}

/// The address as a picture: an SVG element without script, style or anything from elsewhere.
pub(super) fn picture(url: &str) -> Result<String, Unusable> {
    let code = QrCode::with_error_correction_level(url, EcLevel::M).map_err(|_| Unusable)?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(240, 240).quiet_zone(true).build();
    // Without the declaration of an XML file it can stand in a page.
    Ok(svg.split_once("?>").map_or(svg.clone(), |(_, element)| element.to_owned()))
}

fn of(secret: &[u8], login: &str) -> Result<Totp, Unusable> {
    // A colon parts issuer and account in the address (its own format); a sign-in name may hold one.
    let account = if login.is_empty() { "-".to_owned() } else { login.replace(':', "_") };
    let builder = Builder::new().with_secret(secret.to_vec()).with_account_name(account).with_issuer(Some("Temizu"));
    builder.build().map_err(|_| Unusable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B: the secret, and codes (the last six of eight digits).
    const RFC: &[u8; 20] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let step = u64::try_from(seconds).unwrap() / STEP_SECONDS;
            assert_eq!(step_of(RFC, code, at(seconds)), Ok(Some(step)));
        }
    }

    #[test]
    fn a_code_counts_one_step_early_and_one_step_late() {
        for (seconds, counts) in [(29, true), (30, true), (59, true), (89, true), (90, false), (1_000, false)] {
            assert_eq!(step_of(RFC, "287082", at(seconds)).unwrap().is_some(), counts, "{seconds}");
        }
    }

    #[test]
    fn full_width_digits_and_blanks_are_read() {
        assert_eq!(step_of(RFC, "２８７ ０８２", at(59)), Ok(Some(1)));
        for code in ["", "28708", "2870822", "28708x", "٢٨٧٠٨٢", "+28708"] {
            assert_eq!(step_of(RFC, code, at(59)), Ok(None), "{code}");
        }
    }

    #[test]
    fn the_picture_is_plain_and_the_address_names_the_account() {
        let (url, typed) = address(RFC, &"a:b@city.example".parse().unwrap()).unwrap();
        assert!(url.starts_with("otpauth://totp/Temizu:a_b%40city.example?"), "{}", *url);
        assert_eq!(typed.as_str(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let svg = picture(&url).unwrap();
        assert!(svg.trim_start().starts_with("<svg") && !svg.contains("style=") && !svg.contains("<script"), "{svg}");
    }
}
