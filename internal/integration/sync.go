package integration

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/health"
	"patchboard/internal/rbac"
	"patchboard/internal/record"
)

const (
	syncLease  = time.Minute // of a run; renewed while it goes on
	syncRenew  = 20 * time.Second
	pageLimit  = 5 * time.Minute // of one page, waits for a quota included
	againFirst = time.Minute     // after a first failure
	againMost  = 15 * time.Minute
	waitMost   = 24 * time.Hour // that a provider may ask for
)

// syncs reports whether records of a provider can be read.
func (s *Service) syncs(slug string) bool {
	_, ok := s.byName[slug].(connector.Syncer)
	return ok
}

// reads reports whether such settings of a provider have records read.
func (s *Service) reads(slug string, settings json.RawMessage) bool {
	if some, ok := s.byName[slug].(connector.Sometimes); ok {
		return some.Reads(settings)
	}
	return s.syncs(slug)
}

// Order is what a person wants of a run.
type Order struct {
	Full   bool // read everything again
	Events bool // and raise the events of what was not known
}

var errNothingToSync = fault.New(fault.Conflict, "integration-reads-nothing", "Nothing is read from this integration.", "It only takes messages.")

// Sync begins a run now. If one goes on already, that is the one.
func (s *Service) Sync(ctx context.Context, actor rbac.Actor, slug string, o Order) (*Run, error) {
	p, err := s.provider(slug)
	if err != nil {
		return nil, err
	}
	if !s.syncs(slug) {
		return nil, errNothingToSync
	}
	k := key{actor.OrganizationID, slug}
	var j *work
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := find(ctx, tx, k, tx.ForUpdate())
		switch {
		case errors.Is(err, db.ErrNoRows) || err == nil && !r.On():
			return errOff
		case err != nil:
			return err
		case !s.reads(slug, r.Settings):
			return errNothingToSync
		case r.State == Paused:
			return errPaused
		case s.stopped(r.Health):
			return fault.New(fault.Conflict, "integration-broken", p.About().Name+" has to be mended first.", "See what is wrong on the integration's page.").
				With("class", string(r.Health.Class))
		}
		if o.Full {
			r.cursor, r.raises = nil, o.Events
			r.syncOwner = "" // a run that goes on ends, as its cursor is not the one any more
		}
		if j, err = s.startRun(ctx, tx, r, Manual); err != nil {
			return err
		}
		entry := target(p, audit.IntegrationSynced)
		entry.Detail = map[string]bool{"full": o.Full, "events": o.Events}
		return s.Audit.Append(ctx, tx, actor, entry)
	})
	if err != nil {
		return nil, wrap("begin to sync", err)
	}
	began := j.run // the run itself goes on
	if j.mine {
		end := s.slot()
		if !s.pool.run(func(ctx context.Context) { defer end(); s.work(ctx, j) }) {
			end()
		}
	}
	return &began, nil
}

// beginSync begins a run in the background, unless one goes on.
func (s *Service) beginSync(k key, why Why) {
	end := s.slot()
	began := s.pool.run(func(ctx context.Context) {
		defer end()
		var j *work
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			j = nil
			r, err := find(ctx, tx, k, tx.ForUpdate())
			if err != nil {
				return err
			}
			if r.State != Connected || s.stopped(r.Health) || !s.reads(k.slug, r.Settings) {
				// It is due again with what brings it back.
				_, err := tx.Exec(ctx, "UPDATE connections SET sync_due = 0 WHERE organization_id = $1 AND slug = $2", k.org, k.slug)
				return err
			}
			j, err = s.startRun(ctx, tx, r, why)
			return err
		})
		switch {
		case err != nil && ctx.Err() != nil: // the program stops; the claim runs out
		case err != nil:
			s.log.ErrorContext(ctx, "a sync run was not begun", "organization", k.org, "integration", k.slug, "error", err)
		case j != nil && j.mine:
			s.work(ctx, j)
		}
	})
	if !began {
		end()
	}
}

// work is a run and whose it is.
type work struct {
	key   key
	owner string
	run   Run
	mine  bool     // it was begun by this caller
	using spending // of the last page
}

// startRun takes a connection for a run. If another run goes on, that is given. A
// run whose lease has ended was cut off: the new one goes on at its cursor.
func (s *Service) startRun(ctx context.Context, tx *db.Tx, r *row, why Why) (*work, error) {
	now, err := tx.Now(ctx)
	if err != nil {
		return nil, err
	}
	last, err := running(ctx, tx, r.key())
	if err != nil {
		return nil, err
	}
	if last != nil {
		if r.syncOwner != "" && now.Before(r.syncUntil) {
			return &work{key: r.key(), run: *last}, nil
		}
		if err := s.interrupt(ctx, tx, r.key(), last); err != nil {
			return nil, err
		}
		if why == Scheduled {
			why = Resumed
		}
	}
	j := &work{key: r.key(), mine: true, run: Run{Key: s.Keys.Next(), Why: why, First: connector.Begins(r.cursor), State: Running, Started: s.clock()}}
	j.owner = s.owner + "/" + j.run.ID()
	r.syncOwner, r.syncUntil = j.owner, now.Add(syncLease)
	if err := insertRun(ctx, tx, r.key(), &j.run); err != nil {
		return nil, err
	}
	s.changed(tx, r.key())
	return j, r.saveState(ctx, tx)
}

// running gives the run of a connection that goes on, or was cut off; nil: none.
func running(ctx context.Context, q db.Queryer, k key) (*Run, error) {
	r, err := db.One(ctx, q, scanRun, "SELECT "+runColumns+" FROM sync_runs WHERE organization_id = $1 AND slug = $2 AND state = 'running'", k.org, k.slug)
	return r, wrap("read the run that goes on", ignoreNone(err))
}

// interrupt marks a run as cut off.
func (s *Service) interrupt(ctx context.Context, tx *db.Tx, k key, r *Run) error {
	r.State, r.Ended = Interrupted, s.clock()
	return r.save(ctx, tx, k)
}

// errLost ends a run that is somebody else's now, or nobody's.
var errLost = errors.New("the run was taken over, or the connection is another")

// work reads page after page until there is none, or something fails. Each page is
// stored with its cursor in one transaction.
func (s *Service) work(ctx context.Context, j *work) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.pool.run(func(context.Context) { s.renew(ctx, cancel, j) })
	for {
		more, err := s.page(ctx, j)
		switch {
		case errors.Is(err, errLost) || errors.Is(err, errOff):
			return
		case err != nil && ctx.Err() != nil:
			s.giveBack(context.WithoutCancel(ctx), j) // the program stops
			return
		case err != nil:
			s.fail(ctx, j, failureOf(connector.FailureOf(err)))
			return
		case !more:
			return
		}
	}
}

// renew keeps the lease while a run goes on, and cuts it off when it is lost.
func (s *Service) renew(ctx context.Context, cancel context.CancelFunc, j *work) {
	tick := time.NewTicker(syncRenew)
	defer tick.Stop()
	left := syncLease
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		held, err := s.extend(ctx, j)
		switch {
		case err == nil && held:
			left = syncLease
		case err == nil:
			cancel()
			return
		default:
			if left -= syncRenew; left <= syncRenew {
				cancel() // by now it may be another's
				return
			}
		}
	}
}

func (s *Service) extend(ctx context.Context, j *work) (bool, error) {
	held := false
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "UPDATE connections SET sync_until = $4 WHERE organization_id = $1 AND slug = $2 AND sync_owner = $3", j.key.org, j.key.slug, j.owner, db.Micros(now.Add(syncLease)))
		held = n == 1
		return err
	})
	return held, err
}

// page reads one page and stores it.
func (s *Service) page(ctx context.Context, j *work) (more bool, err error) {
	j.using = spending{}
	r, err := s.on(ctx, j.key)
	if err != nil {
		return false, err
	}
	p, err := s.provider(j.key.slug)
	if err != nil {
		return false, err
	}
	syncer, ok := p.(connector.Syncer)
	if !ok || r.syncOwner != j.owner || r.State != Connected {
		return false, errLost
	}
	limited, cancel := context.WithTimeout(ctx, pageLimit)
	defer cancel()
	var page *connector.Page
	err = s.with(limited, r, p, func(session *connector.Session) (err error) {
		page, err = syncer.Next(limited, session, r.cursor)
		return err
	})
	j.using = r.using
	if err != nil {
		return false, err
	}
	prepared, err := s.Records.Prepare(ctx, s.sourceOf(p, r), batchOf(page, r.LastSync, r.raises))
	if err != nil {
		return false, wrap("prepare what was read", err)
	}
	return page.More, wrap("store what was read", s.DB.Write(ctx, func(tx *db.Tx) error { return s.storePage(ctx, tx, j, r, page, prepared) }))
}

// sourceOf names the records of a connection.
func (*Service) sourceOf(p connector.Provider, r *row) record.Source {
	src := record.Source{OrganizationID: r.OrganizationID, Name: r.Slug, Account: r.Account.ID}
	if p.About().Everywhere {
		src.Account = ""
	}
	return src
}

func (s *Service) storePage(ctx context.Context, tx *db.Tx, j *work, read *row, page *connector.Page, prepared *record.Prepared) error {
	r, err := find(ctx, tx, j.key, tx.ForUpdate())
	if err != nil {
		return err
	}
	if r.syncOwner != j.owner || r.State != Connected || r.Account.ID != read.Account.ID || string(r.cursor) != string(read.cursor) {
		return errLost
	}
	tally, err := s.Records.Apply(ctx, tx, prepared)
	if err != nil {
		return err
	}
	run := j.run
	run.add(tally, page)
	r.spend(j.using, s.clock())
	r.cursor = page.Cursor
	if !page.More {
		now := s.clock()
		run.State, run.Ended = Succeeded, now
		if len(run.Partial) > 0 {
			run.State = Partial
		}
		r.SyncDue, r.syncFailures, r.syncOwner, r.syncUntil = now.Add(s.spread(r.Every)), 0, "", time.Time{}
		if page.Again > 0 { // there was nothing to read yet
			r.SyncDue = now.Add(page.Again)
		} else {
			r.LastSync, r.raises = now, false
		}
	}
	if err := run.save(ctx, tx, j.key); err != nil {
		return err
	}
	s.changed(tx, j.key)
	tx.AfterCommit(func() { j.run = run })
	return r.saveState(ctx, tx)
}

// fail ends a run that something was in the way of. What was read stays, and so does
// the cursor; the next run goes on there.
func (s *Service) fail(ctx context.Context, j *work, f *connector.Failure) {
	if f.Detail == "" && f.Err != nil {
		f.Detail = cause(f.Err)
	}
	s.log.WarnContext(ctx, "a sync run failed", "organization", j.key.org, "integration", j.key.slug, "class", f.Class, "code", f.Code, "error", f.Err)
	stored := context.WithoutCancel(ctx)
	err := s.DB.Write(stored, func(tx *db.Tx) error {
		ctx := stored
		r, err := find(ctx, tx, j.key, tx.ForUpdate())
		if err != nil {
			return err
		}
		run := j.run
		run.State, run.Ended, run.Failure = RunFailed, s.clock(), f
		if err := run.save(ctx, tx, j.key); err != nil || r.syncOwner != j.owner {
			return err
		}
		r.syncFailures++
		r.spend(j.using, s.clock())
		r.syncOwner, r.syncUntil = "", time.Time{}
		r.SyncDue = s.clock().Add(s.again(r.syncFailures, f))
		s.changed(tx, j.key)
		return r.saveState(ctx, tx)
	})
	if err != nil {
		s.log.ErrorContext(ctx, "the end of a sync run was not stored", "organization", j.key.org, "integration", j.key.slug, "error", err)
		return
	}
	if ctx.Err() == nil {
		s.checkDue(ctx, j.key, OnSync)
	}
}

// standing gives the failure of the last runs, if it is one that a cheap call does not
// meet: a permission, a quota or a setting that only reading needs. nil: there is none.
func (s *Service) standing(ctx context.Context, r *row) (*connector.Failure, error) {
	if r.syncFailures == 0 {
		return nil, nil //nolint:nilnil // as said
	}
	last, err := db.One(ctx, s.DB, scanRun, "SELECT "+runColumns+" FROM sync_runs WHERE organization_id = $1 AND slug = $2 AND state = 'failed' ORDER BY id DESC LIMIT 1", r.OrganizationID, r.Slug)
	if err = ignoreNone(err); err != nil || last == nil || last.Failure == nil {
		return nil, wrap("read the last failed run", err)
	}
	if f := last.Failure; health.RuleOf(f.Class).AdminActs || f.Class == health.RateLimited {
		return f, nil
	}
	return nil, nil //nolint:nilnil // as said
}

// again is how long to wait after failures in a row: longer each time, and never
// shorter than the provider asks for.
func (s *Service) again(failures int64, f *connector.Failure) time.Duration {
	d := againFirst
	for range min(failures-1, 10) {
		d = min(2*d, againMost)
	}
	return max(s.spread(d), min(f.RetryAfter, waitMost))
}

// giveBack lets another node, or the next start, go on at once.
func (s *Service) giveBack(ctx context.Context, j *work) {
	ctx, cancel := context.WithTimeout(ctx, tokenLimit)
	defer cancel()
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE connections SET sync_until = 0, sync_due = $4 WHERE organization_id = $1 AND slug = $2 AND sync_owner = $3",
			j.key.org, j.key.slug, j.owner, db.Micros(s.clock()))
		return err
	})
	if err != nil {
		s.log.WarnContext(ctx, "a sync run that was cut off is due again only when its lease has ended", "organization", j.key.org, "integration", j.key.slug, "error", err)
	}
}
