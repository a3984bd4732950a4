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
    sender      TEXT    NOT NULL, -- name and address, folded
    subject     TEXT    NOT NULL, -- folded
    files       TEXT    NOT NULL, -- names, one per line, folded
    message_id  TEXT    NOT NULL, -- without its angle brackets, lower case; empty if it has none
    about       TEXT    NOT NULL, -- JSON; empty once it expired
    wrong_passwords INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, mailbox, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITHOUT ROWID;
CREATE INDEX arrival_item ON arrival (tenant, item);
CREATE INDEX arrival_state ON arrival (tenant, mailbox, state, item);
CREATE INDEX arrival_ready ON arrival (tenant, mailbox, item) WHERE has_files;
-- All that lists and searches look at, without what is only shown: rows are read through it.
CREATE INDEX arrival_lines ON arrival (tenant, mailbox, item, received_at, state, has_files, attachments, length, sender,
    subject, files, message_id);

-- What an account took off its list.
CREATE TABLE set_aside (
    tenant  TEXT NOT NULL,
    account TEXT NOT NULL,
    item    TEXT NOT NULL,
    PRIMARY KEY (tenant, account, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITHOUT ROWID;
CREATE INDEX set_aside_item ON set_aside (tenant, item);

-- Which rebuilt bytes were fetched, and when.
CREATE TABLE fetched (
    tenant  TEXT    NOT NULL,
    item    TEXT    NOT NULL,
    digest  BLOB    NOT NULL,
    account TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    mailbox TEXT    NOT NULL, -- through which it was seen
    PRIMARY KEY (tenant, item, digest, account, at),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITHOUT ROWID;
