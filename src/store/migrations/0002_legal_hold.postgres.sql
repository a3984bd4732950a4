-- Legal holds, and queues of their own for the tenants of one store.

ALTER TABLE item ADD COLUMN legal_hold BOOLEAN NOT NULL DEFAULT FALSE; -- retention spares it
CREATE INDEX item_legal_hold ON item (tenant, received_at, id) WHERE legal_hold;
DROP INDEX item_due;
CREATE INDEX item_due ON item (tenant, due_at, id) WHERE stage = 'received';
DROP INDEX mail_due;
CREATE INDEX mail_due ON mail (tenant, due_at, item, number) WHERE due_at IS NOT NULL;
