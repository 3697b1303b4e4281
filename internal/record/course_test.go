package record

import (
	"math/rand/v2"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
)

// TestAnyCourseOfChanges leaves a sound state: see sound.
func TestAnyCourseOfChanges(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		random := rand.New(rand.NewPCG(1, 2)) // the same course each time
		pick := func(of ...string) string { return of[random.IntN(len(of))] }
		contact := func() Contact {
			return Contact{
				Email: pick("", "a@x.example", "A@x.example", "b@x.example", "c@x.example"), FirstName: "Bo", Phone: pick("", "1", "2"), Title: pick("", "x", "y"),
				ProfileURL: pick("", "", "https://x.example/p", "https://x.example/q"),
			}
		}
		for range 150 {
			w.forward(time.Duration(random.IntN(2)) * time.Second)
			src := []Source{hubspot, salesforce, linkedin}[random.IntN(3)]
			switch random.IntN(6) {
			case 0:
				w.apply(src, Batch{Removed: []Removed{{KindContact, pick("1", "2", "3")}}})
			case 1:
				w.put(new(contact()), pick("", "", "1", "2"))
			case 2:
				for _, r := range w.all(KindContact, Filter{})[:min(1, len(w.all(KindContact, Filter{})))] {
					phone, email := pick("", "1", "3"), pick("a@x.example", "d@x.example", "")
					p := &ContactPatch{Phone: &phone}
					if random.IntN(3) == 0 {
						p.Email = &email
					}
					if _, err := w.Update(t.Context(), admin, KindContact, r.ID, 0, p); err != nil && fault.KindOf(err) != fault.Invalid {
						t.Fatal(err)
					}
				}
			case 3:
				for _, r := range w.all(KindContact, Filter{Source: SourceAPI}) {
					w.must(w.Delete(t.Context(), admin, KindContact, r.ID))
					break
				}
			default:
				var b Batch
				for _, externalID := range []string{"1", "2", "3"}[:1+random.IntN(3)] {
					b.Contacts = append(b.Contacts, human(externalID, contact()))
				}
				w.apply(src, b)
				if again := w.apply(src, b); again.Created+again.Changed+again.Events > 0 {
					t.Fatalf("the second time: %+v", again)
				}
			}
			w.sound()
		}
	})
}

// sound holds the state against what must always be so: a contact says what its
// sources say together, none is without one, one address is one contact, events and
// counts add up.
func (w *world) sound() {
	w.t.Helper()
	sources, byEmail := map[string]int64{}, map[string]string{}
	contacts := w.all(KindContact, Filter{Limit: 200})
	for _, r := range contacts {
		merged := merge(r.Sources)
		text, err := encode(&merged)
		w.must(err)
		if text != r.text || len(r.Sources) == 0 {
			w.t.Fatalf("%s says %s, and its %d sources %s", r.ID, r.text, len(r.Sources), text)
		}
		for _, s := range r.Sources {
			sources[s.Source]++
			if email := folded(s.Contact.Email); email != "" {
				if was := byEmail[email]; was != "" && was != r.ID {
					w.t.Fatalf("%s is of %s and of %s", email, was, r.ID)
				}
				byEmail[email] = r.ID
				if email != folded(merged.Email) {
					w.t.Fatalf("%s has the addresses %s and %s", r.ID, email, merged.Email)
				}
			}
		}
	}
	if len(contacts) == 200 {
		return // there are more
	}
	orphans, err := db.Value[int64](w.t.Context(), w.db, "SELECT COUNT(*) FROM contact_sources WHERE contact_id NOT IN (SELECT id FROM contacts)")
	if err != nil || orphans > 0 {
		w.t.Fatalf("%d sources without a contact, %v", orphans, err)
	}
	for name, n := range sources {
		c, err := w.Count(w.t.Context(), orgA, name)
		if err != nil || c.Contacts != n {
			w.t.Fatalf("%s: counted %d, there are %d, %v", name, c.Contacts, n, err)
		}
	}
}
