-- The people who may sign in, their departments and postings, their sessions, and what guards their sign-in.
-- Days are text, YYYY-MM-DD. Addresses are in lower case where they are looked up by.

CREATE TABLE department (
    tenant TEXT NOT NULL,
    code   TEXT NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (tenant, code)
) WITHOUT ROWID;

-- Section mailboxes (組織アドレス): `mailbox` as it is written, `folded` in lower case.
CREATE TABLE department_mailbox (
    tenant     TEXT NOT NULL,
    department TEXT NOT NULL,
    folded     TEXT NOT NULL,
    mailbox    TEXT NOT NULL,
    PRIMARY KEY (tenant, department, folded),
    FOREIGN KEY (tenant, department) REFERENCES department (tenant, code)
) WITHOUT ROWID;

CREATE TABLE account (
    tenant        TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    login         TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    mailbox       TEXT,
    source        TEXT    NOT NULL,
    blocked       INTEGER NOT NULL DEFAULT 0,
    password      TEXT,    -- PHC string
    totp          BLOB,    -- sealed
    -- For those who may not read either.
    has_password  INTEGER NOT NULL GENERATED ALWAYS AS (password IS NOT NULL) STORED,
    has_totp      INTEGER NOT NULL GENERATED ALWAYS AS (totp IS NOT NULL) STORED,
    totp_step     INTEGER NOT NULL DEFAULT 0,
    preferences   TEXT    NOT NULL, -- JSON
    digest        TEXT    NOT NULL, -- of the preferences: at_once, twice_a_day, never
    digest_at     INTEGER NOT NULL DEFAULT 0, -- the last one
    signed_in_at  INTEGER,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, login)
) WITHOUT ROWID;

-- Places (発令), one row per role, so that roles are found by index. `from_day` and `until_day` are both included.
CREATE TABLE posting (
    tenant     TEXT NOT NULL,
    account    TEXT NOT NULL,
    department TEXT NOT NULL,
    role       TEXT NOT NULL,
    from_day   TEXT NOT NULL,
    until_day  TEXT,
    PRIMARY KEY (tenant, account, department, role, from_day),
    FOREIGN KEY (tenant, account) REFERENCES account (tenant, id),
    FOREIGN KEY (tenant, department) REFERENCES department (tenant, code)
) WITHOUT ROWID;
CREATE INDEX posting_role ON posting (tenant, department, role);

-- One row for a tenant that ever had an administrator: nobody makes the first one twice.
CREATE TABLE founding (
    tenant     TEXT NOT NULL PRIMARY KEY,
    founded_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Who decides in an approver's place (代理), and when.
CREATE TABLE deputy (
    tenant    TEXT NOT NULL,
    approver  TEXT NOT NULL,
    deputy    TEXT NOT NULL,
    from_day  TEXT NOT NULL,
    until_day TEXT NOT NULL,
    PRIMARY KEY (tenant, approver, deputy, from_day),
    FOREIGN KEY (tenant, approver) REFERENCES account (tenant, id),
    FOREIGN KEY (tenant, deputy) REFERENCES account (tenant, id)
) WITHOUT ROWID;
CREATE INDEX deputy_deputy ON deputy (tenant, deputy);

-- Signed-in browsers, by SHA-256 of what the cookie holds.
CREATE TABLE session (
    tenant     TEXT    NOT NULL,
    token      BLOB    NOT NULL,
    door       TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    proved_at  INTEGER NOT NULL,
    form_token TEXT    NOT NULL,
    PRIMARY KEY (tenant, token),
    FOREIGN KEY (tenant, account) REFERENCES account (tenant, id)
) WITHOUT ROWID;
CREATE INDEX session_account ON session (tenant, account);

-- Links that sign somebody in, once.
CREATE TABLE one_time_link (
    tenant  TEXT    NOT NULL,
    token   BLOB    NOT NULL,
    door    TEXT    NOT NULL,
    account TEXT    NOT NULL,
    until   INTEGER NOT NULL,
    PRIMARY KEY (tenant, token),
    FOREIGN KEY (tenant, account) REFERENCES account (tenant, id)
) WITHOUT ROWID;

-- Failed attempts to sign in.
CREATE TABLE sign_in_failure (
    tenant  TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    login   TEXT    NOT NULL, -- SHA-256 of what was typed, in hexadecimal: people type passwords there
    address TEXT    NOT NULL,
    count   INTEGER NOT NULL DEFAULT 1, -- in the same millisecond
    PRIMARY KEY (tenant, at, login, address)
) WITHOUT ROWID;
CREATE INDEX sign_in_failure_login ON sign_in_failure (tenant, login, at);
CREATE INDEX sign_in_failure_address ON sign_in_failure (tenant, address, at);
