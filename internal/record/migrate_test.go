package record

import (
	"io/fs"
	"strings"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// TestContactsOfBefore become contacts with one source each; their ids stay.
func TestContactsOfBefore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.apply(hubspot, crowd(human("h1", Contact{Email: "bo@acme.example", Phone: "1"})))
		w.put(&Contact{FirstName: "Di"}, "42")
		before := w.all(KindContact, Filter{})

		files, err := d.Migrations()
		w.must(err)
		text, err := fs.ReadFile(files, "0011_record.sql")
		w.must(err)
		_, old, _ := strings.Cut(string(text), "CREATE TABLE contacts")
		old, _, _ = strings.Cut(old, "CREATE TABLE emails")
		w.must(d.Write(t.Context(), func(tx *db.Tx) error {
			statements := []string{
				"DROP TABLE contacts", "DROP TABLE campaigns", "DROP TABLE opportunities", "DROP TABLE engagements", "DELETE FROM goose_db_version WHERE version_id >= 13",
				"DROP TABLE contact_imports", "ALTER TABLE connections DROP COLUMN called_at", "ALTER TABLE connections DROP COLUMN reminded",
				"ALTER TABLE connections DROP COLUMN usage", "ALTER TABLE sync_runs DROP COLUMN switched_off",
			}
			statements = append(statements, strings.Split("CREATE TABLE contacts"+strings.TrimSpace(old), ";\n")...)
			for _, q := range statements {
				if _, err := tx.Exec(t.Context(), strings.TrimSuffix(q, ";")); err != nil {
					return err
				}
			}
			for _, r := range before {
				src := Source{orgA, r.Source, r.Account}
				_, err := tx.Exec(t.Context(), `INSERT INTO contacts (id, public_id, organization_id, source, account, external_id, ref, scope, email, at, version, source_version, load_id,
					created_at, updated_at, changes, fields) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 7, '1', '', $10, $10, '', $11)`,
					int64(r.Key), r.ID, orgA, r.Source, r.Account, r.ExternalID, refOf(src, r.ExternalID), r.Account, folded(contactIn(t, r).Email), db.Micros(r.At), r.text)
				if err != nil {
					return err
				}
			}
			_, err := tx.Exec(t.Context(), "DROP TABLE contact_sources")
			return err
		}))
		w.must(d.Migrate(t.Context()))

		after := w.all(KindContact, Filter{})
		for i, r := range after {
			if r.ID != before[i].ID || r.text != before[i].text || r.Version != 7 || len(r.Sources) != 1 || r.Source != before[i].Source || r.ExternalID != before[i].ExternalID {
				t.Errorf("%+v became %+v", before[i], r)
			}
		}
		events := w.count("events")
		if got := w.apply(hubspot, crowd(human("h1", Contact{Email: "bo@acme.example", Phone: "1"}))); got != (Tally{Same: 1}) {
			t.Errorf("read again: %+v", got)
		}
		if _, created, err := w.Put(t.Context(), machine, "42", &Contact{FirstName: "Di"}); err != nil || created || w.count("events") != events {
			t.Errorf("sent again: %t, %v, %d events", created, err, w.count("events")-events)
		}
		w.apply(salesforce, crowd(human("s1", Contact{Email: "BO@acme.example"})))
		if n := w.count("contacts"); n != 2 {
			t.Errorf("%d contacts", n)
		}
		w.sound()
	})
}
