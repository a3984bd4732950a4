-- The search for passwords: an archive comes with one mail, its password with another.

-- Mails that name passwords, sealed, and items that want one. A row goes when its time is over, linked or not.
CREATE TABLE password_search (
    tenant       TEXT NOT NULL,
    item         TEXT NOT NULL,
    received_at  INTEGER NOT NULL,
    until        INTEGER NOT NULL,
    from_address TEXT, -- lower case
    reverse_path TEXT, -- lower case
    wanted       INTEGER NOT NULL,
    count        INTEGER NOT NULL,
    sealed       BLOB,
    PRIMARY KEY (tenant, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id),
    CHECK ((sealed IS NULL) = (count = 0))
);
CREATE INDEX password_search_from ON password_search (tenant, from_address, received_at);
CREATE INDEX password_search_path ON password_search (tenant, reverse_path, received_at);
CREATE INDEX password_search_until ON password_search (tenant, until);

-- What was found for an item that wants a password: sealed, with the item it came with. It goes with the item that wants it.
CREATE TABLE password_candidate (
    tenant TEXT NOT NULL,
    item   TEXT NOT NULL,
    source TEXT NOT NULL,
    count  INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (tenant, item, source),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);
