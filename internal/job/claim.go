package job

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"patchboard/internal/db"
)

var errCutOff = errors.New("cut off, as this node stops; it is due again at once")

// claim is this node's right to run a task once.
type claim struct {
	task    Task
	owner   string
	started int64 // names the run, with the owner
}

// Register makes the rows of tasks that have none, due at once. On a database
// of one server what an earlier process had claimed is free again. Start does
// it by itself.
func (r *Runner) Register(ctx context.Context) error {
	err := r.DB.Write(ctx, func(tx *db.Tx) error {
		for _, name := range slices.Sorted(maps.Keys(r.tasks)) {
			_, err := tx.Exec(ctx, `INSERT INTO periodic_runs (name, due_at, owner, last_started, last_ended, last_error)
				VALUES ($1, 0, '', 0, 0, '') ON CONFLICT (name) DO NOTHING`, name)
			if err != nil {
				return err
			}
		}
		if r.DB.Shared() {
			return nil
		}
		_, err := tx.Exec(ctx, "UPDATE periodic_runs SET owner = '', due_at = 0 WHERE owner <> ''")
		return err
	})
	if err != nil {
		return fmt.Errorf("register periodic work: %w", err)
	}
	return nil
}

// claim takes the task that has been due for the longest time, nil if there is
// none. The row's conditional update decides between nodes; all compare with
// the database's clock.
func (r *Runner) claim(ctx context.Context) (*claim, error) {
	var got *claim
	err := r.DB.Write(ctx, func(tx *db.Tx) error {
		got = nil
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		due, err := db.Column[string](ctx, tx, "SELECT name FROM periodic_runs WHERE due_at <= $1 ORDER BY due_at, name", db.Micros(now))
		if err != nil {
			return err
		}
		for _, name := range due {
			t, ok := r.tasks[name]
			if !ok { // of another version's nodes
				continue
			}
			c := &claim{task: t, owner: r.Node(), started: db.Micros(now)}
			hit, err := tx.Exec(ctx, `UPDATE periodic_runs SET owner = $2, last_started = $3, due_at = $4
				WHERE name = $1 AND due_at <= $3 AND (owner = '' OR last_started < $5)`,
				name, c.owner, c.started, db.Micros(now.Add(t.Every)), db.Micros(now.Add(-t.limit()-grace)))
			if err != nil {
				return err
			}
			if hit == 1 {
				got = c
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim periodic work: %w", err)
	}
	return got, nil
}

// release ends a claim, unless it was taken over. What was cut off is due at
// once, for another node or the next start.
func (r *Runner) release(ctx context.Context, c *claim, result error) error {
	text, due := "", "due_at"
	if result != nil {
		text = result.Error()
	}
	if errors.Is(result, errCutOff) {
		due = "0"
	}
	return r.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE periodic_runs SET owner = '', last_ended = $3, last_error = $4, due_at = "+due+" WHERE name = $1 AND owner = $2 AND last_started = $5",
			c.task.Name, c.owner, db.Micros(now), text, c.started)
		return err
	})
}

// call runs a task; a panic becomes its error.
func call(ctx context.Context, t Task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p) //nolint:err113 // only logged
		}
	}()
	return t.Run(ctx)
}

// Run is how a piece of periodic work stands, for the System page.
type Run struct {
	Name           string
	Due            time.Time
	Running        string // the node that runs it now, "" for none
	Started, Ended time.Time
	Problem        string // of the last run
}

// Runs lists the periodic work.
func (r *Runner) Runs(ctx context.Context) ([]Run, error) {
	runs, err := db.All(ctx, r.DB, func(s db.Scanner) (run Run, err error) {
		var due, started, ended int64
		err = s.Scan(&run.Name, &due, &run.Running, &started, &ended, &run.Problem)
		run.Due, run.Started, run.Ended = db.Time(due), db.Time(started), db.Time(ended)
		return run, err
	}, "SELECT name, due_at, owner, last_started, last_ended, last_error FROM periodic_runs ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("list periodic work: %w", err)
	}
	return runs, nil
}
