package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

const (
	anchorEvery = 200 * time.Millisecond // between two heads of one log
	anchorAgain = 5 * time.Second        // after a head could not be written
)

// heads writes the signed heads of logs that have grown. Its goroutine is owned
// by the Log: start begins it, close ends it after the last heads.
type heads struct {
	db    *db.DB
	clock id.Clock
	log   *slog.Logger
	dir   *headDir
	// accepted reads the acceptances of a log; New sets it.
	accepted func(ctx context.Context, org string) ([]Acceptance, error)

	wake chan struct{} // has room for one
	stop chan struct{} // closed by close
	done sync.WaitGroup
	once sync.Once // start

	writing sync.Mutex        // one anchoring at a time; guards the next three
	loaded  bool              // newest holds what the directory held
	newest  map[string]Head   // the newest head known of each organization
	failing map[string]string // the last problem of each organization, logged once

	mu     sync.Mutex // guards what follows
	dirty  map[string]bool
	late   map[string]bool // failed, to be tried again
	closed bool
}

func newHeads(c Config) (*heads, error) {
	dir, err := newHeadDir(c.Heads, c.Node, c.Key)
	if err != nil {
		return nil, err
	}
	return &heads{
		db: c.DB, clock: c.Clock, log: c.Log, dir: dir,
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
		newest: map[string]Head{}, failing: map[string]string{}, dirty: map[string]bool{}, late: map[string]bool{},
	}, nil
}

// touch notes that a log has grown. It never blocks.
func (h *heads) touch(org string) {
	h.mu.Lock()
	h.dirty[org] = true
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *heads) start() {
	h.once.Do(func() { h.done.Go(h.run) })
}

// run writes the first head at once and those of one burst together. It begins
// with every log: a crash may have come between a commit and its head.
func (h *heads) run() {
	ctx := context.Background() // ends by stop, with what is dirty written by close
	orgs, err := db.Column[string](ctx, h.db, `SELECT organization_id FROM audit_logs`)
	if err != nil {
		h.log.Error("audit heads: read the list of logs", "error", err)
	}
	for _, org := range orgs {
		h.touch(org)
	}
	again := time.NewTicker(anchorAgain)
	defer again.Stop()
	for {
		select {
		case <-h.stop:
			return
		case <-again.C:
			h.retry()
			continue
		case <-h.wake:
		}
		_ = h.writeDirty(ctx) // logged there, and tried again
		t := time.NewTimer(anchorEvery)
		select {
		case <-h.stop:
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// close ends the goroutine and writes what it has not.
func (h *heads) close(ctx context.Context) error {
	h.mu.Lock()
	first := !h.closed
	h.closed = true
	h.mu.Unlock()
	if first {
		close(h.stop)
	}
	h.done.Wait()
	h.retry()
	return h.writeDirty(ctx)
}

// retry makes the logs whose head could not be written dirty again.
func (h *heads) retry() {
	h.mu.Lock()
	late := h.late
	h.late = map[string]bool{}
	h.mu.Unlock()
	for org := range late {
		h.touch(org)
	}
}

// writeDirty writes the heads of the logs that have grown. One that fails is
// kept for later, so that it does not hold up the others.
func (h *heads) writeDirty(ctx context.Context) error {
	h.writing.Lock()
	defer h.writing.Unlock()
	h.mu.Lock()
	dirty := h.dirty
	h.dirty = map[string]bool{}
	h.mu.Unlock()
	var all error
	for org := range dirty {
		err := h.anchor(ctx, org)
		h.report(org, err)
		if err != nil {
			all = errors.Join(all, err)
			h.mu.Lock()
			h.late[org] = true
			h.mu.Unlock()
		}
	}
	return all
}

// report logs a problem when it comes, changes or goes.
func (h *heads) report(org string, err error) {
	switch {
	case err != nil && h.failing[org] != err.Error():
		h.failing[org] = err.Error()
		h.log.Error("audit head not written", "log", Name(org), "error", err)
	case err == nil && h.failing[org] != "":
		delete(h.failing, org)
		h.log.Info("audit head written again", "log", Name(org))
	}
}

// anchor signs the log as it is now, if it still begins with what was signed
// before. Otherwise the old head stays: it is the evidence. Only an entry that
// accepts the cut lets it be put aside.
func (h *heads) anchor(ctx context.Context, org string) error {
	for {
		old, err := h.last(org)
		if err != nil {
			return err
		}
		err = h.advance(ctx, org, old)
		if !errors.Is(err, errCut) {
			return err
		}
		all, aerr := h.accepted(ctx, org)
		if aerr != nil {
			return errors.Join(err, aerr)
		}
		if !acceptedIn(all, old) {
			return err
		}
		if err := h.forget(old, h.clock()); err != nil {
			return err
		}
	}
}

// errCut says that a log does not continue what was signed.
var errCut = errors.New("run patchboard audit verify")

// advance replaces a head by one of the log as it is now.
func (h *heads) advance(ctx context.Context, org string, old Head) error {
	size, err := db.Value[int64](ctx, h.db, `SELECT size FROM audit_logs WHERE organization_id = $1`, org)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return fmt.Errorf("read the size of %s: %w", Name(org), err)
	}
	if size < old.Size {
		return fmt.Errorf("%s has %d entries, but %d were signed: %w", Name(org), size, old.Size, errCut)
	}
	if size == 0 {
		return nil
	}
	hashes := storedHashes(ctx, h.db, org)
	root, err := tlog.TreeHash(size, hashes)
	if err != nil {
		return fmt.Errorf("root of %s: %w", Name(org), err)
	}
	if old.Size > 0 {
		proof, err := tlog.ProveTree(size, old.Size, hashes)
		if err == nil {
			err = tlog.CheckTree(proof, size, root, old.Size, old.Root)
		}
		if err != nil {
			return fmt.Errorf("%s no longer begins with the %d entries that were signed: %w: %w", Name(org), old.Size, errCut, err)
		}
	}
	if size == old.Size && old.File == h.dir.path(org) {
		return nil
	}
	head := Head{Organization: org, Size: size, Root: root, At: h.clock(), File: h.dir.path(org)}
	if err := h.dir.write(head); err != nil {
		return err
	}
	h.newest[org] = head
	return nil
}

// last gives the newest head of an organization: the one this process wrote, or
// one that is in the directory, of this node or (the first time) of any.
func (h *heads) last(org string) (Head, error) {
	if !h.loaded {
		all, bad, err := h.dir.all()
		if err != nil {
			return Head{}, err
		}
		for _, b := range bad {
			h.log.Error("audit head cannot be trusted: run patchboard audit verify", "file", b.File, "error", b.Err)
		}
		for _, head := range all { // smallest first
			h.newest[head.Organization] = head
		}
		h.loaded = true
	}
	known := h.newest[org]
	own, err := h.dir.read(h.dir.path(org))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		known.File = "" // it was removed, so it is written again
		return known, nil
	case err != nil:
		return Head{}, fmt.Errorf("signed head %s: %w", h.dir.path(org), err)
	case own.Organization == org && own.Size >= known.Size:
		return own, nil
	}
	return known, nil
}
