-- +goose Up

-- An organization is an island: every row below names the one it belongs to.
CREATE TABLE organizations (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- password is an Argon2id hash in PHC form. version grows with every change.
CREATE TABLE users (
    id              TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    email           TEXT NOT NULL,
    role            TEXT NOT NULL,
    password        TEXT NOT NULL,
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_email ON users (email);
CREATE INDEX users_organization ON users (organization_id, id);

-- token_hash is the SHA-256 of the random token that the browser holds.
CREATE TABLE sessions (
    id         TEXT NOT NULL PRIMARY KEY,
    token_hash BLOB NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    address    TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_token_hash ON sessions (token_hash);
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_created_at ON sessions (created_at);
CREATE INDEX sessions_seen_at ON sessions (seen_at);

-- A confirmation is a fresh proof of the password, for one purpose and one use.
CREATE TABLE confirmations (
    token_hash BLOB NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose    TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX confirmations_session ON confirmations (session_id);
CREATE INDEX confirmations_expires_at ON confirmations (expires_at);

-- A token bucket a key (an account or a network address); recovers_at is when
-- the bucket is full again, a past one is the same as no row.
CREATE TABLE sign_in_limits (
    key         TEXT NOT NULL PRIMARY KEY,
    recovers_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_limits_recovers_at ON sign_in_limits (recovers_at);

-- One row: done_at is when the first organization was made, 0 before. Whoever
-- updates it from 0 has won the set-up.
CREATE TABLE setup (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    done_at INTEGER NOT NULL
) STRICT;
INSERT INTO setup (one, done_at) VALUES (1, 0);

CREATE TABLE setup_tokens (
    token_hash BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
