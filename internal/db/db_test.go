package db_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

var errMine = errors.New("mine")

func makeTable(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), "CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, name TEXT, body BYTEA, x DOUBLE PRECISION)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOneCallersErrorIsItsOwn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeTable(t, d)
		var wg sync.WaitGroup
		var good, bad, after atomic.Int64
		for i := range 200 {
			wg.Go(func() {
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					tx.AfterCommit(func() { after.Add(1) })
					if _, err := tx.Exec(t.Context(), "INSERT INTO things (id, name) VALUES ($1, $2)", int64(i), "n"); err != nil {
						return err
					}
					switch i % 4 {
					case 1:
						return errMine
					case 2: // breaks a rule of the database
						_, err := tx.Exec(t.Context(), "INSERT INTO things (id) VALUES ($1)", int64(i))
						return err
					case 3:
						if d.Name() == "SQLite" {
							panic("a bug")
						}
						return errMine
					}
					return nil
				})
				switch {
				case err == nil:
					good.Add(1)
				case i%4 == 2 && !db.IsUnique(err):
					t.Errorf("%v is no unique violation", err)
				default:
					bad.Add(1)
				}
			})
		}
		wg.Wait()
		n, err := db.Value[int64](t.Context(), d, "SELECT COUNT(*) FROM things")
		if err != nil || n != 50 || good.Load() != 50 || bad.Load() != 150 || after.Load() != 50 {
			t.Fatalf("%d rows, %d good, %d bad, %d hooks, %v", n, good.Load(), bad.Load(), after.Load(), err)
		}
	})
}

var thingCols = []db.Col{{Name: "id", Type: db.Int}, {Name: "name", Type: db.Text}, {Name: "body", Type: db.Bytes}, {Name: "x", Type: db.Float}}

func TestBulkWrites(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		makeTable(t, d)
		var rows, changes [][]any
		for i := range 1000 {
			var name any = fmt.Sprint("n", i)
			if i%3 == 0 {
				name = nil
			}
			rows = append(rows, []any{int64(i), name, []byte{byte(i), 0}, 1.5})
			changes = append(changes, []any{int64(i * 2), "new"})
		}
		var hit []bool
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := tx.InsertMany(t.Context(), "things", thingCols, rows); err != nil {
				return err
			}
			var err error
			hit, err = tx.UpdateMany(t.Context(), db.Update{Table: "things", Keys: thingCols[:1], Set: thingCols[1:2], Guard: "things.name IS NOT NULL"}, changes)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range hit {
			if want := i < 500 && i*2%3 != 0; h != want {
				t.Fatalf("row %d: hit %v, want %v", i*2, h, want)
			}
		}
		wanted := [][]any{{int64(4), "new"}, {int64(3), "new"}, {int64(-4), "new"}, {int64(998), "new"}}
		var found []int64
		err = d.Write(t.Context(), func(tx *db.Tx) (err error) {
			found, err = db.FindMany(t.Context(), tx, "things", "id", thingCols[:2], wanted, tx.ForUpdate(), func(s db.Scanner) (n int64, err error) { return n, s.Scan(&n) })
			if none, nerr := db.FindMany(t.Context(), tx, "things", "id", thingCols[:2], nil, "", func(db.Scanner) (int64, error) { return 0, nil }); nerr != nil || none == nil || len(none) != 0 {
				t.Errorf("nothing wanted gave %v, %v", none, nerr)
			}
			return err
		})
		if slices.Sort(found); err != nil || !slices.Equal(found, []int64{4, 998}) {
			t.Errorf("found %v, %v", found, err)
		}
		n, err := db.Value[int64](t.Context(), d, "SELECT COUNT(*) FROM things WHERE name = $1 AND x > $2", "new", 1.0)
		if err != nil || n != 333 {
			t.Fatalf("%d changed, %v", n, err)
		}
		if _, err := db.Value[string](t.Context(), d, "SELECT name FROM things WHERE id = -1"); !errors.Is(err, db.ErrNoRows) {
			t.Fatalf("no row gave %v", err)
		}
	})
}

func TestNotifyReachesThisNodeBeforeWriteReturns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		var got []string
		cancel := d.Subscribe("c", func(p string) {
			mu.Lock()
			defer mu.Unlock()
			if p != "" { // resync at start
				got = append(got, p)
			}
		})
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Notify("c", "a")
			tx.Notify("c", "a")
			tx.Notify("other", "b")
			return nil
		})
		mu.Lock()
		defer mu.Unlock()
		if err != nil || len(got) != 1 || got[0] != "a" {
			t.Fatalf("got %v, %v", got, err)
		}
		cancel()
		if err := d.Write(t.Context(), func(tx *db.Tx) error { tx.Notify("c", "x"); return errMine }); !errors.Is(err, errMine) || len(got) != 1 {
			t.Fatalf("got %v after a rollback, %v", got, err)
		}
	})
}

func TestAnotherProcessIsSeen(t *testing.T) {
	t.Parallel()
	for _, e := range dbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			c := dbtest.Fresh(t, e)
			d, other := dbtest.OpenConfig(t, c), dbtest.OpenConfig(t, c)
			makeTable(t, d)
			seen := make(chan struct{}, 100)
			defer d.Subscribe("c", func(string) { seen <- struct{}{} })()
			for i := 0; t.Context().Err() == nil; i++ { // until the first data_version was read, or LISTEN stands
				err := other.Write(t.Context(), func(tx *db.Tx) error {
					tx.Notify("c", "x")
					_, err := tx.Exec(t.Context(), "INSERT INTO things (id) VALUES ($1)", int64(i))
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				select {
				case <-seen:
					return
				default:
				}
			}
		})
	}
}

func TestAFullDiskFailsOneAndSparesTheFile(t *testing.T) {
	t.Parallel()
	c := dbtest.Fresh(t, dbtest.SQLite)
	c.MaxPages = 400
	d := dbtest.OpenConfig(t, c)
	makeTable(t, d)
	var wg sync.WaitGroup
	var ok atomic.Int64
	for i := range 64 {
		wg.Go(func() {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), "INSERT INTO things (id, body) VALUES ($1, $2)", int64(i), make([]byte, 60_000))
				return err
			})
			switch {
			case err == nil:
				ok.Add(1)
			case !db.IsUnavailable(err):
				t.Errorf("a full disk gave %v", err)
			}
		})
	}
	wg.Wait()
	n, err := db.Value[int64](t.Context(), d, "SELECT COUNT(*) FROM things")
	if err != nil || n != ok.Load() || n == 64 || n == 0 {
		t.Fatalf("%d rows, %d answers, %v", n, ok.Load(), err)
	}
	if s, err := db.Value[string](t.Context(), d, "PRAGMA integrity_check"); err != nil || s != "ok" {
		t.Fatal(s, err)
	}
}
