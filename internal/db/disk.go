package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// OnDisk gives the bytes that the database takes up where it lies, room for
// reuse included: its files on SQLite, what the server counts on Postgres. It
// reads no row.
func (d *DB) OnDisk(ctx context.Context) (int64, error) {
	if d.engine == onPostgres {
		n, err := Value[int64](ctx, d, "SELECT pg_database_size(current_database())")
		if err != nil {
			return 0, fmt.Errorf("read what the database takes up: %w", err)
		}
		return n, nil
	}
	sum := int64(0)
	for _, end := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(filepath.Join(d.dir, FileName+end))
		if errors.Is(err, fs.ErrNotExist) && end != "" {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("read what the database takes up: %w", err)
		}
		sum += info.Size()
	}
	return sum, nil
}

// Space gives what is free for this user, and all, of the file system that a
// directory lies on, in bytes.
func Space(dir string) (free, total int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, fmt.Errorf("read the space of %s: %w", dir, err)
	}
	block := int64(s.Bsize) //nolint:unconvert // its type differs by system
	return int64(s.Bavail) * block, int64(s.Blocks) * block, nil
}
