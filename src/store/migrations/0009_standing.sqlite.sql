-- How far the work is on what somebody waits for, while somebody works on it. It is shown and nothing is decided by it.

ALTER TABLE item ADD COLUMN standing TEXT; -- JSON
ALTER TABLE password_offer ADD COLUMN standing TEXT; -- JSON
