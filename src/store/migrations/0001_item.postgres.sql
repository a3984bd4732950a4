-- Items, their originals, what was made of them, what is kept back, and the audit chain: the twin of the SQLite step.
-- Times are milliseconds since 1970-01-01T00:00:00Z. Digests are 32 bytes. `file` is the name of an object.
-- Identifiers compare byte by byte (COLLATE "C"): an index must not depend on the version of the C library.

CREATE TABLE item (
    tenant       TEXT COLLATE "C" NOT NULL,
    id           TEXT COLLATE "C" NOT NULL,
    reference    TEXT COLLATE "C" NOT NULL,
    stage        TEXT COLLATE "C" NOT NULL,
    received_at  BIGINT  NOT NULL,
    length       BIGINT  NOT NULL,
    digest       BYTEA   NOT NULL,
    origin       TEXT    NOT NULL, -- JSON
    -- Not before; while leased, the end of the lease: a lease that runs out falls back into the queue by itself.
    due_at       BIGINT  NOT NULL,
    leased_until BIGINT,
    lease        BIGINT  NOT NULL DEFAULT 0, -- counts leases, never goes back
    attempts     BIGINT  NOT NULL DEFAULT 0,
    released     BOOLEAN NOT NULL DEFAULT FALSE, -- past a rule that held the whole mail
    held_by_rule BOOLEAN NOT NULL DEFAULT FALSE,
    reason       TEXT,
    facts        TEXT, -- JSON
    decision     TEXT, -- JSON
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, reference)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX item_due ON item (due_at, id) WHERE stage = 'received';
CREATE INDEX item_age ON item (tenant, received_at, id);
CREATE INDEX item_ended ON item (tenant, received_at) WHERE stage IN ('delivered', 'sanitized', 'held', 'quarantined');

-- What an item can be found by: addresses of its envelope and Message-IDs, in lower case, without angle brackets.
CREATE TABLE search_term (
    tenant TEXT COLLATE "C" NOT NULL,
    term   TEXT COLLATE "C" NOT NULL,
    item   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, term, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);

-- Sealed originals: either inline or an object. Sealed bytes do not compress.
CREATE TABLE original (
    tenant TEXT COLLATE "C" NOT NULL,
    item   TEXT COLLATE "C" NOT NULL,
    sealed BYTEA,
    file   TEXT COLLATE "C",
    PRIMARY KEY (tenant, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id),
    CHECK ((sealed IS NULL) <> (file IS NULL))
);
ALTER TABLE original ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE derivative (
    tenant TEXT COLLATE "C" NOT NULL,
    item   TEXT COLLATE "C" NOT NULL,
    part   TEXT COLLATE "C" NOT NULL,
    digest BYTEA  NOT NULL,
    length BIGINT NOT NULL,
    about  TEXT   NOT NULL, -- JSON
    bytes  BYTEA,
    file   TEXT COLLATE "C",
    PRIMARY KEY (tenant, item, part, digest),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id),
    CHECK ((bytes IS NULL) <> (file IS NULL))
);

-- The outbox. Bytes go when every recipient has the mail; the digest stays.
CREATE TABLE mail (
    tenant       TEXT COLLATE "C" NOT NULL,
    item         TEXT COLLATE "C" NOT NULL,
    number       BIGINT  NOT NULL,
    is_notice    BOOLEAN NOT NULL,
    reverse_path TEXT    NOT NULL, -- JSON
    message_id   TEXT    NOT NULL,
    digest       BYTEA   NOT NULL,
    outcomes     TEXT    NOT NULL, -- JSON
    bytes        BYTEA,
    file         TEXT COLLATE "C",
    queued_at    BIGINT  NOT NULL,
    due_at       BIGINT, -- as in item; NULL while no recipient waits
    leased_until BIGINT,
    lease        BIGINT  NOT NULL DEFAULT 0,
    attempts     BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, item, number),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE mail_recipient (
    tenant    TEXT COLLATE "C" NOT NULL,
    item      TEXT COLLATE "C" NOT NULL,
    number    BIGINT NOT NULL,
    position  BIGINT NOT NULL,
    recipient TEXT   NOT NULL,
    status    TEXT COLLATE "C" NOT NULL,
    reply     TEXT,
    attempts  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, item, number, position),
    FOREIGN KEY (tenant, item, number) REFERENCES mail (tenant, item, number)
);

-- What is kept back: parts, and `0` for an item as a whole.
CREATE TABLE kept (
    tenant   TEXT COLLATE "C" NOT NULL,
    item     TEXT COLLATE "C" NOT NULL,
    part     TEXT COLLATE "C" NOT NULL,
    name     TEXT,
    detected TEXT,
    length   BIGINT NOT NULL,
    reason   TEXT   NOT NULL,
    rule     TEXT,
    PRIMARY KEY (tenant, item, part),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);

-- Sets of rules that ever decided, by the digest of their canonical text.
CREATE TABLE rules (
    tenant     TEXT COLLATE "C" NOT NULL,
    digest     BYTEA  NOT NULL,
    text       TEXT   NOT NULL,
    first_seen BIGINT NOT NULL,
    PRIMARY KEY (tenant, digest)
);

-- The chain. Rows are never changed nor deleted.
CREATE TABLE audit (
    tenant   TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    item     TEXT COLLATE "C",
    previous BYTEA  NOT NULL,
    body     TEXT   NOT NULL,
    hash     BYTEA  NOT NULL,
    PRIMARY KEY (tenant, sequence)
);
CREATE INDEX audit_item ON audit (tenant, item, sequence) WHERE item IS NOT NULL;
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit records never change and never go';
END $$;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- The last record of each chain. Whoever appends locks this row first: nodes take turns.
CREATE TABLE audit_head (
    tenant   TEXT COLLATE "C" PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash     BYTEA  NOT NULL
);

-- What roles may do with the chain and with the stage of an item goes through these functions, which run with the rights of
-- the owner: a login that fell into wrong hands can put a false record at the end of the chain, but can neither break it
-- nor end an item that was not sent.

-- The last record of a tenant's chain, locked until the end of the transaction.
CREATE FUNCTION lock_audit_head(whose TEXT, OUT last_sequence BIGINT, OUT last_hash BYTEA)
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    LOOP
        SELECT head.sequence, head.hash INTO last_sequence, last_hash FROM audit_head AS head
        WHERE head.tenant = whose FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO audit_head (tenant, sequence, hash) VALUES (whose, 0, DECODE(REPEAT('00', 32), 'hex'))
        ON CONFLICT DO NOTHING;
    END LOOP;
END $$;

-- Puts records at the end of a tenant's chain; refuses any that does not follow the one before it.
CREATE FUNCTION append_audit(whose TEXT, items TEXT[], bodies TEXT[], hashes BYTEA[]) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    tip audit_head;
BEGIN
    SELECT * INTO STRICT tip FROM audit_head AS head WHERE head.tenant = whose FOR UPDATE;
    FOR i IN 1 .. CARDINALITY(bodies) LOOP
        IF hashes[i] IS DISTINCT FROM SHA256(tip.hash || CONVERT_TO(bodies[i], 'UTF8'))
            OR (bodies[i]::json ->> 'sequence')::bigint IS DISTINCT FROM tip.sequence + 1 THEN
            RAISE EXCEPTION 'an audit record does not follow the one before it';
        END IF;
        INSERT INTO audit (tenant, sequence, item, previous, body, hash)
        VALUES (whose, tip.sequence + 1, items[i], tip.hash, bodies[i], hashes[i]);
        tip.sequence := tip.sequence + 1;
        tip.hash := hashes[i];
    END LOOP;
    UPDATE audit_head AS head SET sequence = tip.sequence, hash = tip.hash WHERE head.tenant = whose;
END $$;

-- Keeps an item from being changed until the end of the transaction.
CREATE FUNCTION lock_item(whose TEXT, which TEXT) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM 1 FROM item WHERE tenant = whose AND id = which FOR NO KEY UPDATE;
END $$;

-- Makes a sanitized item `delivered` once none of its recipients waits or is on hold.
CREATE FUNCTION finish_item(whose TEXT, which TEXT) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE item SET stage = 'delivered' WHERE tenant = whose AND id = which AND stage = 'sanitized' AND NOT EXISTS
        (SELECT 1 FROM mail_recipient WHERE tenant = whose AND item = which AND status IN ('waiting', 'on_hold'));
END $$;

-- No table of somebody else's stands in for ours, and nobody calls these but those who are granted it.
DO $$
DECLARE
    signature TEXT;
BEGIN
    FOREACH signature IN ARRAY ARRAY['lock_audit_head(text)', 'append_audit(text, text[], text[], bytea[])',
        'lock_item(text, text)', 'finish_item(text, text)']
    LOOP
        EXECUTE FORMAT('ALTER FUNCTION %s SET search_path = %I, pg_temp', signature, current_schema());
        EXECUTE FORMAT('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END $$;

-- What originals are sealed to; the private half is never in the database.
CREATE TABLE sealing_key (
    only_one   BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_one),
    public_key TEXT NOT NULL
);

-- Objects that no row names any more and that are still to be removed from the object store.
CREATE TABLE unneeded_object (
    file  TEXT COLLATE "C" PRIMARY KEY,
    since BIGINT NOT NULL
);
