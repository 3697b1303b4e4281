package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// jobConns is enough for a few jobs, their leader and its listener.
const jobConns = 6

// JobPool makes a Postgres pool of its own for the workers of background jobs,
// so that they never wait for, nor take, a connection of the delivery path.
// The caller closes it. It does not connect yet.
func (d *DB) JobPool(ctx context.Context) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(d.url)
	if err != nil {
		return nil, fmt.Errorf("pool of the background jobs: the database address cannot be read") //nolint:err113,perfsprint // its text may hold a password
	}
	c.MaxConns = jobConns
	c.ConnConfig.ConnectTimeout = connectLimit
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = "patchboard jobs"
	}
	p, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("pool of the background jobs: %w", err)
	}
	return p, nil
}
