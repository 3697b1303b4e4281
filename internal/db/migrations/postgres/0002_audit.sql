-- +goose Up

-- One row an organization ('' is the installation's own log). size is the
-- number of entries; its row is the lock under which the next one is taken.
-- The rest is the periodic check's: entries up to verified_to were found whole
-- at verified_at, all from the first at full_at; problem is what it found.
CREATE TABLE audit_logs (
    organization_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    size            BIGINT NOT NULL,
    verified_to     BIGINT NOT NULL DEFAULT 0,
    verified_at     BIGINT NOT NULL DEFAULT 0,
    full_at         BIGINT NOT NULL DEFAULT 0,
    problem         TEXT COLLATE "C" NOT NULL DEFAULT ''
);

-- Append-only. All columns but area and seal are hashed, see docs/audit-log.md;
-- area is the noun of action, seal a keyed hash of the row.
CREATE TABLE audit_entries (
    organization_id TEXT COLLATE "C" NOT NULL,
    seq             BIGINT NOT NULL,
    version         BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    actor_id        TEXT COLLATE "C" NOT NULL,
    actor_role      TEXT COLLATE "C" NOT NULL,
    actor_email     TEXT COLLATE "C" NOT NULL,
    action          TEXT COLLATE "C" NOT NULL,
    area            TEXT COLLATE "C" NOT NULL,
    target_type     TEXT COLLATE "C" NOT NULL,
    target_id       TEXT COLLATE "C" NOT NULL,
    target_name     TEXT COLLATE "C" NOT NULL,
    before_json     TEXT COLLATE "C" NOT NULL,
    after_json      TEXT COLLATE "C" NOT NULL,
    result          TEXT COLLATE "C" NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    detail_json     TEXT COLLATE "C" NOT NULL,
    address         TEXT COLLATE "C" NOT NULL,
    user_agent      TEXT COLLATE "C" NOT NULL,
    request_id      TEXT COLLATE "C" NOT NULL,
    occurrences     BIGINT NOT NULL,
    first_at        BIGINT NOT NULL,
    last_at         BIGINT NOT NULL,
    seal            BYTEA NOT NULL,
    PRIMARY KEY (organization_id, seq)
);
CREATE INDEX audit_entries_at ON audit_entries (organization_id, at, seq);
CREATE INDEX audit_entries_actor ON audit_entries (organization_id, actor_id, at, seq);
CREATE INDEX audit_entries_action ON audit_entries (organization_id, action, at, seq);
CREATE INDEX audit_entries_area ON audit_entries (organization_id, area, at, seq);
CREATE INDEX audit_entries_target ON audit_entries (organization_id, target_id, at, seq);
CREATE INDEX audit_entries_result ON audit_entries (organization_id, result, at, seq);

-- The nodes of an organization's Merkle tree, numbered as sumdb/tlog does.
CREATE TABLE audit_hashes (
    organization_id TEXT COLLATE "C" NOT NULL,
    idx             BIGINT NOT NULL,
    hash            BYTEA NOT NULL,
    PRIMARY KEY (organization_id, idx)
);

-- Equal denials that repeat are counted here, and appended as one entry when
-- their window ends. template is that entry, without count and times.
CREATE TABLE audit_denials (
    organization_id TEXT COLLATE "C" NOT NULL,
    denial          TEXT COLLATE "C" NOT NULL,
    action          TEXT COLLATE "C" NOT NULL,
    template        TEXT COLLATE "C" NOT NULL,
    repeats         BIGINT NOT NULL,
    first_at        BIGINT NOT NULL,
    last_at         BIGINT NOT NULL,
    window_us       BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, denial)
);
CREATE INDEX audit_denials_action ON audit_denials (organization_id, action);
CREATE INDEX audit_denials_ends_at ON audit_denials (ends_at);
