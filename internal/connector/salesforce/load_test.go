package salesforce_test

import (
	"bytes"
	"encoding/json"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"patchboard/internal/sandbox/sandboxtest"
)

// resident is how much memory the process has now, in bytes; 0: the machine does not
// say.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			kb, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	return 0
}

// 200,000 contacts come by the Bulk API, a page at a time: the process, the sandbox in
// it too, stays small.
func TestTwoHundredThousandContacts(t *testing.T) { //nolint:paralleltest // the memory is the process's
	const all, most = 200_000, 300 << 20
	w := sandboxtest.Start(t)
	press(w, "make", "count", strconv.Itoa(all))
	s := connect(w, `{"opportunities":false}`)
	debug.FreeOSMemory()
	seen := map[string]struct{}{}
	var cursor json.RawMessage
	var peak, calls int
	began := time.Now()
	for more := true; more; {
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
		peak = max(peak, resident(t))
		calls++
		cursor, more = p.Cursor, p.More
	}
	t.Logf("%d contacts on %d pages in %s, %d MB resident", len(seen), calls, time.Since(began).Round(time.Millisecond), peak>>20)
	if len(seen) != all || calls > 60 {
		t.Errorf("%d of %d contacts, on %d pages", len(seen), all, calls)
	}
	if peak > most {
		t.Errorf("%d MB are resident", peak>>20)
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
