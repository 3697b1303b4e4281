-- +goose Up

-- API keys, one active an organization (revoked_at = 0). The key itself stands
-- sealed as long as it can be copied; the hash finds it. changed_at is when the
-- row was made or revoked, whichever is later: other nodes look for it.
CREATE TABLE api_keys (
    id              TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    hash            BLOB NOT NULL,
    sealed          BLOB NOT NULL,
    masked          TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      TEXT NOT NULL,
    revoked_at      INTEGER NOT NULL,
    revoked_by      TEXT NOT NULL,
    reason          TEXT NOT NULL,
    changed_at      INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE UNIQUE INDEX api_keys_active ON api_keys (organization_id) WHERE revoked_at = 0;
CREATE INDEX api_keys_changed_at ON api_keys (changed_at);

-- Calls a clock hour (its start), route and status.
CREATE TABLE api_key_usage (
    organization_id TEXT NOT NULL,
    hour            INTEGER NOT NULL,
    route           TEXT NOT NULL,
    status          INTEGER NOT NULL,
    calls           INTEGER NOT NULL,
    PRIMARY KEY (organization_id, hour, route, status)
) STRICT;
CREATE INDEX api_key_usage_hour ON api_key_usage (hour);

-- Totals outlive the hours that retention removes. The row is also what two
-- changes of one organization's key queue up at.
CREATE TABLE api_key_totals (
    organization_id TEXT NOT NULL PRIMARY KEY,
    calls           INTEGER NOT NULL,
    last_call_at    INTEGER NOT NULL
) STRICT;
