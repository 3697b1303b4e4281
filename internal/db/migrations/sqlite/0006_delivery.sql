-- +goose Up

-- A running server. Its lease is renewed while it lives; when it has run out,
-- any other node may delete the row, and the lanes that name it are free.
CREATE TABLE nodes (
    id TEXT NOT NULL PRIMARY KEY,
    num INTEGER NOT NULL,
    address TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX nodes_num ON nodes (num);

-- One webhook's queue, and the node that works it ('' when none does). proven:
-- its last try succeeded. expiry_warned: up to which event it was said that held
-- deliveries are about to be discarded.
CREATE TABLE lanes (
    webhook_num INTEGER NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    claimed_at INTEGER NOT NULL,
    proven INTEGER NOT NULL,
    expiry_warned INTEGER NOT NULL
) STRICT;
CREATE INDEX lanes_owner ON lanes (owner);

-- One event for one webhook. state: see docs/delivery-states.md.
CREATE TABLE deliveries (
    organization_id TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    webhook_num INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    retries_from INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_class TEXT NOT NULL,
    last_status INTEGER NOT NULL,
    PRIMARY KEY (organization_id, event_id, webhook_num)
) WITHOUT ROWID, STRICT;
CREATE INDEX deliveries_due ON deliveries (webhook_num, next_at, event_id) WHERE state = 0;
CREATE INDEX deliveries_webhook ON deliveries (webhook_num, event_id);
CREATE INDEX deliveries_held ON deliveries (webhook_num, event_id) WHERE state = 1;
CREATE INDEX deliveries_held_newest ON deliveries (organization_id, event_id, webhook_num) WHERE state = 1;
CREATE INDEX deliveries_discarded ON deliveries (organization_id, event_id, webhook_num) WHERE state = 4;
CREATE INDEX deliveries_failed ON deliveries (organization_id, event_id, webhook_num) WHERE state = 3;

-- One request to a webhook. The body sent is the event's.
CREATE TABLE attempts (
    id INTEGER NOT NULL PRIMARY KEY,
    event_id INTEGER NOT NULL,
    webhook_num INTEGER NOT NULL,
    number INTEGER NOT NULL,
    request_headers BLOB NOT NULL,
    status INTEGER NOT NULL,
    response_headers BLOB NOT NULL,
    response_body BLOB NOT NULL,
    truncated INTEGER NOT NULL,
    dns_us INTEGER NOT NULL,
    connect_us INTEGER NOT NULL,
    tls_us INTEGER NOT NULL,
    first_byte_us INTEGER NOT NULL,
    total_us INTEGER NOT NULL,
    remote_address TEXT NOT NULL,
    class TEXT NOT NULL,
    detail TEXT NOT NULL,
    next_at INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_delivery ON attempts (event_id, webhook_num, id);

-- Deliveries by state, kept exactly, also after retention. A row is one
-- writer's share, so that writers do not wait for each other; the sum counts.
CREATE TABLE delivery_counts (
    organization_id TEXT NOT NULL,
    shard INTEGER NOT NULL,
    created INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    held INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    discarded INTEGER NOT NULL,
    removed_delivered INTEGER NOT NULL,
    removed_failed INTEGER NOT NULL,
    removed_discarded INTEGER NOT NULL,
    PRIMARY KEY (organization_id, shard)
) STRICT;
