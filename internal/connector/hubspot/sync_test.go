package hubspot

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchboard/internal/connector"
)

func TestFirstLoadAndChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.connect(acme, "")
	if w.session.Account.ID != acme || len(w.session.Granted) != 5 {
		t.Errorf("%+v %v", w.session.Account, w.session.Granted)
	}
	pages := w.run()
	w.same()
	loads, done := 0, 0
	for _, p := range pages {
		if p.Load != nil {
			loads++
			if p.Load.Done {
				done++
			}
		}
	}
	if loads != 4 || done != 3 || pages[len(pages)-1].Load != nil || len(partial(pages)) != 0 { // two pages of contacts, e-mails, campaigns
		t.Errorf("%d pages of a load, %d ends, %v", loads, done, partial(pages))
	}
	if got := told(pages, connector.KindEmail); len(got) != 8 || !slices.Contains(got, "The winter catalogue is here 134 54 13") || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "removed ") }) {
		t.Errorf("%v", got) // the draft is none
	}
	if got := told(pages, connector.KindCampaign); !slices.Equal(got, []string{"Spring fair completed", "Autumn prices running", "Winter catalogue "}) {
		t.Errorf("%v", got)
	}
	if got := told(pages, connector.KindEngagement); len(got) != 0 {
		t.Errorf("a first load tells of %v", got)
	}
	i := slices.IndexFunc(pages[0].Changes, func(c connector.Change) bool { return c.Contact.FirstName == "Greta" })
	if c := pages[0].Changes[i].Contact; c.LastName == "" || c.Company == "" || c.Title == "" || c.Phone == "" || len(c.Tags) != 1 {
		t.Errorf("%+v", c)
	}

	w.Pass(2 * time.Minute)
	w.press("add", "email", "new@acme.test")
	w.press("change", "id", "160")
	w.press("delete", "id", "170")
	pages = w.run()
	w.same()
	if got := told(pages, connector.KindContact); len(got) != 3 {
		t.Errorf("%v", got)
	}
	w.Pass(10 * time.Minute)
	before := len(w.versions)
	w.run() // the overlap says the same again
	if w.same(); len(w.versions) != before {
		t.Errorf("%d versions were %d", len(w.versions), before)
	}
	w.Pass(2 * time.Hour)
	w.connect(acme, "")
	w.run()
	if got := told(w.run(), connector.KindContact); !slices.Equal(got, []string{"removed 170"}) {
		t.Errorf("what was read long ago is read again: %v", got)
	}
}

// HubSpot's index lags: a change that comes into it late is read all the same.
func TestIndexLags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.connect(acme, "")
	w.run()
	w.Pass(time.Minute)
	w.press("lag", "seconds", "240")
	w.press("change", "id", "160")
	w.Pass(time.Minute)
	if got := told(w.run(), connector.KindContact); len(got) != 0 {
		t.Fatalf("%v", got)
	}
	w.press("lag", "seconds", "0")
	w.press("change", "id", "161") // is seen first
	w.press("lag", "seconds", "30")
	w.Pass(time.Minute)
	w.run()
	w.same()
}

// An import gives more contacts one time than a query has results.
func TestManyContactsOfOneTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.connect(acme, `{"campaigns":false,"emails":false,"engagements":false}`)
	w.run()
	w.Pass(time.Minute)
	const many = 12_345
	w.press("add", "count", strconv.Itoa(many))
	w.Pass(time.Minute)
	w.press("change", "id", "160")
	pages := w.run()
	w.same()
	if len(pages) < many/searchMost || len(pages) > many/searchMost+10 {
		t.Errorf("%d pages", len(pages))
	}
	for version, n := range w.versions {
		if n > 3 { // at the ends of windows
			t.Errorf("%s was given %d times", version, n)
		}
	}
	for _, d := range w.waited {
		if d == time.Second {
			t.Error("searches came too close to each other")
		}
	}
	// And all of them once more, with the earlier ones.
	w.Pass(time.Hour)
	w.connect(acme, `{"campaigns":false,"emails":false,"engagements":false}`)
	w.press("touch")
	w.run()
	w.same()
}

// A run that is cut off goes on: each page is read as if it were the first one of a
// process, and again after its answer was lost; contacts change meanwhile.
func TestInterruptedLoadGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.press("add", "count", "1000")
	w.connect(acme, "")
	for n, more := 0, true; more; n++ {
		if n%3 == 1 { // the answer is lost
			if _, err := w.hub.Next(t.Context(), w.session, w.cursor); err != nil {
				t.Fatal(err)
			}
		}
		w.press("change", "id", strconv.Itoa(155+n))
		w.press("delete", "id", strconv.Itoa(260-n))
		w.press("add")
		w.Pass(time.Second)
		more = w.page().More
		if n > 500 {
			t.Fatal("it does not end")
		}
	}
	w.Pass(time.Minute)
	w.run()
	w.same()
}

// A search that goes over many pages loses nothing to contacts that change meanwhile,
// which moves them to its end.
func TestChangesWhileSearching(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.connect(acme, "")
	w.run()
	w.Pass(time.Minute)
	for n := range 900 {
		w.Pass(time.Millisecond)
		w.press("add", "email", "p"+strconv.Itoa(n)+"@example.org")
	}
	first := ""
	for id := range w.HubSpot().Contacts(acme) {
		if _, known := w.contacts[id]; !known && (first == "" || id < first) {
			first = id
		}
	}
	at, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	for n, more := 0, true; more; n++ {
		more = w.page().More
		for i := range 5 {
			w.Pass(time.Millisecond)
			w.press("change", "id", strconv.Itoa(at+n*5+i))
		}
	}
	w.Pass(time.Minute)
	w.run()
	w.same()
}

// A contact that was merged away leaves without a trace, and is gone with the next
// reading of everything.
func TestEverythingIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.connect(acme, "")
	w.run()
	w.contacts["99"] = "merged@acme.test"
	w.Pass(time.Hour)
	w.connect(acme, "")
	w.run()
	if len(w.contacts) != len(w.HubSpot().Contacts(acme))+1 {
		t.Error("it is gone already")
	}
	w.Pass(7 * 24 * time.Hour)
	w.connect(acme, "")
	w.run()
	w.same()
}

func TestMarketing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.connect(acme, "")
	w.run()
	w.Pass(time.Minute)
	campaigns := w.HubSpot().Campaigns(acme)
	w.press("newsletter", "subject", "Hello", "campaign", campaigns[1])
	mail := w.HubSpot().LastEmail(acme)
	w.press("open", "email", mail, "recipient", "bo@acme.test")
	w.press("click", "email", mail, "recipient", "bo@acme.test")
	w.press("bot", "email", mail, "count", "20")
	w.press("complete", "campaign", campaigns[1])
	w.press("start", "name", "Winter sale")
	w.Pass(2 * time.Minute)
	pages := w.run()
	if got := told(pages, connector.KindEmail); !slices.Contains(got, "Hello 140 1 1") {
		t.Errorf("%v", got)
	}
	if got := told(pages, connector.KindCampaign); !slices.Contains(got, "Autumn prices completed") || !slices.Contains(got, "Winter sale running") {
		t.Errorf("%v", got)
	}
	if got := told(pages, connector.KindEngagement); !slices.Equal(got, []string{"opened bo@acme.test", "clicked bo@acme.test https://acme.test/offer"}) {
		t.Errorf("%v", got)
	}
	for _, p := range pages {
		for _, c := range p.Changes {
			if e := c.Engagement; e != nil && (e.Email != mail || e.Campaign != campaigns[1] || e.Subject != "Hello" || e.At.IsZero() || e.UserAgent == "") {
				t.Errorf("%+v", e)
			}
			if e := c.Email; e != nil && (!e.Bulk || !e.Sent || e.From != "news@acme.test" || len(e.To) != 0 || e.At.IsZero()) {
				t.Errorf("%+v", e)
			}
		}
	}
	// Told again within the overlap, under the same ids; and no more after it.
	w.Pass(5 * time.Minute)
	if got := told(w.run(), connector.KindEngagement); len(got) != 2 {
		t.Errorf("%v", got)
	}
	w.Pass(20 * time.Minute)
	w.connect(acme, "")
	w.run()
	if got := told(w.run(), connector.KindEngagement); len(got) != 0 {
		t.Errorf("%v", got)
	}
	// Numbers change without the e-mail; they are read once a day.
	w.press("open", "email", mail, "count", "40")
	w.press("discard", "email", "9001")
	w.Pass(25 * time.Hour)
	w.connect(acme, "")
	pages = w.run()
	if got := told(pages, connector.KindEmail); !slices.Contains(got, "Hello 140 41 1") || !slices.Contains(got, "removed 9001") {
		t.Errorf("%v", got)
	}
	if got := told(pages, connector.KindEngagement); len(got) != 40 {
		t.Errorf("%d opens", len(got))
	}
}

// Many lines of one time are read on several pages.
func TestLogOfManyLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.connect(acme, "")
	w.run()
	w.Pass(time.Minute)
	w.press("open", "email", "9007", "count", "2500")
	w.press("click", "email", "9007", "count", "1001")
	w.Pass(2 * time.Minute)
	if got := told(w.run(), connector.KindEngagement); len(got) != 3501 {
		t.Errorf("%d", len(got))
	}
}

func TestCampaignsThatAreGone(t *testing.T) {
	t.Parallel()
	at := &cursor{Campaigns: campaigns{Read: 1, Known: []string{"a", "b"}, Met: []string{"b"}}}
	w := newWorld(t)
	w.Seed()
	w.connect(acme, "")
	r := &reader{ctx: t.Context(), client: w.hub.patient(w.session), session: w.session, settings: settings(w.session.Settings), at: at, page: &connector.Page{}}
	if done, err := r.campaigns(); err != nil || !done {
		t.Fatal(done, err)
	}
	if got := told([]*connector.Page{r.page}, connector.KindCampaign); !slices.Equal(got[3:], []string{"removed a", "removed b"}) || len(at.Campaigns.Known) != 3 || at.Campaigns.Met != nil {
		t.Errorf("%v %+v", got, at)
	}
}

// A campaign's time comes without anybody changing it.
func TestCampaignPhases(t *testing.T) {
	t.Parallel()
	rome := zoneOf("Europe/Rome")
	day := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status, start, end string
		state              connector.CampaignState
		phase              string
	}{
		{"", "2026-11-02", "2026-11-30", "", ""},
		{"", "2026-11-01", "2026-11-30", "", "running"},
		{"planned", "2026-11-01", "2026-11-01", "", "running"},
		{"planned", "2026-10-01", "2026-10-31", "", "completed"},
		{"in_progress", "2026-10-01", "2026-10-31", connector.CampaignCompleted, "completed"},
		{"in_progress", "", "", connector.CampaignRunning, "running"},
		{"COMPLETED", "2026-10-01", "2026-12-31", connector.CampaignCompleted, "completed"},
		{"odd", "", "nonsense", "", ""},
	} {
		got := (&campaign{ID: "g", Updated: "u", Properties: map[string]text{"hs_campaign_status": text(c.status), "hs_start_date": text(c.start), "hs_end_date": text(c.end)}}).change(day, rome)
		if got.Campaign.State != c.state || got.Version != "u/"+c.phase {
			t.Errorf("%+v: %q %s", c, got.Campaign.State, got.Version)
		}
	}
	got := (&campaign{Properties: map[string]text{"hs_start_date": "2026-11-01", "hs_end_date": "2026-11-30"}}).change(day, rome).Campaign
	if got.Begin.Format(time.RFC3339) != "2026-10-31T23:00:00Z" || got.End.Format(time.RFC3339) != "2026-11-30T23:00:00Z" {
		t.Errorf("%s to %s", got.Begin, got.End)
	}
}

// What HubSpot's documentation does not say for sure may be refused, and costs no run.
func TestWhatIsNotSure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Seed()
	w.connect(acme, "")
	var pages []*connector.Page
	for more := true; more; {
		at := cursor{}
		if w.cursor != nil {
			if err := json.Unmarshal(w.cursor, &at); err != nil {
				t.Fatal(err)
			}
		}
		if at.Step == stepEmailsGone || at.Step == stepCampaigns {
			w.press("refuse", "error", "VALIDATION_ERROR")
		}
		p := w.page()
		pages, more = append(pages, p), p.More
	}
	if got := partial(pages); len(got) != 1 || !strings.Contains(got[0], "does not list those that were archived") {
		t.Errorf("%q", got)
	}
	if got := told(pages, connector.KindCampaign); !slices.Equal(got, []string{"Spring fair ", "Autumn prices ", "Winter catalogue "}) {
		t.Errorf("%q", got)
	}
}
