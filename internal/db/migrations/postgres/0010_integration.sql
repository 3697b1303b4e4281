-- +goose Up

-- The application that an organization has set up at a provider.
CREATE TABLE integration_apps (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    slug TEXT COLLATE "C" NOT NULL,
    client_id TEXT NOT NULL,
    secret BYTEA NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, slug)
);

-- One provider of one organization, from the first try to connect it on. state:
-- see docs/connection-states.md. A due time of 0 is never. token: the sealed grant;
-- token_num counts its savings, so that two refreshes of one token are told apart.
-- The leases (refresh_until, sync_until) are of the database's clock. load_raises: the
-- next load of everything raises events, as somebody asked for it.
CREATE TABLE connections (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    slug TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    state_at BIGINT NOT NULL,
    state_by TEXT NOT NULL,
    state_reason TEXT NOT NULL,
    version BIGINT NOT NULL,
    settings TEXT NOT NULL,
    sync_every BIGINT NOT NULL,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    granted TEXT NOT NULL,
    connected_at BIGINT NOT NULL,
    connected_by TEXT NOT NULL,
    client_id TEXT NOT NULL,
    token BYTEA NOT NULL,
    token_expires BIGINT NOT NULL,
    token_num BIGINT NOT NULL,
    refresh_owner TEXT COLLATE "C" NOT NULL,
    refresh_until BIGINT NOT NULL,
    refresh_refused BIGINT NOT NULL,
    health_status TEXT NOT NULL,
    health_since BIGINT NOT NULL,
    health_class TEXT NOT NULL,
    health_code TEXT NOT NULL,
    health_detail TEXT NOT NULL,
    health_link TEXT NOT NULL,
    last_ok BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    failing_since BIGINT NOT NULL,
    alerted TEXT NOT NULL,
    dead BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    check_due BIGINT NOT NULL,
    sync_due BIGINT NOT NULL,
    sync_owner TEXT COLLATE "C" NOT NULL,
    sync_until BIGINT NOT NULL,
    sync_failures BIGINT NOT NULL,
    last_sync BIGINT NOT NULL,
    cursor TEXT NOT NULL,
    load_raises BIGINT NOT NULL,
    PRIMARY KEY (organization_id, slug)
);
CREATE INDEX connections_check_due ON connections (check_due) WHERE check_due > 0;
CREATE INDEX connections_sync_due ON connections (sync_due) WHERE sync_due > 0;

-- One way to the provider's consent page, and what came of it. The state parameter
-- and the session are kept as keyed hashes; verifier and token are sealed.
CREATE TABLE connection_attempts (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    state_hash BYTEA NOT NULL,
    session_hash BYTEA NOT NULL,
    user_id TEXT NOT NULL,
    user_role TEXT NOT NULL,
    user_address TEXT NOT NULL,
    user_email TEXT NOT NULL,
    verifier BYTEA NOT NULL,
    settings TEXT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    client_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    granted TEXT NOT NULL,
    token BYTEA NOT NULL,
    token_expires BIGINT NOT NULL,
    class TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE UNIQUE INDEX connection_attempts_state ON connection_attempts (state_hash);
CREATE INDEX connection_attempts_newest ON connection_attempts (organization_id, slug, started_at);
CREATE INDEX connection_attempts_open ON connection_attempts (expires_at) WHERE status IN ('open', 'exchanging', 'other_account');

-- A grant that nobody wants any more, until the provider has ended it.
CREATE TABLE revocations (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    account TEXT NOT NULL,
    token BYTEA NOT NULL,
    tries BIGINT NOT NULL,
    next_at BIGINT NOT NULL
);
CREATE INDEX revocations_due ON revocations (next_at);

-- What each check found.
CREATE TABLE health_results (
    organization_id TEXT COLLATE "C" NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    cause TEXT NOT NULL,
    class TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    took_us BIGINT NOT NULL,
    PRIMARY KEY (organization_id, slug, at)
);

-- One run of reading a provider.
CREATE TABLE sync_runs (
    organization_id TEXT COLLATE "C" NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    cause TEXT NOT NULL,
    first_load BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    pages BIGINT NOT NULL,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    same BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    events BIGINT NOT NULL,
    partial TEXT NOT NULL,
    class TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (organization_id, slug, id)
);

CREATE INDEX sync_runs_running ON sync_runs (organization_id, slug) WHERE state = 'running';

-- One message to be posted by a notifier. event_id 0 is a message of Patchboard's
-- own. state: 0 waiting, 1 posted, 2 failed, 3 told of in another message.
CREATE TABLE notifications (
    id BIGINT NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    event_id BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    state BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    code TEXT NOT NULL
);
CREATE INDEX notifications_due ON notifications (next_at) WHERE state = 0;
CREATE INDEX notifications_channel ON notifications (organization_id, slug, channel, id) WHERE state = 0;
CREATE INDEX notifications_newest ON notifications (organization_id, slug, id);
CREATE INDEX notifications_ended ON notifications (ended_at) WHERE state > 0;

-- A place that takes no messages at the moment.
CREATE TABLE notification_channels (
    organization_id TEXT COLLATE "C" NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    code TEXT NOT NULL,
    since BIGINT NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    lease_until BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, slug, channel)
);
