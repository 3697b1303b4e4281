package db_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"patchboard/internal/db"
)

// What is written goes into the database's file beside the writer, before that
// would do it itself.
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
	// More than the checkpointer lets wait, and less than the writer does.
	const page, row, most = 4096, 64 << 10, 10_000
	body := bytes.Repeat([]byte("x"), row)
	for id := int64(0); id*row < most*page; id++ {
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "INSERT INTO things (id, body) VALUES ($1, $2)", id, body)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); size(db.FileName) < 2_000*page; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("the log has %d MB and the file %d MB", size(db.FileName+"-wal")>>20, size(db.FileName)>>20)
		}
	}
}
