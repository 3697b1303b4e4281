package db_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"patchboard/internal/db"
)

// What is written goes into the database's file beside the writer, and the log
// does not grow for ever while one writes without a pause.
func TestTheLogIsCopiedBesideTheWriter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, err := db.Open(t.Context(), db.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	makeTable(t, d)
	size := func(name string) int64 {
		i, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return i.Size()
	}
	const page, row, most = 4096, 64 << 10, 160 << 20
	body := bytes.Repeat([]byte("x"), row)
	deadline := time.Now().Add(time.Minute)
	written := int64(0)
	for id := int64(0); ; id++ {
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "INSERT INTO things (id, body) VALUES ($1, $2)", id, body)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		written += row
		// Less than the writer itself would wait for, and more than none.
		if written < 12_000*page && size(db.FileName) > 2_000*page {
			return
		}
		if written > most || time.Now().After(deadline) {
			t.Fatalf("%d MB were written, the log has %d MB and the file %d MB", written>>20, size(db.FileName+"-wal")>>20, size(db.FileName)>>20)
		}
	}
}
