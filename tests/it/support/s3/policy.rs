//! Who may do what on the S3 server: keys, and IAM policy documents as AWS reads them.
//!
//! Refuses unknown keys, operations without a known action, and documents with elements it would have to ignore.
//! Invariant: what no statement allows is denied, and a `Deny` wins over every `Allow`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::DeleteObjectsInput;
use s3s::{S3Request, S3Result, s3_error};
use serde_json::Value;

use super::Key;

/// The keys of a server and their policies; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    folder: PathBuf,
    /// By access key.
    keys: Arc<RwLock<BTreeMap<String, Entry>>>,
}

#[derive(Debug)]
struct Entry {
    secret: String,
    /// Everything is allowed without one.
    policy: Option<Policy>,
}

impl Guard {
    /// `folder` is where the buckets are.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), keys: Arc::default() }
    }

    /// `None` allows everything.
    pub(super) fn allow(&self, key: &Key, policy: Option<&Value>) {
        let entry = Entry { secret: key.secret.clone(), policy: policy.map(Policy::read) };
        self.keys.write().unwrap().insert(key.access.clone(), entry);
    }

    fn allows(&self, access_key: &str, action: &str, resource: &str) -> bool {
        let keys = self.keys.read().unwrap();
        let allows = |entry: &Entry| entry.policy.as_ref().is_none_or(|policy| policy.allows(action, resource));
        keys.get(access_key).is_some_and(allows)
    }

    /// AWS does not tell whether an object exists to somebody who may not list its bucket.
    fn hides(&self, access_key: &str, bucket: &str, key: &str) -> bool {
        !self.allows(access_key, "s3:ListBucket", &resource(bucket, None))
            && !self.folder.join(bucket).join(key).exists()
    }
}

#[async_trait::async_trait]
impl S3Auth for Guard {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let keys = self.keys.read().unwrap();
        let entry = keys.get(access_key).ok_or_else(|| s3_error!(InvalidAccessKeyId))?;
        Ok(SecretKey::from(entry.secret.as_str()))
    }
}

#[async_trait::async_trait]
impl S3Access for Guard {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let credentials = context.credentials().ok_or_else(|| s3_error!(AccessDenied, "not signed"))?;
        let access_key = credentials.access_key.as_str();
        let operation = context.s3_op().name();
        let path = context.s3_path();
        let resource = resource(path.get_bucket_name().unwrap_or("*"), path.get_object_key());
        let allowed = match operation {
            // Its keys are in the body: `delete_objects` looks at each.
            "DeleteObjects" => true,
            "GetObject" | "HeadObject" => {
                let (bucket, key) = path.as_object().ok_or_else(|| s3_error!(AccessDenied))?;
                self.allows(access_key, "s3:GetObject", &resource) && !self.hides(access_key, bucket, key)
            }
            // What has no action here needs a key that may do everything.
            _ => self.allows(access_key, action(operation).unwrap_or("none"), &resource),
        };
        if allowed { Ok(()) } else { Err(s3_error!(AccessDenied, "{operation} on {resource} is not allowed")) }
    }

    async fn delete_objects(&self, request: &mut S3Request<DeleteObjectsInput>) -> S3Result<()> {
        let credentials = request.credentials.as_ref().ok_or_else(|| s3_error!(AccessDenied, "not signed"))?;
        let allowed = request.input.delete.objects.iter().all(|object| {
            let resource = resource(&request.input.bucket, Some(&object.key));
            self.allows(&credentials.access_key, "s3:DeleteObject", &resource)
        });
        if allowed { Ok(()) } else { Err(s3_error!(AccessDenied, "DeleteObjects is not allowed")) }
    }
}

fn resource(bucket: &str, key: Option<&str>) -> String {
    key.map_or_else(|| format!("arn:aws:s3:::{bucket}"), |key| format!("arn:aws:s3:::{bucket}/{key}"))
}

/// The action that allows an operation (AWS, "Actions, resources, and condition keys for Amazon S3").
fn action(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "s3:PutObject",
        "AbortMultipartUpload" => "s3:AbortMultipartUpload",
        "ListParts" => "s3:ListMultipartUploadParts",
        "ListMultipartUploads" => "s3:ListBucketMultipartUploads",
        "DeleteObject" => "s3:DeleteObject",
        "ListObjects" | "ListObjectsV2" | "HeadBucket" => "s3:ListBucket",
        "GetBucketLocation" => "s3:GetBucketLocation",
        "CreateBucket" => "s3:CreateBucket",
        "DeleteBucket" => "s3:DeleteBucket",
        _ => return None,
    })
}

/// An IAM policy document.
#[derive(Debug)]
struct Policy(Vec<Statement>);

#[derive(Debug)]
struct Statement {
    allow: bool,
    actions: Vec<String>,
    resources: Vec<String>,
}

impl Policy {
    fn read(document: &Value) -> Self {
        let fields = document.as_object().expect("a policy is an object");
        let unknown = fields.keys().find(|name| !["Version", "Id", "Statement"].contains(&name.as_str()));
        assert!(unknown.is_none(), "{unknown:?} is nothing that a policy has");
        assert_eq!(fields.get("Version").and_then(Value::as_str), Some("2012-10-17"), "a policy needs its Version");
        let statements = match fields.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().map(Statement::read).collect(),
            Some(statement) => vec![Statement::read(statement)],
            None => panic!("a policy needs its Statement"),
        };
        Self(statements)
    }

    fn allows(&self, action: &str, resource: &str) -> bool {
        let mut meant = self.0.iter().filter(|statement| statement.means(action, resource)).peekable();
        meant.peek().is_some() && meant.all(|statement| statement.allow)
    }
}

impl Statement {
    fn read(statement: &Value) -> Self {
        let fields = statement.as_object().expect("a statement is an object");
        // A condition that is not looked at would allow more than the document does.
        let unknown = fields.keys().find(|name| !["Sid", "Effect", "Action", "Resource"].contains(&name.as_str()));
        assert!(unknown.is_none(), "this server would have to ignore {unknown:?}");
        let allow = match fields.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            other => panic!("Effect is Allow or Deny, not {other:?}"),
        };
        Self { allow, actions: words(fields.get("Action")), resources: words(fields.get("Resource")) }
    }

    fn means(&self, action: &str, resource: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions.iter().any(|pattern| fits(pattern.to_ascii_lowercase().as_bytes(), action.as_bytes()))
            && self.resources.iter().any(|pattern| fits(pattern.as_bytes(), resource.as_bytes()))
    }
}

fn words(value: Option<&Value>) -> Vec<String> {
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    match value {
        Some(Value::Array(values)) => values.iter().map(word).collect(),
        Some(value) => vec![word(value)],
        None => panic!("a statement needs its Action and its Resource"),
    }
}

/// True if `text` is what `pattern` means: `*` is any number of characters, `?` is one.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => fits(rest, text) || text.split_first().is_some_and(|(_, text)| fits(pattern, text)),
        (Some((b'?', pattern)), Some((_, text))) => fits(pattern, text),
        (Some((wanted, pattern)), Some((found, text))) => wanted == found && fits(pattern, text),
        _ => false,
    }
}
