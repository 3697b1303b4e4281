-- +goose Up

-- id is a time-ordered key that public_id carries: an event is found by its
-- primary key, and a range of time is a range of ids. body is what webhooks
-- get, built once; it stands last, so that lists do not read through it.
CREATE TABLE events (
    id              INTEGER NOT NULL PRIMARY KEY,
    public_id       TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    type            TEXT NOT NULL,
    sender_id       TEXT NOT NULL,
    occurred_at     INTEGER NOT NULL,
    accepted_at     INTEGER NOT NULL,
    body            BLOB NOT NULL
) STRICT;
CREATE INDEX events_organization ON events (organization_id, id);

-- The first use of each idempotency key. warnings is part of its answer, as
-- JSON, '' for none.
CREATE TABLE idempotency (
    organization_id TEXT NOT NULL,
    key             TEXT NOT NULL,
    body_hash       BLOB NOT NULL,
    public_id       TEXT NOT NULL,
    warnings        TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_created_at ON idempotency (created_at);

-- What organizations register beside the built-in types. schema and example are
-- JSON, '' for none.
CREATE TABLE event_types (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    type            TEXT NOT NULL,
    description     TEXT NOT NULL,
    schema          TEXT NOT NULL,
    example         TEXT NOT NULL,
    strict          INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, type)
) STRICT, WITHOUT ROWID;
