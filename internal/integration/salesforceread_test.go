package integration

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/record"
)

// keptOf are the ids that are kept of what Salesforce has.
func (w *world) keptOf(table string) []string {
	w.t.Helper()
	all, err := db.Column[string](w.t.Context(), w.d, "SELECT external_id FROM "+table+" WHERE organization_id = 'org_a' AND source = 'salesforce' ORDER BY external_id")
	w.must(err)
	slices.Sort(all)
	return all
}

// sameAsThere compares what is kept with what there is at Salesforce.
func (w *world) sameAsThere() {
	w.t.Helper()
	for object, table := range map[string]string{"Contact": "contact_sources", "Opportunity": "opportunities"} {
		there := slices.Sorted(maps.Keys(w.sandbox.Salesforce().Rows("ana@example.org", object)))
		if kept := w.keptOf(table); !slices.Equal(kept, there) {
			w.t.Errorf("%s: %d are kept, %d are there", object, len(kept), len(there))
		}
	}
}

// again reads now, and waits for its end.
func (w *world) again() {
	w.t.Helper()
	before := w.sandbox.Now()
	w.sandbox.Pass(time.Minute)
	_, err := w.Sync(w.t.Context(), sys, "salesforce", Order{})
	w.must(err)
	w.synced("salesforce", before)
}

// What Salesforce has is what is kept, from the first load on and after each change;
// events are raised for changes alone.
func TestSalesforceRecords(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.sandbox.Seed()
		w.connected("salesforce", atLogin)
		w.sameAsThere()
		if raised := seen(w, &w.raised); len(raised) != 0 || len(w.keptOf("contact_sources")) != 32 || len(w.keptOf("opportunities")) != 8 {
			t.Errorf("a first load raised %v", raised)
		}
		contacts := slices.Sorted(maps.Keys(w.sandbox.Salesforce().Rows("ana@example.org", "Contact")))
		w.sales("contact", "last", "Rossi", "email", "new@acme.test", "company", "Acme")
		w.sales("change", "object", "Contact", "id", contacts[0], "Title", "Chair")
		w.sales("delete", "object", "Contact", "id", contacts[1])
		w.sales("merge", "id", contacts[2], "into", contacts[3])
		w.sales("opportunity", "name", "Another", "amount", "12.50")
		w.again()
		w.sameAsThere()
		raised := seen(w, &w.raised)
		slices.Sort(raised)
		if !slices.Equal(raised, []string{"contact.created", "contact.deleted", "contact.deleted", "contact.updated"}) {
			t.Errorf("%v", raised)
		}
		w.again()
		if got := seen(w, &w.raised); len(got) != len(raised) {
			t.Errorf("told twice: %v", got)
		}
	})
}

// An opportunity's record has the contact of its roles, and changes with them; with
// roles that may not be read the rest goes on, and the run says so.
func TestSalesforceRoles(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.sales("contact", "last", "Rossi", "email", "rossi@acme.test")
		w.sales("opportunity", "name", "Deal")
		rossi := slices.Collect(maps.Keys(w.sandbox.Salesforce().Rows("ana@example.org", "Contact")))[0]
		deal := slices.Collect(maps.Keys(w.sandbox.Salesforce().Rows("ana@example.org", "Opportunity")))[0]
		w.sales("role", "opportunity", deal, "contact", rossi)
		w.connected("salesforce", atLogin)
		want := func(contact string, version int64) {
			t.Helper()
			page, err := w.Records.List(t.Context(), sys, record.KindOpportunity, record.Filter{Source: "salesforce", Limit: 10})
			w.must(err)
			one, err := w.Records.Get(t.Context(), sys, record.KindOpportunity, page.Items[0].ID)
			w.must(err)
			o, ok := one.Fields.(*record.Opportunity)
			if !ok || o.Contact != contact || (one.ContactID != "") != (contact != "") || one.Version != version {
				t.Errorf("%+v of version %d, contact %q, not %q", o, one.Version, one.ContactID, contact)
			}
		}
		want(rossi, 1)
		role := slices.Collect(maps.Keys(w.sandbox.Salesforce().Rows("ana@example.org", "OpportunityContactRole")))[0]
		w.sandbox.Pass(10 * time.Minute)
		w.sales("delete", "object", "OpportunityContactRole", "id", role)
		w.again()
		want("", 2)
		w.sales("role", "opportunity", deal, "contact", rossi, "primary", "yes")
		w.again()
		want(rossi, 3)
		w.sales("hide", "field", "OpportunityContactRole")
		w.sales("contact", "last", "Vito", "email", "vito@acme.test")
		if r := w.resync("salesforce", Order{}); r.State != Succeeded || len(r.Off) != 1 || !strings.HasPrefix(r.Off[0], "Contact roles: ") || r.Created != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// What Salesforce says of its calls is kept with each check and each page, and the
// calls of checks and of pages that failed count in the share.
func TestSalesforceUsage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.sales("calls", "used", "0", "most", "1000")
		w.connected("salesforce", atLogin)
		spent := func() int {
			n, _ := w.row("salesforce").spent.Total(w.sandbox.Now())
			return n
		}
		used := func() int {
			u := w.detail("salesforce").Connection.Usage
			if u.Limit != 1000 || u.Label == "" || u.At.IsZero() {
				t.Errorf("%+v", u)
			}
			return u.Used
		}
		begin := used()
		if begin == 0 || spent() != begin {
			t.Errorf("%d calls are counted, %d were made", spent(), begin)
		}
		w.healthy()
		if used() != begin+1 || spent() != begin+1 {
			t.Errorf("after a check %d calls are counted, %d were made; before it %d", spent(), used(), begin)
		}
		// Others' calls are not ours.
		w.sales("calls", "used", "500", "most", "1000")
		w.healthy()
		if used() != 501 || spent() != begin+2 {
			t.Errorf("%d calls are counted, %d are used", spent(), used())
		}
		// A page that fails at its second call has made them all the same.
		w.sandbox.Pass(time.Minute)
		w.sales("refuse", "error", "UNKNOWN_EXCEPTION")
		before := spent()
		_, err := w.Sync(t.Context(), sys, "salesforce", Order{})
		w.must(err)
		w.until("the run has failed", func() bool {
			d := w.detail("salesforce")
			return !d.Syncing && d.Last.State == RunFailed
		})
		if n := spent(); n <= before {
			t.Errorf("%d calls are counted after a page that failed, %d before", n, before)
		}
		// A share that is used up by checks stops the reading.
		w.must(w.Update(t.Context(), sys, "salesforce", Patch{Settings: []byte(`{"login":"production","share":1}`)}))
		w.until("the share is used up", func() bool {
			w.healthy()
			return spent() >= 10
		})
		_, err = w.Sync(t.Context(), sys, "salesforce", Order{Full: true}) // which forgets how far was read
		w.must(err)
		w.until("nothing is read", func() bool {
			d := w.detail("salesforce")
			return !d.Syncing && d.Last.Failure != nil && d.Last.Failure.Code == "budget_used"
		})
		if n := spent(); n < 10 {
			t.Errorf("what was used is forgotten: %d", n)
		}
		w.must(w.Update(t.Context(), sys, "salesforce", Patch{Settings: []byte(`{"login":"production","share":3}`)}))
		w.sandbox.Pass(26 * time.Hour)
		w.again() // with a share of 30: those of the day before count no more
	})
}

// A load by a bulk job that is cut off with its node goes on at another one.
func TestSalesforceLoadGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	w.sandbox.Seed()
	const made = 12_000
	w.sales("make", "count", strconv.Itoa(made))
	if a := w.connect("salesforce", atLogin); a.Status != AttemptSucceeded {
		t.Fatalf("%+v", a.Failure)
	}
	w.until("the first rows are stored", func() bool { return len(w.keptOf("contact_sources")) > 0 })
	if err := w.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(w.keptOf("contact_sources")); n == 0 || n >= made+32 {
		t.Fatalf("%d are kept: it was not cut off in the middle", n)
	}
	w.Service = w.node()
	if err := w.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.synced("salesforce", time.Time{})
	w.sameAsThere()
	runs, err := db.Column[string](t.Context(), w.d, "SELECT state FROM sync_runs WHERE slug = 'salesforce' ORDER BY id")
	if err != nil || !slices.Equal(runs, []string{"interrupted", "succeeded"}) {
		t.Errorf("%v (%v)", runs, err)
	}
	if raised := seen(w, &w.raised); len(raised) != 0 {
		t.Errorf("a first load raised %d events", len(raised))
	}
}

// Sessions that end and locators that expire in the middle of a load are no failure.
func TestSalesforceTroubleWhileLoading(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	w.sandbox.Seed()
	w.sales("rows", "count", "3")
	if a := w.connect("salesforce", atLogin); a.Status != AttemptSucceeded {
		t.Fatalf("%+v", a.Failure)
	}
	for n := range 4 {
		w.until("more rows are stored", func() bool { return len(w.keptOf("contact_sources")) > 3*n })
		w.sales([]string{"expire", "locators"}[n%2])
	}
	w.synced("salesforce", time.Time{})
	w.sameAsThere()
	if h := w.detail("salesforce").Connection; h.Word() != WordConnected {
		t.Errorf("%s %+v", h.Word(), h.Health)
	}
}

// residentNow is how much memory the process has; 0: the machine does not say.
func residentNow(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok && err == nil {
			kb, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("/proc/self/status does not say", err)
	return 0
}

// 200,000 contacts are read and stored under 300 MB resident: the process, with the
// sandbox and the database in it.
func TestSalesforceLoadOfManyContacts(t *testing.T) { //nolint:paralleltest // the memory is the process's
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	w.sales("make", "count", strconv.Itoa(people))
	debug.FreeOSMemory()
	began, peak := time.Now(), 0
	if a := w.connect("salesforce", atLogin); a.Status != AttemptSucceeded {
		t.Fatalf("%+v", a.Failure)
	}
	end := time.After(5 * time.Minute)
	got := w.detail("salesforce")
	for ; got.Connection.LastSync.IsZero(); got = w.detail("salesforce") {
		select {
		case <-w.news:
		case <-end:
			t.Fatalf("not in time: %+v", got.Running)
		}
		peak = max(peak, residentNow(t))
	}
	t.Logf("%d contacts on %d pages in %s, %d MB resident", got.Records.Contacts, got.Last.Pages, time.Since(began).Round(time.Second), peak>>20)
	if got.Records.Contacts != people || got.Last.Created != people || len(seen(w, &w.raised)) != 0 {
		t.Errorf("%+v %+v", got.Records, got.Last)
	}
	if peak > memory {
		t.Errorf("%d MB are resident", peak>>20)
	}
}
