-- Passwords that staff typed in the portal, sealed to the process role, until they were tried.

CREATE TABLE password_offer (
    tenant       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    item         TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    actor        TEXT    NOT NULL, -- the same, as records name people
    mailbox      TEXT    NOT NULL, -- lower case
    by_mail      INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    state        TEXT    NOT NULL, -- queued, trying, opened, wrong, failed
    sealed       BLOB, -- gone once it was tried
    leased_until INTEGER,
    lease        INTEGER NOT NULL DEFAULT 0,
    attempts     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id),
    CHECK ((sealed IS NULL) = (state IN ('opened', 'wrong', 'failed')))
) WITHOUT ROWID;
CREATE INDEX password_offer_open ON password_offer (tenant, at) WHERE sealed IS NOT NULL;
-- One batch of an item at a time.
CREATE UNIQUE INDEX password_offer_one ON password_offer (tenant, item) WHERE sealed IS NOT NULL;
CREATE INDEX password_offer_item ON password_offer (tenant, item);
