package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"patchboard/internal/db"
	"patchboard/internal/fault"
)

// demoFolder is the demo's data folder. The file demo.json marks it as one, and
// keeps what has to be shown again: the accounts' passwords.
type demoFolder struct {
	dir   string
	known demoKnown
}

type demoKnown struct {
	Passwords map[string]string `json:"passwords"` // by e-mail address
}

const (
	demoMark = "demo.json"
	lockName = "patchboard.lock"
)

// openDemoFolder opens a folder that is empty, missing, or an earlier demo's,
// and no other: a real installation is not to be seeded, less deleted.
func openDemoFolder(dir string, fresh bool) (*demoFolder, error) {
	f := &demoFolder{dir: dir}
	text, err := os.ReadFile(f.mark())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := f.wantEmpty(); err != nil {
			return nil, err
		}
		return f, f.save()
	case err != nil:
		return nil, fmt.Errorf("open the demo's folder: %w", err)
	case fresh:
		if err := f.clear(); err != nil {
			return nil, fmt.Errorf("start anew: %w", err)
		}
		return f, f.save()
	}
	if err := json.Unmarshal(text, &f.known); err != nil {
		return nil, fault.New(fault.Invalid, "demo-folder", fmt.Sprintf("%s cannot be read: %v.", f.mark(), err), "Start anew with --fresh.")
	}
	return f, nil
}

func (f *demoFolder) mark() string { return filepath.Join(f.dir, demoMark) }

func (f *demoFolder) wantEmpty() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open the demo's folder: %w", err)
	}
	if len(entries) > 0 {
		return fault.New(fault.Invalid, "demo-folder", fmt.Sprintf("The folder %s is not empty, and no demo was started in it.", f.dir),
			"Choose an empty or new folder, as --data-dir .demo; for an installation of your own, use patchboard serve.")
	}
	return nil
}

// clear deletes everything, unless a demo runs there. The mark goes with its
// successor, so that a deletion that breaks off can be repeated.
func (f *demoFolder) clear() error {
	lock, err := db.LockDir(f.dir)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(f.dir)
	for _, e := range entries {
		if e.Name() != demoMark && e.Name() != lockName {
			err = errors.Join(err, os.RemoveAll(filepath.Join(f.dir, e.Name())))
		}
	}
	return errors.Join(err, lock.Release())
}

// password gives the password of an account, "" if none is known.
func (f *demoFolder) password(email string) string { return f.known.Passwords[email] }

func (f *demoFolder) keep(email, password string) error {
	if f.known.Passwords == nil {
		f.known.Passwords = map[string]string{}
	}
	f.known.Passwords[email] = password
	return f.save()
}

// save replaces the mark as a whole, readable by its owner alone.
func (f *demoFolder) save() error {
	text, err := json.MarshalIndent(f.known, "", "  ")
	if err != nil {
		return fmt.Errorf("write the demo's passwords: %w", err)
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	next := f.mark() + ".new"
	if err := os.WriteFile(next, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the demo's passwords: %w", err)
	}
	if err := os.Rename(next, f.mark()); err != nil {
		return fmt.Errorf("write the demo's passwords: %w", err)
	}
	return nil
}
