package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/webhook"
)

var (
	errNotFound = fault.New(fault.NotFound, "delivery-not-found", "There is no such delivery.", "It may be older than the time for which deliveries are kept; list them again.")
	errOff      = fault.New(fault.Conflict, "webhook-not-active", "The webhook is off or disabled, so nothing is sent to it.", "Switch it on first.")
	errRange    = fault.New(fault.Invalid, "replay-range-invalid", "The time range of a replay needs a start before its end.", "Give since and until as RFC 3339 times, since the earlier one.")
)

// Retry tries one delivery again now, whatever its state; it gets a new
// schedule. A delivery that is on its way is not sent twice.
func (s *Service) Retry(ctx context.Context, actor rbac.Actor, deliveryID string) (*Delivery, error) {
	key, num, err := id.ParsePair(Prefix, deliveryID)
	if err != nil {
		return nil, errNotFound.Because(err)
	}
	for moved := true; moved; {
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			moved, err = s.retry(ctx, tx, actor, deliveryID, key, num)
			return err
		})
		if err != nil && !errors.Is(err, errMoved) {
			return nil, fmt.Errorf("retry a delivery: %w", err)
		}
	}
	return s.Get(ctx, actor, deliveryID)
}

var errMoved = errors.New("the delivery has just changed")

// retry is one attempt at it; moved says that the delivery's state was changed
// by another at that moment, and that nothing was done.
//
// The audit log is locked before the delivery, and the counts come last, as
// everywhere: nobody waits for each other.
func (s *Service) retry(ctx context.Context, tx *db.Tx, actor rbac.Actor, deliveryID string, key id.Key, num int64) (moved bool, err error) {
	w, err := db.One(ctx, tx, scanStanding, standingOf+tx.ForShare(), num)
	if errors.Is(err, db.ErrNoRows) || err == nil && (w.org != actor.OrganizationID || w.deleted) {
		return false, errNotFound
	}
	if err != nil {
		return false, fmt.Errorf("read the webhook: %w", err)
	}
	if !w.active {
		return false, errOff
	}
	from, err := db.Value[State](ctx, tx, "SELECT state FROM deliveries WHERE organization_id = $1 AND event_id = $2 AND webhook_num = $3", actor.OrganizationID, int64(key), num)
	if errors.Is(err, db.ErrNoRows) {
		return false, errNotFound
	}
	if err != nil {
		return false, fmt.Errorf("read the delivery: %w", err)
	}
	if err := s.audit.Append(ctx, tx, actor, audit.Entry{
		Action: audit.DeliveryRetried, TargetType: "delivery", TargetID: deliveryID,
		Before: map[string]string{"state": from.String()}, After: map[string]string{"state": Pending.String()},
	}); err != nil {
		return false, err
	}
	t := tally{}
	hits, err := s.tryAgain(ctx, tx, from, [][]any{{actor.OrganizationID, int64(key), num}}, t)
	if err != nil {
		return false, err
	}
	if hits == 0 {
		return true, errMoved
	}
	s.called(tx, actor.OrganizationID, num)
	return false, t.write(ctx, tx, s.shard())
}

// tryAgain makes deliveries pending and due now, with a new schedule. rows hold
// their keys; hit tells which were in the state.
func (s *Service) tryAgain(ctx context.Context, tx *db.Tx, from State, rows [][]any, t tally) (hits int64, err error) {
	to, ok := Next(from, TryAgain)
	if !ok {
		return 0, fmt.Errorf("a %s delivery cannot be tried again", from)
	}
	now := db.Micros(s.clock())
	for i, r := range rows {
		rows[i] = append(slices.Clone(r), int64(to), now, now)
	}
	hit, err := tx.UpdateMany(ctx, db.Update{Table: "deliveries", Keys: deliveryKey, Set: stateCols, Guard: keyGuard(from)}, rows)
	if err != nil {
		return 0, fmt.Errorf("make deliveries pending: %w", err)
	}
	var again [][]any
	for i, h := range hit {
		if h {
			hits++
			t.moved(rows[i][0].(string), from, to, 1) //nolint:forcetypeassert,gosec // put there by the caller
			again = append(again, rows[i][:3])        //nolint:gosec // the three keys
		}
	}
	for _, r := range again {
		if _, err := tx.Exec(ctx, "UPDATE deliveries SET retries_from = attempts WHERE organization_id = $1 AND event_id = $2 AND webhook_num = $3", r...); err != nil {
			return 0, fmt.Errorf("begin a new schedule: %w", err)
		}
	}
	return hits, nil
}

// called wakes a lane after the commit.
func (s *Service) called(tx *db.Tx, org string, num int64) {
	tx.AfterCommit(func() {
		s.engine.call(num)
		s.OnChanged(org)
	})
}

// HeldAction is what an administrator does with held deliveries.
type HeldAction string

// The actions.
const (
	HeldSend    HeldAction = "send"
	HeldDiscard HeldAction = "discard"
)

// Held sends or discards what is held for a webhook and gives the number. It
// works in steps; what one step has done stays done.
func (s *Service) Held(ctx context.Context, actor rbac.Actor, webhookID string, action HeldAction) (int64, error) {
	w, err := s.webhooks.Find(ctx, actor.OrganizationID, webhookID)
	if err != nil {
		return 0, err
	}
	on, name, end := SendHeld, audit.DeliveryHeldSent, HeldSent
	switch {
	case action == HeldDiscard:
		on, name, end = Discard, audit.DeliveryHeldDiscarded, HeldDropped
	case action != HeldSend:
		return 0, fault.New(fault.Invalid, "held-action-unknown", "Held deliveries can be sent or discarded.", `Give "send" or "discard" as action.`).At("body.action", "is neither")
	case w.State != webhook.Active:
		return 0, errOff
	}
	h := &heldWork{s: s, actor: actor, w: w, on: on, name: name, end: end, below: s.keys.Next()} // what is held from now on is not part of it
	ctx = context.WithoutCancel(ctx)
	for more := true; more; {
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			more, err = h.step(ctx, tx)
			return err
		})
		if err != nil {
			return h.total, fmt.Errorf("%s held deliveries: %w", action, err)
		}
	}
	return h.total, nil
}

// heldWork is one administrator's sending or discarding of what is held.
type heldWork struct {
	s     *Service
	actor rbac.Actor
	w     *webhook.Webhook
	on    Change
	name  string // of the audit entry
	end   HeldEnd
	below id.Key
	total int64
	noted bool
}

func (h *heldWork) step(ctx context.Context, tx *db.Tx) (more bool, err error) {
	now, err := db.One(ctx, tx, scanStanding, standingOf+tx.ForShare(), h.w.Num)
	if err != nil {
		return false, fmt.Errorf("read the webhook: %w", err)
	}
	if h.on == SendHeld && !now.active {
		return false, errOff // it was switched off meanwhile
	}
	noted := h.noted
	if !noted {
		count, err := h.s.heldBelow(ctx, tx, h.w.Num, h.below)
		if err != nil || count == 0 {
			return false, err
		}
		news := HeldNews{OrganizationID: h.w.OrganizationID, WebhookID: h.w.ID, URL: h.w.URL, Description: h.w.Description, Deliveries: count, End: h.end}
		if err := h.s.OnHeld(ctx, tx, news); err != nil {
			return false, fmt.Errorf("tell of held deliveries: %w", err)
		}
		if err := h.s.audit.Append(ctx, tx, h.actor, audit.Entry{
			Action: h.name, TargetType: "webhook", TargetID: h.w.ID, TargetName: h.w.URL, Detail: map[string]int64{"deliveries": count},
		}); err != nil {
			return false, err
		}
		noted = true
	}
	saw, moved, err := h.s.moveSome(ctx, tx, h.w.Num, Held, h.on, h.below)
	if err != nil || saw == 0 {
		return false, err
	}
	h.s.called(tx, h.actor.OrganizationID, h.w.Num)
	tx.AfterCommit(func() { h.total, h.noted = h.total+moved, noted })
	return true, nil
}

func (s *Service) heldBelow(ctx context.Context, q db.Queryer, num int64, below id.Key) (int64, error) {
	n, err := db.Value[int64](ctx, q, "SELECT COUNT(*) FROM deliveries WHERE webhook_num = $1 AND state = 1 AND event_id < $2", num, int64(below))
	if err != nil {
		return 0, fmt.Errorf("count held deliveries: %w", err)
	}
	return n, nil
}

// Waiting gives how many deliveries of a webhook are pending and held.
func (s *Service) Waiting(ctx context.Context, num int64) (pending, held int64, err error) {
	if held, err = s.heldBelow(ctx, s.db, num, 1<<63-1); err != nil {
		return 0, 0, err
	}
	pending, err = db.Value[int64](ctx, s.db, "SELECT COUNT(*) FROM deliveries WHERE webhook_num = $1 AND state = 0", num)
	if err != nil {
		return 0, 0, fmt.Errorf("count pending deliveries: %w", err)
	}
	return pending, held, nil
}

const haveHeld = `SELECT w.num FROM webhooks w WHERE w.organization_id = $1 AND w.deleted_at = 0
	AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_num = w.num AND d.state = 1)`

// Holding gives the webhooks of an organization for which deliveries are held.
func (s *Service) Holding(ctx context.Context, org string) (map[int64]bool, error) {
	nums, err := db.Column[int64](ctx, s.db, haveHeld, org)
	if err != nil {
		return nil, fmt.Errorf("find webhooks with held deliveries: %w", err)
	}
	held := make(map[int64]bool, len(nums))
	for _, num := range nums {
		held[num] = true
	}
	return held, nil
}

// NeverSent is the word for events that a webhook's subscription covers and
// that have no delivery for it, such as those from before it existed.
const NeverSent = "never_sent"

// ReplayStates are the words that a replay takes.
func ReplayStates() []string { return []string{Failed.String(), Discarded.String(), NeverSent} }

// ReplayMost bounds one replay.
const ReplayMost = 100_000

// Replay names what to send again to a webhook: the events accepted from Since
// to before Until whose deliveries are in one of States.
type Replay struct {
	WebhookID    string
	Since, Until time.Time
	States       []string
	DryRun       bool // only count
}

// Replayed says how many, by state.
type Replayed struct {
	Total   int64
	ByState map[string]int64
}

// Replay counts what is asked for, refuses too much, and makes it pending. A
// replay that was cut off can simply be repeated: what was done is no longer
// failed, or never sent.
func (s *Service) Replay(ctx context.Context, actor rbac.Actor, in Replay) (*Replayed, error) {
	w, err := s.webhooks.Find(ctx, actor.OrganizationID, in.WebhookID)
	if err != nil {
		return nil, err
	}
	if in.Until.IsZero() {
		in.Until = s.clock()
	}
	if in.Since.IsZero() || !in.Since.Before(in.Until) {
		return nil, errRange
	}
	if len(in.States) == 0 {
		in.States = []string{Failed.String(), NeverSent}
	}
	r := &replay{s: s, actor: actor, w: w, in: in, from: id.KeyAt(in.Since), to: min(id.KeyAt(in.Until), s.keys.Next())}
	out := &Replayed{ByState: map[string]int64{}}
	for _, st := range in.States {
		if !slices.Contains(ReplayStates(), st) {
			return nil, fault.New(fault.Invalid, "replay-state-unknown", "A replay takes the states failed, discarded and never_sent.", "Leave the others out.").At("body.states", "names another state")
		}
		if _, twice := out.ByState[st]; twice {
			continue
		}
		n, err := r.count(ctx, st)
		if err != nil {
			return nil, err
		}
		out.ByState[st] = n
		out.Total += n
	}
	if out.Total > s.replayMost {
		return nil, fault.New(fault.Invalid, "replay-too-large", fmt.Sprintf("This replay has more than %d events.", s.replayMost),
			"Choose a shorter time range, and replay the parts one after another.").With("total", out.Total)
	}
	if in.DryRun || out.Total == 0 {
		return out, nil
	}
	if w.State != webhook.Active {
		return nil, errOff
	}
	return out, r.run(context.WithoutCancel(ctx), out)
}
