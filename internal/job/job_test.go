package job_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/job"
)

var errBroken = errors.New("broken")

// node makes a runner as a node has it; its tasks' rows are there.
func node(t *testing.T, d *db.DB, name string, tasks ...job.Task) *job.Runner {
	t.Helper()
	r := job.New(job.Config{DB: d, Node: func() string { return name }, Tick: time.Second}, tasks...)
	if err := r.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func runs(t *testing.T, r *job.Runner) map[string]job.Run {
	t.Helper()
	all, err := r.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]job.Run{}
	for _, run := range all {
		m[run.Name] = run
	}
	return m
}

// due makes a task due again.
func due(t *testing.T, d *db.DB, name string) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE periodic_runs SET due_at = 0 WHERE name = $1", name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestWorkRunsWhenItIsDueAndOnlyThen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := 0
		r := node(t, d, "a", job.Task{Name: "count", Every: time.Hour, Run: func(context.Context) error { n++; return nil }})
		for want := range 3 {
			if n != want {
				t.Fatalf("ran %d times, want %d", n, want)
			}
			due(t, d, "count")
			for range 2 {
				if err := r.RunDue(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		run := runs(t, r)["count"]
		if wait := time.Until(run.Due); run.Running != "" || run.Problem != "" || run.Ended.Before(run.Started) || wait < 55*time.Minute || wait > time.Hour {
			t.Errorf("%+v", run)
		}
	})
}

// Two nodes with connections of their own look at the same moment, many times.
func TestEachRunIsOneNodes(t *testing.T) {
	t.Parallel()
	c := dbtest.Fresh(t, dbtest.Postgres)
	const rounds, tasks = 20, 5
	var ran, at [tasks]atomic.Int64
	var work []job.Task
	for i := range tasks {
		work = append(work, job.Task{Name: fmt.Sprintf("task%d", i), Every: time.Hour, Run: func(context.Context) error {
			if at[i].Add(1) != 1 {
				t.Error("two nodes run the same work at once")
			}
			ran[i].Add(1)
			at[i].Add(-1)
			return nil
		}})
	}
	d := dbtest.OpenConfig(t, c)
	a, b := node(t, d, "a", work...), node(t, dbtest.OpenConfig(t, c), "b", work...)
	for range rounds {
		for i := range tasks {
			due(t, d, fmt.Sprintf("task%d", i))
		}
		var both sync.WaitGroup
		for _, r := range []*job.Runner{a, a, b, b} {
			both.Go(func() {
				if err := r.RunDue(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
	}
	for i := range tasks {
		if n := ran[i].Load(); n != rounds {
			t.Errorf("task %d ran %d times in %d rounds", i, n, rounds)
		}
	}
}

// A node that died holds its work no longer than its limit and a minute.
func TestWorkOfADeadNodeIsTakenOver(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.Postgres)
	n := 0
	r := node(t, d, "alive", job.Task{Name: "upkeep", Every: time.Hour, Limit: 10 * time.Minute, Run: func(context.Context) error { n++; return nil }})
	claimed := func(ago time.Duration) {
		t.Helper()
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			now, err := tx.Now(t.Context())
			if err != nil {
				return err
			}
			_, err = tx.Exec(t.Context(), "UPDATE periodic_runs SET owner = 'dead', last_started = $1, due_at = 0", db.Micros(now.Add(-ago)))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := r.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	claimed(10*time.Minute + 30*time.Second)
	if n != 0 {
		t.Error("taken over although the other may still run")
	}
	claimed(11*time.Minute + 30*time.Second)
	if n != 1 {
		t.Error("not taken over")
	}
}

func TestWorkOfAnEarlierProcessIsFreeOnSQLite(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite)
	n := 0
	task := job.Task{Name: "upkeep", Every: time.Hour, Run: func(context.Context) error { n++; return nil }}
	node(t, d, "before", task)
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE periodic_runs SET owner = 'before', last_started = $1, due_at = $1", db.Micros(time.Now().Add(time.Hour)))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := node(t, d, "after", task).RunDue(t.Context()); err != nil || n != 1 {
		t.Errorf("ran %d times, %v", n, err)
	}
}

func TestFailuresStayInTheirRow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		told := map[string]error{}
		r := job.New(job.Config{
			DB: d, Node: func() string { return "a" }, Ran: func(name string, err error, _ time.Duration) { told[name] = err },
		},
			job.Task{Name: "a_breaks", Every: time.Hour, Run: func(context.Context) error { return errBroken }},
			job.Task{Name: "b_panics", Every: time.Hour, Run: func(context.Context) error { panic("at the disco") }},
			job.Task{Name: "c_hangs", Every: time.Hour, Limit: 10 * time.Millisecond, Run: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
			job.Task{Name: "d_works", Every: time.Hour, Run: func(context.Context) error { return nil }},
		)
		if err := r.Register(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := r.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"a_breaks": "broken", "b_panics": "panic: at the disco", "c_hangs": "context deadline exceeded", "d_works": ""} {
			run := runs(t, r)[name]
			if run.Problem != want || run.Running != "" || time.Until(run.Due) < 50*time.Minute {
				t.Errorf("%s: %+v", name, run)
			}
			if err, ok := told[name]; !ok || (err != nil) != (want != "") {
				t.Errorf("%s: told %v", name, err)
			}
		}
	})
}

func TestWorkThatIsCutOffIsDueAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		r := node(t, d, "a", job.Task{Name: "long", Every: time.Hour, Run: func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }})
		if err := r.RunDue(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if run := runs(t, r)["long"]; run.Running != "" || !run.Due.IsZero() || run.Problem == "" {
			t.Errorf("%+v", run)
		}
	})
}

// Work that only another version's nodes know stays theirs.
func TestUnknownWorkIsLeftAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := 0
		node(t, d, "new", job.Task{Name: "a_later", Every: time.Hour, Run: func(context.Context) error { return errBroken }})
		r := node(t, d, "old", job.Task{Name: "b_known", Every: time.Hour, Run: func(context.Context) error { n++; return nil }})
		if err := r.RunDue(t.Context()); err != nil || n != 1 {
			t.Errorf("ran %d times, %v", n, err)
		}
		if run := runs(t, r)["a_later"]; !run.Started.IsZero() {
			t.Errorf("%+v", run)
		}
	})
}

// What the System page says of the check of the counts is what its row says.
func TestCountsChecked(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var result error
		var counts job.Task
		for _, task := range (job.Nouns{}).Tasks() {
			if task.Name == "delivery_counts" {
				counts = task
			}
		}
		counts.Run = func(context.Context) error { return result }
		r := node(t, d, "a", counts)
		if at, verdict, err := r.CountsChecked(t.Context()); err != nil || !at.IsZero() || verdict != "" {
			t.Errorf("before the first: %v %q %v", at, verdict, err)
		}
		for want, err := range map[string]error{job.CountsHold: nil, job.CountsDiffer: job.ErrCounts, job.CountsUnfinished: errBroken} {
			result = err
			due(t, d, counts.Name)
			if err := r.RunDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			if at, verdict, err := r.CountsChecked(t.Context()); err != nil || at.IsZero() || verdict != want {
				t.Errorf("want %s: %v %q %v", want, at, verdict, err)
			}
		}
	})
}
