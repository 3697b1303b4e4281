package webhook

import "time"

// The rule that disables a webhook by itself.
const (
	disableAfter    = 5 * 24 * time.Hour // without a success since the first failure
	disableFailures = 10                 // and at least so many tries
	firstWarning    = 1 * 24 * time.Hour
	secondWarning   = 3 * 24 * time.Hour

	successEvery = time.Minute // a healthy webhook's last success is written no more often
)

// Why a rule disabled a webhook: Webhook.StateReason.
const (
	ReasonGone    = "gone"         // it answered 410 Gone
	ReasonFailing = "failing_long" // no try succeeded for five days
)

// Outcome is what a webhook's tries came to since the last report.
type Outcome struct {
	Num       int64
	SuccessAt time.Time // the last success; zero if none
	FailureAt time.Time // the first failure after that success; zero if none
	Failures  int64     // the failures after that success
	Gone      bool      // a try after that success was answered 410 Gone
}

// record is the part of a webhook that the rule reads and writes.
type record struct {
	state        State
	firstFailure time.Time
	failures     int64
	lastSuccess  time.Time
	warned       int
	badCheck     time.Time // of the last check, if that failed
}

// decision is what the rule says: the new record, whether it is worth a write,
// and what to do about it.
type decision struct {
	record  record
	write   bool
	disable string // the reason, or ""
	warn    bool   // record.warned has grown
}

// decide is the rule. It is pure: old record, what happened, and the time.
// A success ends the streak of failures and outweighs a failed check; only an active webhook is warned
// about or disabled, since a late result of one that is off changes nothing.
func decide(r record, o Outcome, now time.Time) decision {
	d := decision{record: r}
	if !o.SuccessAt.IsZero() {
		d.succeed(o.SuccessAt)
	}
	if o.Failures > 0 {
		d.fail(o)
	}
	if d.record.state != Active || o.Failures == 0 {
		return d
	}
	failing := now.Sub(d.record.firstFailure)
	switch {
	case o.Gone:
		d.disable = ReasonGone
	case failing >= disableAfter && d.record.failures >= disableFailures:
		d.disable = ReasonFailing
	case failing >= secondWarning && d.record.warned < 2:
		d.record.warned, d.warn = 2, true
	case failing >= firstWarning && d.record.warned < 1:
		d.record.warned, d.warn = 1, true
	}
	if d.disable != "" {
		d.record.state = Disabled
	}
	return d
}

func (d *decision) succeed(at time.Time) {
	r := &d.record
	better := r.badCheck.After(r.lastSuccess) && !at.Before(r.badCheck)
	if r.failures > 0 || better || at.Sub(r.lastSuccess) >= successEvery {
		d.write = true
	}
	r.firstFailure, r.failures, r.warned = time.Time{}, 0, 0
	if d.write && at.After(r.lastSuccess) {
		r.lastSuccess = at
	}
}

func (d *decision) fail(o Outcome) {
	r := &d.record
	if r.failures == 0 || r.firstFailure.IsZero() {
		r.firstFailure = o.FailureAt
	}
	r.failures += o.Failures
	d.write = true
}
