package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
)

func headFile(t *testing.T, l *Log) string {
	t.Helper()
	path := l.heads.dir.path(org)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func only(t *testing.T, r Report) LogReport {
	t.Helper()
	if len(r.Logs) != 1 {
		t.Fatalf("%d logs in %+v", len(r.Logs), r)
	}
	return r.Logs[0]
}

func anchoring(t *testing.T, l *Log) Anchoring {
	t.Helper()
	a, err := l.Anchoring(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestUnanchored(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, filepath.Join(t.TempDir(), "not", "there"))
		fill(t, l, admin, c, 3)
		if log := only(t, verify(t, l)); !log.OK() || log.UnanchoredSince() != 1 {
			t.Errorf("no head: %+v", log)
		}
		if a := anchoring(t, l); a.Head.Size != 0 {
			t.Errorf("no head: %+v", a)
		}
		anchor(t, l)
		fill(t, l, admin, c, 2)
		r := verify(t, l)
		if log := only(t, r); !log.OK() || log.UnanchoredSince() != 4 || log.Anchored.Size != 3 {
			t.Errorf("a head behind: %+v", log)
		}
		if a := anchoring(t, l); a.Head.Size != 3 || a.Head.At.IsZero() || len(a.Accepted) != 0 || a.Unreadable != nil {
			t.Errorf("a head behind: %+v", a)
		}
		if _, err := l.Anchoring(t.Context(), grace); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("for a utility admin: %v", err)
		}
		var b bytes.Buffer
		if _, err := r.WriteTo(&b); err != nil || !strings.Contains(b.String(), "unanchored since 4") || !strings.Contains(b.String(), l.VerifierKey()) || !strings.Contains(b.String(), "nothing was altered") {
			t.Errorf("%v %s", err, b.String())
		}
		anchor(t, l)
		if log := only(t, verify(t, l)); log.UnanchoredSince() != 0 {
			t.Errorf("a fresh head: %+v", log)
		}
		if err := os.Remove(headFile(t, l)); err != nil {
			t.Fatal(err)
		}
		if log := only(t, verify(t, l)); !log.OK() || log.UnanchoredSince() != 1 {
			t.Errorf("head removed: %+v", log)
		}
		l.heads.touch(org)
		anchor(t, l) // nothing new, but the file is gone
		if log := only(t, verify(t, l)); log.UnanchoredSince() != 0 {
			t.Errorf("head written again: %+v", log)
		}
	})
}

// A directory that cannot be listed: here it is a file.
func TestUnreadableHeads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		dir := filepath.Join(t.TempDir(), "heads")
		if err := os.WriteFile(dir, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		l := newLog(t, d, c, dir)
		fill(t, l, admin, c, 3)
		if a := anchoring(t, l); a.Unreadable == nil || a.Head.Size != 0 || len(a.Accepted) != 0 {
			t.Errorf("%+v", a)
		}
	})
}

func TestForgedHeads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		dir := t.TempDir()
		l := newLog(t, d, c, dir)
		fill(t, l, admin, c, 5)
		anchor(t, l)
		file := headFile(t, l)
		genuine, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		eve, err := New(Config{DB: d, Clock: c.Now, Key: ed25519.NewKeyFromSeed(make([]byte, 32)), Heads: t.TempDir(), Node: "node-1"})
		if err != nil {
			t.Fatal(err)
		}
		eve.heads.touch(org)
		anchor(t, eve)
		other, err := os.ReadFile(headFile(t, eve))
		if err != nil {
			t.Fatal(err)
		}
		for name, forged := range map[string][]byte{
			"size changed":   bytes.Replace(genuine, []byte("\n5\n"), []byte("\n4\n"), 1),
			"another key":    other,
			"empty":          {},
			"no note":        []byte("hello\n"),
			"huge":           bytes.Repeat([]byte("x"), 1<<20),
			"signature gone": genuine[:bytes.Index(genuine, []byte("\n\n"))+2],
		} {
			if err := os.WriteFile(file, forged, 0o600); err != nil {
				t.Fatal(err)
			}
			log := only(t, verify(t, l))
			if log.OK() || log.Findings[0].Kind != BadHead || !strings.Contains(log.Findings[0].What, file) || log.UnanchoredSince() != 1 {
				t.Errorf("%s: %+v", name, log)
			}
			l.heads.touch(org)
			if err := l.heads.writeDirty(t.Context()); err == nil {
				t.Errorf("%s: the forged head was overwritten", name)
			}
		}
		if err := os.WriteFile(file, genuine, 0o600); err != nil {
			t.Fatal(err)
		}
		l.heads.retry()
		anchor(t, l)
		if r := verify(t, l); !r.OK() {
			t.Errorf("%+v", r)
		}
		if err := os.WriteFile(filepath.Join(dir, "elsewhere.node-1.head"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, l); r.OK() || len(r.Bad) != 1 || !only(t, r).OK() {
			t.Errorf("a head of no log: %+v", r)
		}
	})
}

// A log that is cut back and grows on is whole in itself: every row is genuine.
// Only the heads know better, and the running server does not replace them.
func TestALogCutBackAndContinued(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		dir := t.TempDir()
		l := newLog(t, d, c, dir)
		fill(t, l, admin, c, 6)
		anchor(t, l)
		if err := os.Rename(headFile(t, l), filepath.Join(dir, org+".node-2.head")); err != nil {
			t.Fatal(err)
		}
		fill(t, l, admin, c, 4)
		anchor(t, l)

		exec(t, d, `DELETE FROM audit_entries`+inOrg+` AND seq > 8`)
		rehash(t, l, org)
		l.heads.touch(org)
		if err := l.heads.writeDirty(t.Context()); err == nil || !strings.Contains(err.Error(), "has 8 entries, but 10 were signed") {
			t.Errorf("a shorter log: %v", err)
		}
		c.add(1e9)
		fill(t, l, admin, c, 5)
		for _, log := range []*Log{l, newLog(t, d, c, dir)} { // the server, and one started afresh
			log.heads.retry()
			log.heads.touch(org)
			if err := log.heads.writeDirty(t.Context()); err == nil || !strings.Contains(err.Error(), "no longer begins with the 10 entries") {
				t.Errorf("a forked log: %v", err)
			}
		}
		if got := findings(verify(t, l), org); !slices.Equal(got, []string{"head 7-10"}) {
			t.Errorf("found %q", got)
		}
	})
}

func TestHeadsAreWrittenInTheBackground(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		dir := t.TempDir()
		first := newLog(t, d, c, dir)
		fill(t, first, admin, c, 3) // and its process dies before a head
		l := newLog(t, d, c, dir)
		l.Start()
		fill(t, l, admin, c, 40)
		if err := l.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(context.Background()); err != nil { // harmless
			t.Fatal(err)
		}
		if log := only(t, verify(t, l)); !log.OK() || log.Anchored.Size != 43 {
			t.Errorf("%+v", log)
		}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != 1 {
			t.Errorf("%d files, %v", len(files), err)
		}
	})
}

func TestAHeadThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	t.Parallel()
	d, c := dbtest.Open(t, dbtest.SQLite), newClock()
	dir := filepath.Join(t.TempDir(), "heads")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file where the directory should be
		t.Fatal(err)
	}
	l := newLog(t, d, c, dir)
	fill(t, l, admin, c, 1)
	if err := l.heads.writeDirty(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log := only(t, verify(t, l)); log.UnanchoredSince() != 0 {
		t.Errorf("%+v", log)
	}
}

func TestParseHeadRefuses(t *testing.T) {
	t.Parallel()
	h := Head{Organization: org, Size: 7, At: newClock().Now()}
	if got, err := parseHead(h.text()); err != nil || got.Size != 7 || got.Organization != org || !got.At.Equal(h.At) {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := parseHead(Head{Size: 1}.text()); err != nil || got.Organization != "" {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"", "\n\n\n\n\n", strings.Replace(h.text(), "\n7\n", "\n-7\n", 1), strings.Replace(h.text(), "time", "tide", 1), strings.Replace(h.text(), "patchboard", "x", 1), strings.Replace(h.text(), "A=\n", "\n", 1)} {
		if _, err := parseHead(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
