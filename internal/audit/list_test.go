package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

var grace = rbac.Actor{OrganizationID: org, Role: rbac.UtilityAdmin, UserID: "usr_grace", Email: "grace@example.com"}

func list(t testing.TB, l *Log, actor rbac.Actor, f Filter) Page {
	t.Helper()
	p, err := l.List(t.Context(), actor, f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func seqs(p Page) string {
	var b strings.Builder
	for _, r := range p.Items {
		fmt.Fprintf(&b, "%d ", r.Seq)
	}
	return strings.TrimSpace(b.String())
}

// sample is a log of eight entries, a minute apart.
func sample(t testing.TB, l *Log, c *clock) {
	t.Helper()
	for _, s := range []struct {
		actor rbac.Actor
		e     Entry
	}{
		{admin, Entry{Action: SessionSignedIn, TargetType: "session", TargetID: "ses_1"}},
		{grace, Entry{Action: WebhookCreated, TargetType: "webhook", TargetID: "wh_1", After: map[string]any{"url": "https://hooks.example.com/100%_a"}}},
		{admin, Entry{Action: WebhookUpdated, TargetType: "webhook", TargetID: "wh_1", Reason: "Scheduled MAINTENANCE"}},
		{grace, Entry{Action: APIKeyRegenerated, TargetType: "api_key", TargetID: "key_1", Result: Denied}},
		{admin, Entry{Action: APIKeyRegenerated, TargetType: "api_key", TargetID: "key_1"}},
		{grace, Entry{Action: WebhookSwitchedOff, TargetType: "webhook", TargetID: "wh_2"}},
		{admin, Entry{Action: WebhookDisabled, TargetType: "webhook", TargetID: "wh_1"}},
		{rbac.Actor{OrganizationID: "org_other", Role: rbac.SystemAdmin, UserID: "usr_ada"}, Entry{Action: WebhookCreated, TargetID: "wh_1"}},
		{admin, Entry{Action: UserCreated, TargetType: "user", TargetID: "usr_grace", TargetName: "grace@example.com"}},
	} {
		appendEntry(t, l, s.actor, s.e)
		c.add(time.Minute)
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		start := c.Now()
		sample(t, l, c)
		for _, q := range []struct {
			f    Filter
			want string
		}{
			{Filter{}, "8 7 6 5 4 3 2 1"},
			{Filter{Actor: "usr_grace"}, "6 4 2"},
			{Filter{Action: "webhook"}, "7 6 3 2"},
			{Filter{Action: "webhook."}, "7 6 3 2"},
			{Filter{Action: WebhookDisabled}, "7"},
			{Filter{Action: WebhookSwitchedOff}, "6"},
			{Filter{Action: "webhook.switched"}, "6"},
			{Filter{Action: "webhook.dis"}, "7"},
			{Filter{Action: "web"}, ""},
			{Filter{Target: "wh_1"}, "7 3 2"},
			{Filter{Target: "wh_1", Actor: "usr_ada", Action: "webhook", Result: OK}, "7 3"},
			{Filter{Result: Denied}, "4"},
			{Filter{Since: start.Add(2 * time.Minute), Until: start.Add(4 * time.Minute)}, "4 3"},
			{Filter{Text: "maintenance"}, "3"},
			{Filter{Text: "100%_A"}, "2"},
			{Filter{Text: "100%%"}, ""},
			{Filter{Text: "grace@EXAMPLE", Action: "user"}, "8"},
			{Filter{Text: `\`}, ""},
			{Filter{Text: "webhook", Until: start.Add(2 * time.Minute)}, "2"},
		} {
			if got := seqs(list(t, l, admin, q.f)); got != q.want {
				t.Errorf("%+v: %q, want %q", q.f, got, q.want)
			}
		}
		if p := list(t, l, admin, Filter{Text: "x"}); p.Until.Sub(p.Since) != windowUsual {
			t.Errorf("the window is not stated: %v to %v", p.Since, p.Until)
		}
	})
}

func TestListShowsEachTheirOwn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		sample(t, l, c)
		for _, f := range []Filter{{}, {Actor: "usr_grace"}} {
			if got := seqs(list(t, l, grace, f)); got != "6 4 2" {
				t.Errorf("%+v: %s", f, got)
			}
		}
		for name, try := range map[string]func() error{
			"another's actions": func() error { _, err := l.List(t.Context(), grace, Filter{Actor: "usr_ada"}); return err },
			"a key's list": func() error {
				_, err := l.List(t.Context(), rbac.Actor{OrganizationID: org, Role: rbac.Machine, KeyID: "key_1"}, Filter{})
				return err
			},
			"nobody's list": func() error { _, err := l.List(t.Context(), rbac.Actor{OrganizationID: org}, Filter{}); return err },
			"state":         func() error { _, err := l.State(t.Context(), grace); return err },
			"export":        func() error { return l.Export(t.Context(), grace, Filter{}, CSV, nil) },
		} {
			if err := try(); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// An address is looked for in the log, so that a user who was deleted, and one
// who came after with the same address, are found by it.
func TestListByAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		sample(t, l, c)
		again := grace
		again.UserID = "usr_grace_again"
		appendEntry(t, l, again, Entry{Action: WebhookCreated, TargetType: "webhook", TargetID: "wh_9"})
		appendEntry(t, l, rbac.Actor{OrganizationID: org}, Entry{Action: SessionSignInFailed, Result: Failed})
		appendEntry(t, l, rbac.Actor{OrganizationID: "org_other", Role: rbac.SystemAdmin, UserID: "usr_o", Email: "o@example.com"}, Entry{Action: WebhookCreated})
		for _, q := range []struct {
			f    Filter
			want string
		}{
			{Filter{Actor: admin.Email}, "8 7 5 3 1"},
			{Filter{Actor: " " + strings.ToUpper(admin.Email)}, "8 7 5 3 1"},
			{Filter{Actor: admin.Email, Action: "webhook"}, "7 3"},
			{Filter{Actor: grace.Email}, "9 6 4 2"},
			{Filter{Actor: grace.Email, Target: "wh_1"}, "2"},
			{Filter{Actor: "nobody@example.com"}, ""},
			{Filter{Actor: "o@example.com"}, ""},
			{Filter{Actor: "grace@"}, ""},
		} {
			if got := seqs(list(t, l, admin, q.f)); got != q.want {
				t.Errorf("%+v: %q, want %q", q.f, got, q.want)
			}
		}
		if got := seqs(list(t, l, grace, Filter{Actor: grace.Email})); got != "6 4 2" {
			t.Errorf("the own address: %q", got)
		}
		if _, err := l.List(t.Context(), grace, Filter{Actor: admin.Email}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("another's address: %v", err)
		}
		var out strings.Builder
		if err := l.Export(t.Context(), admin, Filter{Actor: grace.Email}, JSONLines, &out); err != nil || strings.Count(out.String(), "\n") != 4 {
			t.Errorf("export: %v %s", err, &out)
		}
		if p := plan(t, d, actorsSQL, []any{org, admin.Email}); !strings.Contains(p, "audit_entries_actor") || strings.Contains(p, "audit_entries_at") {
			t.Errorf("the look-up reads more than the index on actors:\n%s", p)
		}
	})
}

func TestListPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		for i := range 25 { // several of one instant, and a clock that goes back
			if i%4 == 0 {
				c.add(time.Duration(10-i) * time.Minute)
			}
			appendEntry(t, l, admin, Entry{Action: APIKeyCopied})
		}
		seen := map[int64]bool{}
		f := Filter{Limit: 7}
		var last time.Time
		for pages := 1; ; pages++ {
			p := list(t, l, admin, f)
			for _, r := range p.Items {
				if seen[r.Seq] {
					t.Errorf("%d comes twice", r.Seq)
				}
				if !last.IsZero() && r.At.After(last) {
					t.Errorf("%d is newer than the one before it", r.Seq)
				}
				seen[r.Seq], last = true, r.At
			}
			if p.Next == "" {
				if pages != 4 || len(seen) != 25 {
					t.Errorf("%d pages, %d entries", pages, len(seen))
				}
				return
			}
			f.Before = p.Next
		}
	})
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite)
	l := newLog(t, d, newClock(), t.TempDir())
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, q := range []struct {
		f    Filter
		kind fault.Kind
	}{
		{Filter{Limit: -1}, fault.Invalid},
		{Filter{Limit: limitMost + 1}, fault.Invalid},
		{Filter{Result: "maybe"}, fault.Invalid},
		{Filter{Action: "webhook' OR 1=1"}, fault.Invalid},
		{Filter{Text: "a\x00b"}, fault.Invalid},
		{Filter{Target: "\xff"}, fault.Invalid},
		{Filter{Actor: strings.Repeat("a", filterMost+1)}, fault.Invalid},
		{Filter{Since: day, Until: day}, fault.Invalid},
		{Filter{Text: "x", Since: day.AddDate(-2, 0, 0), Until: day}, fault.Invalid},
		{Filter{Before: "?"}, fault.Invalid},
		{Filter{Before: "eA"}, fault.Invalid},
		{Filter{Before: "MS4"}, fault.Invalid},
	} {
		_, err := l.List(t.Context(), admin, q.f)
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != q.kind || f.Fix == "" {
			t.Errorf("%+v: %v", q.f, err)
		}
	}
}

// plan asks the engine how it would run a query. Postgres is kept from reading
// the whole table, which it rightly does while that is small; whether it can do
// without sorting is the question.
func plan(t *testing.T, d *db.DB, query string, args []any) string {
	t.Helper()
	var lines []string
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		lines = nil
		if !d.Shared() {
			return db.Each(t.Context(), tx, func(s db.Scanner) error {
				var id, parent, unused int64
				var detail string
				err := s.Scan(&id, &parent, &unused, &detail)
				lines = append(lines, detail)
				return err
			}, "EXPLAIN QUERY PLAN "+query, args...)
		}
		if _, err := tx.Exec(t.Context(), "SET LOCAL enable_seqscan = off"); err != nil {
			return err
		}
		return db.Each(t.Context(), tx, func(s db.Scanner) error {
			var line sql.NullString
			err := s.Scan(&line)
			lines = append(lines, line.String)
			return err
		}, "EXPLAIN "+query, args...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestListsUseAnIndexInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			for i := range 3000 {
				c.add(time.Second)
				actor := admin
				actor.UserID = fmt.Sprintf("usr_%d", i%20)
				e := Entry{Action: Actions[i%len(Actions)], TargetID: fmt.Sprintf("wh_%d", i%100), Result: []string{OK, OK, OK, Denied, Failed}[i%5]}
				if err := l.Append(t.Context(), tx, actor, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		exec(t, d, "ANALYZE")
		cursor := cursorOf(Record{At: c.Now(), Seq: 2000})
		for name, f := range map[string]Filter{
			"audit_entries_at":     {},
			"audit_entries_actor":  {Actor: "usr_1"},
			"audit_entries_area":   {Action: "webhook"},
			"audit_entries_action": {Action: WebhookTested},
			"audit_entries_target": {Target: "wh_1", Actor: "usr_1", Result: OK},
			"audit_entries_result": {Result: Denied},
		} {
			for _, window := range []bool{false, true} {
				f.Before, f.Limit, f.Since, f.Until = cursor, 50, time.Time{}, time.Time{}
				if window {
					f.Since, f.Until = c.Now().Add(-time.Hour), c.Now()
				}
				query, args, err := listQuery(org, f)
				if err != nil {
					t.Fatal(err)
				}
				if p := plan(t, d, query, args); !ordered(p, name, window) {
					t.Errorf("list, window %v, without %s:\n%s", window, name, p)
				}
				query, args = exportQuery(org, f, 2500, db.Micros(c.Now()), 7)
				if p := plan(t, d, query, args); !ordered(p, name, window) {
					t.Errorf("export, window %v, without %s:\n%s", window, name, p)
				}
			}
		}
	})
}

// ordered reports whether a plan reads the index, or that of a short time window
// alone, and sorts nothing.
func ordered(plan, index string, window bool) bool {
	if strings.Contains(plan, "Sort") || strings.Contains(plan, "TEMP B-TREE") {
		return false
	}
	return strings.Contains(plan, index) || window && strings.Contains(plan, "audit_entries_at")
}
