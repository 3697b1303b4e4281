package db_test

import (
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// fill writes 16 MiB of noise into a table of the test.
func fill(t *testing.T, d *db.DB, row int) {
	t.Helper()
	ctx := t.Context()
	blob := "BLOB"
	if d.Shared() {
		blob = "BYTEA"
	}
	noise := rand.NewChaCha8([32]byte{1})
	err := d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "CREATE TABLE ballast (id BIGINT PRIMARY KEY, body "+blob+")"); err != nil {
			return err
		}
		rows := make([][]any, 16<<20/row)
		for i := range rows {
			body := make([]byte, row)
			_, _ = noise.Read(body)
			rows[i] = []any{int64(i), body}
		}
		return tx.InsertMany(ctx, "ballast", []db.Col{{Name: "id", Type: db.Int}, {Name: "body", Type: db.Bytes}}, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func size(t *testing.T, d *db.DB) int64 {
	t.Helper()
	n, err := d.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A limit on the size could never be met if deleting did not lower it.
func TestSizeFollowsWhatIsDeleted(t *testing.T) {
	t.Parallel()
	for _, row := range []int{1 << 10, 256 << 10} { // the second is stored outside its row on Postgres
		t.Run(strconv.Itoa(row), func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				ctx := t.Context()
				empty := size(t, d)
				fill(t, d, row)
				full := size(t, d)
				if got := full - empty; got < 12<<20 || got > 30<<20 {
					t.Errorf("16 MiB of rows count as %d bytes", got)
				}
				if err := d.Write(ctx, func(tx *db.Tx) error {
					_, err := tx.Exec(ctx, "DELETE FROM ballast WHERE id < $1", int64(14<<20/row))
					return err
				}); err != nil {
					t.Fatal(err)
				}
				if got := size(t, d) - empty; got < 1<<20 || got > (full-empty)/3 {
					t.Errorf("%d bytes are left of %d after seven eighths were deleted", got, full-empty)
				}
			})
		})
	}
}

func TestVacuumShrinksTheFile(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite)
	ctx := t.Context()
	fill(t, d, 1<<10)
	pages := func() int64 {
		n, err := db.Value[int64](ctx, d, "SELECT page_count FROM pragma_page_count")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := pages()
	if err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM ballast")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.Vacuum(ctx); err != nil {
		t.Fatal(err)
	}
	if after := pages(); after > before/4 {
		t.Errorf("%d pages before, %d after", before, after)
	}
}

func TestTheFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { // a directory that others made
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), db.Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}
