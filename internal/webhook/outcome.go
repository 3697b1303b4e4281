package webhook

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// ByRule is a webhook that a rule has just disabled.
type ByRule struct {
	Num            int64
	ID             string
	OrganizationID string
	Reason         string // ReasonGone or ReasonFailing
}

// healthy remembers until when a webhook's successes need no look at its row,
// so that a lane that does well costs no SQL here.
type healthy struct {
	mu    sync.Mutex
	until map[int64]int64 // num -> microseconds
}

const healthyMost = 100_000

func (h *healthy) covers(o Outcome) bool {
	if o.Failures > 0 || o.SuccessAt.IsZero() {
		return o.Failures == 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return db.Micros(o.SuccessAt) < h.until[o.Num]
}

// after sets the time once tx has committed: another caller's read within a
// shared commit may be of rows that are lost with it.
func (h *healthy) after(tx *db.Tx, num int64, until time.Time) {
	tx.AfterCommit(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.until) >= healthyMost {
			clear(h.until) // each costs one read more
		}
		h.until[num] = db.Micros(until)
	})
}

func (h *healthy) forget(num int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.until, num)
}

// Outcomes notes how tries went, in the transaction that records them, and
// applies the rule (see decide). Each webhook comes at most once. It gives the
// webhooks that were disabled: their lanes must stop, and what is pending is to
// be held. An unknown or deleted webhook is passed over.
func (s *Service) Outcomes(ctx context.Context, tx *db.Tx, outcomes []Outcome) ([]ByRule, error) {
	todo := make(map[int64]Outcome, len(outcomes))
	for _, o := range outcomes {
		if !s.healthy.covers(o) {
			todo[o.Num] = o
		}
	}
	if len(todo) == 0 {
		return nil, nil
	}
	now := s.clock()
	if err := s.passOver(ctx, tx, todo, now); err != nil {
		return nil, err
	}
	rows, err := lockRows(ctx, tx, todo)
	if err != nil {
		return nil, err
	}
	var notable []*noted
	for _, r := range rows {
		n, err := s.note(ctx, tx, r, todo[r.Num], now)
		if err != nil {
			return nil, err
		}
		if n.disabled || n.warned || n.recovered {
			notable = append(notable, n)
		}
	}
	return s.finish(ctx, tx, notable)
}

// passOver drops the outcomes that change nothing worth a write; the rest is
// decided again under the rows' locks.
func (s *Service) passOver(ctx context.Context, tx *db.Tx, todo map[int64]Outcome, now time.Time) error {
	for nums := range slices.Chunk(keys(todo), inMost) {
		err := db.Each(ctx, tx, func(sc db.Scanner) error {
			var num, first, failures, success, warned, verdictAt, verdictOK int64
			var state State
			if err := sc.Scan(&num, &state, &first, &failures, &success, &warned, &verdictAt, &verdictOK); err != nil {
				return fmt.Errorf("scan webhook: %w", err)
			}
			r := record{state: state, firstFailure: db.Time(first), failures: failures, lastSuccess: db.Time(success), warned: int(warned)}
			if verdictOK == 0 {
				r.badCheck = db.Time(verdictAt)
			}
			if d := decide(r, todo[num], now); !d.write {
				s.healthy.after(tx, num, r.lastSuccess.Add(successEvery))
				delete(todo, num)
			}
			return nil
		}, `SELECT num, state, first_failure_at, failures, last_success_at, warned, verdict_at, verdict_ok FROM webhooks WHERE `+db.In("num", len(nums), 1), nums...)
		if err != nil {
			return fmt.Errorf("read how webhooks do: %w", err)
		}
	}
	return nil
}

// inMost is the longest list of one query.
const inMost = 500

func keys(todo map[int64]Outcome) []any {
	nums := make([]int64, 0, len(todo))
	for n := range todo {
		nums = append(nums, n)
	}
	slices.Sort(nums)
	all := make([]any, len(nums))
	for i, n := range nums {
		all[i] = n
	}
	return all
}

// lockRows reads the rows in the order of their nums, so that two callers
// cannot wait for each other.
func lockRows(ctx context.Context, tx *db.Tx, todo map[int64]Outcome) ([]*row, error) {
	var all []*row
	for nums := range slices.Chunk(keys(todo), inMost) {
		rows, err := db.All(ctx, tx, scanRow, `SELECT `+columns+` FROM webhooks WHERE deleted_at = 0 AND `+db.In("num", len(nums), 1)+` ORDER BY num`+tx.ForUpdate(), nums...)
		if err != nil {
			return nil, fmt.Errorf("read failing webhooks: %w", err)
		}
		all = append(all, rows...)
	}
	return all, nil
}

// noted is a row with what the rule has just done to it.
type noted struct {
	*row

	disabled, warned bool
	recovered        bool // after a warning
}

// note writes one webhook's outcome.
func (s *Service) note(ctx context.Context, tx *db.Tx, r *row, o Outcome, now time.Time) (*noted, error) {
	before := r.Status()
	d := decide(r.record(), o, now)
	n := &noted{row: r, disabled: d.disable != "", warned: d.warn, recovered: r.Health.Warned > 0 && d.record.warned == 0}
	if !d.write {
		return n, nil
	}
	h := &r.Health
	h.FirstFailure, h.Failures, h.LastSuccess, h.Warned = d.record.firstFailure, d.record.failures, d.record.lastSuccess, d.record.warned
	if n.disabled {
		r.State, r.StateReason, r.StateAt = Disabled, d.disable, now
		r.touch(now, "Patchboard", "enabled")
		if err := update(ctx, tx, r); err != nil {
			return nil, err
		}
	} else if _, err := tx.Exec(ctx, `UPDATE webhooks SET first_failure_at = $1, failures = $2, last_success_at = $3, warned = $4 WHERE num = $5`,
		db.Micros(h.FirstFailure), h.Failures, db.Micros(h.LastSuccess), int64(h.Warned), r.Num); err != nil {
		return nil, fmt.Errorf("note how a webhook does: %w", err)
	}
	if h.Failures == 0 {
		s.healthy.after(tx, r.Num, h.LastSuccess.Add(successEvery))
	} else {
		s.healthy.after(tx, r.Num, time.Time{})
	}
	if n.warned || r.Status() != before {
		s.Publish(tx, r.OrganizationID, topic, r.ID)
	}
	return n, nil
}

// finish marks the sets, and raises the alerts and writes the audit entries of
// what note found. It comes after all rows, sets before entries, each in the order of their
// organizations: as everywhere, so that nobody waits for each other.
func (s *Service) finish(ctx context.Context, tx *db.Tx, all []*noted) ([]ByRule, error) {
	slices.SortFunc(all, func(a, b *noted) int {
		return cmp.Or(cmp.Compare(a.OrganizationID, b.OrganizationID), cmp.Compare(a.Num, b.Num))
	})
	var disabled []ByRule
	for _, n := range all {
		if !n.disabled {
			continue
		}
		if err := bumpSet(ctx, tx, n.OrganizationID); err != nil {
			return nil, err
		}
		s.announce(tx, n.row)
		disabled = append(disabled, ByRule{Num: n.Num, ID: n.ID, OrganizationID: n.OrganizationID, Reason: n.StateReason})
	}
	for _, n := range all {
		if err := s.trouble(ctx, tx, n.trouble()); err != nil {
			return nil, err
		}
	}
	for _, n := range all {
		if !n.disabled && !n.warned {
			continue // that it works is no administrative act
		}
		if err := s.audit.Append(ctx, tx, program(n.OrganizationID), n.entry()); err != nil {
			return nil, fmt.Errorf("audit what the rule did: %w", err)
		}
	}
	return disabled, nil
}

func (n *noted) trouble() Trouble {
	t := Trouble{Webhook: &n.Webhook, What: Recovered, Failures: n.Health.Failures, Since: n.Health.FirstFailure, Warnings: n.Health.Warned}
	switch {
	case n.disabled:
		t.What = WasDisabled
	case n.warned:
		t.What, t.DisableAt = Warned, n.Health.FirstFailure.Add(disableAfter)
	}
	return t
}

func (n *noted) entry() audit.Entry {
	type failing struct {
		Failures  int64     `json:"failures"`
		Since     time.Time `json:"since"`
		DisableAt time.Time `json:"disableAt,omitzero"`
	}
	detail := failing{Failures: n.Health.Failures, Since: n.Health.FirstFailure}
	if n.disabled {
		e := target(n.row, audit.WebhookDisabled)
		e.Reason, e.Detail = n.StateReason, detail
		return e
	}
	detail.DisableAt = n.Health.FirstFailure.Add(disableAfter)
	e := target(n.row, audit.WebhookFailingWarned)
	e.Detail = detail
	return e
}

func (r *row) record() record {
	rec := record{state: r.State, firstFailure: r.Health.FirstFailure, failures: r.Health.Failures, lastSuccess: r.Health.LastSuccess, warned: r.Health.Warned}
	if v := r.Health.Verdict; v != nil && !v.OK {
		rec.badCheck = v.At
	}
	return rec
}

// program is Patchboard itself, acting within an organization.
func program(org string) rbac.Actor { return rbac.Actor{OrganizationID: org, Role: rbac.Program} }
