-- +goose Up

-- The one row that ties this database to its keyset: a root secret sealed by
-- it, and the fingerprint of the key that sealed it.
CREATE TABLE vault_check (
    id          INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sealed      BLOB NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
