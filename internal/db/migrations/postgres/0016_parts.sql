-- +goose Up

-- switched_off are parts of a provider that a run left out, as no permission for them was
-- granted: texts for people, as JSON. They are no failure.
ALTER TABLE sync_runs ADD COLUMN switched_off TEXT NOT NULL DEFAULT '[]';

-- usage is what a provider last said of how many calls of its quota are used, and how many
-- of them were this connection's in each hour, as JSON; empty: nothing is known.
ALTER TABLE connections ADD COLUMN usage TEXT NOT NULL DEFAULT '';
