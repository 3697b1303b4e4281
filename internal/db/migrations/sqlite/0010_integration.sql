-- +goose Up

-- The application that an organization has set up at a provider.
CREATE TABLE integration_apps (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    slug TEXT NOT NULL,
    client_id TEXT NOT NULL,
    secret BLOB NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, slug)
) WITHOUT ROWID, STRICT;

-- One provider of one organization, from the first try to connect it on. state:
-- see docs/connection-states.md. A due time of 0 is never. token: the sealed grant;
-- token_num counts its savings, so that two refreshes of one token are told apart.
-- The leases (refresh_until, sync_until) are of the database's clock. load_raises: the
-- next load of everything raises events, as somebody asked for it.
CREATE TABLE connections (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    slug TEXT NOT NULL,
    state TEXT NOT NULL,
    state_at INTEGER NOT NULL,
    state_by TEXT NOT NULL,
    state_reason TEXT NOT NULL,
    version INTEGER NOT NULL,
    settings TEXT NOT NULL,
    sync_every INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    granted TEXT NOT NULL,
    connected_at INTEGER NOT NULL,
    connected_by TEXT NOT NULL,
    client_id TEXT NOT NULL,
    token BLOB NOT NULL,
    token_expires INTEGER NOT NULL,
    token_num INTEGER NOT NULL,
    refresh_owner TEXT NOT NULL,
    refresh_until INTEGER NOT NULL,
    refresh_refused INTEGER NOT NULL,
    health_status TEXT NOT NULL,
    health_since INTEGER NOT NULL,
    health_class TEXT NOT NULL,
    health_code TEXT NOT NULL,
    health_detail TEXT NOT NULL,
    health_link TEXT NOT NULL,
    last_ok INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    failing_since INTEGER NOT NULL,
    alerted TEXT NOT NULL,
    dead INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    check_due INTEGER NOT NULL,
    sync_due INTEGER NOT NULL,
    sync_owner TEXT NOT NULL,
    sync_until INTEGER NOT NULL,
    sync_failures INTEGER NOT NULL,
    last_sync INTEGER NOT NULL,
    cursor TEXT NOT NULL,
    load_raises INTEGER NOT NULL,
    PRIMARY KEY (organization_id, slug)
) WITHOUT ROWID, STRICT;
CREATE INDEX connections_check_due ON connections (check_due) WHERE check_due > 0;
CREATE INDEX connections_sync_due ON connections (sync_due) WHERE sync_due > 0;

-- One way to the provider's consent page, and what came of it. The state parameter
-- and the session are kept as keyed hashes; verifier and token are sealed.
CREATE TABLE connection_attempts (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    state_hash BLOB NOT NULL,
    session_hash BLOB NOT NULL,
    user_id TEXT NOT NULL,
    user_role TEXT NOT NULL,
    user_address TEXT NOT NULL,
    user_email TEXT NOT NULL,
    verifier BLOB NOT NULL,
    settings TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    granted TEXT NOT NULL,
    token BLOB NOT NULL,
    token_expires INTEGER NOT NULL,
    class TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX connection_attempts_state ON connection_attempts (state_hash);
CREATE INDEX connection_attempts_newest ON connection_attempts (organization_id, slug, started_at);
CREATE INDEX connection_attempts_open ON connection_attempts (expires_at) WHERE status IN ('open', 'exchanging', 'other_account');

-- A grant that nobody wants any more, until the provider has ended it.
CREATE TABLE revocations (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    account TEXT NOT NULL,
    token BLOB NOT NULL,
    tries INTEGER NOT NULL,
    next_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX revocations_due ON revocations (next_at);

-- What each check found.
CREATE TABLE health_results (
    organization_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    at INTEGER NOT NULL,
    cause TEXT NOT NULL,
    class TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    status TEXT NOT NULL,
    took_us INTEGER NOT NULL,
    PRIMARY KEY (organization_id, slug, at)
) WITHOUT ROWID, STRICT;

-- One run of reading a provider.
CREATE TABLE sync_runs (
    organization_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    id INTEGER NOT NULL,
    cause TEXT NOT NULL,
    first_load INTEGER NOT NULL,
    state TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    same INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    events INTEGER NOT NULL,
    partial TEXT NOT NULL,
    class TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (organization_id, slug, id)
) WITHOUT ROWID, STRICT;

CREATE INDEX sync_runs_running ON sync_runs (organization_id, slug) WHERE state = 'running';

-- One message to be posted by a notifier. event_id 0 is a message of Patchboard's
-- own. state: 0 waiting, 1 posted, 2 failed, 3 told of in another message.
CREATE TABLE notifications (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    channel TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    code TEXT NOT NULL
) STRICT;
CREATE INDEX notifications_due ON notifications (next_at) WHERE state = 0;
CREATE INDEX notifications_channel ON notifications (organization_id, slug, channel, id) WHERE state = 0;
CREATE INDEX notifications_newest ON notifications (organization_id, slug, id);
CREATE INDEX notifications_ended ON notifications (ended_at) WHERE state > 0;

-- A place that takes no messages at the moment.
CREATE TABLE notification_channels (
    organization_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    channel TEXT NOT NULL,
    code TEXT NOT NULL,
    since INTEGER NOT NULL,
    owner TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, slug, channel)
) WITHOUT ROWID, STRICT;
