-- +goose Up

-- A running server. Its lease is renewed while it lives; when it has run out,
-- any other node may delete the row, and the lanes that name it are free.
CREATE TABLE nodes (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    num BIGINT NOT NULL,
    address TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL
);
CREATE UNIQUE INDEX nodes_num ON nodes (num);

-- One webhook's queue, and the node that works it ('' when none does). proven:
-- its last try succeeded. expiry_warned: up to which event it was said that held
-- deliveries are about to be discarded.
CREATE TABLE lanes (
    webhook_num BIGINT NOT NULL PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    claimed_at BIGINT NOT NULL,
    proven BIGINT NOT NULL,
    expiry_warned BIGINT NOT NULL
);
CREATE INDEX lanes_owner ON lanes (owner);

-- One event for one webhook. state: see docs/delivery-states.md.
CREATE TABLE deliveries (
    organization_id TEXT COLLATE "C" NOT NULL,
    event_id BIGINT NOT NULL,
    webhook_num BIGINT NOT NULL,
    event_type TEXT COLLATE "C" NOT NULL,
    state BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    retries_from BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_class TEXT COLLATE "C" NOT NULL,
    last_status BIGINT NOT NULL,
    PRIMARY KEY (organization_id, event_id, webhook_num)
);
CREATE INDEX deliveries_due ON deliveries (webhook_num, next_at, event_id) WHERE state = 0;
CREATE INDEX deliveries_webhook ON deliveries (webhook_num, event_id);
CREATE INDEX deliveries_held ON deliveries (webhook_num, event_id) WHERE state = 1;
CREATE INDEX deliveries_held_newest ON deliveries (organization_id, event_id, webhook_num) WHERE state = 1;
CREATE INDEX deliveries_discarded ON deliveries (organization_id, event_id, webhook_num) WHERE state = 4;
CREATE INDEX deliveries_failed ON deliveries (organization_id, event_id, webhook_num) WHERE state = 3;

-- One request to a webhook. The body sent is the event's.
CREATE TABLE attempts (
    id BIGINT NOT NULL PRIMARY KEY,
    event_id BIGINT NOT NULL,
    webhook_num BIGINT NOT NULL,
    number BIGINT NOT NULL,
    request_headers BYTEA NOT NULL,
    status BIGINT NOT NULL,
    response_headers BYTEA NOT NULL,
    response_body BYTEA NOT NULL,
    truncated BIGINT NOT NULL,
    dns_us BIGINT NOT NULL,
    connect_us BIGINT NOT NULL,
    tls_us BIGINT NOT NULL,
    first_byte_us BIGINT NOT NULL,
    total_us BIGINT NOT NULL,
    remote_address TEXT NOT NULL,
    class TEXT NOT NULL,
    detail TEXT NOT NULL,
    next_at BIGINT NOT NULL
);
CREATE INDEX attempts_delivery ON attempts (event_id, webhook_num, id);

-- Deliveries by state, kept exactly, also after retention. A row is one
-- writer's share, so that writers do not wait for each other; the sum counts.
CREATE TABLE delivery_counts (
    organization_id TEXT COLLATE "C" NOT NULL,
    shard BIGINT NOT NULL,
    created BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    held BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    discarded BIGINT NOT NULL,
    removed_delivered BIGINT NOT NULL,
    removed_failed BIGINT NOT NULL,
    removed_discarded BIGINT NOT NULL,
    PRIMARY KEY (organization_id, shard)
);
