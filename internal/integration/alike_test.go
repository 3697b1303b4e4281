package integration

import (
	"slices"
	"strings"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/rbac"
	"patchboard/internal/record"
)

// alone is a row without an address of any kind.
func alone(name, company string) string { return name + ",Rossi,,," + company + ",Buyer,15 Mar 2024\n" }

func (w *world) known(actor rbac.Actor, first, company string) *record.Record {
	w.t.Helper()
	r, _, err := w.Records.Put(w.t.Context(), actor, "", &record.Contact{Email: strings.ToLower(first) + "@" + actor.OrganizationID + ".test", FirstName: first, LastName: "ROSSI", Company: company})
	w.must(err)
	return r
}

// A row that only a name and a company tell apart is proposed to be who has both, and
// is kept apart unless somebody says that it is them.
func TestImportOfTheSamePerson(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		bo, cy := w.known(sys, "Bo", "ACME"), w.known(sys, "Cy", "Acme")
		w.known(sys, "Di", "Lumen")
		theirs := w.known(other, "Bo", "Acme")
		file := header + alone("Bo", "Acme") + alone("Cy", "Acme") + alone("Di", "Acme") + alone("Di", "") + "Bo,Rossi,https://www.linkedin.com/in/bo,,Acme,Buyer,15 Mar 2024\n"
		order := ImportOrder{File: "Connections.csv", Data: []byte(file)}
		p, err := w.PreviewImport(t.Context(), util, "linkedin", order)
		w.must(err)
		if p.Proposed != 2 || len(p.Rows[0].Alike) != 1 || p.Rows[0].Alike[0].ID != bo.ID || p.Rows[0].Alike[0].Name != "Bo ROSSI" || len(p.Rows[1].Alike) != 1 {
			t.Fatalf("%d %+v", p.Proposed, p.Rows)
		}
		for _, r := range p.Rows[2:] {
			if len(r.Alike) > 0 {
				t.Errorf("%+v", r)
			}
		}
		line := p.Rows[0].Line
		for name, same := range map[string][]Same{
			"of another organization": {{line, theirs.ID}},
			"of another row":          {{line, cy.ID}},
			"no id":                   {{line, "x"}},
			"none":                    {{line, ""}},
			"no line":                 {{99, bo.ID}},
			"a row that is known":     {{p.Rows[4].Line, bo.ID}},
			"twice":                   {{line, bo.ID}, {line, bo.ID}},
			"one of two":              {{line, bo.ID}, {p.Rows[1].Line, bo.ID}},
		} {
			order.Same = same
			if _, err := w.Import(t.Context(), util, "linkedin", order); slugOf(err) != "import-choice-refused" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := w.contacts(); len(got) != 0 {
			t.Fatalf("%d were written", len(got))
		}
		order.Same = []Same{{line, bo.ID}}
		for again, want := range []string{"new 4, changed 1, same 0, merged 0, skipped 0", "new 0, changed 0, same 5, merged 0, skipped 0"} {
			f, err := w.Import(t.Context(), util, "linkedin", order)
			w.must(err)
			if counts(f) != want {
				t.Errorf("%d: %s", again, counts(f))
			}
			all, err := w.Imports(t.Context(), util, "linkedin")
			w.must(err)
			if counts(all[0]) != want {
				t.Errorf("%d: kept %s", again, counts(all[0]))
			}
			whole, err := w.Records.Get(t.Context(), sys, record.KindContact, bo.ID)
			w.must(err)
			if len(whole.Sources) != 2 || whole.Sources[1].Source != "linkedin" || whole.Sources[1].Connected.Date != "2024-03-15" || len(w.contacts()) != 5 {
				t.Errorf("%d: %+v", again, whole.Sources)
			}
			apart, err := w.Records.Get(t.Context(), sys, record.KindContact, cy.ID)
			w.must(err)
			if len(apart.Sources) != 1 {
				t.Errorf("%d: %+v", again, apart.Sources)
			}
		}
		// What was decided is not proposed again, also without the choice.
		order.Same = nil
		if p, err = w.PreviewImport(t.Context(), util, "linkedin", order); err != nil || p.Proposed != 0 || counts(p) != "new 0, changed 0, same 5, merged 0, skipped 0" {
			t.Errorf("%d %s (%v)", p.Proposed, counts(p), err)
		}
		order.Same = []Same{{p.Rows[1].Line, cy.ID}}
		if _, err := w.Import(t.Context(), util, "linkedin", order); slugOf(err) != "import-choice-refused" {
			t.Errorf("decided otherwise before: %v", err)
		}
	})
}

// A contact that is gone when the file is written leaves the row a contact of its own.
func TestImportOfAContactThatIsGone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		bo := w.known(sys, "Bo", "Acme")
		order := ImportOrder{Data: []byte(header + alone("Bo", "Acme")), Same: []Same{{2, bo.ID}}}
		k := key{"org_a", "linkedin"}
		work, err := w.readImport(t.Context(), k, order)
		w.must(err)
		w.must(w.choose(t.Context(), util, work, order.Same))
		work.actor, work.owner = util, "me"
		w.must(w.beginImport(t.Context(), work))
		w.must(w.Records.Delete(t.Context(), sys, record.KindContact, bo.ID))
		w.must(w.runImport(t.Context(), work))
		all := w.contacts()
		if len(all) != 1 || all[0].ID == bo.ID || len(all[0].Sources) != 1 {
			t.Errorf("%+v", all)
		}
		if kept, err := w.Imports(t.Context(), util, "linkedin"); err != nil || kept[0].Created != 1 || kept[0].Changed != 0 {
			t.Errorf("%+v (%v)", kept, err)
		}
		if _, err := w.Import(t.Context(), util, "linkedin", order); slugOf(err) != "import-choice-refused" {
			t.Errorf("a contact that is gone: %v", err)
		}
		if got := w.contacts(); !slices.Equal([]string{got[0].ID}, []string{all[0].ID}) {
			t.Errorf("%+v", got)
		}
	})
}
