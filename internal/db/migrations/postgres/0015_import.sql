-- +goose Up

-- called_at is when a check last asked the provider: where its quota bears few calls,
-- the others go by what that one found. reminded is how many days before the end of
-- the access somebody was last told of it; 0: not yet.
ALTER TABLE connections ADD COLUMN called_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN reminded BIGINT NOT NULL DEFAULT 0;

-- Imports of contacts by file. One that was cut off stays with what it had done.
CREATE TABLE contact_imports (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    slug            TEXT COLLATE "C" NOT NULL,
    by_whom         TEXT COLLATE "C" NOT NULL,
    file            TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('running', 'succeeded', 'interrupted')),
    people          BIGINT NOT NULL,
    done            BIGINT NOT NULL,
    created         BIGINT NOT NULL,
    changed         BIGINT NOT NULL,
    same            BIGINT NOT NULL,
    merged          BIGINT NOT NULL,
    skipped         BIGINT NOT NULL,
    events          BIGINT NOT NULL,
    owner           TEXT COLLATE "C" NOT NULL,
    until           BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL
);
CREATE INDEX contact_imports_started ON contact_imports (organization_id, slug, started_at, id);
CREATE UNIQUE INDEX contact_imports_running ON contact_imports (organization_id, slug) WHERE state = 'running';
