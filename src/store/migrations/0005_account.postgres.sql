-- The people who may sign in, their departments and postings, their sessions, and what guards their sign-in.
-- Days are text, YYYY-MM-DD. Addresses are in lower case where they are looked up by.

CREATE TABLE department (
    tenant TEXT COLLATE "C" NOT NULL,
    code   TEXT COLLATE "C" NOT NULL,
    name   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, code)
);

-- Section mailboxes (組織アドレス): `mailbox` as it is written, `folded` in lower case.
CREATE TABLE department_mailbox (
    tenant     TEXT COLLATE "C" NOT NULL,
    department TEXT COLLATE "C" NOT NULL,
    folded     TEXT COLLATE "C" NOT NULL,
    mailbox    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, department, folded),
    FOREIGN KEY (tenant, department) REFERENCES department (tenant, code)
);

CREATE TABLE account (
    tenant        TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    login         TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    mailbox       TEXT COLLATE "C",
    source        TEXT COLLATE "C" NOT NULL,
    blocked       BOOLEAN NOT NULL DEFAULT FALSE,
    password      TEXT COLLATE "C",    -- PHC string
    totp          BYTEA,    -- sealed
    -- For those who may not read either.
    has_password  BOOLEAN NOT NULL GENERATED ALWAYS AS (password IS NOT NULL) STORED,
    has_totp      BOOLEAN NOT NULL GENERATED ALWAYS AS (totp IS NOT NULL) STORED,
    totp_step     BIGINT NOT NULL DEFAULT 0,
    preferences   TEXT NOT NULL, -- JSON
    digest        TEXT COLLATE "C" NOT NULL, -- of the preferences: at_once, twice_a_day, never
    digest_at     BIGINT NOT NULL DEFAULT 0, -- the last one
    signed_in_at  BIGINT,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, login)
);

-- Places (発令), one row per role, so that roles are found by index. `from_day` and `until_day` are both included.
CREATE TABLE posting (
    tenant     TEXT COLLATE "C" NOT NULL,
    account    TEXT COLLATE "C" NOT NULL,
    department TEXT COLLATE "C" NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    from_day   TEXT COLLATE "C" NOT NULL,
    until_day  TEXT COLLATE "C",
    PRIMARY KEY (tenant, account, department, role, from_day),
    FOREIGN KEY (tenant, account) REFERENCES account (tenant, id),
    FOREIGN KEY (tenant, department) REFERENCES department (tenant, code)
);
CREATE INDEX posting_role ON posting (tenant, department, role);

-- One row for a tenant that ever had an administrator: nobody makes the first one twice.
CREATE TABLE founding (
    tenant     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    founded_at BIGINT NOT NULL
);

-- Who decides in an approver's place (代理), and when.
CREATE TABLE deputy (
    tenant    TEXT COLLATE "C" NOT NULL,
    approver  TEXT COLLATE "C" NOT NULL,
    deputy    TEXT COLLATE "C" NOT NULL,
    from_day  TEXT COLLATE "C" NOT NULL,
    until_day TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, approver, deputy, from_day),
    FOREIGN KEY (tenant, approver) REFERENCES account (tenant, id),
    FOREIGN KEY (tenant, deputy) REFERENCES account (tenant, id)
);
CREATE INDEX deputy_deputy ON deputy (tenant, deputy);

-- Signed-in browsers, by SHA-256 of what the cookie holds.
CREATE TABLE session (
    tenant     TEXT COLLATE "C" NOT NULL,
    token      BYTEA NOT NULL,
    door       TEXT COLLATE "C" NOT NULL,
    account    TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    proved_at  BIGINT NOT NULL,
    form_token TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, token),
    FOREIGN KEY (tenant, account) REFERENCES account (tenant, id)
);
CREATE INDEX session_account ON session (tenant, account);

-- Links that sign somebody in, once.
CREATE TABLE one_time_link (
    tenant  TEXT COLLATE "C" NOT NULL,
    token   BYTEA NOT NULL,
    door    TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    until   BIGINT NOT NULL,
    PRIMARY KEY (tenant, token),
    FOREIGN KEY (tenant, account) REFERENCES account (tenant, id)
);

-- Failed attempts to sign in.
CREATE TABLE sign_in_failure (
    tenant  TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    login   TEXT COLLATE "C" NOT NULL, -- SHA-256 of what was typed, in hexadecimal: people type passwords there
    address TEXT COLLATE "C" NOT NULL,
    count   BIGINT NOT NULL DEFAULT 1, -- in the same millisecond
    PRIMARY KEY (tenant, at, login, address)
);
CREATE INDEX sign_in_failure_login ON sign_in_failure (tenant, login, at);
CREATE INDEX sign_in_failure_address ON sign_in_failure (tenant, address, at);
