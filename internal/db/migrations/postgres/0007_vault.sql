-- +goose Up

-- The one row that ties this database to its keyset: a root secret sealed by
-- it, and the fingerprint of the key that sealed it.
CREATE TABLE vault_check (
    id          BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    sealed      BYTEA NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);
