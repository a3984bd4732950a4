-- What staff see of a mail that came for them, and what they fetched of it.

-- One row per item and mailbox. `about` is all of it (JSON of `Arrival`); the other columns are what lists are made by.
CREATE TABLE arrival (
    tenant      TEXT    NOT NULL,
    mailbox     TEXT    NOT NULL, -- lower case
    item        TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    state       TEXT    NOT NULL, -- as concluded; a request, a trial or the end of retention goes before it
    has_files   INTEGER NOT NULL, -- rebuilt files that can be fetched
    attachments INTEGER NOT NULL,
    length      INTEGER NOT NULL,
    sender      TEXT    NOT NULL, -- name and address, lower case
    subject     TEXT    NOT NULL, -- lower case
    files       TEXT    NOT NULL, -- names, one per line, lower case
    about       TEXT    NOT NULL, -- JSON
    wrong_passwords INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, mailbox, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITHOUT ROWID;
CREATE INDEX arrival_item ON arrival (tenant, item);
CREATE INDEX arrival_state ON arrival (tenant, mailbox, state, item);

-- What an account took off its list.
CREATE TABLE set_aside (
    tenant  TEXT NOT NULL,
    account TEXT NOT NULL,
    item    TEXT NOT NULL,
    PRIMARY KEY (tenant, account, item),
    FOREIGN KEY (tenant, account) REFERENCES account (tenant, id),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITHOUT ROWID;

-- Which rebuilt bytes were fetched, and when.
CREATE TABLE fetched (
    tenant  TEXT    NOT NULL,
    item    TEXT    NOT NULL,
    digest  BLOB    NOT NULL,
    account TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (tenant, item, digest, account, at),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITHOUT ROWID;
