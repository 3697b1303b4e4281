package db

import (
	"context"
	"database/sql"
	"fmt"
)

// The log's frames (pages) from which they are copied into the database's file:
// beside the writer, which does it itself only when that has fallen behind, and
// else would make everybody wait who writes at that moment.
const (
	checkpointFrames = 2_000
	checkpointLate   = 16_000
)

// checkpointer copies what SQLite's log holds into the database's file, on a
// connection of its own: a passive checkpoint runs beside readers and the writer.
type checkpointer struct {
	h    *sql.DB
	wake chan struct{}
	done chan struct{}
}

func newCheckpointer(h *sql.DB) *checkpointer {
	return &checkpointer{h: h, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// look asks, on the writer's connection, how long the log is, and wakes the
// checkpointer if it is due.
func (c *checkpointer) look(ctx context.Context, writer *sql.DB) error {
	var busy, frames, copied int
	if err := writer.QueryRowContext(ctx, "PRAGMA wal_checkpoint(NOOP)").Scan(&busy, &frames, &copied); err != nil {
		return fmt.Errorf("look at the log: %w", err)
	}
	if frames-copied >= checkpointFrames {
		select {
		case c.wake <- struct{}{}:
		default: // it is at it
		}
	}
	return nil
}

// run checkpoints when it is woken, until wake is closed. What fails is tried at
// the next look; errors are for the log.
func (c *checkpointer) run(report func(error)) {
	defer close(c.done)
	for range c.wake {
		var busy, frames, copied int
		err := c.h.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &copied)
		if err != nil {
			report(err)
		}
	}
}

// close ends the goroutine of run, and its connection.
func (c *checkpointer) close() error {
	close(c.wake)
	<-c.done
	if err := c.h.Close(); err != nil {
		return fmt.Errorf("close the connection of checkpoints: %w", err)
	}
	return nil
}
