package job_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/job"
)

const patience = 20 * time.Second

func stop(t *testing.T, r *job.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func TestEngineRunsWhatIsDueAndStops(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ran, ended := make(chan struct{}, 10), make(chan struct{}, 10)
		log := &lines{}
		r := job.New(job.Config{
			DB: d, Node: func() string { return "a" }, Tick: time.Second, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})),
			Fault: func() { t.Error("a fault of the engine") },
			Ran: func(name string, err error, _ time.Duration) {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			},
		},
			job.Task{Name: "short", Every: 500 * time.Millisecond, Run: func(context.Context) error { ran <- struct{}{}; return nil }},
			job.Task{Name: "until_stop", Every: time.Hour, Run: func(ctx context.Context) error {
				<-ctx.Done()
				ended <- struct{}{}
				return ctx.Err()
			}},
		)
		r.Start(t.Context())
		for range 2 { // also a second tick, while the other work still runs
			select {
			case <-ran:
			case <-time.After(patience):
				t.Fatal("nothing ran")
			}
		}
		stop(t, r)
		select {
		case <-ended:
		default:
			t.Error("the stop did not wait for running work")
		}
		if run := runs(t, r)["until_stop"]; run.Running != "" {
			t.Errorf("still claimed: %+v", run)
		}
		if log.text.Len() != 0 {
			t.Errorf("a clean stop is logged as more than that: %s", &log.text)
		}
	})
}

// The engine's tables are gone: it says so, and nothing else happens.
func TestBrokenEngineIsAFaultAndNoMore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			for _, table := range []string{"river_job", "river_leader"} {
				if _, err := tx.Exec(t.Context(), "DROP TABLE "+table); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		told := make(chan struct{}, 1)
		r := job.New(job.Config{DB: d, Node: func() string { return "a" }, Tick: time.Second, Fault: func() {
			select {
			case told <- struct{}{}:
			default:
			}
		}}, job.Task{Name: "short", Every: time.Hour, Run: func(context.Context) error { return nil }})
		r.Start(t.Context())
		select {
		case <-told:
		case <-time.After(patience):
			t.Error("nobody was told")
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE periodic_runs SET due_at = 0")
			return err
		}); err != nil {
			t.Error("the writer is held up:", err)
		}
		stop(t, r)
	})
}

// Every connection of the engine breaks; it goes on by itself.
func TestEngineOutlivesItsConnections(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.Postgres)
	ran := make(chan struct{})
	r := job.New(job.Config{DB: d, Node: func() string { return "a" }, Tick: time.Second},
		job.Task{Name: "short", Every: 500 * time.Millisecond, Run: func(ctx context.Context) error {
			select {
			case ran <- struct{}{}:
			case <-ctx.Done():
			}
			return nil
		}})
	r.Start(t.Context())
	defer stop(t, r)
	wait := func() {
		t.Helper()
		select {
		case <-ran:
		case <-time.After(patience):
			t.Fatal("nothing ran")
		}
	}
	wait()
	killed, err := db.Column[bool](t.Context(), d, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'patchboard jobs'`)
	if err != nil || len(killed) == 0 {
		t.Fatalf("%d connections, %v", len(killed), err)
	}
	for range 3 {
		wait()
	}
}
