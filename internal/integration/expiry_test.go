package integration

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/health"
	"patchboard/internal/record"
)

// checked makes the check of the background.
func (w *world) checked() *Detail {
	w.t.Helper()
	w.checkDue(w.t.Context(), key{"org_a", "linkedin"}, Scheduled)
	return w.detail("linkedin")
}

func paced(c *Config) { c.Unpaced = false }

// A token of 60 days reminds of its end 10 and 2 days before, once each, and asks to
// be connected again after it. Connecting again ends all that.
func TestAccessThatEnds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("linkedin", "")
		at := func(days int, status health.Status, class health.Class, word Word, reminders ...string) {
			t.Helper()
			ends := w.row("linkedin").expires
			w.sandbox.Pass(ends.AddDate(0, 0, -days).Sub(w.sandbox.Now()))
			for range 3 {
				c := w.checked()
				if h := c.Connection.Health; h.Status != status || h.Class != class || c.Connection.Word() != word || h.Dead {
					t.Errorf("%d days before: %+v, %s", days, h, c.Connection.Word())
				}
				w.sandbox.Pass(5 * time.Minute)
			}
			if got := seen(w, &w.reminded); !slices.Equal(got, reminders) {
				t.Errorf("%d days before: %v", days, got)
			}
		}
		at(11, health.Healthy, health.None, WordConnected)
		at(10, health.Degraded, health.TokenExpiring, WordConnected, "linkedin 10")
		if a := w.detail("linkedin").Attention; a == nil || a.Action != ActReconnect || len(a.Affects) != 0 || !strings.Contains(a.Title, "soon") {
			t.Errorf("%+v", a)
		}
		at(3, health.Degraded, health.TokenExpiring, WordConnected, "linkedin 10")
		at(2, health.Degraded, health.TokenExpiring, WordConnected, "linkedin 10", "linkedin 2")
		if len(seen(w, &w.broken)) != 0 {
			t.Error("it is called broken while it works")
		}
		at(0, health.Reauthorize, health.TokenExpired, WordReconnect, "linkedin 10", "linkedin 2")
		if got := seen(w, &w.broken); len(got) != 1 || !got[0].Final || len(got[0].Guidance.Steps) == 0 {
			t.Errorf("%+v", got)
		}
		w.sandbox.Pass(time.Hour)
		w.connected("linkedin", "")
		w.until("it is well", func() bool { return w.detail("linkedin").Connection.Health.Status == health.Healthy })
		w.until("it is told of", func() bool { return len(seen(w, &w.restored)) == 1 })
		if n := w.row("linkedin").reminded; n != 0 {
			t.Errorf("reminded of %d days", n)
		}
	})
}

// LinkedIn is asked once an hour; the checks in between go by what that call found,
// and what a person asks for is asked at once.
func TestCallsOnceAnHour(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.Service = w.node(paced)
		w.connected("linkedin", "")
		called := w.row("linkedin").called
		w.trouble("linkedin", "outage")
		for range 11 {
			w.sandbox.Pass(5 * time.Minute)
			if c := w.checked(); c.Connection.Health.Status != health.Healthy || !c.Called.Equal(called) || !c.Connection.Checked.Equal(db.Time(db.Micros(w.sandbox.Now()))) {
				t.Fatalf("%+v, called %s", c.Connection.Health, c.Called)
			}
		}
		w.sandbox.Pass(5 * time.Minute)
		if c := w.checked(); c.Connection.Health.Class != health.ProviderDown || c.Connection.Health.Failures != 1 {
			t.Errorf("after an hour: %+v", c.Connection.Health)
		}
		for range 2 { // not three failures of one call
			w.sandbox.Pass(5 * time.Minute)
			if c := w.checked(); c.Connection.Health.Failures != 1 || c.Connection.Health.Status != health.Degraded {
				t.Errorf("%+v", c.Connection.Health)
			}
		}
		w.trouble("linkedin", "")
		w.sandbox.Pass(5 * time.Minute)
		if c := w.checked(); c.Connection.Health.Status != health.Healthy {
			t.Errorf("what may have passed is not looked at again: %+v", c.Connection.Health)
		}
		w.trouble("linkedin", "outage")
		w.sandbox.Pass(time.Minute)
		c, err := w.Check(t.Context(), util, "linkedin")
		w.must(err)
		if c.Failure == nil {
			t.Error("a person is told what an older call found")
		}
	})
}

// The snapshot is read once a day; who is gone is marked and stays, and the same people
// by file and by snapshot are the same records.
func TestSnapshotOfConnections(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		file := []byte(w.sandbox.Read("/linkedin/export/zip"))
		_, err := w.Import(t.Context(), util, "linkedin", ImportOrder{Data: file})
		w.must(err)
		raised := len(seen(w, &w.raised))
		w.connected("linkedin", `{"mode":"portability"}`)
		c := w.detail("linkedin")
		if c.Records.Contacts != 120 || !c.Reads || c.Connection.Every != 24*time.Hour || c.Last == nil || c.Last.Same != 120 {
			t.Fatalf("%+v, last %+v", c.Records, c.Last)
		}
		if n := len(seen(w, &w.raised)); n != raised {
			t.Errorf("%d events of what was known", n-raised)
		}
		w.sandbox.Press("/linkedin/part", nil)
		w.sandbox.Press("/linkedin/meet", nil)
		w.sandbox.Press("/linkedin/promote", nil)
		w.sandbox.Press("/linkedin/part", nil)
		w.sandbox.Pass(25 * time.Hour)
		run := w.resync("linkedin", Order{})
		if run.Changed != 2 || run.Removed != 0 {
			t.Errorf("%+v", run)
		}
		page, err := w.Records.List(t.Context(), sys, record.KindContact, record.Filter{Source: "linkedin", Text: "no longer a connection", Limit: 10})
		w.must(err)
		if len(page.Items) != 1 || page.Items[0].Sources[0].Connected.Date == "" {
			t.Errorf("%d are marked", len(page.Items))
		}
		page, err = w.Records.List(t.Context(), sys, record.KindContact, record.Filter{Source: "linkedin", Limit: 1})
		w.must(err)
		if s := page.Items[0].Sources[0]; s.Connected == nil || s.Connected.Date == "" { // who came with the snapshot
			t.Errorf("%+v", s)
		}
		w.trouble("linkedin", "")
		w.sandbox.Press("/linkedin/expire", url.Values{})
		if c := w.checked(); c.Connection.Word() != WordReconnect || c.Connection.Health.Class != health.TokenExpired {
			t.Errorf("%s %+v", c.Connection.Word(), c.Connection.Health)
		}
	})
}

// A snapshot that is not there yet is no failure, and no first load: what comes later
// raises no events.
func TestSnapshotNotReady(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.sandbox.Press("/linkedin/ready", nil)
		if a := w.connect("linkedin", `{"mode":"portability"}`); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		w.until("it was looked for", func() bool {
			c := w.detail("linkedin")
			return !c.Syncing && c.Last != nil && !c.Connection.Checked.IsZero()
		})
		c := w.detail("linkedin")
		if wait := c.Connection.SyncDue.Sub(w.sandbox.Now()); c.Last.State != Partial || !c.Connection.LastSync.IsZero() || wait <= 0 || wait > 5*time.Minute || c.Connection.Health.Status != health.Healthy {
			t.Errorf("due in %s, %+v", wait, c.Last)
		}
		w.sandbox.Press("/linkedin/ready", nil)
		w.sandbox.Pass(6 * time.Minute)
		w.resync("linkedin", Order{})
		if n := len(seen(w, &w.raised)); n != 0 || w.detail("linkedin").Records.Contacts != 120 {
			t.Errorf("%d events, %+v", n, w.detail("linkedin").Records)
		}
	})
}
