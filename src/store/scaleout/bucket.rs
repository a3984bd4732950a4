//! Who may do what in the object store: an IAM policy document for each zone, as AWS, MinIO and Ceph read them.
//!
//! Refuses: originals and derivatives in one place, which no policy could keep apart. Invariant: only process and review
//! read an original; only intake, process and the portal, where staff put files in, write one.

use serde_json::{Value, json};

use super::grants::Zone;
use crate::config;
use crate::store::open::OpenError;

/// Reading.
const GET: &[&str] = &["s3:GetObject"];
/// Writing, large objects in pieces.
const PUT: &[&str] = &["s3:PutObject", "s3:AbortMultipartUpload"];
/// Reading, writing and removing.
const ALL: &[&str] = &["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"];
/// Seeing what is there, which is asked of the bucket.
const LIST: &[&str] = &["s3:ListBucket"];

/// What a zone may do with originals, and with derivatives.
const fn actions(zone: Zone) -> [&'static [&'static str]; 2] {
    match zone {
        Zone::Intake => [PUT, &[]],
        Zone::Process => [ALL, ALL],
        Zone::Deliver => [&[], GET],
        Zone::Portal => [PUT, GET],
        Zone::Review => [GET, &[]],
        Zone::Operator | Zone::Auditor => [&[], &[]],
    }
}

/// The policy of a login for `zones`; `None` if it needs no key, or if objects are in a file system.
///
/// # Errors
/// [`OpenError::Objects`] if originals and derivatives are in one place, or one within the other.
pub fn policy(config: &config::Store, zones: &[Zone]) -> Result<Option<Value>, OpenError> {
    let places = [place(&config.originals), place(&config.derivatives)];
    if let [Some(originals), Some(derivatives)] = &places
        && (is_within(originals, derivatives) || is_within(derivatives, originals))
    {
        let what = "store.originals and store.derivatives are in one place: give each a bucket or a folder of its own";
        return Err(OpenError::Objects(what.to_owned()));
    }
    let mut statements = Vec::new();
    for (index, (kind, place)) in ["Originals", "Derivatives"].into_iter().zip(&places).enumerate() {
        let Some(place) = place else { continue };
        let may: Vec<&str> = ALL
            .iter()
            .copied()
            .filter(|action| zones.iter().any(|zone| actions(*zone).get(index).is_some_and(|may| may.contains(action))))
            .collect();
        if !may.is_empty() {
            let resource = format!("arn:aws:s3:::{place}/*");
            statements.push(json!({ "Sid": kind, "Effect": "Allow", "Action": may, "Resource": [resource] }));
        }
        if zones.contains(&Zone::Process) {
            let bucket = place.split('/').next().unwrap_or_default();
            let (sid, resource) = (format!("List{kind}"), format!("arn:aws:s3:::{bucket}"));
            statements.push(json!({ "Sid": sid, "Effect": "Allow", "Action": LIST, "Resource": [resource] }));
        }
    }
    Ok((!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements })))
}

/// `bucket` or `bucket/folder`, if it is in S3.
fn place(url: &str) -> Option<&str> {
    url.strip_prefix("s3://")
}

fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(originals: &str, derivatives: &str) -> config::Store {
        let (originals, derivatives) = (originals.to_owned(), derivatives.to_owned());
        config::Store { originals, derivatives, ..config::Store::default() }
    }

    fn allows(zones: &[Zone], action: &str, resource: &str) -> bool {
        let policy = policy(&store("s3://sealed", "s3://new/temizu"), zones).unwrap().unwrap_or_default();
        let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
        statements.iter().any(|statement| {
            let has = |key: &str, what: &str| statement[key].as_array().unwrap().iter().any(|one| one == what);
            has("Action", action) && has("Resource", resource)
        })
    }

    #[test]
    fn only_process_and_review_read_an_original_and_only_those_who_take_one_in_and_process_write_one() {
        for zone in Zone::ALL {
            let (sealed, new) = ("arn:aws:s3:::sealed/*", "arn:aws:s3:::new/temizu/*");
            let reads = [Zone::Process, Zone::Review].contains(&zone);
            assert_eq!(allows(&[zone], "s3:GetObject", sealed), reads, "{zone}");
            let writes = [Zone::Process, Zone::Intake, Zone::Portal].contains(&zone);
            assert_eq!(allows(&[zone], "s3:PutObject", sealed), writes, "{zone}");
            let sends = [Zone::Process, Zone::Deliver, Zone::Portal].contains(&zone);
            assert_eq!(allows(&[zone], "s3:GetObject", new), sends, "{zone}");
            assert_eq!(allows(&[zone], "s3:DeleteObject", new), zone == Zone::Process, "{zone}");
        }
        assert!(allows(&[Zone::Intake, Zone::Deliver], "s3:PutObject", "arn:aws:s3:::sealed/*"));
        assert!(allows(&[Zone::Intake, Zone::Deliver], "s3:GetObject", "arn:aws:s3:::new/temizu/*"));
        assert!(!allows(&[Zone::Intake, Zone::Deliver], "s3:GetObject", "arn:aws:s3:::sealed/*"));
    }

    #[test]
    fn a_place_within_the_other_is_refused_and_one_beside_it_is_not() {
        for (originals, derivatives) in [("s3://b", "s3://b"), ("s3://b", "s3://b/x"), ("s3://b/x/y", "s3://b/x")] {
            policy(&store(originals, derivatives), &Zone::ALL).unwrap_err();
        }
        for (originals, derivatives) in [("s3://b", "s3://bb"), ("s3://b/x", "s3://b/xy"), ("s3://b", "")] {
            assert!(policy(&store(originals, derivatives), &Zone::ALL).unwrap().is_some());
        }
        assert_eq!(policy(&store("file:///a", "file:///a"), &Zone::ALL).unwrap(), None);
        assert_eq!(policy(&store("s3://a", "s3://b"), &[Zone::Operator, Zone::Auditor]).unwrap(), None);
    }
}
