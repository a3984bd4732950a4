//! OpenID Connect: the code flow with PKCE, state and nonce, from the link to the provider to a verified ID token.
//!
//! Refuses: a state that is not the browser's, or was used; tokens of another issuer, for another client, expired,
//! unsigned, or signed with a shared secret. Invariant: nothing of an ID token is read before its signature holds.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields,
    IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::admit::{Admission, Claims};
use super::{IdentityError, secret, tls};
use crate::config;
use crate::domain::{Digest, Label, Mailbox, Timestamp};

/// How long somebody may take at the provider.
pub(super) const STATE_LIFE: Duration = Duration::from_secs(10 * 60);
/// How old a sign-in at the provider may be that proves anew who somebody is.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// How long what the provider says of itself and its keys is believed: a key that it takes back counts no longer than this.
const KNOWN: Duration = Duration::from_secs(10 * 60);
/// Most bytes of an answer of the provider.
const MAX_ANSWER: usize = 1024 * 1024;

/// Signatures that count; those with a shared secret and `none` do not.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Whatever else a token says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Extra {
    #[serde(flatten)]
    all: BTreeMap<String, Value>,
}

impl AdditionalClaims for Extra {}

type Fields = IdTokenFields<
    Extra,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type IdToken =
    openidconnect::IdToken<Extra, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

type OpenidClient = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What the browser carries, sealed, to the provider and back.
#[derive(Serialize, Deserialize)]
pub(super) struct Journey {
    pub(super) state: String,
    nonce: String,
    verifier: String,
    redirect_url: String,
    again: bool,
}

/// Why a journey did not end well.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// What came back does not hold.
    Wrong,
    /// The provider does not answer, or is not what the configuration says.
    Unavailable,
}

/// A provider.
pub(super) struct Openid {
    config: config::Openid,
    http: reqwest::Client,
    pub(super) admission: Admission,
    used: Mutex<BTreeMap<Digest, Timestamp>>,
    /// What the provider said of itself, and when.
    known: Mutex<Option<(Timestamp, CoreProviderMetadata)>>,
}

/// Whether what the provider said before will do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    IfOld,
    Anew,
}

/// A request did not go well. No text of the provider.
#[derive(Debug, thiserror::Error)]
enum HttpTrouble {
    #[error("no answer")]
    Request(#[from] reqwest::Error),
    #[error("the answer is too long")]
    TooLong,
    #[error("the answer is not one of HTTP")]
    Odd,
}

impl Openid {
    /// `None` if the configuration names none.
    pub(super) fn new(config: &config::Openid) -> Result<Option<Self>, IdentityError> {
        if config.issuer.is_empty() {
            return Ok(None);
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(config.timeout_seconds))
            .tls_backend_preconfigured(tls::client(config.ca.as_deref())?)
            .build()
            .map_err(|_| IdentityError::Http)?;
        let admission = Admission::new(&config.groups, config.create, &config.department);
        Ok(Some(Self { config: config.clone(), http, admission, used: Mutex::default(), known: Mutex::default() }))
    }

    /// The link to the provider, and what the browser has to bring back. `random` are 96 bytes of the edge's generator.
    pub(super) async fn begin(
        &self,
        random: &[u8; 96],
        redirect_url: &str,
        again: bool,
        now: Timestamp,
    ) -> Result<(String, Journey), Failed> {
        let client = self.client(redirect_url, now, Ask::IfOld).await?;
        let mut words = random.as_chunks::<32>().0.iter().map(|bytes| Digest::from_bytes(*bytes).to_string());
        let mut word = || words.next().ok_or(Failed::Unavailable);
        let (state, nonce, verifier) = (word()?, word()?, word()?);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let (csrf, once) = (CsrfToken::new(state.clone()), Nonce::new(nonce.clone()));
        let scopes = self.config.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new);
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || csrf, move || once)
            .add_scopes(scopes)
            .set_pkce_challenge(challenge);
        if again {
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        let (url, ..) = request.url();
        let redirect_url = redirect_url.to_owned();
        Ok((url.to_string(), Journey { state, nonce, verifier, redirect_url, again }))
    }

    /// What the provider says of whoever came back with `code`.
    pub(super) async fn finish(
        &self,
        journey: &Journey,
        state: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Claims, Failed> {
        // Digests are compared, so that how long it takes says nothing.
        if Digest::of(state.as_bytes()) != Digest::of(journey.state.as_bytes()) || !self.first_use(state, now) {
            return Err(Failed::Wrong);
        }
        let client = self.client(&journey.redirect_url, now, Ask::IfOld).await?;
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(|_| Failed::Unavailable)?;
        let call = |request: HttpRequest| exchange(self.http.clone(), request);
        let verifier = PkceCodeVerifier::new(journey.verifier.clone());
        let answer = request.set_pkce_verifier(verifier).request_async(&call).await.map_err(|error| match error {
            openidconnect::RequestTokenError::Request(_) => Failed::Unavailable,
            // The provider refuses the code: it was used, or is none of its own.
            _ => Failed::Wrong,
        })?;
        let token = answer.id_token().ok_or(Failed::Wrong)?;
        let all = match verified(&client, token, journey, now) {
            // The provider has other keys by now.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                let client = self.client(&journey.redirect_url, now, Ask::Anew).await?;
                verified(&client, token, journey, now)
            }
            other => other,
        };
        let all = all.map_err(|error| {
            tracing::warn!(kind = kind(&error), "sign-in: an ID token does not hold");
            Failed::Wrong
        })?;
        self.read(&all).ok_or(Failed::Wrong)
    }

    fn read(&self, all: &Value) -> Option<Claims> {
        let text = |name: &str| all.get(name).and_then(Value::as_str);
        let verified = all.get("email_verified").and_then(Value::as_bool).unwrap_or_default();
        let wanted = self.config.login_claim.as_str();
        if wanted == "email" && !verified {
            tracing::warn!("sign-in: the provider has not verified an address that openid.login_claim relies on");
            return None;
        }
        let groups = all.get(&self.config.groups_claim).and_then(Value::as_array);
        Some(Claims {
            login: text(wanted)?.parse().ok()?,
            name: text("name").and_then(|name| name.parse::<Label>().ok()),
            mailbox: text("email").filter(|_| verified).and_then(|mailbox| Mailbox::parse(mailbox).ok()),
            groups: groups.into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
        })
    }

    /// True the first time a state comes back.
    fn first_use(&self, state: &str, now: Timestamp) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, until| *until > now);
        used.insert(Digest::of(state.as_bytes()), now.after(STATE_LIFE)).is_none()
    }

    /// The provider as its discovery document describes it, with its keys.
    async fn metadata(&self, now: Timestamp, ask: Ask) -> Result<CoreProviderMetadata, Failed> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // What was learnt in the future was learnt by a clock that was fast.
        let is_young = |at: Timestamp| at <= now && now.since(at) < KNOWN;
        if let Some((_, metadata)) = known.filter(|(at, _)| ask == Ask::IfOld && is_young(*at)) {
            return Ok(metadata);
        }
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(|_| trouble("openid.issuer is no address"))?;
        let call = |request: HttpRequest| exchange(self.http.clone(), request);
        let metadata = CoreProviderMetadata::discover_async(issuer, &call)
            .await
            .map_err(|_| trouble("its discovery document cannot be fetched, or names another issuer"))?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, metadata.clone()));
        Ok(metadata)
    }

    async fn client(&self, redirect_url: &str, now: Timestamp, ask: Ask) -> Result<OpenidClient, Failed> {
        let metadata = self.metadata(now, ask).await?;
        let secret = match &self.config.client_secret_file {
            Some(path) => {
                let text = secret::read(path).map_err(|_| trouble("openid.client_secret_file cannot be used"))?;
                Some(ClientSecret::new(text.to_string()))
            }
            None => None,
        };
        let redirect = RedirectUrl::new(redirect_url.to_owned()).map_err(|_| trouble("the way back is no address"))?;
        let client_id = ClientId::new(self.config.client_id.clone());
        Ok(Client::from_provider_metadata(metadata, client_id, secret).set_redirect_uri(redirect))
    }
}

fn trouble(what: &'static str) -> Failed {
    tracing::error!(what, "sign-in: the OpenID provider cannot be used");
    Failed::Unavailable
}

/// All that a token says, once it holds for this journey.
fn verified(
    client: &OpenidClient,
    token: &IdToken,
    journey: &Journey,
    now: Timestamp,
) -> Result<Value, ClaimsVerificationError> {
    let time = chrono::DateTime::from_timestamp_millis(now.millis()).unwrap_or_default();
    let fresh_since = chrono::DateTime::from_timestamp_millis(now.before(FRESH).millis()).unwrap_or_default();
    let again = journey.again;
    let verifier =
        client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || time).set_auth_time_verifier_fn(
            move |at| match at {
                _ if !again => Ok(()),
                Some(at) if at >= fresh_since => Ok(()),
                _ => Err("not proven anew".to_owned()),
            },
        );
    let claims = token.claims(&verifier, &Nonce::new(journey.nonce.clone()))?;
    serde_json::to_value(claims).map_err(|_| ClaimsVerificationError::Other("claims that are no JSON".to_owned()))
}

/// What of a token does not hold, without a word of it.
fn kind(error: &ClaimsVerificationError) -> &'static str {
    use ClaimsVerificationError as Error;
    match error {
        Error::Expired(_) => "expired",
        Error::InvalidAudience(_) => "audience",
        Error::InvalidIssuer(_) => "issuer",
        Error::InvalidNonce(_) => "nonce",
        Error::InvalidAuthTime(_) => "time of proof",
        Error::SignatureVerification(_) => "signature",
        _ => "other",
    }
}

/// One request, whose answer has an end.
async fn exchange(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, HttpTrouble> {
    let mut answer = client.execute(request.try_into()?).await?;
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if body.len().saturating_add(piece.len()) > MAX_ANSWER {
            return Err(HttpTrouble::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    let mut response = HttpResponse::new(body);
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    if response.status().is_redirection() { Err(HttpTrouble::Odd) } else { Ok(response) }
}
