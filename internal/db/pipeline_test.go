package db_test

import (
	"context"
	"strings"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// A statement that is sent later fails later at most: the transaction with it,
// whoever looks.
func TestExecLaterFailsTheTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		makeTable(t, d)
		put := func(tx *db.Tx, id int64) error { return tx.ExecLater(ctx, "INSERT INTO things (id) VALUES ($1)", id) }
		count := func() int64 {
			n, err := db.Value[int64](ctx, d, "SELECT COUNT(*) FROM things")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { return put(tx, 1) }); err != nil || count() != 1 {
			t.Fatalf("%d rows, %v", count(), err)
		}
		twice := func(tx *db.Tx) error {
			if err := put(tx, 2); err != nil {
				return err
			}
			return put(tx, 2)
		}
		if err := d.Write(ctx, twice); !db.IsUnique(err) || !strings.Contains(err.Error(), "INSERT INTO things") || count() != 1 {
			t.Errorf("at the commit: %d rows, %v", count(), err)
		}
		after := func(tx *db.Tx) error {
			if err := twice(tx); err != nil {
				return err
			}
			_, err := db.Value[int64](ctx, tx, "SELECT COUNT(*) FROM things")
			return err
		}
		if err := d.Write(ctx, after); !db.IsUnique(err) || count() != 1 {
			t.Errorf("at the next statement: %d rows, %v", count(), err)
		}
		// Afterwards the connection is as good as before.
		for id := int64(10); id < 40; id++ {
			if err := d.Write(ctx, func(tx *db.Tx) error {
				if err := put(tx, id); err != nil {
					return err
				}
				n, err := tx.Exec(ctx, "UPDATE things SET id = $1 WHERE id = $2", id+1000, id)
				if n != 1 {
					t.Errorf("%d rows changed", n)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(); n != 31 {
			t.Errorf("%d rows", n)
		}
	})
}

// An error that a transaction's function keeps to itself does not let half of the
// transaction through.
func TestAFailureThatNobodyTold(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.Postgres)
	ctx := context.Background()
	makeTable(t, d)
	err := d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO things (id) VALUES (1)"); err != nil {
			return err
		}
		_, _ = tx.Exec(ctx, "INSERT INTO things (id) VALUES (1)")
		return nil
	})
	if n, cerr := db.Value[int64](ctx, d, "SELECT COUNT(*) FROM things"); err == nil || cerr != nil || n != 0 {
		t.Errorf("%d rows, %v, %v", n, err, cerr)
	}
}
