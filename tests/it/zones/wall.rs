//! Raising the wall: passwords that nobody sees, drift that is repaired, and a wall that would not hold.

use std::os::unix::fs::PermissionsExt as _;

use super::DENIED;
use super::town::Town;
use crate::support::postgres::Cluster;

const ROLES: [&str; 8] = ["intake", "process", "deliver", "portal", "review", "operator", "auditor", "host1"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_in_its_file_and_nowhere_else() {
    let town = Town::empty().await;
    town.migrate("").with(0);
    town.database.sql(&format!("ALTER DATABASE {} SET log_statement = 'all'", town.database.name())).await;
    let first = town.roles("--login host1=intake,process").with(0);
    assert!(first.out.contains("mc admin policy create") && first.out.contains("garage bucket allow"), "{}", first.out);
    assert!(first.out.contains("store.postgres_password_file"), "{}", first.out);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&town.out()), 0o700);
    let passwords = ROLES.map(|role| town.password(role));
    for (role, password) in ROLES.iter().zip(&passwords) {
        assert_eq!(mode(&town.password_file(role)), 0o600);
        assert_eq!(password.len(), 43, "32 bytes in base64");
        assert!(!first.out.contains(password.as_str()) && first.err.is_empty());
        town.connect(role).await.unwrap();
    }

    let again = town.roles("--login host1=intake,process --json").with(0).json();
    assert!(again["logins"].as_array().unwrap().iter().all(|login| login["new_password"] == false), "{again}");
    assert_eq!(ROLES.map(|role| town.password(role)), passwords);
    town.connect("deliver").await.unwrap();
    let changed = town.roles("--login host1=intake,process --new-passwords --json").with(0).json();
    assert!(changed["logins"].as_array().unwrap().iter().all(|login| login["new_password"] == true), "{changed}");
    for (role, old) in ROLES.iter().zip(&passwords) {
        assert_ne!(town.password(role), *old);
        town.connect(role).await.unwrap();
    }
    let log = Cluster::shared().log();
    assert!(log.contains(&format!("ALTER ROLE {} PASSWORD 'SCRAM-SHA-256$", town.login_name("deliver"))));
    for password in passwords.iter().chain(&ROLES.map(|role| town.password(role))) {
        assert!(!log.contains(password.as_str()));
    }
    let left = town.roles("--json").with(0).json();
    assert_eq!(left["other_members"], serde_json::json!([town.login_name("host1")]), "told, and left alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raised_again_the_wall_repairs_what_has_drifted() {
    let town = Town::built().await;
    town.fill().await;
    let (prefix, deliver) = (&town.prefix, town.login_name("deliver"));
    for drift in [
        format!("GRANT SELECT ON original TO {deliver}"),
        format!("GRANT SELECT (facts) ON item TO {prefix}_role_portal"),
        format!("GRANT {prefix}_role_process TO {deliver}"),
        "GRANT UPDATE ON audit TO PUBLIC".to_owned(),
        "GRANT ALL ON SCHEMA public TO PUBLIC".to_owned(),
        format!("REVOKE EXECUTE ON FUNCTION lock_audit_head(text) FROM {prefix}_role_intake"),
        format!("GRANT EXECUTE ON FUNCTION finish_item(text, text) TO {prefix}_role_portal"),
        format!("ALTER ROLE {deliver} CREATEDB BYPASSRLS"),
    ] {
        town.database.sql(&drift).await;
    }
    let cases = [
        ("deliver", "SELECT sealed FROM original"),
        ("deliver", "SELECT public_key FROM sealing_key"),
        ("portal", "SELECT facts FROM item"),
        ("auditor", "CREATE TABLE mine (n integer)"),
        ("portal", "SELECT finish_item('main', 'x')"),
    ];
    for (role, sql) in cases {
        assert_eq!(town.tried(role, sql).await, Ok(()), "drifted, {role}: {sql}");
    }
    town.run(
        &format!(
            "migrate --roles --login host1=intake,process --prefix {prefix} --out {} --postgres {}",
            town.out().display(),
            town.database.url()
        ),
        &town.config_file("owner", ""),
    )
    .with(0);
    for (role, sql) in cases {
        assert_eq!(town.tried(role, sql).await, Err(DENIED.to_owned()), "{role}: {sql}");
    }
    assert_eq!(town.tried("intake", "SELECT * FROM lock_audit_head('main')").await, Ok(()));
    let attributes = format!("SELECT rolcreatedb OR rolbypassrls FROM pg_roles WHERE rolname = '{deliver}'");
    assert_eq!(town.database.sql(&attributes).await, "f");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_that_would_not_hold_is_refused_as_a_whole() {
    let town = Town::built().await;
    let deliver = town.login_name("deliver");
    let password = town.password("deliver");
    town.database.sql(&format!("ALTER TABLE original OWNER TO {deliver}")).await;
    let superuser = format!(
        "migrate --roles --new-passwords --prefix {} --out {} --postgres {}",
        town.prefix,
        town.out().display(),
        town.database.url()
    );
    let refused = town.run(&superuser, &town.config_file("owner", "")).with(78).err;
    assert!(
        refused.contains(&format!("{deliver} owns original")) && refused.contains("nothing was changed"),
        "{refused}"
    );
    assert_eq!(town.password("deliver"), password, "the one in force");
    town.connect("deliver").await.unwrap();
    let left = std::fs::read_dir(town.out()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.ends_with(".new")).count(), 0);

    // What somebody else has passed on, the owner cannot take back.
    town.database.sql(&format!("ALTER TABLE original OWNER TO {}", town.login_name("owner"))).await;
    let other = town.login_name("other");
    town.database
        .sql(&format!(
            "CREATE ROLE {other}; GRANT USAGE ON SCHEMA public TO {other}; \
             GRANT SELECT ON original TO {other} WITH GRANT OPTION; \
             SET ROLE {other}; GRANT SELECT ON original TO {deliver}"
        ))
        .await;
    assert_eq!(town.tried("deliver", "SELECT sealed FROM original").await, Ok(()), "no wall");
    let refused = town.roles("").with(78).err;
    assert!(refused.contains(&format!("{deliver} can still SELECT original.")), "{refused}");
    town.database.sql(&format!("REVOKE ALL ON original FROM {other} CASCADE")).await;
    town.roles("").with(0);
    assert_eq!(town.tried("deliver", "SELECT sealed FROM original").await, Err(DENIED.to_owned()));

    let config = town.config_file("deliver", "");
    let refused = town.run(&format!("migrate --roles --out {}", town.out().display()), &config).with(78).err;
    assert!(refused.contains("CREATEROLE"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn options_that_make_no_wall_are_refused_with_what_to_write() {
    let town = Town::empty().await;
    let early = town.roles("").with(78).err;
    assert!(early.contains("run `temizu migrate` once"), "{early}");
    for (more, said) in [
        ("--login deliver=process", "neither a role"),
        ("--login Host=process", "lower case"),
        ("--postgres postgres://a:secret@db/t", "--postgres-password-file"),
    ] {
        let refused = town.roles(more).with(64).err;
        assert!(refused.contains(said) && !refused.contains("secret@"), "{refused}");
    }
    town.roles("--login host1=nobody").with(64);
    town.roles("--check").with(64);
    std::fs::set_permissions(town.out(), std::fs::Permissions::from_mode(0o755)).unwrap();
    town.migrate("").with(0);
    assert!(town.roles("").with(73).err.contains("open to others"));
    let embedded = tempfile::tempdir().unwrap();
    let refused = crate::support::process::run_on(embedded.path(), "migrate --roles").with(64).err;
    assert!(refused.contains("scaleout"), "{refused}");
}
