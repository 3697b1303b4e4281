package tracking

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
	"patchboard/internal/vault"
)

// world is a service on a real database, with two organizations and a clock
// that the test sets.
type world struct {
	*Service

	db                  *db.DB
	now                 time.Time
	log                 strings.Builder
	system, util, other rbac.Actor
	key                 rbac.Actor
}

func newWorld(t *testing.T, d *db.DB, off bool) *world {
	t.Helper()
	v, err := vault.Open(t.Context(), d, vault.Config{File: filepath.Join(t.TempDir(), "keyset.json")})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{db: d, now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	w.Service = New(Config{DB: d, Vault: v, Clock: func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(&w.log, nil)), Off: off})
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO organizations (id, name, created_at) VALUES ('org_a', 'a', 1), ('org_b', 'b', 1)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.system = rbac.Actor{OrganizationID: "org_a", Role: rbac.SystemAdmin, UserID: "usr_sys", SessionID: "ses_sys"}
	w.util = rbac.Actor{OrganizationID: "org_a", Role: rbac.UtilityAdmin, UserID: "usr_util", SessionID: "ses_util"}
	w.key = rbac.Actor{OrganizationID: "org_a", Role: rbac.Machine, KeyID: "key_a"}
	w.other = rbac.Actor{OrganizationID: "org_b", Role: rbac.SystemAdmin, UserID: "usr_other", SessionID: "ses_other"}
	return w
}

// rows gives an organization's events as "user role event properties", oldest
// first.
func (w *world) rows(t *testing.T, org string) []string {
	t.Helper()
	all, err := db.All(t.Context(), w.db, func(s db.Scanner) (string, error) {
		var user, role, event, properties string
		err := s.Scan(&user, &role, &event, &properties)
		return fmt.Sprintf("%s %s %s %s", user, role, event, properties), err
	}, `SELECT user_id, role, event, properties FROM tracking_events WHERE organization_id = $1 ORDER BY num`, org)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (w *world) want(t *testing.T, org string, want ...string) {
	t.Helper()
	if got := w.rows(t, org); !slices.Equal(got, want) {
		t.Errorf("stored\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (w *world) times(t *testing.T) []time.Time {
	t.Helper()
	all, err := db.Column[int64](t.Context(), w.db, `SELECT at FROM tracking_events ORDER BY num`)
	if err != nil {
		t.Fatal(err)
	}
	times := make([]time.Time, len(all))
	for i, us := range all {
		times[i] = db.Time(us)
	}
	return times
}

func (w *world) accept(t *testing.T, actor rbac.Actor, items ...Item) {
	t.Helper()
	if err := w.Accept(t.Context(), actor, items); err != nil {
		t.Fatal(err)
	}
}

func (w *world) record(t *testing.T, actor rbac.Actor, event string, properties map[string]any) {
	t.Helper()
	if err := w.db.Write(t.Context(), func(tx *db.Tx) error { return w.Record(t.Context(), tx, actor, event, properties) }); err != nil {
		t.Fatal(err)
	}
}

func viewed(at time.Time) Item {
	return Item{Event: "api_key_viewed", Properties: map[string]any{"key_masked_length": 27.0}, Timestamp: at}
}

func copyOf(method string, at time.Time) Item {
	return Item{Event: "api_key_copied", Properties: map[string]any{"copy_method": method}, Timestamp: at}
}

const viewedRow = `usr_util utility_admin api_key_viewed {"key_masked_length":27}`

func TestAcceptStoresWithWhoAndWhen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, false)
		ago := w.now.Add(-time.Minute)
		w.accept(t, w.util, viewed(ago), Item{Event: "webhook_event_selected", Properties: map[string]any{"event_type": "email.sent", "webhook_context": "add"}})
		w.accept(t, w.other, viewed(ago))
		w.want(t, "org_a", viewedRow, `usr_util utility_admin webhook_event_selected {"event_type":"email.sent","webhook_context":"add"}`)
		w.want(t, "org_b", `usr_other system_admin api_key_viewed {"key_masked_length":27}`)
		sessions, err := db.Column[string](t.Context(), d, `SELECT session FROM tracking_events ORDER BY num`)
		if err != nil || len(sessions) != 3 || sessions[0] == "" || sessions[0] != sessions[1] || sessions[0] == sessions[2] || strings.Contains(sessions[0], "ses_") {
			t.Errorf("sessions %q, %v", sessions, err)
		}
	})
}

func TestABrowsersClockIsBelievedWithinAnHour(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, false)
		told := []time.Time{{}, w.now.Add(-59 * time.Minute), w.now.Add(-61 * time.Minute), w.now.Add(time.Second), w.now.AddDate(90, 0, 0), w.now.AddDate(-2000, 0, 0)}
		want := []time.Time{w.now, told[1], w.now, w.now, w.now, w.now}
		for _, at := range told {
			w.accept(t, w.util, viewed(at))
		}
		if got := w.times(t); !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestWhatIsToldAgainIsStoredOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, false)
		at := w.now.Add(-time.Second)
		w.accept(t, w.util, viewed(at), viewed(at))
		w.now = w.now.Add(time.Minute)
		w.accept(t, w.util, viewed(at), viewed(at.Add(time.Millisecond)))
		w.want(t, "org_a", viewedRow, viewedRow)

		// Another person's, or another thing in the same instant, is its own event.
		w.accept(t, w.system, viewed(at))
		w.accept(t, w.util, Item{Event: "api_key_viewed", Properties: map[string]any{"key_masked_length": 28.0}, Timestamp: at})
		if n := len(w.rows(t, "org_a")); n != 4 {
			t.Errorf("%d events, want 4", n)
		}
		// Without a time nothing tells two apart.
		w.accept(t, w.util, viewed(time.Time{}), viewed(time.Time{}))
		if n := len(w.rows(t, "org_a")); n != 6 {
			t.Errorf("%d events, want 6", n)
		}
	})
}

func TestABatchIsTakenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, false)
		err := w.Accept(t.Context(), w.util, []Item{
			viewed(w.now), {Event: "api_key_stolen"}, copyOf("button", w.now),
			{Event: "webhook_added", Properties: map[string]any{"url_domain": "a.example"}}, {Event: "api_key_viewed", Properties: map[string]any{"key_masked_length": "hush"}},
		})
		f := fault.From(err)
		if f.Kind != fault.Invalid || f.Type != "tracking-event-invalid" || !strings.HasPrefix(f.Message, "4 of 5 ") || f.Fix == "" {
			t.Errorf("%+v", f)
		}
		want := []fault.Field{
			{Location: "body.events[1].event", Message: "is no event of the catalog"},
			{Location: "body.events[2].properties.copy_method", Message: "is recorded by the server itself, unless it is manual"},
			{Location: "body.events[3].event", Message: "is recorded by the server itself when it happens; a browser does not report it"},
			{Location: "body.events[4].properties.key_masked_length", Message: "must be a whole number from 0 to 1000000"},
		}
		if !slices.Equal(f.Fields, want) {
			t.Errorf("%+v", f.Fields)
		}
		if err := w.Accept(t.Context(), w.util, slices.Repeat([]Item{viewed(time.Time{})}, MaxBatch+1)); fault.From(err).Type != "tracking-batch-too-long" {
			t.Error(err)
		}
		if err := w.Accept(t.Context(), w.key, []Item{viewed(w.now)}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("the API key tells what it did: %v", err)
		}
		w.want(t, "org_a")
	})
}

func TestOnePersonCannotFillTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite), false)
	full := slices.Repeat([]Item{viewed(time.Time{})}, MaxBatch)
	for range perMinute / MaxBatch {
		w.accept(t, w.util, full...)
	}
	w.now = w.now.Add(50 * time.Second)
	f := fault.From(w.Accept(t.Context(), w.util, full[:1]))
	if f.Kind != fault.RateLimited || f.RetryAfter != 10*time.Second {
		t.Errorf("%+v", f)
	}
	w.accept(t, w.system, full[:1]...)
	w.now = w.now.Add(10 * time.Second)
	w.accept(t, w.util, full[:1]...)
	if n := len(w.rows(t, "org_a")); n != perMinute+2 {
		t.Errorf("%d events", n)
	}
}

func TestRecordIsPartOfTheChange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, false)
		regenerated := map[string]any{"confirmation_time": int64(1500)}
		w.record(t, w.system, "api_key_regenerated", regenerated)
		w.record(t, w.key, "webhook_toggled", map[string]any{"webhook_id": "wh_01h455vb4pex5vsknk084sn02q", "new_status": "off"})
		errUndone := errors.New("undone on purpose")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := w.Record(t.Context(), tx, w.system, "api_key_regenerated", regenerated); err != nil {
				return err
			}
			return errUndone
		})
		if !errors.Is(err, errUndone) {
			t.Error(err)
		}
		w.want(t, "org_a", `usr_sys system_admin api_key_regenerated {"confirmation_time":1500}`)
		if got := w.times(t); !got[0].Equal(w.now) {
			t.Errorf("at %v", got)
		}
		if w.log.Len() != 0 {
			t.Error(w.log.String())
		}
		// A defect of ours keeps nobody from working, and is seen in the log.
		w.record(t, w.system, "api_key_regenerated", map[string]any{"confirmation_time": "hush"})
		w.record(t, w.system, "api_key_viewed", map[string]any{"key_masked_length": 1})
		if n := len(w.rows(t, "org_a")); n != 1 || strings.Count(w.log.String(), "level=ERROR") != 2 || strings.Contains(w.log.String(), "hush") {
			t.Errorf("%d events, log: %s", n, w.log.String())
		}
	})
}

func TestOneCopyIsOneEvent(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, false)
		button, byHand := map[string]any{"copy_method": "button"}, `usr_util utility_admin api_key_copied {"copy_method":"manual"}`
		w.record(t, w.system, "api_key_copied", button)
		w.record(t, w.util, "api_key_copied", button)
		system := `usr_sys system_admin api_key_copied {"copy_method":"button"}`

		// The clipboard refused; the field that took its place was used, twice.
		w.now = w.now.Add(sameCopy - time.Second)
		w.accept(t, w.util, copyOf("manual", w.now), copyOf("manual", w.now.Add(-time.Millisecond)))
		w.want(t, "org_a", system, byHand)

		// Much later, or in another session, it is a copy of its own.
		w.now = w.now.Add(time.Minute)
		at := w.now
		w.accept(t, w.util, copyOf("manual", at))
		w.want(t, "org_a", system, byHand, byHand)
		elsewhere := w.util
		elsewhere.SessionID = "ses_second"
		w.accept(t, elsewhere, copyOf("manual", at))
		w.want(t, "org_a", system, byHand, byHand, byHand)
		w.now = w.now.Add(sameCopy + time.Second)
		w.accept(t, w.util, copyOf("manual", at)) // told again, late
		w.want(t, "org_a", system, byHand, byHand, byHand)
	})
}

func TestOffStoresNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, true)
		if w.On() {
			t.Error("it says that it is on")
		}
		w.accept(t, w.util, viewed(w.now), Item{Event: "anything"})
		w.record(t, w.util, "api_key_copied", map[string]any{"copy_method": "button"})
		w.want(t, "org_a")
	})
}

func TestRetain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, false)
		for range 5 {
			w.accept(t, w.util, viewed(time.Time{}))
			w.now = w.now.AddDate(0, 0, 1)
		}
		before := w.now.AddDate(0, 0, -2)
		for _, want := range []int64{2, 1, 0} {
			if n, err := w.Retain(t.Context(), before, 2); err != nil || n != want {
				t.Errorf("removed %d, %v, want %d", n, err, want)
			}
		}
		if got := w.times(t); len(got) != 2 || got[0].Before(before) {
			t.Errorf("left: %v", got)
		}
	})
}
