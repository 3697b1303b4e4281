package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/event"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/webhook"
)

// A Fate is what became of one event at one webhook, and why: the answer to
// "why was this not delivered?".
type Fate struct {
	WebhookNum  int64
	WebhookID   string
	WebhookURL  string
	Description string
	Deleted     bool   // the webhook
	DeliveryID  string // "" if there is none
	State       Destiny
	Cause       Cause
	By          string    // who switched off, discarded or deleted; "" if that is not known, or not to be shown
	Rule        string    // webhook.ReasonGone or ReasonFailing, for Disabled
	Since       time.Time // when it came into this state; zero where there is no delivery
	Until       time.Time // of Waiting: when the next try is due
	Attempts    int
	LastClass   egress.Class // of the last try that failed
	LastStatus  int          // of the last try, 0 if no answer came
}

// Destiny is the word for what became of an event.
type Destiny string

// The words. All but the last two are states of a delivery.
const (
	WasDelivered    Destiny = "delivered"
	IsWaiting       Destiny = "waiting"
	IsHeld          Destiny = "held"
	HasFailed       Destiny = "failed"
	WasDiscarded    Destiny = "discarded"
	NotSubscribed   Destiny = "not_subscribed" // the webhook did not want it
	NoLongerOnBooks Destiny = "not_kept"       // it wanted it, and the delivery is no longer kept
)

// Cause is the reason for a destiny.
type Cause string

// The causes, by destiny.
const (
	FirstTry        Cause = "first_try"        // waiting
	NextTry         Cause = "retry"            // waiting: a try has failed
	SwitchedOff     Cause = "switched_off"     // held: by a person
	DisabledByRule  Cause = "disabled"         // held: by a rule
	UsedUp          Cause = "given_up"         // failed: no try is left
	WasGone         Cause = "gone"             // failed: answered 410
	ByPerson        Cause = "by_person"        // discarded
	WebhookDeleted  Cause = "webhook_deleted"  // discarded
	RetentionEnded  Cause = "retention"        // discarded: it was held for too long
	OtherTypes      Cause = "type"             // not subscribed: the webhook wants other types
	AddedLater      Cause = "added_later"      // not subscribed: the webhook is younger than the event
	SubscribedLater Cause = "subscribed_later" // not subscribed: its types were chosen after the event
)

// fatesMost bounds the webhooks of one answer.
const fatesMost = 500

// fatesSQL reads an organization's webhooks with their deliveries of one event,
// those with a delivery first; of deleted ones those alone.
const fatesSQL = `SELECT w.num, w.id, w.url, w.description, w.events, w.state, w.state_reason, w.state_at, w.created_at, w.deleted_at, w.hold_before, w.changes,
		COALESCE(d.state, -1), COALESCE(d.attempts, 0), COALESCE(d.next_at, 0), COALESCE(d.updated_at, 0), COALESCE(d.last_class, ''), COALESCE(d.last_status, 0)
	FROM webhooks w LEFT JOIN deliveries d ON d.organization_id = $1 AND d.event_id = $2 AND d.webhook_num = w.num
	WHERE w.organization_id = $1 AND (w.deleted_at = 0 OR d.state IS NOT NULL)
	ORDER BY CASE WHEN d.state IS NULL THEN 1 ELSE 0 END, w.num LIMIT $3`

// Fates tells what became of an event at every webhook of the actor's
// organization; more says that it has more of them than are told of. It takes
// three queries, however many webhooks there are.
func (s *Service) Fates(ctx context.Context, actor rbac.Actor, e *event.Event) (fates []Fate, more bool, err error) {
	rows, err := db.All(ctx, s.db, scanFateRow, fatesSQL, actor.OrganizationID, int64(e.Key), fatesMost+1)
	if err != nil {
		return nil, false, fmt.Errorf("read what became of an event: %w", err)
	}
	if len(rows) > fatesMost {
		rows, more = rows[:fatesMost], true
	}
	fates = make([]Fate, len(rows))
	for i := range rows {
		fates[i] = rows[i].fate(e)
	}
	if err := s.blame(ctx, actor, fates); err != nil {
		return nil, false, err
	}
	return fates, more, nil
}

// fateRow is a webhook with its delivery of the event, if it has one.
type fateRow struct {
	num                    int64
	id, url, description   string
	events                 []string
	state                  webhook.State
	reason                 string
	stateAt, created, gone time.Time
	chosen                 time.Time // when its events were last changed; zero if they never were, as far as is known
	holdBefore             id.Key
	delivery               State // -1 for none
	attempts               int
	next, updated          time.Time
	lastClass              egress.Class
	lastStatus             int
}

func scanFateRow(sc db.Scanner) (r fateRow, err error) {
	var events, changes string
	var stateAt, created, gone, next, updated int64
	if err := sc.Scan(&r.num, &r.id, &r.url, &r.description, &events, &r.state, &r.reason, &stateAt, &created, &gone, &r.holdBefore, &changes,
		&r.delivery, &r.attempts, &next, &updated, &r.lastClass, &r.lastStatus); err != nil {
		return r, err
	}
	r.stateAt, r.created, r.gone, r.next, r.updated = db.Time(stateAt), db.Time(created), db.Time(gone), db.Time(next), db.Time(updated)
	var versions []struct {
		At     time.Time `json:"at"`
		Fields []string  `json:"fields"`
	}
	if err := json.Unmarshal([]byte(events), &r.events); err != nil {
		return r, fmt.Errorf("read the events of webhook %s: %w", r.id, err)
	}
	if err := json.Unmarshal([]byte(changes), &versions); err != nil {
		return r, fmt.Errorf("read the changes of webhook %s: %w", r.id, err)
	}
	for _, v := range versions {
		if slices.Contains(v.Fields, "events") {
			r.chosen = v.At
		}
	}
	return r, nil
}

// fate says what the rows tell; who did it is in the audit log.
func (r *fateRow) fate(e *event.Event) Fate {
	f := Fate{WebhookNum: r.num, WebhookID: r.id, WebhookURL: r.url, Description: r.description, Deleted: !r.gone.IsZero()}
	if r.delivery < 0 {
		f.State, f.Cause = r.absent(e)
		return f
	}
	f.DeliveryID = id.Pair(Prefix, e.Key, r.num)
	f.Attempts, f.LastClass, f.LastStatus, f.Since = r.attempts, r.lastClass, r.lastStatus, r.updated
	if created := e.Key.Time(); f.Since.Before(created) { // an event's key is drawn a moment after its transaction has read the clock
		f.Since = created
	}
	switch r.delivery {
	case Delivered:
		f.State = WasDelivered
	case Failed:
		f.State, f.Cause = HasFailed, UsedUp
		if r.lastStatus == 410 {
			f.Cause = WasGone
		}
	case Discarded:
		f.State = WasDiscarded
	case Held:
		f.State = IsHeld
	case Pending:
		r.pending(e, &f)
	}
	if f.State == IsHeld && f.Cause == "" {
		f.Cause = SwitchedOff
		if r.state == webhook.Disabled {
			f.Cause, f.Rule = DisabledByRule, r.reason
		}
	}
	return f
}

// pending tells of a row that waits to be sent, or, for a moment after its
// webhook was switched off or deleted, to be held or discarded.
func (r *fateRow) pending(e *event.Event, f *Fate) {
	switch {
	case f.Deleted:
		f.State, f.Cause, f.Since = WasDiscarded, WebhookDeleted, r.gone
	case r.state != webhook.Active:
		f.State, f.Since = IsHeld, r.stateAt
	case e.Key < r.holdBefore:
		f.State = IsHeld
	default:
		f.State, f.Cause, f.Until = IsWaiting, FirstTry, r.next
		if r.attempts > 0 {
			f.Cause = NextTry
		}
	}
}

// absent says why there is no delivery.
func (r *fateRow) absent(e *event.Event) (Destiny, Cause) {
	switch {
	case r.created.After(e.AcceptedAt):
		return NotSubscribed, AddedLater
	case !slices.Contains(r.events, e.Type):
		return NotSubscribed, OtherTypes
	case r.chosen.After(e.AcceptedAt):
		return NotSubscribed, SubscribedLater
	}
	return NoLongerOnBooks, ""
}

// Who is asked for: what holds deliveries, and what discards them.
var (
	holding    = []string{audit.WebhookSwitchedOff, audit.WebhookDisabled, audit.WebhookCreated}
	discarding = []string{audit.DeliveryHeldDiscarded, audit.DeliveryHeldExpired, audit.WebhookDeleted}
)

// clocksApart is how much later than its effect an entry may say that it was:
// a delivery's times are read when its transaction begins.
const clocksApart = 5 * time.Second

// blame adds who or what held and discarded, by the audit log. The API key sees
// nothing of that log, and so no names.
func (s *Service) blame(ctx context.Context, actor rbac.Actor, fates []Fate) error {
	for state, actions := range map[Destiny][]string{IsHeld: holding, WasDiscarded: discarding} {
		var of []*Fate
		var asks []audit.Ask
		for i := range fates {
			if f := &fates[i]; f.State == state {
				of = append(of, f)
				asks = append(asks, audit.Ask{Target: f.WebhookID, Until: f.Since.Add(clocksApart)})
			}
		}
		entries, err := s.audit.Last(ctx, actor.OrganizationID, actions, asks)
		if err != nil {
			return err
		}
		for i, f := range of {
			f.blame(&entries[i], actor.Can(rbac.AuditReadOwn))
		}
	}
	return nil
}

func (f *Fate) blame(e *audit.Record, names bool) {
	switch e.Action {
	case audit.WebhookSwitchedOff, audit.WebhookCreated: // one can be saved switched off
		f.Cause, f.Rule = SwitchedOff, ""
	case audit.WebhookDisabled:
		f.Cause, f.Rule = DisabledByRule, e.Reason
		return
	case audit.DeliveryHeldDiscarded:
		f.Cause = ByPerson
	case audit.DeliveryHeldExpired:
		f.Cause = RetentionEnded
		return
	case audit.WebhookDeleted:
		f.Cause = WebhookDeleted
	default:
		return
	}
	switch {
	case !names:
	case e.ActorEmail != "":
		f.By = e.ActorEmail
	case e.ActorRole == rbac.Machine:
		f.By = "the API key"
	}
}
