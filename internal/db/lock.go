package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Lock is an exclusive lock on a file, given back by Release or by the end of
// the process.
type Lock struct{ f *os.File }

// LockDir makes this process the one server of a data directory. A directory
// that has one already is refused with that one's process id.
func LockDir(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	l, err := lockFile(filepath.Join(dir, "patchboard.lock"), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		pid, rerr := os.ReadFile(filepath.Join(dir, "patchboard.lock"))
		if rerr != nil {
			pid = []byte("unknown")
		}
		return nil, fmt.Errorf("another Patchboard server (process %s) uses the data directory %s: stop it, or choose another --data-dir", strings.TrimSpace(string(pid)), dir)
	}
	if err != nil {
		return nil, err
	}
	if err := l.f.Truncate(0); err != nil {
		return nil, errors.Join(fmt.Errorf("lock data directory: %w", err), l.Release())
	}
	if _, err := l.f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return nil, errors.Join(fmt.Errorf("lock data directory: %w", err), l.Release())
	}
	return l, nil
}

func lockFile(path string, how int) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), how); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return &Lock{f}, nil
}

// Release gives the lock back.
func (l *Lock) Release() error {
	if err := l.f.Close(); err != nil {
		return fmt.Errorf("release lock: %w", err)
	}
	return nil
}
