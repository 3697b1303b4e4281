package integration

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/health"
	"patchboard/internal/record"
)

var gmailKey = key{"org_a", "gmail"}

// resync has a connection read now, and waits for the end.
func (w *world) resync(slug string, o Order) *Run {
	w.t.Helper()
	w.sandbox.Pass(time.Second)
	before := w.row(slug).LastSync
	began, err := w.Sync(w.t.Context(), sys, slug, o)
	w.must(err)
	d := w.synced(slug, before)
	if d.Last == nil || d.Last.Key != began.Key {
		w.t.Fatalf("the last run is %+v, begun was %+v", d.Last, began)
	}
	return d.Last
}

func (w *world) emails() []*record.Record {
	w.t.Helper()
	page, err := w.Records.List(w.t.Context(), sys, record.KindEmail, record.Filter{Source: "gmail", Limit: 200})
	w.must(err)
	return page.Items
}

func TestSyncOfMail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.press("receive", map[string]string{"count": "250"})
		w.connected("gmail", "")
		n := len(w.emails())
		if r := w.resync("gmail", Order{}); r.First || r.Created+r.Changed+r.Removed != 0 || r.Why != Manual || r.Events != 0 {
			t.Errorf("nothing is new: %+v", r)
		}
		w.press("send", map[string]string{"subject": "Offer 1"})
		w.press("receive", map[string]string{"subject": "Answer", "count": "2"})
		r := w.resync("gmail", Order{})
		if r.Created != 3 || r.Events != 1 || r.First {
			t.Errorf("three are new: %+v", r)
		}
		if got := seen(w, &w.raised); !slices.Equal(got, []string{"email.sent"}) {
			t.Errorf("raised: %v", got)
		}
		mails := w.emails()
		i := slices.IndexFunc(mails, func(m *record.Record) bool {
			e, ok := m.Fields.(*record.Email)
			return ok && e.Subject == "Offer 1" && e.Sent && e.From == "ana@example.org"
		})
		if i < 0 || len(mails) != min(n+3, 200) {
			t.Fatalf("%d mails", len(mails))
		}
		w.press("remove", map[string]string{"id": mails[i].ExternalID})
		if r := w.resync("gmail", Order{}); r.Removed != 1 {
			t.Errorf("one is gone: %+v", r)
		}
		// The history is lost: all is read again, and only what was sent since is told of.
		w.press("forget", nil)
		w.sandbox.Pass(time.Minute)
		w.press("send", map[string]string{"subject": "Offer 2"})
		if r := w.resync("gmail", Order{}); !r.First || r.Created != 1 || r.Events != 1 || r.Same < 200 {
			t.Errorf("the history is lost: %+v", r)
		}
		if got := seen(w, &w.raised); len(got) != 2 {
			t.Errorf("raised: %v", got)
		}
		// Everything again, on demand.
		if r := w.resync("gmail", Order{Full: true, Events: true}); !r.First || r.Created != 0 || r.Events != 0 {
			t.Errorf("in full: %+v", r)
		}
		// On schedule.
		w.press("send", map[string]string{"subject": "Offer 3"})
		before := w.row("gmail").LastSync
		w.sandbox.Pass(6 * time.Minute)
		w.must(w.RunDue(t.Context()))
		if d := w.synced("gmail", before); d.Last.Why != Scheduled || d.Last.Created != 1 {
			t.Errorf("on schedule: %+v", d.Last)
		}
		page, err := w.Runs(t.Context(), sys, "gmail", "", 3)
		if err != nil || len(page.Items) != 3 || page.Next == "" {
			t.Errorf("%+v (%v)", page, err)
		}
		next, err := w.Runs(t.Context(), sys, "gmail", page.Next, 3)
		if err != nil || len(next.Items) != 3 || next.Items[0].Key >= page.Items[2].Key {
			t.Errorf("%+v (%v)", next, err)
		}
		if _, err := w.Runs(t.Context(), sys, "gmail", "run_nonsense", 3); !errors.Is(err, errCursor) {
			t.Errorf("%v", err)
		}
	})
}

func TestSyncOfMeetings(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.press("plan", map[string]string{"subject": "Kick-off"})
		w.connected("google-calendar", "")
		meetings := func() []*record.Record {
			t.Helper()
			page, err := w.Records.List(t.Context(), sys, record.KindMeeting, record.Filter{Source: "google-calendar", Limit: 200})
			w.must(err)
			return page.Items
		}
		all := meetings()
		i := slices.IndexFunc(all, func(m *record.Record) bool {
			f, ok := m.Fields.(*record.Meeting)
			return ok && f.Title == "Kick-off" && len(f.Attendees) > 0 && f.Status == record.Confirmed
		})
		if i < 0 {
			t.Fatalf("%d meetings", len(all))
		}
		_, eventID, _ := strings.Cut(all[i].ExternalID, "/")
		w.press("move", map[string]string{"id": eventID})
		if r := w.resync("google-calendar", Order{}); r.Changed != 1 {
			t.Errorf("moved: %+v", r)
		}
		w.press("cancel", map[string]string{"id": eventID})
		if r := w.resync("google-calendar", Order{}); r.Changed != 1 {
			t.Errorf("cancelled: %+v", r)
		}
		f, ok := meetings()[i].Fields.(*record.Meeting)
		if !ok || f.Status != record.Cancelled || f.Title != "Kick-off" {
			t.Errorf("%+v", f)
		}
		// One calendar that cannot be read says nothing of the connection.
		w.must(w.Update(t.Context(), sys, "google-calendar", Patch{Settings: []byte(`{"calendars":["primary","gone@example.org"]}`)}))
		r := w.resync("google-calendar", Order{})
		if r.State != Partial || !slices.Equal(r.Partial, []string{"gone@example.org"}) {
			t.Errorf("%+v", r)
		}
		if n := w.detail("google-calendar").Connection; n.Health.Status != health.Healthy {
			t.Errorf("%+v", n.Health)
		}
	})
}

// A run that is cut off goes on where it was: on the same node after a restart, or on
// another; nothing is read twice into the records, and nothing is left out.
func TestCutOffRunGoesOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.press("receive", map[string]string{"count": "450"})
		first := w.node()
		w.Service = first
		if a := w.connect("gmail", ""); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		w.until("a page is read", func() bool { r := w.detail("gmail").Running; return r != nil && r.Pages >= 1 })
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		w.must(first.Stop(ctx))
		r := w.row("gmail")
		if connector.Begins(r.cursor) || !r.LastSync.IsZero() {
			t.Fatalf("it was not cut off: %s", r.cursor)
		}
		w.Service = w.node()
		w.sandbox.Pass(time.Second)
		w.must(w.RunDue(t.Context()))
		got := w.synced("gmail", time.Time{})
		page, err := w.Runs(t.Context(), sys, "gmail", "", 10)
		w.must(err)
		if len(page.Items) != 2 || page.Items[1].State != Interrupted || page.Items[0].State != Succeeded || page.Items[0].Why != Resumed {
			t.Errorf("%+v %+v", page.Items[0], page.Items[1])
		}
		if a, b := page.Items[0], page.Items[1]; a.Created+b.Created != got.Records.Emails || got.Records.Emails < 450 || a.Created == 0 || b.Created == 0 {
			t.Errorf("%d and %d were made; there are %d", b.Created, a.Created, got.Records.Emails)
		}
	})
}

// On two nodes one run goes on at a time; one whose lease was lost stores nothing more.
func TestOneRunOverNodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		two := w.node()
		begin := func(s *Service) (j *work) {
			t.Helper()
			w.must(d.Write(t.Context(), func(tx *db.Tx) error {
				r, err := find(t.Context(), tx, gmailKey, tx.ForUpdate())
				if err != nil {
					return err
				}
				j, err = s.startRun(t.Context(), tx, r, Manual)
				return err
			}))
			return j
		}
		w.press("receive", map[string]string{"count": "3"})
		held := begin(w.Service)
		if other := begin(two); other.mine || other.run.Key != held.run.Key {
			t.Errorf("a second run: %+v", other)
		}
		if r, err := two.Sync(t.Context(), sys, "gmail", Order{}); err != nil || r.Key != held.run.Key {
			t.Errorf("on demand: %+v (%v)", r, err)
		}
		// The node with the lease stands still until another has taken over.
		w.must(d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE connections SET sync_until = 1 WHERE slug = 'gmail'")
			return err
		}))
		w.sandbox.Pass(time.Second)
		taken := begin(two)
		if !taken.mine || taken.run.Key == held.run.Key {
			t.Fatalf("%+v", taken)
		}
		if _, err := w.page(t.Context(), held); !errors.Is(err, errLost) {
			t.Errorf("the old owner reads on: %v", err)
		}
		if held, err := w.extend(t.Context(), held); err != nil || held {
			t.Errorf("the old owner keeps its lease: %v %v", held, err)
		}
		two.work(t.Context(), taken)
		if r := w.detail("gmail").Last; r.Key != taken.run.Key || r.State != Succeeded || r.Created != 3 {
			t.Errorf("%+v", r)
		}
	})
}

// Pausing, disconnecting and other settings end a run, whose page is not stored then.
func TestWhatEndsARun(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		off, on := false, true
		start := func() *work {
			t.Helper()
			var j *work
			w.must(d.Write(t.Context(), func(tx *db.Tx) error {
				r, err := find(t.Context(), tx, gmailKey, tx.ForUpdate())
				if err != nil {
					return err
				}
				j, err = w.startRun(t.Context(), tx, r, Manual)
				return err
			}))
			return j
		}
		ended := func(what string, j *work) {
			t.Helper()
			if _, err := w.page(t.Context(), j); !errors.Is(err, errLost) && !errors.Is(err, errOff) {
				t.Errorf("%s: it reads on: %v", what, err)
			}
		}
		j := start()
		w.must(w.Update(t.Context(), util, "gmail", Patch{Enabled: &off, Reason: "maintenance"}))
		ended("paused", j)
		got := w.detail("gmail")
		if n := got.Connection; n.Word() != WordPaused || n.StateBy != util.Email || n.StateReason != "maintenance" || got.Last.State != Interrupted || !n.SyncDue.IsZero() {
			t.Errorf("%+v %+v", n, got.Last)
		}
		if _, err := w.Sync(t.Context(), sys, "gmail", Order{}); !errors.Is(err, errPaused) {
			t.Errorf("read while paused: %v", err)
		}
		before := w.sandbox.Now()
		w.sandbox.Pass(time.Second)
		w.must(w.Update(t.Context(), robot, "gmail", Patch{Enabled: &on}))
		if got := w.synced("gmail", before); got.Connection.Word() != WordConnected || got.Connection.StateBy != "API key" {
			t.Errorf("%+v", got.Connection)
		}
		j = start()
		w.must(w.Update(t.Context(), sys, "gmail", Patch{Settings: []byte(`{"days":10}`)}))
		ended("other settings", j)
		if r := w.row("gmail"); !connector.Begins(r.cursor) || r.SyncDue.IsZero() {
			t.Errorf("it is not read anew: %s", r.cursor)
		}
		j = start()
		second(w.Disconnect(t.Context(), sys, "gmail"))
		ended("disconnected", j)
		if got := w.actions(); !slices.Equal(got, []string{"connected ok", "paused ok", "resumed ok", "settings_changed ok", "disconnected ok", "revoked ok"}) {
			t.Errorf("audited: %v", got)
		}
	})
}

func TestChangesThatAreRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		on, short, long := true, time.Second, 48*time.Hour
		for what, p := range map[string]Patch{
			"integration-not-connected":     {Enabled: &on},
			"integration-settings-invalid":  {Settings: []byte(`{"days":9999}`)},
			"integration-reason-unknown":    {Enabled: &on, Reason: "because"},
			"integration-reason-alone":      {Reason: "other"},
			"integration-interval-invalid":  {Every: &short},
			"integration-interval-invalid ": {Every: &long},
			"integration-settings-invalid ": {Settings: []byte(`{"unknown":1}`)},
			"integration-changed":           {IfMatch: 77, Settings: []byte(`{"days":3}`)},
		} {
			err := w.Update(t.Context(), sys, "gmail", p)
			if f, ok := errors.AsType[*fault.Error](err); !ok || f.Type != strings.TrimSpace(what) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := w.Sync(t.Context(), sys, "slack", Order{}); !errors.Is(err, errNothingToSync) {
			t.Errorf("%v", err)
		}
		if err := w.Update(t.Context(), sys, "slack", Patch{Settings: []byte(`{"rules":[{"events":["no.such"],"channel":"C0SALES","title":"x","text":""}]}`)}); err == nil {
			t.Error("an unknown event is taken")
		}
		if err := w.Update(t.Context(), sys, "slack", Patch{Settings: []byte(`{"rules":[{"events":["contact.created"],"channel":"C0SALES","title":"{{oops","text":""}]}`)}); err == nil {
			t.Error("a broken template is taken")
		}
	})
}

// A provider is down for an hour: tries grow apart, nothing is lost, and what came
// meanwhile is read when it is back.
func TestDownForAnHour(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", `{"days":30}`)
		cursor := string(w.row("gmail").cursor)
		w.trouble("google", "outage")
		w.press("send", map[string]string{"subject": "During the outage"})
		tries := 0
		for end := w.sandbox.Now().Add(time.Hour); w.sandbox.Now().Before(end); {
			w.sandbox.Pass(time.Minute)
			before := w.row("gmail")
			w.must(w.RunDue(t.Context()))
			if !before.SyncDue.IsZero() && !before.SyncDue.After(w.sandbox.Now()) {
				tries++
				w.until("the run has failed", func() bool { return w.row("gmail").syncFailures > before.syncFailures })
			}
			w.until("no check goes on", func() bool { return w.checking.Load() == 0 && w.syncing.Load() == 0 })
		}
		r := w.row("gmail")
		if tries < 4 || tries > 12 || string(r.cursor) != cursor || string(r.Settings) == "" || r.Word() != WordError {
			t.Errorf("%d tries, cursor %s, %s", tries, r.cursor, r.Word())
		}
		if b := seen(w, &w.broken); len(b) != 1 {
			t.Errorf("told %d times", len(b))
		}
		last := w.detail("gmail").Last
		if last.State != RunFailed || last.Failure == nil || last.Failure.Class != health.ProviderDown {
			t.Errorf("%+v", last)
		}
		w.trouble("google", "")
		w.sandbox.Pass(20 * time.Minute)
		w.must(w.RunDue(t.Context()))
		got := w.synced("gmail", r.LastSync)
		w.until("it is well again", func() bool { return w.detail("gmail").Connection.Health.Status == health.Healthy })
		if got.Last.Created != 1 || got.Last.Events != 1 || got.Last.First {
			t.Errorf("%+v", got.Last)
		}
	})
}
