-- +goose Up

-- What people did in the console, see docs/tracking.md. session is a keyed hash
-- of the session's id; digest tells an event that a browser sent again, and is
-- null for what the server recorded.
CREATE TABLE tracking_events (
    num             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    at              INTEGER NOT NULL,
    event           TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    role            TEXT NOT NULL,
    session         TEXT NOT NULL,
    properties      TEXT NOT NULL,
    digest          BLOB
) STRICT;
CREATE INDEX tracking_events_event ON tracking_events (organization_id, event, at);
CREATE INDEX tracking_events_at ON tracking_events (at);
CREATE UNIQUE INDEX tracking_events_digest ON tracking_events (organization_id, digest);
