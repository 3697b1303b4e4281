package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// An edit is something that a person with access to the database could do to a
// log of ten entries whose head was signed.
type edit struct {
	name string
	do   func(t *testing.T, l *Log, in string) // in: the organization's id
	want []string                              // "kind seq" or "kind seq-through", all of them
}

// sqls runs statements, in which org stands for the organization.
func sqls(queries ...string) func(t *testing.T, l *Log, in string) {
	return func(t *testing.T, l *Log, in string) {
		t.Helper()
		for _, q := range queries {
			exec(t, l.db, strings.ReplaceAll(q, org, in))
		}
	}
}

// fitted makes the tree fit after statements.
func fitted(queries ...string) func(t *testing.T, l *Log, in string) {
	return func(t *testing.T, l *Log, in string) {
		t.Helper()
		sqls(queries...)(t, l, in)
		rehash(t, l, in)
	}
}

// rehash makes the tree fit the rows again, as a careful forger would.
func rehash(t *testing.T, l *Log, in string) {
	t.Helper()
	exec(t, l.db, `DELETE FROM audit_hashes WHERE organization_id = $1`, in)
	all := records(t, l, in)
	err := l.db.Write(t.Context(), func(tx *db.Tx) error {
		for i := range all {
			hs, err := tlog.StoredHashes(int64(i), canonical(&all[i]), storedHashes(t.Context(), tx, in))
			if err != nil {
				return err
			}
			if err := insertHashes(t.Context(), tx, in, int64(i)+1, hs); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), `UPDATE audit_logs SET size = $2 WHERE organization_id = $1`, in, int64(len(all)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const (
	inOrg = ` WHERE organization_id = '` + org + `'`
	five  = inOrg + ` AND seq = 5`
)

// copyRow copies entry 5 to another number.
func copyRow(to int) string {
	rest := strings.TrimPrefix(strings.ReplaceAll(entryColumns, "\n\t", " "), "organization_id, seq, ") + ", area, seal"
	return fmt.Sprintf(`INSERT INTO audit_entries (organization_id, seq, %s) SELECT organization_id, %d, %s FROM audit_entries`, rest, to, rest) + five
}

func edits() []edit {
	shifted := []string{`DELETE FROM audit_entries` + five}
	for seq := 6; seq <= 10; seq++ {
		shifted = append(shifted, fmt.Sprintf(`UPDATE audit_entries SET seq = %d`, seq-1)+inOrg+fmt.Sprintf(` AND seq = %d`, seq))
	}
	list := []edit{
		{"nothing", sqls(), nil},
		{"first removed", sqls(`DELETE FROM audit_entries` + inOrg + ` AND seq = 1`), []string{"removed 1"}},
		{"middle removed", sqls(`DELETE FROM audit_entries` + five), []string{"removed 5"}},
		{"last removed", sqls(`DELETE FROM audit_entries` + inOrg + ` AND seq = 10`), []string{"removed 10"}},
		{"two removed", sqls(`DELETE FROM audit_entries` + inOrg + ` AND seq IN (5, 6)`), []string{"removed 5-6"}},
		{"removed with its hash", sqls(`DELETE FROM audit_entries`+five, `DELETE FROM audit_hashes`+inOrg+` AND idx = 7`), []string{"removed 5"}},
		{"all rows removed", sqls(`DELETE FROM audit_entries` + inOrg), []string{"removed 1-10"}},
		{"log removed", sqls(`DELETE FROM audit_entries`+inOrg, `DELETE FROM audit_hashes`+inOrg, `DELETE FROM audit_logs`+inOrg), []string{"removed 1-10"}},
		{"tail removed, hashes fitted", fitted(`DELETE FROM audit_entries` + inOrg + ` AND seq > 8`), []string{"removed 9-10"}},
		{"middle removed, the rest moved up, hashes fitted", fitted(shifted...), []string{"reordered 5", "reordered 6", "reordered 7", "reordered 8", "reordered 9", "removed 5", "removed 10"}},
		{"inserted at the end", sqls(copyRow(11)), []string{"inserted 11"}},
		{"inserted before the first", sqls(copyRow(0)), []string{"inserted 0"}},
		{"inserted at the end, hashes fitted", fitted(copyRow(11)), []string{"altered 11"}},
		{"swapped", sqls(
			`UPDATE audit_entries SET seq = -1`+inOrg+` AND seq = 3`,
			`UPDATE audit_entries SET seq = 3`+inOrg+` AND seq = 5`,
			`UPDATE audit_entries SET seq = 5`+inOrg+` AND seq = -1`,
		), []string{"reordered 3", "reordered 5"}},
		{"moved to the end", sqls(`UPDATE audit_entries SET seq = 11` + five), []string{"reordered 5", "reordered 11"}},
		{"another's copied over it", sqls(`DELETE FROM audit_entries`+inOrg+` AND seq = 7`, copyRow(7)), []string{"altered 7"}},
		{"rewritten, hashes fitted", fitted(`UPDATE audit_entries SET actor_email = 'eve@example.com'` + five), []string{"altered 5", "head 1-10"}},
		{"leaf hash altered", sqls(`UPDATE audit_hashes SET hash = (SELECT hash FROM audit_hashes` + inOrg + ` AND idx = 0)` + inOrg + ` AND idx = 7`), []string{"hashes 5"}},
		{"inner hash altered", sqls(`UPDATE audit_hashes SET hash = (SELECT hash FROM audit_hashes` + inOrg + ` AND idx = 0)` + inOrg + ` AND idx = 2`), []string{"hashes 1-2"}},
		{"leaf hash removed", sqls(`DELETE FROM audit_hashes` + inOrg + ` AND idx = 7`), []string{"hashes 5"}},
		{"inner hash removed", sqls(`DELETE FROM audit_hashes` + inOrg + ` AND idx = 2`), []string{"hashes 1-2"}},
		{"hash inserted", sqls(`INSERT INTO audit_hashes (organization_id, idx, hash) SELECT organization_id, 18, hash FROM audit_hashes` + inOrg + ` AND idx = 0`), []string{"hashes 0"}},
		{"counter set back", sqls(`UPDATE audit_logs SET size = 7` + inOrg), []string{"altered 8-10"}},
		{"counter removed", sqls(`DELETE FROM audit_logs` + inOrg), []string{"altered 1-10"}},
		{"counter set forward", sqls(`UPDATE audit_logs SET size = 12` + inOrg), []string{"removed 11-12"}},
		{"counter set far forward", sqls(`UPDATE audit_logs SET size = 900000000000` + inOrg), []string{"removed 11-900000000000"}},
		{"moved to another organization", sqls(`UPDATE audit_entries SET organization_id = '` + org + `_other'` + five), []string{"removed 5", "inserted 5"}},
	}
	for column, value := range map[string]string{
		"version": "2", "at": "at + 1", "actor_id": "'usr_eve'", "actor_role": "'utility_admin'", "actor_email": "''", "action": "'webhook.created'",
		"area": "'user'", "target_type": "'user'", "target_id": "'wh_other'", "target_name": "target_name || ' '", "before_json": "''", "after_json": "'{}'",
		"result": "'denied'", "reason": "''", "detail_json": "'[5]'", "address": "'203.0.113.8'", "user_agent": "'curl'", "request_id": "'req_2'",
		"occurrences": "2", "first_at": "first_at - 1", "last_at": "last_at + 1",
		"seal": `(SELECT seal FROM audit_entries` + inOrg + ` AND seq = 1)`,
	} {
		list = append(list, edit{"column " + column, sqls(`UPDATE audit_entries SET ` + column + ` = ` + value + five), []string{"altered 5"}})
	}
	return list
}

// findings gives what was found in the logs whose name begins like in.
func findings(r Report, in string) []string {
	var out []string
	for _, log := range r.Logs {
		if !strings.HasPrefix(log.Organization, in) {
			continue
		}
		for _, f := range log.Findings {
			if f.Seq == f.Through {
				out = append(out, fmt.Sprintf("%s %d", f.Kind, f.Seq))
			} else {
				out = append(out, fmt.Sprintf("%s %d-%d", f.Kind, f.Seq, f.Through))
			}
		}
	}
	slices.Sort(out)
	return out
}

// TestVerifyNamesEveryEdit makes each edit to an organization of its own.
func TestVerifyNamesEveryEdit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		untouched := admin
		untouched.OrganizationID = "org_untouched"
		fill(t, l, untouched, c, 3)
		for i, e := range edits() {
			actor := admin
			actor.OrganizationID = fmt.Sprintf("org_%02d_edited", i)
			fill(t, l, actor, c, 10)
			anchor(t, l)
			if got := findings(verify(t, l), actor.OrganizationID); got != nil {
				t.Fatalf("%s: before the edit: %q", e.name, got)
			}
			e.do(t, l, actor.OrganizationID)
			r := verify(t, l)
			want := slices.Sorted(slices.Values(e.want))
			if got := findings(r, actor.OrganizationID); !slices.Equal(got, want) {
				t.Errorf("%s: found %q, want %q\n%+v", e.name, got, want, r)
			}
			if got := findings(r, untouched.OrganizationID); got != nil {
				t.Fatalf("%s: an untouched log is accused: %q", e.name, got)
			}
		}
	})
}

func TestVerifyReadsLongLogsInPages(t *testing.T) {
	t.Parallel()
	d, c := dbtest.Open(t, dbtest.SQLite), newClock()
	l := newLog(t, d, c, t.TempDir())
	const n = 2*pageSize + 500
	for range n / 100 {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for range 100 {
				if err := l.Append(t.Context(), tx, admin, Entry{Action: APIKeyCopied}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	anchor(t, l)
	if r := verify(t, l); !r.OK() || r.Logs[0].Size != n || r.Logs[0].UnanchoredSince() != 0 {
		t.Fatalf("%+v", r)
	}
	for after := range int64(n + 1) { // from any position the tree is taken up
		if after%97 != 0 && after != n {
			continue
		}
		r, err := l.VerifyOrganization(t.Context(), org, after)
		if err != nil || !r.OK() || r.From != after+1 {
			t.Fatalf("after %d: %+v %v", after, r, err)
		}
	}
	exec(t, d, `DELETE FROM audit_entries`+inOrg+` AND seq > 100 AND seq <= 2300`)
	exec(t, d, `DELETE FROM audit_hashes`+inOrg+` AND idx >= $1 AND idx < $2`, tlog.StoredHashIndex(0, 100), tlog.StoredHashIndex(0, 2300))
	exec(t, d, `UPDATE audit_entries SET reason = 'x'`+inOrg+` AND seq = 2400`)
	got := findings(verify(t, l), org)
	if !slices.Contains(got, "altered 2400") || !covered(verify(t, l), 101, 2300) {
		t.Errorf("found %q", got)
	}
}

// covered reports whether every number of a range is in a finding of a removal.
func covered(r Report, lo, hi int64) bool {
	for seq := lo; seq <= hi; seq++ {
		if !slices.ContainsFunc(r.Logs[0].Findings, func(f Finding) bool { return f.Kind == Removed && f.Seq <= seq && seq <= f.Through }) {
			return false
		}
	}
	return true
}

func TestAllHashesRemoved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		fill(t, l, admin, c, 10)
		anchor(t, l)
		exec(t, d, `DELETE FROM audit_hashes`)
		if r := verify(t, l); r.OK() {
			t.Error("not noticed")
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for range 2 { // the tenth left an even tree, which needs no older hash
				if err := l.Append(t.Context(), tx, admin, Entry{Action: APIKeyCopied}); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "changed outside Patchboard") {
			t.Error(err)
		}
	})
}
