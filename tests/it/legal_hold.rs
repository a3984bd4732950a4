//! `temizu retention`: what an operator holds is spared at the end of its retention, and who held it is on record.

use std::sync::Arc;

use temizu::ports::Settlement;
use temizu::store::Keys;
use temizu::store::embedded::EmbeddedStore;

use crate::store_contract::fixture::{Ports, StillClock, embedded_config};
use crate::support::process::{end, run_on, temizu};

#[tokio::test]
async fn an_item_under_a_legal_hold_is_spared_until_it_is_lifted() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let clock = Arc::new(StillClock::default());
    let ports = Ports::of(EmbeddedStore::open(&embedded_config(data), clock, Keys::Opening).await.unwrap(), ());
    let [held, other] = [ports.sanitized(1).await, ports.sanitized(2).await].map(|key| key.id.reference().to_string());
    ports.settle_all(2000, Settlement::Sent).await;
    drop(ports);
    let json = |arguments: &str| run_on(data, &format!("{arguments} --json")).with(0).json();

    assert!(run_on(data, "retention hold 2222-2222 --reason x").with(66).err.contains("not found"));
    run_on(data, &format!("retention hold {held}")).with(64);
    let mut hold = temizu();
    hold.args(["retention", "hold", &held, "--reason", "住民監査請求 12 号", "--data"]).arg(data);
    let said = end(hold, b"").with(0).out;
    assert!(said.contains("under a legal hold") && said.contains("temizu retention lift"), "{said}");
    assert!(run_on(data, &format!("retention hold {held} --reason again")).with(0).out.contains("already"));
    let listed = json("retention list");
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["reference"]), (1, &serde_json::json!(held)));
    let shown = run_on(data, &format!("queue show {held}")).with(0).out;
    assert!(shown.contains("legal hold") && shown.contains("legal_hold_set (operator:tester)"), "{shown}");
    let records = json(&format!("queue show {held}"))["records"].to_string();
    assert!(records.contains("住民監査請求 12 号"), "{records}");

    assert_eq!(json("retention run")["expired"], 1);
    assert_eq!(json(&format!("queue show {held}"))["stage"], "delivered");
    assert_eq!(json(&format!("queue show {other}"))["stage"], "expired");
    run_on(data, &format!("retention hold {other} --reason late")).with(75);
    let mut lift = temizu();
    lift.args(["retention", "lift", "-", "--reason", "closed", "--json", "--data"]).arg(data);
    let lifted = end(lift, format!("{held}\n").as_bytes()).with(0).json();
    assert_eq!((&lifted[0]["changed"], &lifted[0]["legal_hold"]), (&true.into(), &false.into()));
    assert_eq!(json("retention list"), serde_json::json!([]));
    assert!(run_on(data, "retention run").with(0).out.contains("1 originals past their retention"));
    assert_eq!(json(&format!("queue show {held}"))["stage"], "expired");
    run_on(data, "audit verify").with(0);
}
