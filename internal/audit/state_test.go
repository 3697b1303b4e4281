package audit

import (
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

func state(t *testing.T, l *Log) State {
	t.Helper()
	s, err := l.State(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestPeriodicCheck(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		if s := state(t, l); s != (State{}) {
			t.Errorf("of no log: %+v", s)
		}
		fill(t, l, admin, c, 5)
		if s := state(t, l); s.Entries != 5 || s.VerifiedTo != 0 || !s.VerifiedAt.IsZero() {
			t.Errorf("before: %+v", s)
		}
		check(t, l)
		fill(t, l, admin, c, 3)
		if s := state(t, l); s.Entries != 8 || s.VerifiedTo != 5 || s.VerifiedAt.IsZero() || s.Problem != "" {
			t.Errorf("checked once: %+v", s)
		}
		exec(t, d, `UPDATE audit_entries SET reason = 'x'`+inOrg+` AND seq = 2`)
		check(t, l) // looks at the new ones
		if s := state(t, l); s.VerifiedTo != 8 || s.Problem != "" {
			t.Errorf("checked twice: %+v", s)
		}
		c.add(fullEvery)
		check(t, l) // looks at all
		s := state(t, l)
		if s.VerifiedTo != 8 || !strings.Contains(s.Problem, "entry 2: altered") || s.Entries != 9 {
			t.Errorf("checked a day later: %+v", s)
		}
		all := records(t, l, org)
		if last := all[len(all)-1]; last.Action != AuditVerificationFailed || last.Result != Failed || !strings.Contains(last.Reason, "entry 2") {
			t.Errorf("%+v", last)
		}
		c.add(time.Minute)
		check(t, l)
		if s := state(t, l); s.Entries != 9 || s.Problem == "" {
			t.Errorf("the same problem again: %+v", s)
		}
		exec(t, d, `UPDATE audit_entries SET reason = 'maintenance'`+inOrg+` AND seq = 2`)
		check(t, l)
		if s := state(t, l); s.VerifiedTo != 9 || s.Problem != "" {
			t.Errorf("put right: %+v", s)
		}
	})
}

func TestCheckOfALogThatCannotGrow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		fill(t, l, admin, c, 4)
		exec(t, d, `UPDATE audit_logs SET size = 2`+inOrg)
		if err := l.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "changed outside Patchboard") {
			t.Errorf("%v", err)
		}
		if s := state(t, l); s.Problem == "" {
			t.Error("the problem was not kept")
		}
	})
}
