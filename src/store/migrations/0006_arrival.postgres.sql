-- What staff see of a mail that came for them, and what they fetched of it.

-- One row per item and mailbox. `about` is all of it (JSON of `Arrival`); the other columns are what lists are made by.
CREATE TABLE arrival (
    tenant      TEXT COLLATE "C" NOT NULL,
    mailbox     TEXT COLLATE "C" NOT NULL, -- lower case
    item        TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    state       TEXT COLLATE "C" NOT NULL, -- as concluded; a request, a trial or the end of retention goes before it
    has_files   BOOLEAN NOT NULL, -- rebuilt files that can be fetched
    attachments BIGINT NOT NULL,
    length      BIGINT NOT NULL,
    sender      TEXT COLLATE "C" NOT NULL, -- name and address, lower case
    subject     TEXT COLLATE "C" NOT NULL, -- lower case
    files       TEXT COLLATE "C" NOT NULL, -- names, one per line, lower case
    about       TEXT NOT NULL, -- JSON
    wrong_passwords BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, mailbox, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);
CREATE INDEX arrival_item ON arrival (tenant, item);
CREATE INDEX arrival_state ON arrival (tenant, mailbox, state, item);

-- What an account took off its list.
CREATE TABLE set_aside (
    tenant  TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    item    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, account, item),
    FOREIGN KEY (tenant, account) REFERENCES account (tenant, id),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);

-- Which rebuilt bytes were fetched, and when.
CREATE TABLE fetched (
    tenant  TEXT COLLATE "C" NOT NULL,
    item    TEXT COLLATE "C" NOT NULL,
    digest  BYTEA NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (tenant, item, digest, account, at),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);
