package db_test

import (
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// A bulk writer that gathers inside its transaction takes along what came while
// another transaction ran, and both engines count its rows.
func TestABulkWriterGathersLate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "CREATE TABLE gathered (n BIGINT NOT NULL PRIMARY KEY)")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		queue := make(chan int64, 100)
		w := d.Writer()
		for round := range 3 {
			for n := range 20 {
				queue <- int64(round*20 + n)
			}
			take := sync.OnceValue(func() (rows [][]any) {
				for len(queue) > 0 {
					rows = append(rows, []any{<-queue})
				}
				return rows
			})
			err := w.Write(ctx, func(tx *db.Tx) error {
				return tx.InsertMany(ctx, "gathered", []db.Col{{Name: "n", Type: db.Int}}, take())
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		n, err := db.Value[int64](ctx, d, "SELECT COUNT(*) FROM gathered")
		if err != nil || n != 60 {
			t.Fatal(n, err)
		}
	})
}

// What a lazy writer writes goes along with the next transaction of others, and
// is written without any, too; at the end nothing is left behind.
func TestALazyWriterGoesAlong(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		insert := func(n int64) func(tx *db.Tx) error {
			return func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, "INSERT INTO lazily (n) VALUES ($1)", n)
				return err
			}
		}
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "CREATE TABLE lazily (n BIGINT NOT NULL PRIMARY KEY)")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w := d.LazyWriter(100 * time.Millisecond)
		if err := w.Write(ctx, insert(1)); err != nil { // alone
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- w.Write(ctx, insert(2)) }()
		for n := int64(10); ; n++ { // beside others
			if err := d.Write(ctx, insert(n)); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Write(ctx, insert(1)); err == nil {
					t.Error("its error was lost")
				}
				if n, err := db.Value[int64](ctx, d, "SELECT COUNT(*) FROM lazily WHERE n < 10"); err != nil || n != 2 {
					t.Error(n, err)
				}
				return
			default:
			}
		}
	})
}

// On SQLite the most patient wait no longer than the least patient: one transaction has
// them all, when the time of one has come. Those that come later have a time of their own.
func TestLazyWritersGoTogether(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), dbtest.Open(t, dbtest.SQLite)
	nothing := func(*db.Tx) error { return nil }
	for range 3 {
		patient := make(chan error, 2)
		for range 2 {
			began := make(chan struct{})
			go func() {
				close(began)
				patient <- d.LazyWriter(time.Hour).Write(ctx, nothing)
			}()
			<-began
		}
		for len(patient) < 2 {
			if err := d.LazyWriter(time.Millisecond).Write(ctx, nothing); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := <-patient; err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A patient writer waits for nobody where nothing else is written, or the test ends by
// its limit.
func TestAPatientWriterAtRest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.PatientWriter(time.Hour).Write(t.Context(), func(*db.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	})
}
