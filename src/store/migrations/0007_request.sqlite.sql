-- Requests for originals, and what people are told by mail.

CREATE TABLE release_request (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    item       TEXT    NOT NULL,
    part       TEXT,
    requester  TEXT    NOT NULL,
    department TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    asked_at   INTEGER NOT NULL,
    until      INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    about      TEXT    NOT NULL, -- JSON: the words of the request and of the decision
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id),
    FOREIGN KEY (tenant, requester) REFERENCES account (tenant, id),
    FOREIGN KEY (tenant, department) REFERENCES department (tenant, code)
) WITHOUT ROWID;
CREATE INDEX release_request_item ON release_request (tenant, item, requester);
-- Nobody waits twice for the same file.
CREATE UNIQUE INDEX release_request_once ON release_request (tenant, item, requester, COALESCE(part, ''))
    WHERE state IN ('waiting', 'approved');
CREATE INDEX release_request_requester ON release_request (tenant, requester, asked_at);
CREATE INDEX release_request_open ON release_request (tenant, department, asked_at) WHERE state = 'waiting';
CREATE INDEX release_request_until ON release_request (tenant, until) WHERE state IN ('waiting', 'approved');
CREATE INDEX release_request_decided ON release_request (tenant, decided_by, decided_at) WHERE decided_by IS NOT NULL;

-- What is still to be told, and to whom; a row goes when it was told.
CREATE TABLE tiding (
    tenant  TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    account TEXT    NOT NULL,
    item    TEXT    NOT NULL,
    request TEXT NOT NULL, -- empty if it is about none
    since   INTEGER NOT NULL,
    PRIMARY KEY (tenant, account, kind, item, request),
    FOREIGN KEY (tenant, account) REFERENCES account (tenant, id),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITHOUT ROWID;
CREATE INDEX tiding_since ON tiding (tenant, since);
CREATE INDEX tiding_item ON tiding (tenant, item);

-- What an account was told of in a digest; a row goes with the original.
CREATE TABLE digested (
    tenant  TEXT NOT NULL,
    account TEXT NOT NULL,
    item    TEXT NOT NULL,
    PRIMARY KEY (tenant, account, item),
    FOREIGN KEY (tenant, account) REFERENCES account (tenant, id),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id)
) WITHOUT ROWID;
CREATE INDEX digested_item ON digested (tenant, item);
