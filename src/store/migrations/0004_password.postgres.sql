-- The search for passwords: an archive comes with one mail, its password with another.

-- Mails that name passwords, sealed, and items that want one. A row goes when its time is over, linked or not.
CREATE TABLE password_search (
    tenant       TEXT COLLATE "C" NOT NULL,
    item         TEXT COLLATE "C" NOT NULL,
    received_at  BIGINT NOT NULL,
    until        BIGINT NOT NULL,
    from_address TEXT COLLATE "C", -- lower case
    reverse_path TEXT COLLATE "C", -- lower case
    wanted       BOOLEAN NOT NULL,
    count        BIGINT NOT NULL,
    sealed       BYTEA,
    PRIMARY KEY (tenant, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id),
    CHECK ((sealed IS NULL) = (count = 0))
);
CREATE INDEX password_search_from ON password_search (tenant, from_address, received_at);
CREATE INDEX password_search_path ON password_search (tenant, reverse_path, received_at);
CREATE INDEX password_search_until ON password_search (tenant, until);

-- What was found for an item that wants a password: sealed, with the item it came with. It goes with the item that wants it.
CREATE TABLE password_candidate (
    tenant TEXT COLLATE "C" NOT NULL,
    item   TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    count  BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (tenant, item, source),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);
ALTER TABLE password_candidate ALTER COLUMN sealed SET STORAGE EXTERNAL;
