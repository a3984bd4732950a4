-- When what the page of a mail tells of happened.

ALTER TABLE mail_recipient ADD COLUMN settled_at INTEGER; -- of the last answer of the next hop
ALTER TABLE arrival ADD COLUMN concluded_at INTEGER;
ALTER TABLE password_offer ADD COLUMN count INTEGER NOT NULL DEFAULT 0; -- of passwords typed

-- Shown on a page, not saved.
ALTER TABLE fetched ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;
CREATE INDEX fetched_account ON fetched (tenant, account, at);
