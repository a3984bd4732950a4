//! What an operator types while a gateway runs, or after: queue, quarantine, trace, audit, healthcheck.

use std::path::Path;

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::support::next_hop::NextHop;
use crate::support::process::{Gateway, end, run, run_on, temizu};
use crate::support::sender::Sender;

/// A gateway that has delivered a clean mail and one whose attachment it kept.
struct Site {
    folder: tempfile::TempDir,
    hop: NextHop,
    gateway: Gateway,
    /// 管理番号 of the mail that passed.
    passed: String,
    /// 管理番号 of the mail with a program.
    kept: String,
}

fn sample(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name).join("input.eml");
    std::fs::read(path).unwrap()
}

impl Site {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hop = NextHop::start(Vec::new()).await;
        let gateway = Gateway::start(folder.path(), hop.address());
        let mut sender = Sender::connect(gateway.address().await).await.unwrap();
        let passed = sender.send("a@city.test", &sample("01-plain-utf8")).await.unwrap();
        let kept = sender.send("b@city.test", &sample("22-exe-renamed-pdf")).await.unwrap();
        let site = Self { folder, hop, gateway, passed, kept };
        site.hop.until("both mails arrive", |seen| seen.taken.len() == 2).await;
        for reference in [&site.passed, &site.kept] {
            site.reaches(reference, "delivered").await;
        }
        site
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn json(&self, arguments: &str) -> Value {
        run_on(self.data(), &format!("{arguments} --json")).with(0).json()
    }

    fn show(&self, reference: &str) -> Value {
        self.json(&format!("queue show {reference}"))
    }

    /// Waits until the item is in this stage; it gets there by the work of another process.
    async fn reaches(&self, reference: &str, stage: &str) {
        for _ in 0..200 {
            if self.show(reference)["stage"] == stage {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{reference} is not {stage}: {}", self.show(reference));
    }
}

#[tokio::test]
async fn a_mail_is_found_by_whatever_people_can_read_out() {
    let site = Site::start().await;
    let shown = site.show(&site.passed);
    let id = shown["id"].as_str().unwrap();
    let sent = String::from_utf8(sample("01-plain-utf8")).unwrap();
    let message_id = sent.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned();
    assert_eq!(site.json(&format!("trace {message_id}")).as_array().unwrap().len(), 2, "the samples share theirs");
    for text in [site.passed.as_str(), id, "a@city.test", "A@City.Test"] {
        let found = site.json(&format!("trace {text}"));
        assert_eq!(found.as_array().unwrap().len(), 1, "{text}");
        assert_eq!(found[0]["reference"], *site.passed, "{text}");
        assert!(run_on(site.data(), &format!("trace {text}")).with(0).out.contains(&site.passed));
    }
    assert_eq!(site.json("trace sender@example.com").as_array().unwrap().len(), 2);
    assert!(run_on(site.data(), "trace nobody@city.test").with(66).err.contains("no such mail"));
    assert_eq!(site.json("trace nobody@city.test"), Value::Array(Vec::new()));
}

#[tokio::test]
async fn the_queue_lists_shows_and_takes_orders() {
    let site = Site::start().await;
    assert_eq!(site.json("queue list"), Value::Array(Vec::new()), "nothing is left to do");
    assert!(run_on(site.data(), "queue list").with(0).out.contains("No items"));
    assert_eq!(site.json("queue list --stage delivered").as_array().unwrap().len(), 2);
    assert!(run_on(site.data(), "queue list --stage delivered").with(0).out.contains(&site.kept));
    assert_eq!(site.show(&site.kept)["recipients_state"][0]["status"], "sent");
    assert!(run_on(site.data(), &format!("queue show {}", site.kept)).with(0).out.contains("type_not_allowed"));

    let busy = run_on(site.data(), &format!("queue hold {}", site.passed)).with(75).err;
    assert!(busy.contains("its state does not allow this"), "{busy}");
    assert!(run_on(site.data(), "queue show 2222-2222").with(66).err.contains("not found"));
    assert!(run_on(site.data(), "queue show nonsense").with(64).err.contains("7K3F-92QD"));
}

#[tokio::test]
async fn what_waits_is_held_released_and_tried_again_by_order_of_an_operator() {
    let folder = tempfile::tempdir().unwrap();
    let down = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut gateway = Gateway::start(folder.path(), down);
    let mut sender = Sender::connect(gateway.address().await).await.unwrap();
    let mut references = Vec::new();
    for name in ["01-plain-utf8", "02-iso-2022-jp"] {
        references.push(sender.send("a@city.test", &sample(name)).await.unwrap());
    }
    let hop = NextHop::start(Vec::new()).await;
    let site = Site { folder, hop, passed: references[0].clone(), kept: references[1].clone(), gateway };
    for reference in &references {
        site.reaches(reference, "sanitized").await;
    }
    let listed = references.join("\n");
    for (order, status) in [("hold", "on_hold"), ("release", "waiting"), ("retry", "waiting")] {
        let mut command = temizu();
        command.args(["queue", order, "-", "--json", "--data"]).arg(site.data());
        let done = end(command, listed.as_bytes()).with(0).json();
        assert_eq!(done.as_array().unwrap().len(), 2, "{order}");
        for reference in &references {
            let shown = site.show(reference);
            assert_eq!(shown["recipients_state"][0]["status"], status, "{order}");
            let last = shown["records"].as_array().unwrap().iter().rev().find_map(|record| {
                let body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
                (body["actor"] == "operator:tester").then_some(body)
            });
            assert!(last.is_some(), "{order} is on record with its operator: {shown}");
        }
    }
    let mut command = temizu();
    command.args(["queue", "show", "-", "--json", "--data"]).arg(site.data());
    assert_eq!(end(command, listed.as_bytes()).with(0).json().as_array().unwrap().len(), 2);

    gateway = site.gateway;
    gateway.kill();
    let _up = Gateway::start(site.folder.path(), site.hop.address());
    site.hop.until("both arrive once the next hop is up", |seen| seen.taken.len() == 2).await;
}

#[tokio::test]
async fn an_original_is_exported_as_it_was_received() {
    let site = Site::start().await;
    let entries = site.json("quarantine list");
    let entries = entries.as_array().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (&entries[0]["reference"], &entries[0]["reason"]),
        (&site.kept.as_str().into(), &"type_not_allowed".into())
    );
    assert_eq!(site.json("quarantine list --find a@city.test"), Value::Array(Vec::new()));
    assert_eq!(site.json(&format!("quarantine show {}", site.kept)).as_array().unwrap().len(), 1);
    for command in ["list".to_owned(), format!("show {}", site.kept)] {
        let said = run_on(site.data(), &format!("quarantine {command}")).with(0).out;
        assert!(said.contains(&site.kept) && said.contains("type_not_allowed"), "{said}");
    }

    let out = tempfile::tempdir().unwrap();
    let written = site.json(&format!("quarantine export {}", out.path().display()));
    let file = written[0]["file"].as_str().unwrap();
    let exported = std::fs::read(file).unwrap();
    assert!(exported == sample("22-exe-renamed-pdf"), "the bytes as received");
    assert_eq!(written[0]["sha256"], site.show(&site.kept)["digest"]);
    let again = run_on(site.data(), &format!("quarantine export {} --id {}", out.path().display(), site.kept));
    assert!(again.with(73).err.contains("never written over"));
    let elsewhere = out.path().join("elsewhere");
    let one = run_on(site.data(), &format!("quarantine export {} --id {}", elsewhere.display(), site.passed)).with(0);
    assert!(one.out.contains("not been sanitized"), "{}", one.out);
    assert!(std::fs::read(elsewhere.join(format!("{}.eml", site.passed))).unwrap() == sample("01-plain-utf8"));
}

#[tokio::test]
async fn the_chain_is_verified_exported_and_a_changed_byte_is_found() {
    let mut site = Site::start().await;
    let verified = site.json("audit verify");
    assert_eq!(verified["ok"], true);
    let exported = run_on(site.data(), "audit export").with(0).out;
    assert_eq!(exported.lines().count() as u64, verified["records"].as_u64().unwrap());
    let file = site.data().join("chain.jsonl");
    std::fs::write(&file, &exported).unwrap();
    assert!(run("audit verify --file", &[&file]).with(0).out.contains("every link holds"));
    assert_eq!(run("audit verify --json --file", &[&file]).with(0).json()["head"], verified["head"]);
    let lines: Vec<&str> = exported.lines().collect();
    let without_third: Vec<&str> = lines.iter().enumerate().filter(|(at, _)| *at != 2).map(|(_, line)| *line).collect();
    std::fs::write(&file, without_third.join("\n")).unwrap();
    assert!(run("audit verify --file", &[&file]).with(1).out.contains("record 3 is bad"));
    assert!(run("audit verify --file /nowhere.jsonl", &[]).with(66).err.contains("/nowhere.jsonl"));

    site.gateway.kill();
    corrupt(&site.data().join("temizu.db"), 4).await;
    let said = run_on(site.data(), "audit verify").with(1).out;
    assert!(said.contains("record 4 is bad"), "{said}");
    let report = run_on(site.data(), "audit verify --json").with(1).json();
    assert_eq!((&report["ok"], &report["sequence"]), (&Value::from(false), &Value::from(4)));
}

/// Changes one byte of a record, as somebody with the disk and a grudge would.
async fn corrupt(database: &Path, sequence: i64) {
    let mut connection = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
    sqlx::raw_sql("DROP TRIGGER audit_is_never_changed").execute(&mut connection).await.unwrap();
    let done = sqlx::query("UPDATE audit SET body = replace(body, '\"actor\":\"', '\"actor\":\"x') WHERE sequence = ?")
        .bind(sequence)
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 1);
    connection.close().await.unwrap();
}

#[tokio::test]
async fn healthcheck_tells_up_from_down() {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::start(folder.path(), "127.0.0.1:1".parse().unwrap());
    let address = gateway.address().await;
    let check = format!("healthcheck --smtp-listen {address}");
    assert!(run(&check, &[]).with(0).out.contains(&format!("{address} ok")));
    gateway.kill();
    assert!(run(&check, &[]).with(69).err.contains("does not answer"));
    run("healthcheck", &[]).with(78);
}
