-- +goose Up

-- Records of the CRM, see docs/records.md. id is a time-ordered key that
-- public_id carries. What is looked for is a column; what a record says is JSON,
-- in fields. at is its own time: of a mail, of a meeting's beginning, of a
-- contact's creation. scope is the mailbox or calendar, load_id the last load of
-- everything in it that named the record. external_id is '' for none. ref is a hash
-- of organization, source, account and external id, null without the last: one
-- column, so that no other index than its own can be taken for finding a record
-- again, even before the planner knows the table. changes is JSON, '' for none.
CREATE TABLE contacts (
    id              INTEGER NOT NULL PRIMARY KEY,
    public_id       TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    source          TEXT NOT NULL,
    account         TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    ref             BLOB,
    scope           TEXT NOT NULL,
    email           TEXT NOT NULL,
    at              INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    source_version  TEXT NOT NULL,
    load_id         TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    changes         TEXT NOT NULL,
    fields          TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX contacts_ref ON contacts (ref);
CREATE INDEX contacts_external ON contacts (organization_id, external_id);
CREATE INDEX contacts_at ON contacts (organization_id, at, id);
CREATE INDEX contacts_source ON contacts (organization_id, source, at, id);
CREATE INDEX contacts_email ON contacts (organization_id, email, at, id);

CREATE TABLE emails (
    id              INTEGER NOT NULL PRIMARY KEY,
    public_id       TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    source          TEXT NOT NULL,
    account         TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    ref             BLOB,
    scope           TEXT NOT NULL,
    at              INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    source_version  TEXT NOT NULL,
    load_id         TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    changes         TEXT NOT NULL,
    fields          TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX emails_ref ON emails (ref);
CREATE INDEX emails_external ON emails (organization_id, external_id);
CREATE INDEX emails_at ON emails (organization_id, at, id);
CREATE INDEX emails_source ON emails (organization_id, source, at, id);

CREATE TABLE meetings (
    id              INTEGER NOT NULL PRIMARY KEY,
    public_id       TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    source          TEXT NOT NULL,
    account         TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    ref             BLOB,
    scope           TEXT NOT NULL,
    at              INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    source_version  TEXT NOT NULL,
    load_id         TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    changes         TEXT NOT NULL,
    fields          TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX meetings_ref ON meetings (ref);
CREATE INDEX meetings_external ON meetings (organization_id, external_id);
CREATE INDEX meetings_at ON meetings (organization_id, at, id);
CREATE INDEX meetings_source ON meetings (organization_id, source, at, id);

-- How many records a source has, so that nobody counts them.
CREATE TABLE record_counts (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    source          TEXT NOT NULL,
    kind            TEXT NOT NULL,
    count           INTEGER NOT NULL,
    PRIMARY KEY (organization_id, source, kind)
) STRICT;
