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
    sender      TEXT COLLATE "C" NOT NULL, -- name and address, folded
    subject     TEXT COLLATE "C" NOT NULL, -- folded
    files       TEXT COLLATE "C" NOT NULL, -- names, one per line, folded
    message_id  TEXT COLLATE "C" NOT NULL, -- without its angle brackets, lower case; empty if it has none
    about       TEXT NOT NULL, -- JSON; empty once it expired
    wrong_passwords BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, mailbox, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);
CREATE INDEX arrival_item ON arrival (tenant, item);
CREATE INDEX arrival_state ON arrival (tenant, mailbox, state, item);
CREATE INDEX arrival_ready ON arrival (tenant, mailbox, item) WHERE has_files;
-- What is only shown is kept away from what every search looks at.
ALTER TABLE arrival SET (toast_tuple_target = 512);

-- What an account took off its list.
CREATE TABLE set_aside (
    tenant  TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    item    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, account, item),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);
CREATE INDEX set_aside_item ON set_aside (tenant, item);

-- Which rebuilt bytes were fetched, and when.
CREATE TABLE fetched (
    tenant  TEXT COLLATE "C" NOT NULL,
    item    TEXT COLLATE "C" NOT NULL,
    digest  BYTEA NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    mailbox TEXT COLLATE "C" NOT NULL, -- through which it was seen
    PRIMARY KEY (tenant, item, digest, account, at),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
);
