//! Where an object of an item belongs: the same names in a folder and in an object store.
//!
//! Names are made of identifiers and digests only; no byte of a mail reaches a path.
//! Invariant: two objects with different content never have the same place.

use crate::domain::{Digest, ItemKey, OfferId, TenantId};

/// Where an object belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    kind: &'static str,
    shard: String,
    name: String,
}

impl Place {
    pub(super) fn original(key: &ItemKey) -> Self {
        Self::new("originals", key, "age")
    }

    pub(super) fn derivative(key: &ItemKey, digest: Digest) -> Self {
        Self::new("derivatives", key, &format!("{digest}.part"))
    }

    /// `lease` and `index` keep two attempts at one item apart.
    pub(super) fn mail(key: &ItemKey, lease: u64, index: usize) -> Self {
        Self::new("derivatives", key, &format!("{lease}-{index}.mail"))
    }

    /// A mail with what a typed password opened; attempts at one batch are kept apart.
    pub(super) fn opened_mail(key: &ItemKey, offer: OfferId, attempt: u32) -> Self {
        Self::new("derivatives", key, &format!("{offer}-{attempt}.mail"))
    }

    /// The place that rows name so, as another store wrote it.
    pub(super) fn parse(relative: &str) -> Option<Self> {
        let fits = |text: &str| {
            !text.starts_with('.')
                && !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
        };
        let mut parts = relative.split('/');
        let first = parts.next()?;
        let kind = ["originals", "derivatives"].into_iter().find(|kind| *kind == first)?;
        let (shard, name) = (parts.next()?, parts.next()?);
        let whole = fits(shard) && fits(name) && parts.next().is_none();
        whole.then(|| Self { kind, shard: shard.to_owned(), name: name.to_owned() })
    }

    /// The item that an object belongs to; nothing if we would not have given it this name.
    pub(super) fn item(relative: &str) -> Option<ItemKey> {
        let (tenant, rest) = relative.rsplit('/').next()?.split_once('.')?;
        let (id, rest) = rest.split_once('.')?;
        let key = ItemKey { tenant: TenantId::try_from(tenant.to_owned()).ok()?, id: id.parse().ok()? };
        // The two kinds may share a bucket: an original is not a derivative that no row names.
        let given = match rest.rsplit_once('.') {
            None => relative == Self::original(&key).relative(),
            Some((inner, "part")) => {
                inner.parse().is_ok_and(|digest| relative == Self::derivative(&key, digest).relative())
            }
            Some((inner, "mail")) => inner.split_once('-').is_some_and(|(lease, index)| {
                let of_lease = lease.parse().ok().zip(index.parse().ok()).map(|(one, two)| Self::mail(&key, one, two));
                let of_offer = || Some(Self::opened_mail(&key, lease.parse().ok()?, index.parse().ok()?));
                of_lease.or_else(of_offer).is_some_and(|place| relative == place.relative())
            }),
            Some(_) => false,
        };
        given.then_some(key)
    }

    fn new(kind: &'static str, key: &ItemKey, rest: &str) -> Self {
        let id = key.id.to_string();
        let shard = id.chars().skip(id.len().saturating_sub(2)).collect();
        Self { kind, shard, name: format!("{}.{id}.{rest}", key.tenant.as_str()) }
    }

    /// The path below the data folder, as rows keep it.
    pub(super) fn relative(&self) -> String {
        format!("{}/{}/{}", self.kind, self.shard, self.name)
    }

    /// `originals` or `derivatives`.
    pub(super) const fn kind(&self) -> &'static str {
        self.kind
    }

    /// The folder within its kind; spreads objects over many folders.
    pub(super) fn shard(&self) -> &str {
        &self.shard
    }

    /// The name within its folder.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}
