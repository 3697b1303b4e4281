package db_test

import (
	"path/filepath"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

func TestOnDiskGrowsWithTheData(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		onDisk := func() int64 {
			n, err := d.OnDisk(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := onDisk()
		fill(t, d, 4<<10)
		if grown := onDisk() - before; before <= 0 || grown < 12<<20 {
			t.Errorf("%d bytes, and %d more with 16 MiB of data", before, grown)
		}
	})
}

func TestSpace(t *testing.T) {
	t.Parallel()
	free, total, err := db.Space(t.TempDir())
	if err != nil || free < 0 || total <= 0 || free > total {
		t.Errorf("%d of %d: %v", free, total, err)
	}
	if _, _, err := db.Space(filepath.Join(t.TempDir(), "not there")); err == nil {
		t.Error("a directory that is not there has space")
	}
}
