package integration

import (
	"errors"
	"slices"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/health"
)

// Each trouble is found in the step where it lies, named, told of once, and over when
// it is mended.
func TestTroublesAndSteps(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		check := func() *Checked {
			t.Helper()
			w.sandbox.Pass(2 * time.Minute)
			c, err := w.Check(t.Context(), util, "gmail")
			w.must(err)
			return c
		}
		steps := func(c *Checked) (all []string) {
			for _, s := range c.Steps {
				all = append(all, s.Name+" "+string(s.State))
			}
			return all
		}
		good := []string{"dns ok", "tls ok", "token ok", "scope ok", "call ok"}
		if c := check(); c.Failure != nil || !slices.Equal(steps(c), good) {
			t.Errorf("%+v %v", c.Failure, steps(c))
		}
		for _, one := range []struct {
			trouble string
			class   health.Class
			step    int // that fails
			word    Word
		}{
			{"dns", health.NetworkDNS, 0, WordConnected},
			{"tls", health.TLS, 1, WordConnected},
			{"outage", health.ProviderDown, 4, WordConnected},
			{"rate-limit", health.RateLimited, 4, WordConnected},
			{"html", health.Unknown, 4, WordConnected},
		} {
			w.trouble("google", one.trouble)
			c := check()
			if c.Failure == nil || c.Failure.Class != one.class || c.Connection.Word() != one.word || c.Connection.Health.Status != health.Degraded {
				t.Errorf("%s: %+v, %s, %s", one.trouble, c.Failure, c.Connection.Word(), c.Connection.Health.Status)
			}
			for i, s := range c.Steps {
				want := StepOK
				if i == one.step {
					want = StepFailed
				} else if i > one.step {
					want = StepSkipped
				}
				if s.State != want || want == StepFailed && s.Detail == "" {
					t.Errorf("%s: %+v", one.trouble, s)
				}
			}
			w.trouble("google", "")
			if c := check(); c.Failure != nil || c.Connection.Health.Status != health.Healthy {
				t.Errorf("%s is mended: %+v", one.trouble, c.Failure)
			}
		}
		if b := seen(w, &w.broken); len(b) != 0 {
			t.Errorf("told of what passed: %v", b)
		}
		// One that stays is an error from the third check on, and told of once.
		w.trouble("google", "outage")
		for range 5 {
			check()
		}
		got := w.detail("gmail")
		if got.Connection.Word() != WordError || got.Attention == nil || got.Attention.Action != ActWait || len(got.Attention.Affects) == 0 || got.Attention.Guidance.Link == "" {
			t.Errorf("%+v", got.Attention)
		}
		w.trouble("google", "")
		check()
		if b, r := seen(w, &w.broken), seen(w, &w.restored); len(b) != 1 || b[0].Class != health.ProviderDown || b[0].Guidance.Cause == "" || len(r) != 1 {
			t.Errorf("told: %+v, %v", b, r)
		}
		// Revoked: a person has to connect it again; nothing is read meanwhile.
		w.press("revoke", nil)
		w.press("expire", nil)
		check()
		if c := check(); c.Failure == nil || c.Connection.Word() != WordReconnect {
			t.Errorf("revoked: %+v", c)
		}
		if _, err := w.Sync(t.Context(), sys, "gmail", Order{}); err == nil {
			t.Error("it is read without a grant")
		}
		if a := w.connect("gmail", ""); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		w.until("it is well again", func() bool { return w.detail("gmail").Connection.Health.Status == health.Healthy })
		w.until("both are told of", func() bool { return len(seen(w, &w.broken)) == 2 && len(seen(w, &w.restored)) == 2 })
		if got := w.actions(); !slices.Contains(got, "reauthorize_needed failed") || !slices.Contains(got, "checked failed") || !slices.Contains(got, "checked ok") {
			t.Errorf("audited: %v", got)
		}
		tracked := seen(w, &w.tracked)
		if !slices.Contains(tracked, `usr_util integration_health_checked {"health_status":"healthy","integration_name":"Gmail"}`) ||
			!slices.Contains(tracked, `usr_util integration_health_checked {"health_status":"reauthorize","integration_name":"Gmail"}`) {
			t.Errorf("tracked: %v", tracked)
		}
	})
}

// Checks come by themselves, every 5 minutes, one owner a check on several nodes, and
// a burst of failures does not kill a connection: days of them do.
func TestScheduleAndDays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("slack", "")
		two := w.node()
		checks := func() int {
			t.Helper()
			h, err := w.History(t.Context(), sys, "slack", w.sandbox.Now().Add(-keepHistory), "", pageMost)
			w.must(err)
			return len(h.Items)
		}
		due := func() {
			t.Helper()
			before := checks()
			w.sandbox.Pass(6 * time.Minute)
			for _, s := range []*Service{w.Service, two, w.Service} {
				w.must(s.RunDue(t.Context()))
			}
			w.until("it is checked", func() bool { return checks() > before })
			if n := checks() - before; n != 1 {
				t.Fatalf("%d checks of one due time", n)
			}
		}
		w.must(w.RunDue(t.Context()))
		for range 3 {
			due()
		}
		w.trouble("slack", "outage")
		for range 20 { // an hour and a half
			due()
		}
		h := w.row("slack").Health
		if h.Status != health.Failing || h.Dead || len(seen(w, &w.broken)) != 1 {
			t.Errorf("after an hour and a half: %+v", h)
		}
		w.sandbox.Pass(health.DeadAfter)
		due()
		r := w.row("slack")
		if !r.Health.Dead || r.CheckDue.Sub(w.sandbox.Now()) < 12*time.Hour {
			t.Errorf("after days: %+v, due %v", r.Health, r.CheckDue)
		}
		w.until("it is told of as dead", func() bool { return len(seen(w, &w.broken)) == 2 })
		w.trouble("slack", "")
		if c, err := w.Check(t.Context(), sys, "slack"); err != nil || c.Failure != nil || c.Connection.Health.Dead {
			t.Errorf("a person has it tried: %+v (%v)", c, err)
		}
		history, err := w.History(t.Context(), sys, "slack", w.sandbox.Now().Add(-6*24*time.Hour), "", 10)
		w.must(err)
		var n, failed int64
		for _, s := range history.Strip {
			n += s.Checks
			failed += s.Failed
		}
		if len(history.Strip) != slots || n != int64(checks()) || failed != 21 || len(history.Items) != 10 || history.Next == "" {
			t.Errorf("%d parts, %d checks, %d failed, %d on a page, %q", len(history.Strip), n, failed, len(history.Items), history.Next)
		}
		if other, err := w.History(t.Context(), other, "slack", time.Time{}, "", 10); err != nil || len(other.Items) != 0 {
			t.Errorf("another organization's: %+v (%v)", other, err)
		}
		// Retention.
		w.sandbox.Pass(keepHistory + time.Second)
		for {
			gone, err := w.Retain(t.Context(), 7)
			w.must(err)
			if gone == 0 {
				break
			}
		}
		if n := checks(); n != 0 {
			t.Errorf("%d checks are kept", n)
		}
	})
}

// A clock that was put back, or is ahead on one node, neither stops the checks nor
// hides what they find.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		ahead := w.node(func(c *Config) { c.Clock = func() time.Time { return w.sandbox.Now().Add(3 * time.Minute) } })
		w.trouble("google", "outage")
		if c, err := w.Check(t.Context(), sys, "gmail"); err != nil || c.Failure == nil {
			t.Fatalf("%+v (%v)", c, err)
		}
		w.trouble("google", "")
		if c, err := ahead.Check(t.Context(), sys, "gmail"); err != nil || c.Connection.Health.Status != health.Healthy {
			t.Errorf("%+v (%v)", c, err)
		}
		w.trouble("google", "outage")
		c, err := w.Check(t.Context(), sys, "gmail") // by its clock before the good one
		w.must(err)
		if c.Connection.Health.Status != health.Degraded {
			t.Errorf("a clock that was ahead hides what is found after it: %s", c.Connection.Health.Status)
		}
		w.trouble("google", "")
		// Both go on to check and to read; leases are of the database's clock.
		w.sandbox.Pass(10 * time.Minute)
		before := w.row("gmail").LastSync
		w.until("it is read", func() bool { // a claim passes over a row that a check holds, until the next
			w.must(ahead.RunDue(t.Context()))
			w.must(w.RunDue(t.Context()))
			return w.row("gmail").LastSync.After(before)
		})
	})
}

func TestChecksOfNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, slug := range []string{"gmail", "slack"} {
			if _, err := w.Check(t.Context(), sys, slug); !errors.Is(err, errOff) {
				t.Errorf("%s: %v", slug, err)
			}
		}
		w.begin(sys, "gmail", "")
		if _, err := w.Check(t.Context(), sys, "gmail"); !errors.Is(err, errOff) {
			t.Errorf("while connecting: %v", err)
		}
		// A check whose connection ends meanwhile says nothing.
		w.connected("slack", "")
		granted := w.row("slack").ConnectedAt
		second(w.Disconnect(t.Context(), sys, "slack"))
		if _, err := w.Service.note(t.Context(), slackKey, found{granted: granted, why: Scheduled}, nil); !errors.Is(err, errOff) {
			t.Errorf("%v", err)
		}
		// Neither does one of a grant that was replaced by another.
		w.sandbox.Pass(time.Minute)
		w.connected("slack", "")
		no := &connector.Failure{Class: health.TokenRevoked}
		if _, err := w.Service.note(t.Context(), slackKey, found{granted: granted, why: Scheduled, failure: no}, nil); !errors.Is(err, errOff) {
			t.Errorf("%v", err)
		}
		if n := w.detail("slack").Connection; n.Health.Status != health.Healthy {
			t.Errorf("%+v", n.Health)
		}
	})
}

// A permission that the settings need is missed by every check, whoever asks for it.
func TestOneVerdict(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		w.must(w.Update(t.Context(), sys, "gmail", Patch{Settings: []byte(`{"bodies":true,"days":90,"labels":[]}`)}))
		w.sandbox.Pass(6 * time.Minute)
		w.must(w.RunDue(t.Context()))
		w.until("it is found", func() bool { return w.detail("gmail").Connection.Word() == WordReconnect })
		w.sandbox.Pass(6 * time.Minute)
		c, err := w.Check(t.Context(), sys, "gmail")
		if err != nil || c.Failure == nil || c.Failure.Class != health.ScopeMissing {
			t.Errorf("%+v (%v)", c, err)
		}
		w.sandbox.Pass(6 * time.Minute)
		w.must(w.RunDue(t.Context()))
		w.until("no check goes on", func() bool { return w.checking.Load() == 0 })
		if r := seen(w, &w.restored); len(r) != 0 || w.detail("gmail").Connection.Word() != WordReconnect {
			t.Errorf("it is called well: %v", r)
		}
	})
}

// What only reading meets is a failure of the connection too, until it reads again.
func TestFailureOfReadingCounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		r := w.row("gmail")
		j := &work{key: gmailKey, owner: "own/x", mine: true, run: Run{Key: w.Keys.Next(), Why: Manual, State: Running, Started: w.clock()}}
		w.must(d.Write(t.Context(), func(tx *db.Tx) error {
			r.syncOwner, r.syncUntil = j.owner, w.clock().Add(time.Minute)
			return errors.Join(insertRun(t.Context(), tx, gmailKey, &j.run), r.saveState(t.Context(), tx))
		}))
		w.sandbox.Pass(6 * time.Minute)
		w.fail(t.Context(), j, &connector.Failure{Class: health.QuotaExhausted, Code: "dailyLimitExceeded", RetryAfter: 9 * time.Hour})
		got := w.detail("gmail")
		if got.Connection.Health.Class != health.QuotaExhausted || got.Attention == nil || len(seen(w, &w.broken)) != 1 || got.Connection.SyncDue.Sub(w.clock()) < 8*time.Hour {
			t.Errorf("%+v %+v %v %v", got.Connection.Health, got.Attention != nil, len(seen(w, &w.broken)), got.Connection.SyncDue.Sub(w.clock()))
		}
		w.sandbox.Pass(6 * time.Minute)
		w.checkDue(t.Context(), gmailKey, Scheduled)
		if h := w.detail("gmail").Connection.Health; h.Class != health.QuotaExhausted || len(seen(w, &w.restored)) != 0 {
			t.Errorf("a cheap call has cleared it: %+v", h)
		}
		w.resync("gmail", Order{})
		w.sandbox.Pass(6 * time.Minute)
		w.checkDue(t.Context(), gmailKey, Scheduled)
		if h := w.detail("gmail").Connection.Health; h.Status != health.Healthy || len(seen(w, &w.restored)) != 1 {
			t.Errorf("it reads again: %+v", h)
		}
	})
}
