package db_test

import (
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// What Postgres' planner knows of a table follows its growth.
func TestATableThatHasGrownIsPlannedForAnew(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.Postgres)
	ctx := t.Context()
	col := []db.Col{{Name: "n", Type: db.Int}}
	insert := func(from, to int64) {
		t.Helper()
		var rows [][]any
		for n := from; n < to; n++ {
			rows = append(rows, []any{n})
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { return tx.InsertMany(ctx, "grown", col, rows) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []string{"CREATE TABLE grown (n BIGINT NOT NULL PRIMARY KEY) WITH (autovacuum_enabled = false)", "ANALYZE grown"} {
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, q)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int64{20_000, 200_000} {
		insert(size/10, size)
		tick, end := time.NewTicker(50*time.Millisecond), time.After(20*time.Second)
		for known := int64(0); known < size*8/10; {
			select {
			case <-tick.C:
			case <-end:
				t.Fatalf("of %d rows it knows %d", size, known)
			}
			var err error
			if known, err = db.Value[int64](ctx, d, "SELECT reltuples::bigint FROM pg_class WHERE oid = 'grown'::regclass"); err != nil {
				t.Fatal(err)
			}
		}
		tick.Stop()
	}
}
