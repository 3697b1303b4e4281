package webhook

import (
	"fmt"
	"slices"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/rbac"
)

func TestTypingKeepsFewVerdicts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		typed := func(actor rbac.Actor, url string) {
			t.Helper()
			if _, err := w.Validate(t.Context(), actor, Candidate{URL: url}); err != nil {
				t.Fatal(err)
			}
		}
		const url = "https://api.example.com/hooks"
		for range 3 { // typed, deleted and typed again
			for n := range url {
				typed(w.util, url[:n+1])
			}
		}
		typed(w.util, "http://api.example.com/hooks")
		first := w.verdicts(t)
		for _, want := range []string{"validate 0 format", "validate 1  example.com", "validate 0 format example.com"} {
			if n := len(first) - len(slices.DeleteFunc(slices.Clone(first), func(s string) bool { return s == want })); n != 1 {
				t.Errorf("%q is there %d times: %q", want, n, first)
			}
		}
		for n := range 100 {
			typed(w.util, fmt.Sprintf("https://name%d.example/", n))
		}
		if n := len(w.verdicts(t)); n != typingMost {
			t.Errorf("%d rows of one person, want %d", n, typingMost)
		}
		typed(w.key, url)
		w.clock.add(typingWindow)
		typed(w.util, url)
		if n := len(w.verdicts(t)); n != typingMost+2 {
			t.Errorf("%d rows with the key's and those of the next window", n)
		}
	})
}

func TestTypistsAreBounded(t *testing.T) {
	t.Parallel()
	m := typing{by: map[typist]*typed{}}
	var clock testClock
	for n := range typingTypists + 100 {
		m.first(rbac.Actor{OrganizationID: "o", UserID: fmt.Sprint(n)}, typedVerdict{}, clock.read())
	}
	if len(m.by) != typingTypists {
		t.Errorf("%d are remembered", len(m.by))
	}
}
