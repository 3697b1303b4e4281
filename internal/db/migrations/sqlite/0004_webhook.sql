-- +goose Up

-- num is the small key that delivery rows carry; it is never used again. The
-- sealed columns are opened by package vault only. deleted_at is 0 until the
-- webhook is deleted; the row stays for its log until retention ends.
-- changes holds the last few versions with what each changed, for a caller
-- whose version is old. hold_before: pending deliveries with a smaller key are
-- to be held, 0 for none.
CREATE TABLE webhooks (
    num              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL,
    organization_id  TEXT NOT NULL REFERENCES organizations (id),
    url              TEXT NOT NULL,
    description      TEXT NOT NULL,
    events           TEXT NOT NULL,
    format           TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('active', 'off', 'disabled')),
    state_reason     TEXT NOT NULL,
    state_at         INTEGER NOT NULL,
    secret           BLOB,
    previous_secret  BLOB,
    previous_until   INTEGER NOT NULL,
    headers          BLOB,
    header_names     TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    created_by       TEXT NOT NULL,
    updated_at       INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    changes          TEXT NOT NULL,
    deleted_at       INTEGER NOT NULL,
    hold_before      INTEGER NOT NULL,
    first_failure_at INTEGER NOT NULL,
    failures         INTEGER NOT NULL,
    last_success_at  INTEGER NOT NULL,
    warned           INTEGER NOT NULL,
    verdict_at       INTEGER NOT NULL,
    verdict_kind     TEXT NOT NULL,
    verdict_ok       INTEGER NOT NULL,
    verdict_cause    TEXT NOT NULL,
    verdict_message  TEXT NOT NULL,
    verdict_detail   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX webhooks_id ON webhooks (id);
CREATE INDEX webhooks_organization ON webhooks (organization_id, deleted_at, num);
CREATE INDEX webhooks_deleted_at ON webhooks (deleted_at);
CREATE INDEX webhooks_previous_until ON webhooks (previous_until);

-- version grows with every change that matters to which webhooks an event of
-- the organization goes to; who accepts an event reads it in its transaction.
CREATE TABLE webhook_sets (
    organization_id TEXT NOT NULL PRIMARY KEY,
    version         INTEGER NOT NULL
) STRICT;

-- Every verdict on an address: where set-up fails, and why. duration is in
-- microseconds; domain is the registrable domain, never the full address.
CREATE TABLE webhook_verdicts (
    num             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    organization_id TEXT NOT NULL,
    webhook_id      TEXT,
    at              INTEGER NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('save', 'test', 'enable', 'validate')),
    ok              INTEGER NOT NULL,
    cause           TEXT NOT NULL,
    duration        INTEGER NOT NULL,
    domain          TEXT NOT NULL
) STRICT;
CREATE INDEX webhook_verdicts_organization ON webhook_verdicts (organization_id, at);
CREATE INDEX webhook_verdicts_at ON webhook_verdicts (at);
