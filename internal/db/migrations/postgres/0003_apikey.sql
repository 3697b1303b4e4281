-- +goose Up

-- API keys, one active an organization (revoked_at = 0). The key itself stands
-- sealed as long as it can be copied; the hash finds it. changed_at is when the
-- row was made or revoked, whichever is later: other nodes look for it.
CREATE TABLE api_keys (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    hash            BYTEA NOT NULL,
    sealed          BYTEA NOT NULL,
    masked          TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    created_by      TEXT NOT NULL,
    revoked_at      BIGINT NOT NULL,
    revoked_by      TEXT NOT NULL,
    reason          TEXT NOT NULL,
    changed_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE UNIQUE INDEX api_keys_active ON api_keys (organization_id) WHERE revoked_at = 0;
CREATE INDEX api_keys_changed_at ON api_keys (changed_at);

-- Calls a clock hour (its start), route and status.
CREATE TABLE api_key_usage (
    organization_id TEXT COLLATE "C" NOT NULL,
    hour            BIGINT NOT NULL,
    route           TEXT COLLATE "C" NOT NULL,
    status          BIGINT NOT NULL,
    calls           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, hour, route, status)
);
CREATE INDEX api_key_usage_hour ON api_key_usage (hour);

-- Totals outlive the hours that retention removes. The row is also what two
-- changes of one organization's key queue up at.
CREATE TABLE api_key_totals (
    organization_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    calls           BIGINT NOT NULL,
    last_call_at    BIGINT NOT NULL
);
