package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// cutBack takes a log back to its first n entries, as a restore does.
func cutBack(t *testing.T, l *Log, n int) {
	t.Helper()
	exec(t, l.db, `DELETE FROM audit_entries WHERE organization_id = $1 AND seq > $2`, org, int64(n))
	rehash(t, l, org)
}

func accept(t *testing.T, l *Log) []Acceptance {
	t.Helper()
	cuts, err := l.Cuts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := l.Accept(t.Context(), cuts, " the disk failed ")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func asides(t *testing.T, dir string) (names []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"+asideSuffix))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAcceptAfterARestore(t *testing.T) {
	t.Parallel()
	for name, grown := range map[string]int{"shorter than the head": 0, "grown past it since": 9} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				c, dir := newClock(), t.TempDir()
				server := newLog(t, d, c, dir) // goes on beside the command
				fill(t, server, admin, c, 4)
				anchor(t, server)
				genuine, err := os.ReadFile(headFile(t, server))
				if err != nil {
					t.Fatal(err)
				}
				fill(t, server, admin, c, 6)
				anchor(t, server)
				cutBack(t, server, 5)
				fill(t, server, grace, c, grown)
				if err := server.heads.writeDirty(t.Context()); err == nil && grown > 0 {
					t.Error("a head over the cut was signed")
				}
				if log := only(t, verify(t, server)); log.OK() {
					t.Error("the cut is not found")
				}

				l, err := New(Config{DB: d, Clock: c.Now, Key: testKey(), Heads: dir, Node: "command"})
				if err != nil {
					t.Fatal(err)
				}
				cuts, err := l.Cuts(t.Context())
				if err != nil || len(cuts) != 1 || cuts[0].Size != int64(5+grown) || len(cuts[0].Heads) != 1 || cuts[0].Heads[0].Size != 10 {
					t.Fatalf("%+v, %v", cuts, err)
				}
				var b strings.Builder
				if _, err := cuts[0].WriteTo(&b); err != nil || !strings.Contains(b.String(), "10 entries were signed") {
					t.Errorf("%v %s", err, &b)
				}
				if _, err := l.Accept(t.Context(), cuts, " "); fault.KindOf(err) != fault.Invalid {
					t.Errorf("without a reason: %v", err)
				}
				if len(asides(t, dir)) != 0 || verify(t, l).OK() {
					t.Error("without a reason it was accepted")
				}

				all := accept(t, l)
				if len(all) != 1 || all[0].Seq != int64(6+grown) || len(asides(t, dir)) != 1 {
					t.Fatalf("%+v, %v", all, asides(t, dir))
				}
				r := verify(t, l)
				log := only(t, r)
				if !log.OK() || log.UnanchoredSince() != 0 || len(log.Accepted) != 1 || log.Accepted[0].Seq != all[0].Seq || log.Accepted[0].Reason != "the disk failed" || log.Accepted[0].Heads[0].Size != 10 {
					t.Errorf("%+v", log)
				}
				if a := anchoring(t, l); a.Head.Size != log.Size || len(a.Accepted) != 1 || a.Accepted[0].Seq != all[0].Seq || a.Accepted[0].Reason != "the disk failed" {
					t.Errorf("%+v", a)
				}
				b.Reset()
				if _, err := r.WriteTo(&b); err != nil || !strings.Contains(b.String(), "accepted after a restore at entry ") || !strings.Contains(b.String(), ": the disk failed\n") {
					t.Errorf("%v %s", err, &b)
				}
				if cuts, err := l.Cuts(t.Context()); err != nil || len(cuts) != 0 {
					t.Errorf("again: %+v, %v", cuts, err)
				}

				// The server had the old head in memory; it goes on by the entry.
				fill(t, server, admin, c, 2)
				anchor(t, server)
				if log := only(t, verify(t, server)); !log.OK() || log.UnanchoredSince() != 0 || log.Anchored.Size != log.Size {
					t.Errorf("afterwards: %+v", log)
				}
				// The head of before the cut, if it comes back, is still true.
				if err := os.WriteFile(filepath.Join(dir, fileWord(org)+".elsewhere.head"), genuine, 0o600); err != nil {
					t.Fatal(err)
				}
				if r := verify(t, server); !r.OK() {
					t.Errorf("%+v", r)
				}
				// The acceptance does not cover the next cut.
				cutBack(t, server, 5)
				if r := verify(t, server); r.OK() {
					t.Error("a second cut is not found")
				}
			})
		})
	}
}

// A node whose heads lie elsewhere learns of the acceptance from the log.
func TestAcceptanceReachesOtherNodesHeads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c, dir := newClock(), t.TempDir()
		l, other := newLog(t, d, c, t.TempDir()), newLog(t, d, c, dir)
		fill(t, l, admin, c, 6)
		anchor(t, l)
		other.heads.touch(org)
		anchor(t, other)
		cutBack(t, l, 3)
		accept(t, l)
		if log := only(t, verify(t, other)); !log.OK() || len(log.Accepted) != 1 {
			t.Errorf("%+v", log)
		}
		for _, node := range []*Log{other, newLog(t, d, c, dir)} { // as it runs, and started again
			fill(t, node, admin, c, 1)
			anchor(t, node)
			if log := only(t, verify(t, node)); !log.OK() || log.UnanchoredSince() != 0 {
				t.Errorf("%+v", log)
			}
		}
		if len(asides(t, dir)) != 1 {
			t.Errorf("put aside: %v", asides(t, dir))
		}
	})
}

func TestAcceptRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		fill(t, l, admin, c, 6)
		anchor(t, l)
		if cuts, err := l.Cuts(t.Context()); err != nil || len(cuts) != 0 {
			t.Errorf("a whole log: %+v, %v", cuts, err)
		}
		file := headFile(t, l)
		genuine, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("forged"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Cuts(t.Context()); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), file) {
			t.Errorf("a forged head: %v", err)
		}
		if err := os.WriteFile(file, genuine, 0o600); err != nil {
			t.Fatal(err)
		}
		exec(t, d, `UPDATE audit_entries SET reason = 'forged' WHERE seq = 2`)
		cutBack(t, l, 3)
		if _, err := l.Cuts(t.Context()); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "entry 2") {
			t.Errorf("a log that is damaged beside the cut: %v", err)
		}
	})
}

// An entry that somebody wrote into the database accepts nothing.
func TestForgedAcceptance(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite)
	c := newClock()
	l := newLog(t, d, c, t.TempDir())
	fill(t, l, admin, c, 6)
	anchor(t, l)
	cutBack(t, l, 3)
	eve := newLog(t, d, c, t.TempDir())
	eve.sealKey = []byte("of another keyset")
	cuts, err := l.Cuts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eve.Accept(t.Context(), cuts, "trust me"); err != nil {
		t.Fatal(err)
	}
	for _, a := range asides(t, l.heads.dir.dir) { // she cannot reach the heads either
		if err := os.Rename(a, l.heads.dir.path(org)); err != nil {
			t.Fatal(err)
		}
	}
	log := only(t, verify(t, l))
	if log.OK() || len(log.Accepted) != 0 {
		t.Errorf("%+v", log)
	}
	l.heads.touch(org)
	if err := l.heads.writeDirty(t.Context()); err == nil {
		t.Error("a head over the cut was signed")
	}
}

// The whole organization came after the backup.
func TestAcceptOfALogThatIsGone(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite)
	c := newClock()
	l := newLog(t, d, c, t.TempDir())
	fill(t, l, rbac.Actor{Role: rbac.Program}, c, 2)
	fill(t, l, admin, c, 6)
	anchor(t, l)
	for _, table := range []string{"audit_entries", "audit_hashes", "audit_logs"} {
		exec(t, d, `DELETE FROM `+table+` WHERE organization_id = $1`, org)
	}
	if all := accept(t, l); len(all) != 1 || all[0].Seq != 1 {
		t.Fatalf("%+v", all)
	}
	if r := verify(t, l); !r.OK() || len(r.Logs) != 2 {
		t.Errorf("%+v", r)
	}
}
