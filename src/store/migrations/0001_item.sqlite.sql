-- Items, their originals, what was made of them, what is kept back, and the audit chain.
-- Times are milliseconds since 1970-01-01T00:00:00Z. Digests are 32 bytes. `file` is a path below the data folder.

CREATE TABLE item (
    tenant       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    reference    TEXT    NOT NULL,
    stage        TEXT    NOT NULL,
    received_at  INTEGER NOT NULL,
    length       INTEGER NOT NULL,
    digest       BLOB    NOT NULL,
    origin       TEXT    NOT NULL, -- JSON
    -- Not before; while leased, the end of the lease: a lease that runs out falls back into the queue by itself.
    due_at       INTEGER NOT NULL,
    leased_until INTEGER,
    lease        INTEGER NOT NULL DEFAULT 0, -- counts leases, never goes back
    attempts     INTEGER NOT NULL DEFAULT 0,
    released     INTEGER NOT NULL DEFAULT 0, -- past a rule that held the whole mail
    held_by_rule INTEGER NOT NULL DEFAULT 0,
    reason       TEXT,
    facts        TEXT, -- JSON
    decision     TEXT, -- JSON
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, reference)
);
CREATE INDEX item_due ON item (due_at, id) WHERE stage = 'received';
CREATE INDEX item_age ON item (tenant, received_at, id);
CREATE INDEX item_ended ON item (tenant, received_at) WHERE stage IN ('delivered', 'sanitized', 'held', 'quarantined');

-- Never holds a row: an insert into it fails, and with it the change whose lease was lost.
CREATE TABLE lease_guard (never INTEGER NOT NULL);

-- What an item can be found by: addresses of its envelope and Message-IDs, in lower case, without angle brackets.
CREATE TABLE search_term (
    tenant TEXT NOT NULL,
    term   TEXT NOT NULL,
    item   TEXT NOT NULL,
    PRIMARY KEY (tenant, term, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITHOUT ROWID;

-- Sealed originals: either inline or a file.
CREATE TABLE original (
    tenant TEXT NOT NULL,
    item   TEXT NOT NULL,
    sealed BLOB,
    file   TEXT,
    PRIMARY KEY (tenant, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id),
    CHECK ((sealed IS NULL) <> (file IS NULL))
);

CREATE TABLE derivative (
    tenant TEXT    NOT NULL,
    item   TEXT    NOT NULL,
    part   TEXT    NOT NULL,
    digest BLOB    NOT NULL,
    length INTEGER NOT NULL,
    about  TEXT    NOT NULL, -- JSON
    bytes  BLOB,
    file   TEXT,
    PRIMARY KEY (tenant, item, part, digest),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id),
    CHECK ((bytes IS NULL) <> (file IS NULL))
);

-- The outbox. Bytes go when every recipient has the mail; the digest stays.
CREATE TABLE mail (
    tenant       TEXT    NOT NULL,
    item         TEXT    NOT NULL,
    number       INTEGER NOT NULL,
    is_notice    INTEGER NOT NULL,
    reverse_path TEXT    NOT NULL, -- JSON
    message_id   TEXT    NOT NULL,
    digest       BLOB    NOT NULL,
    outcomes     TEXT    NOT NULL, -- JSON
    bytes        BLOB,
    file         TEXT,
    queued_at    INTEGER NOT NULL,
    due_at       INTEGER, -- as in item; NULL while no recipient waits
    leased_until INTEGER,
    lease        INTEGER NOT NULL DEFAULT 0,
    attempts     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, item, number),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);
CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE mail_recipient (
    tenant    TEXT    NOT NULL,
    item      TEXT    NOT NULL,
    number    INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    recipient TEXT    NOT NULL,
    status    TEXT    NOT NULL,
    reply     TEXT,
    attempts  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, item, number, position),
    FOREIGN KEY (tenant, item, number) REFERENCES mail (tenant, item, number)
) WITHOUT ROWID;

-- What is kept back: parts, and `0` for an item as a whole.
CREATE TABLE kept (
    tenant   TEXT    NOT NULL,
    item     TEXT    NOT NULL,
    part     TEXT    NOT NULL,
    name     TEXT,
    detected TEXT,
    length   INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    rule     TEXT,
    PRIMARY KEY (tenant, item, part),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITHOUT ROWID;

-- Sets of rules that ever decided, by the digest of their canonical text.
CREATE TABLE rules (
    tenant     TEXT    NOT NULL,
    digest     BLOB    NOT NULL,
    text       TEXT    NOT NULL,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (tenant, digest)
) WITHOUT ROWID;

-- The chain. Rows are never changed nor deleted.
CREATE TABLE audit (
    tenant   TEXT    NOT NULL,
    sequence INTEGER NOT NULL,
    item     TEXT,
    previous BLOB    NOT NULL,
    body     TEXT    NOT NULL,
    hash     BLOB    NOT NULL,
    PRIMARY KEY (tenant, sequence)
) WITHOUT ROWID;
CREATE INDEX audit_item ON audit (tenant, item, sequence) WHERE item IS NOT NULL;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit records never change'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit records never go'); END;
