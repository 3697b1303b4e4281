package db

import (
	"context"
	"database/sql"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestThePaceFollowsTheLoad(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		wrote []int // rows, by one transaction after another
		want  time.Duration
	}{
		{wrote: nil, want: 0},
		{wrote: []int{paceRows - 1}, want: 0},
		{wrote: []int{paceRows}, want: paceWait},
		{wrote: []int{2 * paceRows, 1}, want: paceWait},
		{wrote: []int{2 * paceRows, 1, 0}, want: 0},
		{wrote: []int{1, 0, 5000}, want: paceWait},
	} {
		synctest.Test(t, func(t *testing.T) {
			var p pace
			for _, rows := range k.wrote {
				p.wrote(rows)
			}
			start := time.Now()
			p.wait(t.Context())
			if d := time.Since(start); d != k.want {
				t.Errorf("after %v it waited %v", k.wrote, d)
			}
		})
	}
}

func TestAStopEndsThePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		p := pace{load: 5000}
		start := time.Now()
		if p.wait(ctx); time.Since(start) != 0 {
			t.Error("it waited on")
		}
	})
}

// Readers are opened when they are needed, also while somebody writes: none of them
// waits for the writer, who may wait for it.
func TestReadersOpenWhileSomebodyWrites(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, err := Open(ctx, Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	err = d.Write(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(ctx, "CREATE TABLE held (n INTEGER)"); err != nil {
			return err
		}
		limited, cancel := context.WithTimeout(ctx, 5*time.Second) // less than SQLite waits for a lock
		defer cancel()
		conns := make([]*sql.Conn, 0, sqliteReaders)
		for range sqliteReaders {
			c, err := d.read.Conn(limited)
			if err != nil {
				return err
			}
			conns = append(conns, c)
			var mode string
			if err := c.QueryRowContext(limited, "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
				t.Errorf("journal mode %q: %v", mode, err)
			}
		}
		for _, c := range conns {
			if err := c.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Under load a patient writer goes along with the next transaction of others.
func TestAPatientWriterGoesAlong(t *testing.T) {
	t.Parallel()
	g := newGroup(nil, nil)
	g.turn.Lock() // a transaction runs
	written := make(chan error, 1)
	go func() {
		_, err := g.write(t.Context(), delay{most: time.Hour}, func(*Tx) error { return nil })
		written <- err
	}()
	for len(g.later)+len(g.queue)+len(written) == 0 {
		runtime.Gosched()
	}
	if len(g.later) != 1 {
		t.Fatal("it does not wait for others")
	}
	g.turn.Unlock()
	other := &member{}
	ms := g.take(other)
	if len(ms) != 2 || ms[0] != other {
		t.Fatalf("%d in the next transaction", len(ms))
	}
	close(ms[1].done)
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// Between two transactions of others a patient writer does not begin one of its own.
func TestAPatientWriterWaitsForOthers(t *testing.T) {
	t.Parallel()
	g := newGroup(nil, nil) // without a database: a transaction would panic
	g.pace.wrote(paceRows)
	g.urgent = time.Now()
	if g.lead(&member{late: true}) {
		t.Error("it does not wait for others")
	}
}

// Where nobody else writes a patient writer does not wait for others, however much it
// writes itself, or the test ends by its limit.
func TestAPatientWriterAloneDoesNotWait(t *testing.T) {
	t.Parallel()
	d, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	d.group.do(func() { d.group.pace.wrote(5000) })
	if err := d.PatientWriter(time.Hour).Write(t.Context(), func(*Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
}
