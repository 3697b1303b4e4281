-- +goose Up

-- One row an organization ('' is the installation's own log). size is the
-- number of entries; its row is the lock under which the next one is taken.
-- The rest is the periodic check's: entries up to verified_to were found whole
-- at verified_at, all from the first at full_at; problem is what it found.
CREATE TABLE audit_logs (
    organization_id TEXT NOT NULL PRIMARY KEY,
    size            INTEGER NOT NULL,
    verified_to     INTEGER NOT NULL DEFAULT 0,
    verified_at     INTEGER NOT NULL DEFAULT 0,
    full_at         INTEGER NOT NULL DEFAULT 0,
    problem         TEXT NOT NULL DEFAULT ''
) STRICT;

-- Append-only. All columns but area and seal are hashed, see docs/audit-log.md;
-- area is the noun of action, seal a keyed hash of the row.
CREATE TABLE audit_entries (
    organization_id TEXT NOT NULL,
    seq             INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    actor_id        TEXT NOT NULL,
    actor_role      TEXT NOT NULL,
    actor_email     TEXT NOT NULL,
    action          TEXT NOT NULL,
    area            TEXT NOT NULL,
    target_type     TEXT NOT NULL,
    target_id       TEXT NOT NULL,
    target_name     TEXT NOT NULL,
    before_json     TEXT NOT NULL,
    after_json      TEXT NOT NULL,
    result          TEXT NOT NULL,
    reason          TEXT NOT NULL,
    detail_json     TEXT NOT NULL,
    address         TEXT NOT NULL,
    user_agent      TEXT NOT NULL,
    request_id      TEXT NOT NULL,
    occurrences     INTEGER NOT NULL,
    first_at        INTEGER NOT NULL,
    last_at         INTEGER NOT NULL,
    seal            BLOB NOT NULL,
    PRIMARY KEY (organization_id, seq)
) STRICT;
CREATE INDEX audit_entries_at ON audit_entries (organization_id, at, seq);
CREATE INDEX audit_entries_actor ON audit_entries (organization_id, actor_id, at, seq);
CREATE INDEX audit_entries_action ON audit_entries (organization_id, action, at, seq);
CREATE INDEX audit_entries_area ON audit_entries (organization_id, area, at, seq);
CREATE INDEX audit_entries_target ON audit_entries (organization_id, target_id, at, seq);
CREATE INDEX audit_entries_result ON audit_entries (organization_id, result, at, seq);

-- The nodes of an organization's Merkle tree, numbered as sumdb/tlog does.
CREATE TABLE audit_hashes (
    organization_id TEXT NOT NULL,
    idx             INTEGER NOT NULL,
    hash            BLOB NOT NULL,
    PRIMARY KEY (organization_id, idx)
) STRICT, WITHOUT ROWID;

-- Equal denials that repeat are counted here, and appended as one entry when
-- their window ends. template is that entry, without count and times.
CREATE TABLE audit_denials (
    organization_id TEXT NOT NULL,
    denial          TEXT NOT NULL,
    action          TEXT NOT NULL,
    template        TEXT NOT NULL,
    repeats         INTEGER NOT NULL,
    first_at        INTEGER NOT NULL,
    last_at         INTEGER NOT NULL,
    window_us       INTEGER NOT NULL,
    ends_at         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, denial)
) STRICT;
CREATE INDEX audit_denials_action ON audit_denials (organization_id, action);
CREATE INDEX audit_denials_ends_at ON audit_denials (ends_at);
