package webhook

import (
	"os"
	"regexp"
	"testing"
	"time"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	t0 := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := t0.Add
	const day = 24 * time.Hour
	failing := func(n int64, warned int) record {
		return record{state: Active, firstFailure: t0, failures: n, warned: warned}
	}
	tests := []struct {
		name string
		old  record
		o    Outcome
		now  time.Time
		want decision
	}{
		{
			"first success is written", record{state: Active}, Outcome{SuccessAt: t0}, t0,
			decision{record: record{state: Active, lastSuccess: t0}, write: true},
		},
		{
			"success within the minute is not", record{state: Active, lastSuccess: t0}, Outcome{SuccessAt: at(59 * time.Second)}, at(59 * time.Second),
			decision{record: record{state: Active, lastSuccess: t0}},
		},
		{
			"success after a minute is", record{state: Active, lastSuccess: t0}, Outcome{SuccessAt: at(time.Minute)}, at(time.Minute),
			decision{record: record{state: Active, lastSuccess: at(time.Minute)}, write: true},
		},
		{
			"success after a failed check is", record{state: Active, lastSuccess: t0, badCheck: at(time.Second)}, Outcome{SuccessAt: at(2 * time.Second)}, at(2 * time.Second),
			decision{record: record{state: Active, lastSuccess: at(2 * time.Second), badCheck: at(time.Second)}, write: true},
		},
		{
			"nothing happened", failing(3, 0), Outcome{}, at(9 * day),
			decision{record: failing(3, 0)},
		},
		{
			"success ends a streak at once", record{state: Active, firstFailure: t0, failures: 9, warned: 2, lastSuccess: at(-time.Second)},
			Outcome{SuccessAt: at(time.Second)}, at(time.Second),
			decision{record: record{state: Active, lastSuccess: at(time.Second)}, write: true},
		},
		{
			"failure starts a streak", record{state: Active}, Outcome{FailureAt: t0, Failures: 2}, t0,
			decision{record: failing(2, 0), write: true},
		},
		{
			"failure after a success in one batch starts a new streak", record{state: Active, firstFailure: at(-9 * day), failures: 40, warned: 2},
			Outcome{SuccessAt: at(-time.Second), FailureAt: t0, Failures: 1}, t0,
			decision{record: record{state: Active, firstFailure: t0, failures: 1, lastSuccess: at(-time.Second)}, write: true},
		},
		{
			"no warning before a day", failing(5, 0), Outcome{FailureAt: at(day - 1), Failures: 1}, at(day - 1),
			decision{record: failing(6, 0), write: true},
		},
		{
			"warning at a day", failing(5, 0), Outcome{FailureAt: at(day), Failures: 1}, at(day),
			decision{record: failing(6, 1), write: true, warn: true},
		},
		{
			"one warning a day", failing(6, 1), Outcome{FailureAt: at(2 * day), Failures: 1}, at(2 * day),
			decision{record: failing(7, 1), write: true},
		},
		{
			"warning at three days, the first one missed", failing(6, 0), Outcome{FailureAt: at(3 * day), Failures: 1}, at(3 * day),
			decision{record: failing(7, 2), write: true, warn: true},
		},
		{
			"no third warning", failing(6, 2), Outcome{FailureAt: at(4 * day), Failures: 1}, at(4 * day),
			decision{record: failing(7, 2), write: true},
		},
		{
			"five days, nine tries", failing(8, 2), Outcome{FailureAt: at(5 * day), Failures: 1}, at(5 * day),
			decision{record: failing(9, 2), write: true},
		},
		{
			"five days less a moment, ten tries", failing(9, 2), Outcome{FailureAt: at(5*day - 1), Failures: 1}, at(5*day - 1),
			decision{record: failing(10, 2), write: true},
		},
		{
			"five days, ten tries", failing(9, 2), Outcome{FailureAt: at(5 * day), Failures: 1}, at(5 * day),
			decision{record: record{state: Disabled, firstFailure: t0, failures: 10, warned: 2}, write: true, disable: ReasonFailing},
		},
		{
			"gone at once", record{state: Active, lastSuccess: t0}, Outcome{FailureAt: t0, Failures: 1, Gone: true}, t0,
			decision{record: record{state: Disabled, firstFailure: t0, failures: 1, lastSuccess: t0}, write: true, disable: ReasonGone},
		},
		{
			"off is not disabled by a late 410", record{state: Off}, Outcome{FailureAt: t0, Failures: 1, Gone: true}, t0,
			decision{record: record{state: Off, firstFailure: t0, failures: 1}, write: true},
		},
		{
			"disabled is not disabled again", record{state: Disabled, firstFailure: t0, failures: 10, warned: 2}, Outcome{FailureAt: at(9 * day), Failures: 1}, at(9 * day),
			decision{record: record{state: Disabled, firstFailure: t0, failures: 11, warned: 2}, write: true},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := decide(tt.old, tt.o, tt.now); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	if to, ok := Next(Off, Rule); ok || to != Off {
		t.Errorf("a rule moved off to %s", to)
	}
	if to, ok := Next(Disabled, SwitchOn); !ok || to != Active {
		t.Errorf("switching on left disabled at %s", to)
	}
	seen := map[Step]bool{}
	for _, s := range Steps {
		key := Step{From: s.From, Change: s.Change}
		if seen[key] || s.From == s.To {
			t.Errorf("%+v is ambiguous or goes nowhere", s)
		}
		seen[key] = true
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	now := time.Now()
	bad := &Checked{At: now}
	for name, tt := range map[string]struct {
		w    Webhook
		want Status
	}{
		"new":                     {Webhook{State: Active}, StatusActive},
		"one failure":             {Webhook{State: Active, Health: Health{Failures: 1}}, StatusActive},
		"two failures":            {Webhook{State: Active, Health: Health{Failures: 2}}, StatusFailing},
		"failed check":            {Webhook{State: Active, Health: Health{Verdict: bad}}, StatusFailing},
		"success after the check": {Webhook{State: Active, Health: Health{Verdict: bad, LastSuccess: now.Add(1)}}, StatusActive},
		"off and failing":         {Webhook{State: Off, Health: Health{Failures: 9}}, StatusOff},
		"disabled":                {Webhook{State: Disabled}, StatusDisabled},
	} {
		if got := tt.w.Status(); got != tt.want {
			t.Errorf("%s: %s, not %s", name, got, tt.want)
		}
	}
}

// The diagram in docs/webhooks.md has the lines of the table, no more and no
// less.
func TestDiagram(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[Step]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\s+(\w+) --> (\w+): (\w+)$`).FindAllStringSubmatch(string(page), -1) {
		drawn[Step{From: State(m[1]), Change: Change(m[3]), To: State(m[2])}] = true
	}
	for _, s := range Steps {
		if !drawn[s] {
			t.Errorf("%+v is not in the diagram", s)
		}
	}
	if len(drawn) != len(Steps) {
		t.Errorf("%d lines drawn, %d in the table", len(drawn), len(Steps))
	}
}
