//! The systemd units of `config/systemd`: what they start is there, they shut in what they start, and the manual names them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use temizu::serve::Role;

use crate::support::process::{end, temizu};

/// What every unit of a role says.
const SHUT_IN: [&str; 24] = [
    "LimitCORE=0",
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectProc=invisible",
    "RemoveIPC=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=~@privileged",
    "SocketBindDeny=any",
    "UMask=0077",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/systemd")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// The values of a key, in order.
fn values<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

fn units() -> Vec<String> {
    let names = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".service")).collect()
}

#[test]
fn there_is_a_unit_for_each_role_and_one_for_all_of_them() {
    let of_roles = Role::ALL.map(|role| format!("temizu-{role}.service"));
    let expected: BTreeSet<String> = of_roles.into_iter().chain(["temizu.service".to_owned()]).collect();
    assert_eq!(units().into_iter().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn what_a_unit_starts_is_a_command_of_the_program_with_options_that_it_knows() {
    let nowhere = tempfile::tempdir().unwrap();
    for unit in units() {
        let text = read(&unit);
        let [line] = values(&text, "ExecStart")[..] else { panic!("{unit} starts one thing") };
        let mut words = line.split(' ');
        assert_eq!(words.next(), Some("/usr/bin/temizu"), "{unit}");
        let config = format!("/etc/temizu/{}.toml", unit.trim_start_matches("temizu-").trim_end_matches(".service"));
        assert!(line.contains(&format!("--config {config}")), "{unit}: {config}");
        // Its file is not there: the program gets as far as that, and no further.
        let missing = nowhere.path().join("missing.toml");
        let arguments = words.map(|word| if word == config { missing.to_str().unwrap() } else { word });
        let mut command = temizu();
        command.args(arguments);
        let ended = end(command, b"");
        assert!(![0, 64].contains(&ended.code) && ended.err.contains("missing.toml"), "{unit}: {}", ended.err);
    }
}

#[test]
fn each_role_has_a_user_a_folder_and_secrets_of_its_own() {
    let users = read("temizu-roles.conf");
    for role in Role::ALL {
        let text = read(&format!("temizu-{role}.service"));
        assert!(values(&text, "ExecStart")[0].ends_with(&format!(" --role {role}")), "{role}");
        for key in ["User", "Group", "StateDirectory"] {
            assert_eq!(values(&text, key), [format!("temizu-{role}")], "{role}");
        }
        assert!(users.lines().any(|line| line.starts_with(&format!("u temizu-{role} "))), "{role}");
        let secrets = text.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix("LoadCredential="));
        let mut names = BTreeSet::new();
        for secret in secrets {
            let (name, from) = secret.split_once(':').unwrap();
            assert_eq!(from, format!("/etc/temizu/credentials/{role}/{name}"));
            names.insert(name);
        }
        assert!(names.contains("postgres.password") && names.contains("s3.credentials"), "{role}");
        let signs_in = matches!(role, Role::Portal | Role::Review);
        assert_eq!(names.contains("identity.key"), signs_in, "{role}");
        assert!(text.contains(&format!("/run/credentials/temizu-{role}.service/")), "{role}");
    }
}

#[test]
fn each_role_is_shut_in_and_only_edges_listen() {
    for role in Role::ALL {
        let text = read(&format!("temizu-{role}.service"));
        for line in SHUT_IN {
            assert!(text.lines().any(|found| found == line), "{role}: {line}");
        }
        let listens = !matches!(role, Role::Process | Role::Deliver);
        assert_eq!(values(&text, "SocketBindAllow").len(), usize::from(listens), "{role}");
        let may = if role == Role::Intake { "CAP_NET_BIND_SERVICE" } else { "" };
        assert_eq!(values(&text, "CapabilityBoundingSet"), [may], "{role}");
        // Whoever starts workers lets them shut themselves in, and nobody else needs that.
        assert_eq!(text.contains("landlock_restrict_self"), matches!(role, Role::Process | Role::Review), "{role}");
    }
}

#[test]
fn the_manual_says_in_both_languages_which_unit_is_for_which_host() {
    for language in ["ja", "en"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{language}/install.md"));
        let text = std::fs::read_to_string(path).unwrap();
        for unit in units() {
            assert!(text.contains(&unit), "{language}: {unit}");
        }
    }
}
