-- +goose Up

-- When each piece of periodic work is due. Whoever moves due_at forward, by the
-- database's clock, runs it; owner is the node that does so at the moment.
CREATE TABLE periodic_runs (
    name         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    due_at       BIGINT NOT NULL,
    owner        TEXT NOT NULL,
    last_started BIGINT NOT NULL,
    last_ended   BIGINT NOT NULL,
    last_error   TEXT NOT NULL
);
