-- +goose Up

-- called_at is when a check last asked the provider: where its quota bears few calls,
-- the others go by what that one found. reminded is how many days before the end of
-- the access somebody was last told of it; 0: not yet.
ALTER TABLE connections ADD COLUMN called_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0;

-- Imports of contacts by file. One that was cut off stays with what it had done.
CREATE TABLE contact_imports (
    id              TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    slug            TEXT NOT NULL,
    by_whom         TEXT NOT NULL,
    file            TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'interrupted')),
    people          INTEGER NOT NULL,
    done            INTEGER NOT NULL,
    created         INTEGER NOT NULL,
    changed         INTEGER NOT NULL,
    same            INTEGER NOT NULL,
    merged          INTEGER NOT NULL,
    skipped         INTEGER NOT NULL,
    events          INTEGER NOT NULL,
    owner           TEXT NOT NULL,
    until           INTEGER NOT NULL,
    started_at      INTEGER NOT NULL,
    ended_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX contact_imports_started ON contact_imports (organization_id, slug, started_at, id);
CREATE UNIQUE INDEX contact_imports_running ON contact_imports (organization_id, slug) WHERE state = 'running';
