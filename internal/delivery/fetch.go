package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

// expect notes events whose transaction is about to commit: offer will bring
// their deliveries. A fetch that is faster leaves them to it. Otherwise one could
// be read, sent, recorded and forgotten before it is offered, and be sent again.
func (e *engine) expect(ts []*task) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range ts {
		e.coming[t.key] = now
	}
}

// comingMost is how long an expected delivery is waited for; the answer to a
// commit may have been lost, so that nobody knows whether it is there.
const comingMost = 5 * time.Second

// offer hands just committed deliveries to the lanes that this node holds, so
// that they need not be read back; for the others it tells the node that does.
func (e *engine) offer(ts []*task) {
	now := time.Now()
	var elsewhere map[int64]struct{}
	e.mu.Lock()
	for _, t := range ts {
		delete(e.coming, t.key)
		l := e.lanes[t.num]
		switch {
		case l == nil:
			if elsewhere == nil {
				elsewhere = map[int64]struct{}{}
			}
			elsewhere[t.num] = struct{}{}
			continue
		case l.full() || l.resting(now) || e.crowded(l):
			l.more = true
			e.schedule(l, now)
			continue
		}
		if _, twice := l.known[t.key]; twice {
			continue // a fetch was faster
		}
		e.keep(l, t)
		l.fresh.push(t)
		e.schedule(l, now)
	}
	e.mu.Unlock()
	for num := range elsewhere {
		e.call(num)
	}
}

// taskBytes is about what a task takes beside its body.
const taskBytes = 300

// crowded reports whether memory is full for a lane. Half of it is for those
// whose endpoints answer. The caller holds mu.
func (e *engine) crowded(l *lane) bool {
	most := handedBytes
	if e.keepMost > 0 {
		most = e.keepMost
	}
	if l.class != proven {
		most /= 2
	}
	return e.kept > most
}

// keep notes a task as one of the lane's. The caller holds mu.
func (e *engine) keep(l *lane, t *task) {
	t.lane = l
	l.known[t.key] = struct{}{}
	l.idle = time.Time{}
	e.kept += len(t.body) + taskBytes
}

// forget is the reverse, when a task is recorded or given back.
func (e *engine) forget(l *lane, t *task) {
	if _, ok := l.known[t.key]; !ok {
		return
	}
	delete(l.known, t.key)
	e.kept -= len(t.body) + taskBytes
	if l.stopped && len(l.known) == 0 {
		delete(e.leaving, l.num)
	}
	if l = e.current(l); l != nil && l.fetching {
		if l.during == nil {
			l.during = map[id.Key]struct{}{}
		}
		l.during[t.key] = struct{}{}
	}
}

// shed gives back what waits in a lane; it is read again when its turn comes.
func (e *engine) shed(l *lane) {
	for t := l.next(); t != nil; t = l.next() {
		e.forget(l, t)
		l.more = true
	}
}

// current gives the lane of the same webhook that is at work now, nil if none
// is here: the lane of a request may have been given back meanwhile, and taken
// again. The caller holds mu.
func (e *engine) current(l *lane) *lane {
	if !l.stopped {
		return l
	}
	return e.lanes[l.num]
}

const dueRows = `SELECT d.event_id, d.organization_id, d.next_at, d.attempts, d.retries_from, e.public_id, e.body
	FROM deliveries d JOIN events e ON e.id = d.event_id
	WHERE d.webhook_num = $1 AND d.state = 0 AND d.next_at <= $2 AND (d.next_at, d.event_id) > ($3, $4)
	ORDER BY d.next_at, d.event_id LIMIT $5`

// freshRows are first tries among the newestMost rows that came due last.
const freshRows = `SELECT newest.event_id, newest.organization_id, newest.next_at, newest.attempts, newest.retries_from, e.public_id, e.body
	FROM (SELECT event_id, organization_id, next_at, attempts, retries_from FROM deliveries
		WHERE webhook_num = $1 AND state = 0 AND next_at <= $2 ORDER BY next_at DESC, event_id DESC LIMIT $3) newest
	JOIN events e ON e.id = newest.event_id
	WHERE newest.attempts = 0 ORDER BY newest.next_at, newest.event_id`

const newestMost = 256

var errEnough = errors.New("enough rows")

// needFetch has a lane's due rows read, those of proven and shaken lanes first. At most
// fetchesMost goroutines read, however many lanes there are. The caller holds mu.
func (e *engine) needFetch(l *lane) {
	l.fetching = true
	q := &e.fetchLater
	if l.class == proven || l.class == shaken {
		q = &e.fetchFirst
	}
	*q = append(*q, l)
	if e.fetchers < fetchesMost {
		e.fetchers++
		e.keepers.Go(e.fetcher)
	}
}

// fetcher reads for one lane after another until none asks.
func (e *engine) fetcher() {
	for {
		var l *lane
		e.mu.Lock()
		for _, q := range []*[]*lane{&e.fetchFirst, &e.fetchLater} {
			if len(*q) > 0 {
				l, (*q)[0] = (*q)[0], nil
				*q = (*q)[1:]
				break
			}
		}
		if l == nil || e.closing {
			e.fetchers--
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		e.fetch(e.runCtx, l)
	}
}

// fetch reads a lane's due rows. The cursor passes over those that are here
// already; when the end was reached the next fetch begins anew, so that a row
// which another node committed late is only late.
func (e *engine) fetch(ctx context.Context, l *lane) {
	e.mu.Lock()
	limit := l.room()
	if e.crowded(l) {
		limit = 1
		if l.class == proven {
			limit = laneStart
		}
	}
	afterAt, afterKey := l.afterAt, l.afterKey
	l.fetched = time.Now()
	l.more = false // what comes from now on sets it again
	e.mu.Unlock()

	now := e.s.clock()
	rows, err := e.read(ctx, l.num, dueRows, db.Micros(now), afterAt, int64(afterKey), limit)
	full := len(rows) >= limit || errors.Is(err, errEnough)
	if n := len(rows); n > 0 {
		afterAt, afterKey = rows[n-1].nextAt, rows[n-1].key
	}
	firstTry := func(t *task) bool { return t.attempts == 0 }
	if full && limit > laneStart && !slices.ContainsFunc(rows, firstTry) {
		// First tries go before retries, however many of those are due; what this
		// node has taken in is here already.
		var fresh []*task
		fresh, err = e.read(ctx, l.num, freshRows, db.Micros(now), newestMost)
		rows = append(rows, fresh...)
	}
	var due int64
	if err == nil && !full {
		due, err = db.Value[int64](ctx, e.s.db, `SELECT COALESCE(MIN(next_at), 0) FROM deliveries WHERE webhook_num = $1 AND state = 0 AND next_at > $2`, l.num, db.Micros(now))
	}
	e.fetched(l, rows, full, afterAt, afterKey, due, err)
}

// read gives deliveries of a webhook with their bodies. It ends with errEnough
// when those have come to fetchBytes.
func (e *engine) read(ctx context.Context, num int64, query string, args ...any) (rows []*task, err error) {
	size := 0
	err = db.Each(ctx, e.s.db, func(s db.Scanner) error {
		if size > fetchBytes {
			return errEnough
		}
		t := &task{num: num}
		if err := s.Scan(&t.key, &t.org, &t.nextAt, &t.attempts, &t.retriesFrom, &t.eventID, &t.body); err != nil {
			return err
		}
		size += len(t.body)
		rows = append(rows, t)
		return nil
	}, query, append([]any{num}, args...)...)
	return rows, err
}

func (e *engine) fetched(l *lane, rows []*task, full bool, afterAt int64, afterKey id.Key, due int64, err error) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	during := l.during
	l.fetching, l.during = false, nil
	if l.stopped || e.closing {
		return
	}
	if err != nil && !errors.Is(err, errEnough) {
		e.s.log.Warn("read due deliveries", "webhook", l.webhookID, "error", err)
		l.more = true
		e.wakeLane(l, now.Add(time.Second))
		return
	}
	for _, t := range rows {
		if since, soon := e.coming[t.key]; soon && now.Sub(since) < comingMost {
			e.wakeLane(l, now.Add(comingMost))
			continue
		}
		if _, here := l.known[t.key]; here {
			continue
		}
		if _, recorded := during[t.key]; recorded {
			continue
		}
		e.keep(l, t)
		if t.attempts == 0 {
			l.fresh.push(t)
		} else {
			l.again.push(t)
		}
	}
	switch {
	case full:
		l.more, l.afterAt, l.afterKey = true, afterAt, afterKey
	default:
		if l.afterAt > 0 { // the end was reached: once more from the start
			l.more = true
		}
		l.afterAt, l.afterKey = 0, 0
	}
	if due > 0 {
		e.wakeLane(l, now.Add(db.Time(due).Sub(e.s.clock())))
	}
	e.schedule(l, now)
	if len(l.known) == 0 && !l.more && l.idle.IsZero() {
		l.idle = now
	}
}
