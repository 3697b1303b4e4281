package integration

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"patchboard/internal/db"
)

const (
	claimLease = time.Minute // in which a claimed check ends, or is due again
	checksMost = 128         // at a time, on one node: they wait for providers, which may hang
	syncsMost  = 16          // that have just begun, on one node
	runsMost   = 64          // on one node; most of them wait for a quota
	slotTime   = time.Minute // after which a run has been going on for long, and others may begin
)

// RunDue begins the checks and the sync runs that are due, as far as this node has
// room for them, and does not wait for their end. A job calls it every few seconds;
// which node it runs on does not matter. A claim is a due time further on, so that
// what a node did not get to is due again.
func (s *Service) RunDue(ctx context.Context) error {
	// They are claimed before checks begin and begun after those are claimed: what has
	// begun locks its row now and then, and a claim passes over it.
	syncs, err := s.dueSyncs(ctx)
	if err != nil {
		return err
	}
	defer func() {
		for _, k := range syncs {
			s.beginSync(k, Scheduled)
		}
	}()
	for {
		room := checksMost - int(s.checking.Load())
		if room <= 0 {
			break // the next call goes on
		}
		due, err := s.claim(ctx, "check_due", room, claimLease)
		if err != nil {
			return err
		}
		for _, k := range due {
			s.checking.Add(1)
			if !s.pool.run(func(ctx context.Context) { defer s.checking.Add(-1); s.checkDue(ctx, k, Scheduled) }) {
				s.checking.Add(-1)
				return nil // the program stops
			}
		}
		if len(due) < room {
			break
		}
	}
	return nil
}

// dueSyncs claims the sync runs that are due and that there is room for.
func (s *Service) dueSyncs(ctx context.Context) ([]key, error) {
	room := min(syncsMost-int(s.syncing.Load()), runsMost-int(s.running.Load()))
	if room <= 0 {
		return nil, nil
	}
	return s.claim(ctx, "sync_due", room, syncLease)
}

// slot counts a run until it ends; among those that have just begun only for slotTime,
// so that first loads, which take an hour, keep nobody waiting.
func (s *Service) slot() (end func()) {
	s.running.Add(1)
	s.syncing.Add(1)
	settled := sync.OnceFunc(func() { s.syncing.Add(-1) })
	timer := time.AfterFunc(slotTime, settled)
	return func() {
		timer.Stop()
		settled()
		s.running.Add(-1)
	}
}

// claim takes rows whose time has come; column is one of two of ours.
func (s *Service) claim(ctx context.Context, column string, limit int, lease time.Duration) ([]key, error) {
	var due []key
	now := s.clock()
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		var err error
		due, err = db.All(ctx, tx, func(row db.Scanner) (k key, err error) { return k, row.Scan(&k.org, &k.slug) },
			"SELECT organization_id, slug FROM connections WHERE "+column+" > 0 AND "+column+" <= $1 ORDER BY "+column+" LIMIT $2"+tx.SkipLocked(),
			db.Micros(now), limit)
		if err != nil || len(due) == 0 {
			return err
		}
		rows := make([][]any, len(due))
		for i, k := range due {
			rows[i] = []any{k.org, k.slug, db.Micros(now.Add(lease))}
		}
		_, err = tx.UpdateMany(ctx, db.Update{Table: "connections", Keys: keyCols, Set: []db.Col{{Name: column, Type: db.Int}}}, rows)
		return err
	})
	return due, wrap("claim due connections", err)
}

var keyCols = []db.Col{{Name: "organization_id", Type: db.Text}, {Name: "slug", Type: db.Text}}

// startNow begins the first check and the first sync run of a connection that was
// just granted, instead of waiting for the job.
func (s *Service) startNow(k key, granted bool) {
	if !granted {
		return
	}
	s.pool.run(func(ctx context.Context) { s.checkDue(ctx, k, OnConnect) })
	if s.syncs(k.slug) {
		s.beginSync(k, OnConnect)
	}
}

// spread varies a time by a tenth to both sides, so that what began together does
// not stay together.
func (*Service) spread(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()-0.5)*0.2*float64(d)) //nolint:gosec // no secret
}

// histories are the tables of what a connection has been through.
var histories = []struct{ table, id, old, order string }{
	{"health_results", "at", "at < $3", "at"},
	{"sync_runs", "id", "started_at < $3 AND state <> 'running'", "id"},
	{"connection_attempts", "id", "started_at < $3 AND ended_at > 0", "started_at"},
}

// Retain removes what has been kept for its time: results of checks, ended runs and
// messages, and attempts. It reports how many rows went; 0 is the end.
func (s *Service) Retain(ctx context.Context, limit int) (int64, error) {
	old := db.Micros(s.clock().Add(-keepHistory))
	var gone int64
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		gone = 0
		all, err := db.All(ctx, tx, func(row db.Scanner) (k key, err error) { return k, row.Scan(&k.org, &k.slug) }, "SELECT organization_id, slug FROM connections ORDER BY organization_id, slug")
		if err != nil {
			return err
		}
		for _, k := range all {
			for _, h := range histories {
				of := " FROM " + h.table + " WHERE organization_id = $1 AND slug = $2 AND "
				n, err := tx.Exec(ctx, "DELETE"+of+h.id+" IN (SELECT "+h.id+of+h.old+" ORDER BY "+h.order+" LIMIT $4)", k.org, k.slug, old, limit)
				if err != nil {
					return fmt.Errorf("remove old history: %w", err)
				}
				if gone += n; gone >= int64(limit) {
					return nil
				}
			}
		}
		n, err := tx.Exec(ctx, "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE state > 0 AND ended_at < $1 ORDER BY ended_at LIMIT $2)", old, limit)
		gone += n
		return err
	})
	return gone, wrap("remove old history", err)
}

const keepHistory = 90 * 24 * time.Hour
