-- +goose Up

-- One person whom several sources know is one contact. contacts holds what all of
-- them say together; contact_sources what each says: a row a source's record, with
-- the columns that contacts had for it. contact_id is the contact's key, at that
-- contact's time, so that a list by source has one index. profile_ref is a hash of
-- organization, source and the address of the person's page, null without one.
-- stamps is JSON, '' for none: which field was set when after the row was made, as
-- a key that grows with time; the others have the row's own id.
CREATE TABLE contact_sources (
    id              INTEGER NOT NULL PRIMARY KEY,
    contact_id      INTEGER NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    source          TEXT NOT NULL,
    account         TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    ref             BLOB,
    profile_ref     BLOB,
    scope           TEXT NOT NULL,
    at              INTEGER NOT NULL,
    source_version  TEXT NOT NULL,
    load_id         TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    stamps          TEXT NOT NULL,
    fields          TEXT NOT NULL
) STRICT;
INSERT INTO contact_sources (id, contact_id, organization_id, source, account, external_id, ref, profile_ref, scope, at, source_version, load_id,
    created_at, updated_at, stamps, fields)
SELECT id, id, organization_id, source, account, external_id, ref, NULL, scope, at, source_version, load_id, created_at, updated_at, '', fields
FROM contacts;
CREATE UNIQUE INDEX contact_sources_ref ON contact_sources (ref);
CREATE INDEX contact_sources_profile ON contact_sources (profile_ref);
CREATE INDEX contact_sources_contact ON contact_sources (contact_id);
CREATE INDEX contact_sources_external ON contact_sources (organization_id, external_id);
CREATE INDEX contact_sources_source ON contact_sources (organization_id, source, at, contact_id);

DROP INDEX contacts_ref;
DROP INDEX contacts_external;
DROP INDEX contacts_source;
ALTER TABLE contacts DROP COLUMN source;
ALTER TABLE contacts DROP COLUMN account;
ALTER TABLE contacts DROP COLUMN external_id;
ALTER TABLE contacts DROP COLUMN ref;
ALTER TABLE contacts DROP COLUMN scope;
ALTER TABLE contacts DROP COLUMN source_version;
ALTER TABLE contacts DROP COLUMN load_id;

-- As emails and meetings. due is when the next of a campaign's times passes, 0 for
-- none; told is which of its events were raised, or passed over by a first load: 1
-- started, 2 completed.
CREATE TABLE campaigns (
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
    fields          TEXT NOT NULL,
    due             INTEGER NOT NULL,
    told            INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX campaigns_ref ON campaigns (ref);
CREATE INDEX campaigns_external ON campaigns (organization_id, external_id);
CREATE INDEX campaigns_at ON campaigns (organization_id, at, id);
CREATE INDEX campaigns_source ON campaigns (organization_id, source, at, id);
CREATE INDEX campaigns_due ON campaigns (due) WHERE due > 0;

CREATE TABLE opportunities (
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
CREATE UNIQUE INDEX opportunities_ref ON opportunities (ref);
CREATE INDEX opportunities_external ON opportunities (organization_id, external_id);
CREATE INDEX opportunities_at ON opportunities (organization_id, at, id);
CREATE INDEX opportunities_source ON opportunities (organization_id, source, at, id);

-- Openings and clicks that were told of, so that each is told of once. ref is as
-- that of a record, at when it happened; what is older than the time that they are
-- kept is not told of.
CREATE TABLE engagements (
    ref BLOB NOT NULL PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX engagements_at ON engagements (at);
