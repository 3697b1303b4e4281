package event

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"patchboard/internal/db"
)

// Bounds of what waits for a commit, and of one commit. A commit takes at least
// one request, however large.
const (
	queueUnits  = 4096
	queueBytes  = 64 << 20
	commitCount = 500
	commitBytes = 8 << 20

	// submitLimit bounds a sender's wait. It is longer than db lets a
	// transaction live, so it ends only waits in a queue that does not move.
	submitLimit = 25 * time.Second
	pingLimit   = 3 * time.Second
)

// unit is the events of one request, committed together or not at all.
type unit struct {
	ctx   context.Context //nolint:containedctx // the sender's: who has gone is not served
	items []*item
	bytes int64
	whole bool // all or nothing
	keyed bool
	done  chan error // has room for the one answer
}

// item is one event of a unit.
type item struct {
	event      Accepted
	senderID   string
	occurredAt int64 // microseconds; of acceptance if the sender named no time
	claim            // the use of its idempotency key, if it has one
	result     *Result
}

func (u *unit) add(it *item) {
	u.items = append(u.items, it)
	u.bytes += int64(len(it.event.Body)) + 256
	u.keyed = u.keyed || it.key != ""
}

// Start begins to take events; Stop ends it. It is called once, after the hooks
// are set.
func (s *Service) Start() {
	s.unwatch = s.types.watch()
	s.running.Go(s.commitLoop)
}

// Stop refuses new events, commits what was taken before, and returns when that
// is done or ctx ends.
func (s *Service) Stop(ctx context.Context) error {
	s.intake.Lock()
	stopped := s.closed
	s.closed = true
	s.intake.Unlock()
	if !stopped {
		close(s.quit)
	}
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		s.unwatch()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop taking events: %w", ctx.Err())
	}
}

// submit queues a unit and waits for its commit.
func (s *Service) submit(ctx context.Context, u *unit) error {
	if !s.lead(u) { //nolint:contextcheck // the commit is that of others, too
		if err := s.enqueue(u); err != nil {
			return err
		}
	}
	limit := time.NewTimer(submitLimit)
	defer limit.Stop()
	select {
	case err := <-u.done:
		return err
	case <-ctx.Done():
		return notNow("The request ended before the events were stored; they may still be.").Because(ctx.Err())
	case <-limit.C:
		return notNow("The events were not stored in time; they may still be.")
	}
}

// lead commits a unit on its sender's goroutine, and whatever came meanwhile
// along with it, which saves handing it over. It does nothing, and gives false,
// where the committer is at it.
func (s *Service) lead(u *unit) bool {
	if len(s.queue) > 0 || !s.turn.TryLock() {
		return false
	}
	defer s.turn.Unlock()
	s.intake.RLock()
	open := !s.closed
	if open {
		s.running.Add(1) // Stop waits for it
	}
	s.intake.RUnlock()
	if !open {
		return false
	}
	defer s.running.Done()
	s.queued.Add(u.bytes)
	s.commitAll(u)
	return true
}

func (s *Service) enqueue(u *unit) error {
	s.intake.RLock()
	defer s.intake.RUnlock()
	if s.closed {
		return notNow("The server is stopping.")
	}
	if s.queued.Add(u.bytes) <= queueBytes {
		select {
		case s.queue <- u:
			return nil
		default:
		}
	}
	s.queued.Add(-u.bytes)
	return notNow("More events arrive than can be stored.")
}

// commitLoop is the committer: it commits what has queued up until its
// transaction begins, so that commits grow with the load.
func (s *Service) commitLoop() {
	for {
		select {
		case u := <-s.queue:
			s.commitInTurn(u)
		case <-s.quit:
			select {
			case u := <-s.queue:
				s.commitInTurn(u)
			default:
				return
			}
		}
	}
}

func (s *Service) commitInTurn(u *unit) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.commitAll(u)
}

// commitAll commits first and what waits behind it together, but those by
// themselves that may have to be rolled back: all or nothing, with keys. The caller
// has the turn.
func (s *Service) commitAll(first *unit) {
	var alone []*unit
	s.commit(func() (together []*unit) {
		for _, u := range s.gather(first) {
			switch {
			case u.ctx.Err() != nil:
				u.done <- notNow("The request ended before its events were stored.").Because(u.ctx.Err())
			case u.whole && u.keyed:
				alone = append(alone, u)
			default:
				together = append(together, u)
			}
		}
		return together
	})
	for _, u := range alone {
		s.commit(func() []*unit { return []*unit{u} })
	}
}

func (s *Service) gather(first *unit) []*unit {
	us := []*unit{first}
	count, bytes := len(first.items), first.bytes
	for count < commitCount && bytes < commitBytes {
		select {
		case u := <-s.queue:
			us = append(us, u)
			count, bytes = count+len(u.items), bytes+u.bytes
			continue
		default:
		}
		break
	}
	s.queued.Add(-bytes)
	return us
}

// errRefused rolls back an all-or-nothing unit with a refused item.
var errRefused = errors.New("an event of an all-or-nothing request was refused")

// commit stores units in one transaction and answers their senders. take gives
// the units when the transaction begins, or has failed to. A fault of one
// sender's events must not be another's: unless the database is away, what
// failed together is tried one by one.
func (s *Service) commit(take func() []*unit) {
	take = sync.OnceValue(take) // the transaction may run again
	var w *writing
	err := s.writer.Write(context.Background(), func(tx *db.Tx) error {
		w = newWriting(take(), s.clock())
		return w.run(context.Background(), tx, s.FanOut)
	})
	us := take()
	switch {
	case err == nil, errors.Is(err, errRefused):
		w.settle()
		answer(us, nil)
		if err == nil {
			for org := range w.organizations() {
				s.OnAccepted(org)
			}
		}
	case s.away(err):
		s.log.Error("events could not be stored: the database is away", "requests", len(us), "error", err)
		answer(us, notNow("Events cannot be stored right now.").Because(err))
	case len(us) > 1:
		s.log.Warn("events could not be stored together and are now stored one by one", "requests", len(us), "error", err)
		for _, u := range us {
			s.commit(func() []*unit { return []*unit{u} })
		}
	default:
		s.log.Error("events could not be stored", "error", err)
		answer(us, storeFault(err))
	}
}

// away reports whether err means that no commit can work now. It asks the
// database, as an error alone may not tell: to try hundreds of requests one by
// one while each has to wait for a time-out would stop ingest for long.
func (s *Service) away(err error) bool {
	if db.IsUnavailable(err) {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), pingLimit)
	defer cancel()
	return s.db.Ping(ctx) != nil
}

func answer(us []*unit, err error) {
	for _, u := range us {
		u.done <- err
	}
}
