-- Passwords that staff typed in the portal, sealed to the process role, until they were tried.

CREATE TABLE password_offer (
    tenant       TEXT COLLATE "C" NOT NULL,
    id           TEXT COLLATE "C" NOT NULL,
    item         TEXT COLLATE "C" NOT NULL,
    account      TEXT COLLATE "C" NOT NULL,
    actor        TEXT COLLATE "C" NOT NULL, -- the same, as records name people
    mailbox      TEXT COLLATE "C" NOT NULL, -- lower case
    by_mail      BOOLEAN NOT NULL,
    at           BIGINT NOT NULL,
    state        TEXT COLLATE "C" NOT NULL, -- queued, trying, opened, wrong, failed
    sealed       BYTEA, -- gone once it was tried
    leased_until BIGINT,
    lease        BIGINT NOT NULL DEFAULT 0,
    attempts     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, item) REFERENCES item (tenant, id),
    CHECK ((sealed IS NULL) = (state IN ('opened', 'wrong', 'failed')))
);
CREATE INDEX password_offer_open ON password_offer (tenant, at) WHERE sealed IS NOT NULL;
-- One batch of an item at a time.
CREATE UNIQUE INDEX password_offer_one ON password_offer (tenant, item) WHERE sealed IS NOT NULL;
CREATE INDEX password_offer_item ON password_offer (tenant, item);
