package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"patchboard/internal/db"
	"patchboard/internal/webhook"
)

// Tries recorded in one transaction. Of a failure more is written, its webhook's
// row above all: few at once, so that who accepts an event does not wait long.
const (
	completeMost = 500
	troublesMost = 8

	// How long a try that has ended may wait for others to be recorded along with it.
	successMost = 3 * time.Millisecond
	troubleMost = 100 * time.Millisecond
)

var attemptCols = []db.Col{
	{Name: "event_id", Type: db.Int}, {Name: "webhook_num", Type: db.Int}, {Name: "id", Type: db.Int}, {Name: "number", Type: db.Int},
	{Name: "request_headers", Type: db.Bytes}, {Name: "status", Type: db.Int}, {Name: "response_headers", Type: db.Bytes}, {Name: "response_body", Type: db.Bytes},
	{Name: "truncated", Type: db.Int}, {Name: "dns_us", Type: db.Int}, {Name: "connect_us", Type: db.Int}, {Name: "tls_us", Type: db.Int},
	{Name: "first_byte_us", Type: db.Int}, {Name: "total_us", Type: db.Int}, {Name: "remote_address", Type: db.Text}, {Name: "class", Type: db.Text},
	{Name: "detail", Type: db.Text}, {Name: "next_at", Type: db.Int},
}

// completeSuccesses records what came of requests, those that have ended until
// the transaction begins in one. Nobody waits for it: with the next events it costs a
// commit less. What cannot be recorded now is tried again until it
// can or the program is ended: sending waits meanwhile.
func (e *engine) completeSuccesses() {
	w := e.s.db.PatientWriter(successMost)
	for r := range e.results {
		e.record(w, func() []*result { return gather(r, e.results, completeMost) }, false)
	}
}

// completeTroubles does the same with failures. One by itself, as endpoints that
// hang give at any time, goes along with what others write.
func (e *engine) completeTroubles() {
	now, along := e.s.db.Writer(), e.s.db.LazyWriter(troubleMost)
	for r := range e.troubles {
		w := along
		if len(e.troubles) > 0 {
			w = now
		}
		e.record(w, func() []*result { return gather(r, e.troubles, troublesMost) }, false)
	}
}

func gather(first *result, from <-chan *result, most int) []*result {
	rs := []*result{first}
	for len(rs) < most {
		select {
		case r, ok := <-from:
			if !ok {
				return rs
			}
			rs = append(rs, r)
		default:
			return rs
		}
	}
	return rs
}

// record writes results, which take gives when the transaction begins or has
// failed to, until they are there. again says that they were tried before,
// together with others, and may be there already: of a commit whose answer was
// lost nobody knows.
func (e *engine) record(w *db.Writer, take func() []*result, again bool) {
	take = sync.OnceValue(take)
	var rs []*result
	for try := 0; ; try++ {
		err := e.recordOnce(w, take, again || try > 0)
		rs = take()
		if err == nil {
			break
		}
		if !db.IsUnavailable(err) && len(rs) > 1 { // one of them may be at fault: the others must not wait for it
			e.s.log.Error("record attempts; trying smaller parts", "attempts", len(rs), "error", err)
			e.record(w, func() []*result { return rs[:len(rs)/2] }, true)
			e.record(w, func() []*result { return rs[len(rs)/2:] }, true)
			return
		}
		if !db.IsUnavailable(err) && try >= recordTries {
			e.s.log.Error("record an attempt; its webhook waits", "webhook", rs[0].task.lane.webhookID, "error", err)
			e.park(rs[0])
			return
		}
		e.s.log.Error("record attempts; sending waits until it works", "attempts", len(rs), "error", err)
		if !e.patient(try) {
			return // the program ends: these deliveries are tried again after the next start
		}
	}
	for _, r := range rs {
		e.s.OnAttempt(r.res.Class, r.res.Timing.Total)
	}
	now := time.Now()
	e.mu.Lock()
	for _, r := range rs {
		l := r.task.lane
		e.forget(l, r.task)
		if l = e.current(l); l == nil {
			continue
		}
		if r.change == Postpone {
			e.wakeLane(l, now.Add(r.next.Sub(e.s.clock())))
		}
		if len(l.known) == 0 && !l.more {
			l.idle = now
		}
	}
	if e.closing {
		e.askKeeper() // it gives lanes back as they become free
	}
	e.mu.Unlock()
}

// recordTries bounds how often one attempt that the database refuses, though it
// works, is tried to be recorded.
const recordTries = 4

// park gives up recording an attempt. Its delivery is tried again, and its
// webhook's lane goes on in a minute, one by one; the others are not delayed.
func (e *engine) park(r *result) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forget(r.task.lane, r.task)
	if l := e.current(r.task.lane); l != nil {
		l.class, l.limit, l.streak, l.more = trial, 1, max(l.streak, restingStreak), true
		l.notBefore = now.Add(time.Minute)
		e.shed(l)
		e.schedule(l, now)
	}
}

// patient waits before another try, and is false when the program ends.
func (e *engine) patient(try int) bool {
	t := time.NewTimer(min(100*time.Millisecond<<min(try, 10), 2*time.Second))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-e.giveUp:
		return false
	}
}

func (e *engine) recordOnce(w *db.Writer, take func() []*result, again bool) error {
	ctx := context.Background()
	return w.Write(ctx, func(tx *db.Tx) error {
		rs := take()
		if again { // all of them were recorded together, or none
			there, err := db.Column[int64](ctx, tx, "SELECT id FROM attempts WHERE id = $1", int64(rs[0].key))
			if err != nil {
				return fmt.Errorf("look for attempts: %w", err)
			}
			if len(there) > 0 {
				return nil
			}
		}
		now := db.Micros(e.s.clock())
		// Webhooks before deliveries before counts, as everywhere: nobody waits for each other.
		disabled, err := e.s.webhooks.Outcomes(ctx, tx, outcomes(rs))
		if err != nil {
			return fmt.Errorf("note outcomes: %w", err)
		}
		if err := tx.InsertMany(ctx, "attempts", attemptCols, attemptRows(rs)); err != nil {
			return fmt.Errorf("insert attempts: %w", err)
		}
		t := tally{}
		late, err := move(ctx, tx, rs, Pending, now, t)
		if err != nil {
			return err
		}
		// Held while the request was on its way: a success still counts, and a
		// failure leaves it held.
		if _, err := move(ctx, tx, late, Held, now, t); err != nil {
			return err
		}
		if err := t.write(ctx, tx, e.s.shard()); err != nil {
			return err
		}
		tx.AfterCommit(func() {
			for _, d := range disabled {
				e.changed(d.Num)
			}
			for org := range organizations(rs) {
				e.s.OnChanged(org)
			}
		})
		return nil
	})
}

var (
	deliveryKey = []db.Col{{Name: "organization_id", Type: db.Text}, {Name: "event_id", Type: db.Int}, {Name: "webhook_num", Type: db.Int}}
	outcomeCols = []db.Col{
		{Name: "state", Type: db.Int}, {Name: "attempts", Type: db.Int}, {Name: "next_at", Type: db.Int},
		{Name: "updated_at", Type: db.Int}, {Name: "last_class", Type: db.Text}, {Name: "last_status", Type: db.Int},
	}
)

// move writes the new states of deliveries that are still in a state, and gives
// those that were not.
func move(ctx context.Context, tx *db.Tx, rs []*result, from State, now int64, t tally) (missed []*result, err error) {
	if len(rs) == 0 {
		return nil, nil
	}
	rows := make([][]any, len(rs))
	to := make([]State, len(rs))
	for i, r := range rs {
		next, ok := Next(from, r.change)
		if !ok {
			next = from
		}
		to[i] = next
		rows[i] = []any{
			r.task.org, int64(r.task.key), r.task.num,
			int64(next), int64(r.tries()), db.Micros(r.next), now, string(r.res.Class), int64(r.res.Status),
		}
	}
	hit, err := tx.UpdateMany(ctx, db.Update{Table: "deliveries", Keys: deliveryKey, Set: outcomeCols, Guard: keyGuard(from)}, rows)
	if err != nil {
		return nil, fmt.Errorf("update deliveries: %w", err)
	}
	for i, r := range rs {
		if hit[i] {
			t.moved(r.task.org, from, to[i], 1)
		} else {
			missed = append(missed, r)
		}
	}
	return missed, nil
}

// guards are conditions that an index on a state can serve.
var guards = map[State]string{Pending: "state = 0", Held: "state = 1", Delivered: "state = 2", Failed: "state = 3", Discarded: "state = 4"}

// organizations gives those of the tries: a delivery that failed and is tried
// again has changed, though its state and the counts have not.
func organizations(rs []*result) map[string]struct{} {
	orgs := map[string]struct{}{}
	for _, r := range rs {
		orgs[r.task.org] = struct{}{}
	}
	return orgs
}

// keyGuard is a condition for rows that are named by their keys: no index on a
// state can serve it, so that none is read in the primary key's place.
func keyGuard(s State) string { return fmt.Sprintf("deliveries.state + 0 = %d", int(s)) }

func attemptRows(rs []*result) [][]any {
	rows := make([][]any, len(rs))
	for i, r := range rs {
		m := &r.res.Timing
		truncated := int64(0)
		if r.res.Truncated {
			truncated = 1
		}
		rows[i] = []any{
			int64(r.task.key), r.task.num, int64(r.key), int64(r.task.attempts + 1),
			r.header, int64(r.res.Status), responseHeader(r.res.Header), nonNil(r.res.Body),
			truncated, m.DNS.Microseconds(), m.Connect.Microseconds(), m.TLS.Microseconds(),
			m.FirstByte.Microseconds(), m.Total.Microseconds(), r.res.RemoteAddr, string(r.res.Class),
			storable(r.res.Detail), db.Micros(r.next),
		}
	}
	return rows
}

// storable makes text that any database takes: a receiver's bytes may be in it.
func storable(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func responseHeader(h map[string][]string) []byte {
	b := make([]byte, 0, 256)
	b = append(b, '{')
	for name, values := range h {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendJSON(b, name)
		b = append(b, ':', '[')
		for i, v := range values {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, v)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// outcomes sums tries up by webhook, in the order in which they ended.
func outcomes(rs []*result) []webhook.Outcome {
	by := map[int64]int{}
	var all []webhook.Outcome
	for _, r := range rs {
		if r.cut {
			continue // that was our doing
		}
		i, ok := by[r.task.num]
		if !ok {
			i = len(all)
			by[r.task.num] = i
			all = append(all, webhook.Outcome{Num: r.task.num})
		}
		o := &all[i]
		if r.ok() {
			*o = webhook.Outcome{Num: o.Num, SuccessAt: r.at}
			continue
		}
		if o.Failures == 0 {
			o.FailureAt = r.at
		}
		o.Failures++
		o.Gone = o.Gone || r.res.Status == 410
	}
	return all
}

// readHeader reads what storedHeader or responseHeader wrote.
func readHeader[T any](b []byte) (T, error) {
	var h T
	if err := json.Unmarshal(b, &h); err != nil {
		return h, fmt.Errorf("read stored headers: %w", err)
	}
	return h, nil
}
