-- +goose Up

-- One row a problem. problem names it within its subject, and the partial index
-- keeps one open alert for it; closed_at is 0 while it lasts. steps is a JSON
-- list of sentences. A piece of news, which is no problem, is closed as it comes.
CREATE TABLE alerts (
    id              TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    kind            TEXT NOT NULL,
    problem         TEXT NOT NULL,
    subject_type    TEXT NOT NULL,
    subject_id      TEXT NOT NULL,
    subject_name    TEXT NOT NULL,
    severity        TEXT NOT NULL CHECK (severity IN ('problem', 'warning', 'notice')),
    title           TEXT NOT NULL,
    detail          TEXT NOT NULL,
    steps           TEXT NOT NULL,
    link            TEXT NOT NULL,
    opened_at       INTEGER NOT NULL,
    closed_at       INTEGER NOT NULL,
    closing_kind    TEXT NOT NULL,
    closing_title   TEXT NOT NULL,
    closing_detail  TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts (organization_id, subject_type, subject_id, problem) WHERE closed_at = 0;
CREATE INDEX alerts_opened_at ON alerts (organization_id, opened_at, id);
CREATE INDEX alerts_closed_at ON alerts (organization_id, closed_at, id);
CREATE INDEX alerts_closed ON alerts (closed_at);

-- What is to be told to whom. It commits with its alert and is sent afterwards,
-- at least once: claim names the sender that has it, until next_at, by the
-- database's clock. user_id is empty except for e-mail. alert_id is empty for a test.
CREATE TABLE alert_sends (
    num             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    organization_id TEXT NOT NULL,
    alert_id        TEXT NOT NULL,
    phase           TEXT NOT NULL CHECK (phase IN ('opened', 'closed', 'test')),
    channel         TEXT NOT NULL CHECK (channel IN ('email', 'slack', 'webhook')),
    user_id         TEXT NOT NULL,
    recipient       TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
    attempts        INTEGER NOT NULL,
    next_at         INTEGER NOT NULL,
    claim           TEXT NOT NULL,
    last_error      TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_sends_alert ON alert_sends (alert_id, phase, channel, user_id);
CREATE INDEX alert_sends_due ON alert_sends (channel, next_at) WHERE state = 'pending';
CREATE INDEX alert_sends_ended ON alert_sends (organization_id, channel, state, ended_at);

-- How far a person has read: everything opened up to read_until, and the alerts
-- of alert_reads beyond.
CREATE TABLE alert_readers (
    user_id         TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL,
    read_until      INTEGER NOT NULL
) STRICT;

CREATE TABLE alert_reads (
    user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    alert_id TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, alert_id)
) STRICT;
CREATE INDEX alert_reads_alert ON alert_reads (alert_id);

-- Where an organization's alerts go beside the console; kinds without a row have
-- the routes of the catalog.
CREATE TABLE alert_routes (
    organization_id     TEXT NOT NULL REFERENCES organizations (id),
    kind                TEXT NOT NULL,
    mail_system_admins  INTEGER NOT NULL,
    mail_utility_admins INTEGER NOT NULL,
    slack               INTEGER NOT NULL,
    webhook             INTEGER NOT NULL,
    PRIMARY KEY (organization_id, kind)
) STRICT;

-- The organization's own ends of the channels. webhook_secret is sealed.
CREATE TABLE alert_channels (
    organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
    slack_channel   TEXT NOT NULL,
    webhook_url     TEXT NOT NULL,
    webhook_secret  BLOB,
    version         INTEGER NOT NULL
) STRICT;

-- A person's own choice of e-mail, where it is not the organization's.
CREATE TABLE alert_preferences (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    email   INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind)
) STRICT;
