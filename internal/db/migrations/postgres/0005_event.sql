-- +goose Up

-- id is a time-ordered key that public_id carries: an event is found by its
-- primary key, and a range of time is a range of ids. body is what webhooks
-- get, built once; it stands last, so that lists do not read through it.
CREATE TABLE events (
    id              BIGINT NOT NULL PRIMARY KEY,
    public_id       TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL,
    type            TEXT COLLATE "C" NOT NULL,
    sender_id       TEXT COLLATE "C" NOT NULL,
    occurred_at     BIGINT NOT NULL,
    accepted_at     BIGINT NOT NULL,
    body            BYTEA NOT NULL
);
CREATE INDEX events_organization ON events (organization_id, id);

-- The first use of each idempotency key. warnings is part of its answer, as
-- JSON, '' for none.
CREATE TABLE idempotency (
    organization_id TEXT COLLATE "C" NOT NULL,
    key             TEXT COLLATE "C" NOT NULL,
    body_hash       BYTEA NOT NULL,
    public_id       TEXT COLLATE "C" NOT NULL,
    warnings        TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, key)
);
CREATE INDEX idempotency_created_at ON idempotency (created_at);

-- What organizations register beside the built-in types. schema and example are
-- JSON, '' for none.
CREATE TABLE event_types (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    type            TEXT COLLATE "C" NOT NULL,
    description     TEXT NOT NULL,
    schema          TEXT NOT NULL,
    example         TEXT NOT NULL,
    strict          BIGINT NOT NULL,
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, type)
);
