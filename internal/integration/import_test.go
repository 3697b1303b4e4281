package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/record"
)

const header = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"

func person(n int, company string) string {
	return fmt.Sprintf("Bo %d,Rossi,https://www.linkedin.com/in/bo-%d,,%s,Buyer,15 Mar 2024\n", n, n, company)
}

func (w *world) contacts() []*record.Record {
	w.t.Helper()
	page, err := w.Records.List(w.t.Context(), sys, record.KindContact, record.Filter{Source: "linkedin", Limit: 200})
	w.must(err)
	return page.Items
}

func counts(f *FileImport) string {
	return fmt.Sprintf("new %d, changed %d, same %d, merged %d, skipped %d", f.Created, f.Changed, f.Same, f.Merged, f.Skipped)
}

// A preview says what an import does, and importing again does nothing.
func TestImport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		file := []byte(header + person(1, "Acme") + person(2, "Acme") + person(1, "Acme") + ",,,,,,1/2/20\n")
		order := ImportOrder{File: `C:\Users\bo\Connections.csv`, Data: file}
		p, err := w.PreviewImport(t.Context(), util, "linkedin", order)
		w.must(err)
		if got := counts(p); got != "new 2, changed 0, same 0, merged 1, skipped 1" || len(p.Rows) != 4 || len(w.contacts()) != 0 || p.Rows[0].Result != RowNew || p.Rows[2].Same != p.Rows[0].Line {
			t.Errorf("%s %+v", got, p.Rows)
		}
		f, err := w.Import(t.Context(), util, "linkedin", order)
		w.must(err)
		if got := counts(f); got != "new 2, changed 0, same 0, merged 1, skipped 1" || f.Events != 2 || f.State != ImportSucceeded || f.File != "Connections.csv" || f.Done != 2 {
			t.Errorf("%s %+v", got, f)
		}
		f, err = w.Import(t.Context(), util, "linkedin", order)
		w.must(err)
		if got := counts(f); got != "new 0, changed 0, same 2, merged 1, skipped 1" || f.Events != 0 || f.Rows[1].Result != RowSame {
			t.Errorf("again: %s", got)
		}
		order.Data = []byte(header + person(1, "Acme") + person(2, "Lumen") + person(3, "Lumen"))
		p, err = w.PreviewImport(t.Context(), util, "linkedin", order)
		w.must(err)
		order.Quiet = true
		f, err = w.Import(t.Context(), util, "linkedin", order)
		w.must(err)
		if got := counts(f); got != "new 1, changed 1, same 1, merged 0, skipped 0" || counts(p) != got || f.Events != 0 || p.Rows[1].Result != RowChanged {
			t.Errorf("another: %s, previewed %s, %d events", got, counts(p), f.Events)
		}
		if got := w.contacts(); len(got) != 3 || *got[0].Sources[0].Connected != (record.Connected{Date: "2024-03-15"}) {
			t.Errorf("%d contacts, %+v", len(got), got)
		}
		// What is no date is kept as it is written.
		order.Data = []byte(strings.Replace(header+person(3, "Lumen"), "15 Mar 2024", "when we met", 1))
		f, err = w.Import(t.Context(), util, "linkedin", order)
		w.must(err)
		if got := w.contacts()[0]; counts(f) != "new 0, changed 1, same 0, merged 0, skipped 0" || f.Events != 0 || *got.Sources[0].Connected != (record.Connected{Text: "when we met"}) || got.Version != 1 {
			t.Errorf("%s %+v", counts(f), got.Sources[0])
		}
		all, err := w.Imports(t.Context(), sys, "linkedin")
		w.must(err)
		if len(all) != 4 || all[1].Created != 1 || all[3].By != util.Email || all[2].Skipped != 1 {
			t.Errorf("%+v", all)
		}
		if mine, err := w.Imports(t.Context(), other, "linkedin"); err != nil || len(mine) != 0 {
			t.Errorf("another organization sees %+v (%v)", mine, err)
		}
		if got := w.actions(); !slices.Equal(got[:2], []string{"import_begun ok", "imported ok"}) && len(got) != 8 {
			t.Errorf("%v", got)
		}
	})
}

func slugOf(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Type
	}
	return fmt.Sprint(err)
}

// A preview waits for no writer: on SQLite there is one at a time.
func TestPreviewBesideAWriter(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		order := ImportOrder{Data: []byte(header + person(1, "Acme") + person(2, "Acme"))}
		_, err := w.Import(t.Context(), util, "linkedin", ImportOrder{Data: []byte(header + person(1, "Acme"))})
		w.must(err)
		var p *FileImport
		w.must(d.Write(t.Context(), func(tx *db.Tx) error {
			if err := tx.Lock(t.Context(), "contacts/org_a"); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			p, err = w.PreviewImport(ctx, util, "linkedin", order)
			return err
		}))
		if got := counts(p); got != "new 1, changed 0, same 1, merged 0, skipped 0" {
			t.Error(got)
		}
	})
}

// What cannot be imported says why, and nothing is written.
func TestImportRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for data, want := range map[string]string{
			"": "import-empty", "a,b\n1,2\n": "import-not-the-export", header: "import-no-people", header + ",,,,,,\n": "import-no-people", "PK\x03\x04": "import-archive-broken",
		} {
			for _, do := range []func(context.Context) error{
				func(ctx context.Context) error {
					_, err := w.Import(ctx, util, "linkedin", ImportOrder{Data: []byte(data)})
					return err
				},
				func(ctx context.Context) error {
					_, err := w.PreviewImport(ctx, util, "linkedin", ImportOrder{Data: []byte(data)})
					return err
				},
			} {
				if got := slugOf(do(t.Context())); got != want {
					t.Errorf("%q: %s", data, got)
				}
			}
		}
		if _, err := w.Import(t.Context(), util, "gmail", ImportOrder{Data: []byte(header + person(1, ""))}); slugOf(err) != "integration-imports-nothing" {
			t.Error(err)
		}
		if _, err := w.Import(t.Context(), util, "moon", ImportOrder{}); slugOf(err) != "integration-not-found" {
			t.Error(err)
		}
		if all, err := w.Imports(t.Context(), util, "linkedin"); err != nil || len(all) != 0 || len(w.contacts()) != 0 {
			t.Errorf("%+v (%v)", all, err)
		}
	})
}

// An import whose process died is taken for cut off, and importing again brings the
// rest, each person once.
func TestImportCutOff(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var file strings.Builder
		file.WriteString(header)
		for n := range 1_200 {
			file.WriteString(person(n, "Acme"))
		}
		order := ImportOrder{File: "Connections.csv", Data: []byte(file.String())}
		k := key{"org_a", "linkedin"}
		work, err := w.readImport(t.Context(), k, order)
		w.must(err)
		work.actor, work.owner = util, "lost"
		w.must(w.beginImport(t.Context(), work))
		w.must(w.importPart(t.Context(), work, work.parts[0], false)) // and then the process dies
		if _, err := w.Import(t.Context(), util, "linkedin", order); slugOf(err) != "import-running" {
			t.Fatalf("two at a time: %v", err)
		}
		w.must(d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE contact_imports SET until = 1")
			return err
		}))
		f, err := w.Import(t.Context(), util, "linkedin", order)
		w.must(err)
		if got := counts(f); got != "new 700, changed 0, same 500, merged 0, skipped 0" {
			t.Error(got)
		}
		if err := w.importPart(t.Context(), work, work.parts[1], false); !errors.Is(err, errImportLost) {
			t.Errorf("the lost one goes on: %v", err)
		}
		all, err := w.Imports(t.Context(), util, "linkedin")
		w.must(err)
		if len(all) != 2 || all[0].State != ImportSucceeded || all[1].State != ImportInterrupted || all[1].Done != 500 {
			t.Errorf("%+v %+v", all[0], all[1])
		}
		n, err := w.Records.Count(t.Context(), "org_a", "linkedin")
		w.must(err)
		if n.Contacts != 1_200 {
			t.Errorf("%d contacts", n.Contacts)
		}
	})
}

// 30,000 people, as many as LinkedIn allows.
func TestImportLarge(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite)
	w := newWorld(t, d)
	order := ImportOrder{File: "Connections.csv", Data: []byte(w.sandbox.Read("/linkedin/export/large")), Quiet: true}
	began := time.Now()
	f, err := w.Import(t.Context(), util, "linkedin", order)
	w.must(err)
	first := time.Since(began)
	if f.Created != 30_000 || f.Skipped != 600 {
		t.Error(counts(f))
	}
	f, err = w.Import(t.Context(), util, "linkedin", order)
	w.must(err)
	if f.Same != 30_000 || f.Created+f.Changed != 0 {
		t.Error(counts(f))
	}
	t.Logf("first %s, again %s", first, time.Since(began)-first)
}
