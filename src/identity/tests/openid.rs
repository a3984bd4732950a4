//! Sign-in at an OpenID provider: a provider in the test, over real HTTP on loopback, with real signatures.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::extract::State;
use axum::{Form, Router, routing};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::PrivateSigningKey as _;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PkceCodeChallenge, PkceCodeVerifier};
use serde_json::{Value, json};

use super::super::journey::{Arrival, Departure};
use super::*;
use crate::config::TotpPolicy;
use crate::domain::IdentitySource;

/// What the provider says in its next token, and what it was asked.
#[derive(Default)]
struct Saying {
    claims: BTreeMap<&'static str, Value>,
    unsigned: bool,
    challenge: String,
    /// How often it was asked who it is, and for its keys.
    asked: [usize; 2],
}

struct Provider {
    issuer: String,
    /// The keys it ever had; the last one signs, and is the only one it tells of.
    keys: Mutex<Vec<CoreEdDsaPrivateSigningKey>>,
    says: Mutex<Saying>,
}

impl Provider {
    async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let provider = Arc::new(Self { issuer, keys: Mutex::default(), says: Mutex::default() });
        provider.change_key();
        let router = Router::new()
            .route("/.well-known/openid-configuration", routing::get(metadata))
            .route("/keys", routing::get(keys))
            .route("/token", routing::post(token))
            .with_state(Arc::clone(&provider));
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    fn change_key(&self) {
        let pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_pem();
        let mut keys = self.keys.lock().unwrap();
        let name = JsonWebKeyId::new(format!("k{}", keys.len()));
        keys.push(CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(name)).unwrap());
    }

    fn say(&self, name: &'static str, value: Value) {
        self.says.lock().unwrap().claims.insert(name, value);
    }

    fn set(&self, config: &mut Config) {
        let openid = &mut config.openid;
        openid.issuer = self.issuer.clone();
        openid.client_id = "temizu".to_owned();
        openid.create = true;
        openid.department = "it".to_owned();
        openid.groups_claim = "groups".to_owned();
        config.identity.totp = TotpPolicy::Nobody;
    }
}

/// A JSON answer.
type Answer = ([(&'static str, &'static str); 1], String);

fn answer(value: &Value) -> Answer {
    ([("content-type", "application/json")], value.to_string())
}

async fn metadata(State(provider): State<Arc<Provider>>) -> Answer {
    provider.says.lock().unwrap().asked[0] += 1;
    let at = |path: &str| format!("{}{path}", provider.issuer);
    answer(&json!({
        "issuer": provider.issuer, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
    }))
}

async fn keys(State(provider): State<Arc<Provider>>) -> Answer {
    provider.says.lock().unwrap().asked[1] += 1;
    let key = provider.keys.lock().unwrap().last().unwrap().as_verification_key();
    answer(&json!({ "keys": [key] }))
}

/// Gives a token for the code `good`, to whoever has the verifier of the challenge.
async fn token(
    State(provider): State<Arc<Provider>>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Answer, axum::http::StatusCode> {
    let says = provider.says.lock().unwrap();
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(form["code_verifier"].clone()));
    if form["code"] != "good" || challenge.as_str() != says.challenge || form["client_id"] != "temizu" {
        return Err(axum::http::StatusCode::BAD_REQUEST);
    }
    let algorithm = if says.unsigned { "none" } else { "EdDSA" };
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let keys = provider.keys.lock().unwrap();
    let (key, kid) = (keys.last().unwrap(), format!("k{}", keys.len() - 1));
    let text = format!("{}.{}", part(&json!({ "alg": algorithm, "kid": kid })), part(&json!(says.claims)));
    let signature =
        if says.unsigned { Vec::new() } else { key.sign(&CoreJwsSigningAlgorithm::EdDsa, text.as_bytes()).unwrap() };
    let id_token = format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature));
    Ok(answer(&json!({ "access_token": "x", "token_type": "Bearer", "id_token": id_token })))
}

const BACK: &str = "https://portal.example/sign-in/openid";

/// The values of the query of a link.
fn query(url: &str) -> BTreeMap<String, String> {
    let url = openidconnect::url::Url::parse(url).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Begins a journey and lets the provider say what is right.
async fn begin(desk: &Desk, provider: &Provider, again: Option<&Principal>) -> (Departure, String) {
    let departure = desk.identity.begin_openid(&desk.tenant, Door::Portal, BACK, again).await.unwrap();
    let asked = query(&departure.url);
    assert!(departure.url.starts_with(&provider.issuer) && asked["code_challenge_method"] == "S256");
    assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
    let now = desk.clock.now().millis() / 1_000;
    for (name, value) in [
        ("iss", json!(provider.issuer)),
        ("aud", json!("temizu")),
        ("sub", json!("4711")),
        ("exp", json!(now + 60)),
        ("iat", json!(now)),
        ("nonce", json!(asked["nonce"])),
        ("preferred_username", json!("Kashiwagi")),
        ("name", json!("柏木 太郎")),
        ("email", json!("kashiwagi@city.example")),
        ("email_verified", json!(true)),
        ("groups", json!(["chiefs"])),
    ] {
        provider.say(name, value);
    }
    provider.says.lock().unwrap().challenge = asked["code_challenge"].clone();
    (departure, asked["state"].clone())
}

async fn finish(desk: &Desk, ticket: &str, state: &str, code: &str) -> Result<SignedIn, Refusal> {
    let arrival = Arrival { ticket, state, code };
    desk.identity.finish_openid(&desk.tenant, Door::Portal, arrival, here(), None).await
}

#[tokio::test]
async fn the_provider_knows_who_it_is() {
    let provider = Provider::start().await;
    let desk = Desk::with(|config| provider.set(config)).await;
    let (departure, state) = begin(&desk, &provider, None).await;
    let principal = welcomed(finish(&desk, &departure.ticket, &state, "good").await);
    assert_eq!((principal.login.as_str(), principal.name.as_str()), ("kashiwagi", "柏木 太郎"));
    assert_eq!((principal.source, roles(&principal)), (IdentitySource::Openid, vec![OfficeRole::Staff]));
    let replayed = finish(&desk, &departure.ticket, &state, "good").await;
    assert_eq!(replayed, Err(Refusal::Refused), "a state counts once");
}

#[tokio::test]
async fn what_the_provider_is_is_asked_once_in_a_while_and_when_its_key_is_not_known() {
    let provider = Provider::start().await;
    let desk = Desk::with(|config| provider.set(config)).await;
    let asked = || provider.says.lock().unwrap().asked;
    let sign_in = async || {
        let (departure, state) = begin(&desk, &provider, None).await;
        welcomed(finish(&desk, &departure.ticket, &state, "good").await);
    };
    sign_in().await;
    sign_in().await;
    assert_eq!(asked(), [1, 1]);
    desk.clock.pass(Duration::from_secs(10 * 60 - 1));
    sign_in().await;
    assert_eq!(asked(), [1, 1]);
    desk.clock.pass(Duration::from_secs(1));
    sign_in().await;
    assert_eq!(asked(), [2, 2]);
    provider.change_key();
    sign_in().await;
    assert_eq!(asked(), [3, 3]);
    sign_in().await;
    assert_eq!(asked(), [3, 3], "and is known from then on");
}

#[tokio::test]
async fn tokens_that_do_not_hold_are_refused() {
    let provider = Provider::start().await;
    let desk = Desk::with(|config| provider.set(config)).await;
    let past = desk.clock.now().millis() / 1_000 - 1;
    for (name, value) in [
        ("nonce", json!("another")),
        ("aud", json!("somebody else")),
        ("iss", json!("http://127.0.0.1:1")),
        ("exp", json!(past)),
        ("preferred_username", json!("two words")),
        ("preferred_username", json!("chief")),
    ] {
        let (departure, state) = begin(&desk, &provider, None).await;
        provider.say(name, value.clone());
        let answer = finish(&desk, &departure.ticket, &state, "good").await;
        assert_eq!(answer, Err(Refusal::Refused), "{name} {value}");
    }
    let (departure, state) = begin(&desk, &provider, None).await;
    provider.says.lock().unwrap().unsigned = true;
    assert_eq!(finish(&desk, &departure.ticket, &state, "good").await, Err(Refusal::Refused), "unsigned");
    assert_eq!(desk.ledger.rows().accounts.len(), 1, "nobody was added");
}

#[tokio::test]
async fn what_comes_back_must_have_begun_in_this_browser() {
    let provider = Provider::start().await;
    let desk = Desk::with(|config| provider.set(config)).await;
    let (departure, state) = begin(&desk, &provider, None).await;
    assert_eq!(finish(&desk, &departure.ticket, "another", "good").await, Err(Refusal::Refused));
    assert_eq!(finish(&desk, "nonsense", &state, "good").await, Err(Refusal::TicketOver));
    let (departure, state) = begin(&desk, &provider, None).await;
    assert_eq!(finish(&desk, &departure.ticket, &state, "bad").await, Err(Refusal::Refused));
    let (departure, state) = begin(&desk, &provider, None).await;
    desk.clock.pass(super::super::openid::STATE_LIFE);
    assert_eq!(finish(&desk, &departure.ticket, &state, "good").await, Err(Refusal::TicketOver));
}

#[tokio::test]
async fn groups_give_roles_and_proving_again_must_be_fresh() {
    let provider = Provider::start().await;
    let desk = Desk::with(|config| {
        provider.set(config);
        config.openid.groups = vec!["approver: chiefs".to_owned()];
    })
    .await;
    let (departure, state) = begin(&desk, &provider, None).await;
    let principal = welcomed(finish(&desk, &departure.ticket, &state, "good").await);
    assert_eq!(roles(&principal), [OfficeRole::Approver]);
    let now = desk.clock.now().millis() / 1_000;
    for (proved_at, holds) in [(None, false), (Some(now - 3_600), false), (Some(now), true)] {
        let (departure, state) = begin(&desk, &provider, Some(&principal)).await;
        assert_eq!(query(&departure.url)["prompt"], "login");
        if let Some(at) = proved_at {
            provider.say("auth_time", json!(at));
        }
        let arrival = Arrival { ticket: &departure.ticket, state: &state, code: "good" };
        let answer = desk.identity.finish_openid(&desk.tenant, Door::Portal, arrival, here(), Some(&principal)).await;
        assert_eq!(answer.is_ok(), holds, "{proved_at:?}");
    }
}

#[tokio::test]
async fn a_provider_that_is_down_or_another_one_is_told_apart_from_a_wrong_proof() {
    let provider = Provider::start().await;
    let desk = Desk::with(|config| {
        provider.set(config);
        config.openid.issuer = format!("{}/other", provider.issuer);
    })
    .await;
    let answer = desk.identity.begin_openid(&desk.tenant, Door::Portal, BACK, None).await;
    assert_eq!(answer, Err(Refusal::Unavailable));
}
