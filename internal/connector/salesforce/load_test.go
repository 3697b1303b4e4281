package salesforce_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"patchboard/internal/sandbox/sandboxtest"
)

// Many contacts come by the Bulk API, a page at a time, with few calls and small cursors.
// What memory that takes is seen in package integration, with all that belongs to it.
func TestManyContacts(t *testing.T) {
	t.Parallel()
	const all = 30_000
	w := sandboxtest.Start(t)
	press(w, "make", "count", strconv.Itoa(all))
	s := connect(w, `{"opportunities":false}`)
	seen := map[string]struct{}{}
	var cursor json.RawMessage
	pages := 0
	for more := true; more; pages++ {
		p, err := provider().Next(t.Context(), s, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Changes {
			if c.Contact == nil || c.Contact.Email == "" {
				t.Fatalf("%+v", c)
			}
			seen[c.ID] = struct{}{}
		}
		if len(p.Changes) > 5000 || len(p.Cursor) > 4<<10 {
			t.Fatalf("%d rows on a page, a cursor of %d bytes", len(p.Changes), len(p.Cursor))
		}
		cursor, more = p.Cursor, p.More
	}
	if len(seen) != all || pages > 12 {
		t.Errorf("%d of %d contacts, on %d pages", len(seen), all, pages)
	}
}

// Another version of the API is taken where the usual one is not there.
func TestOtherVersion(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	press(w, "contact", "last", "Rossi", "email", "bo@acme.test")
	press(w, "newer")
	s := connect(w, "")
	if err := provider().Check(t.Context(), s); err != nil {
		t.Error(err)
	}
	k := newKnown()
	cursor := k.read(t, s, nil)
	var at struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(cursor, &at); err != nil || at.Version != "67.0" || len(k.changes) != 1 {
		t.Errorf("version %q, %d rows (%v)", at.Version, len(k.changes), err)
	}
}
