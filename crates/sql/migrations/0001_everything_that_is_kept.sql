-- Documents are JSON in `doc`; beside them stands only what is searched, sorted or compared.
-- Instants are text of one width (2026-11-16T06:00:00.000000000Z), so that their order is the texts'.
-- Everything of a listener refers to them: nothing can be written for one who has been erased.

CREATE TABLE users (
    id         TEXT    NOT NULL PRIMARY KEY,
    account    TEXT    UNIQUE,
    spotify_id TEXT    NOT NULL UNIQUE,
    version    INTEGER NOT NULL,
    doc        TEXT    NOT NULL
) STRICT;

CREATE TABLE grants (
    user_id TEXT    NOT NULL PRIMARY KEY REFERENCES users (id),
    version INTEGER NOT NULL,
    doc     TEXT    NOT NULL
) STRICT;

CREATE TABLE invites (
    hash    TEXT    NOT NULL PRIMARY KEY,
    created TEXT    NOT NULL,
    used_by TEXT    REFERENCES users (id),
    version INTEGER NOT NULL,
    doc     TEXT    NOT NULL
) STRICT;

CREATE INDEX invites_by_user ON invites (used_by);

CREATE TABLE sources (
    user_id TEXT    NOT NULL REFERENCES users (id),
    id      TEXT    NOT NULL,
    version INTEGER NOT NULL,
    doc     TEXT    NOT NULL,
    PRIMARY KEY (user_id, id)
) STRICT;

CREATE TABLE generations (
    user_id   TEXT    NOT NULL REFERENCES users (id),
    source_id TEXT    NOT NULL,
    number    INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    doc       TEXT    NOT NULL,
    PRIMARY KEY (user_id, source_id, number)
) STRICT;

CREATE TABLE targets (
    user_id TEXT    NOT NULL REFERENCES users (id),
    id      TEXT    NOT NULL,
    version INTEGER NOT NULL,
    doc     TEXT    NOT NULL,
    PRIMARY KEY (user_id, id)
) STRICT;

CREATE TABLE runs (
    user_id   TEXT NOT NULL REFERENCES users (id),
    at        TEXT NOT NULL,
    source_id TEXT NOT NULL,
    doc       TEXT NOT NULL,
    PRIMARY KEY (user_id, at, source_id)
) STRICT;

-- A row outlives its appointment (`at` is null then), because the fence must never start again.
CREATE TABLE due (
    kind      TEXT    NOT NULL,
    user_id   TEXT    NOT NULL REFERENCES users (id),
    source_id TEXT    NOT NULL,              -- '' where the work has none
    at        TEXT,                          -- while held: the end of the lease
    held      INTEGER NOT NULL DEFAULT FALSE,
    wish      TEXT,                          -- the earliest time asked for while it was held
    fence     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, user_id, source_id)
) STRICT;

CREATE INDEX due_by_time ON due (kind, at);
CREATE INDEX due_by_user ON due (user_id);

CREATE TABLE data_keys (
    epoch   INTEGER NOT NULL PRIMARY KEY,
    wrapped BLOB    NOT NULL
) STRICT;

CREATE TABLE tracks (
    uri     TEXT NOT NULL PRIMARY KEY,
    expires TEXT NOT NULL,
    doc     TEXT NOT NULL
) STRICT;

CREATE INDEX tracks_by_expiry ON tracks (expires);

CREATE TABLE spent (
    slot    TEXT    NOT NULL,
    purpose TEXT    NOT NULL,
    calls   INTEGER NOT NULL,
    PRIMARY KEY (slot, purpose)
) STRICT;

CREATE TABLE locks (
    bucket TEXT NOT NULL PRIMARY KEY,
    until  TEXT NOT NULL
) STRICT;

CREATE TABLE alerts (
    user_id      TEXT REFERENCES users (id), -- null: the operator's
    id           TEXT NOT NULL,
    at           TEXT NOT NULL,
    acknowledged TEXT,
    doc          TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX alerts_once ON alerts (COALESCE(user_id, ''), id);
CREATE INDEX alerts_by_user ON alerts (user_id, at);
CREATE INDEX alerts_by_time ON alerts (at);
