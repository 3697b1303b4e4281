package record

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

func drive(externalID string, c Campaign) CampaignInput {
	return CampaignInput{ExternalID: externalID, SourceVersion: "1", Campaign: c}
}

// TestACampaignStartsAndEndsOnce, by what its source says or by its times, whichever
// is first.
func TestACampaignStartsAndEndsOnce(t *testing.T) {
	t.Parallel()
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	for name, c := range map[string]struct {
		first, second Campaign      // what a sync says at noon, and 90 minutes later
		want          string        // events after noon, after both, and 10 hours later
		in            time.Duration // how long after noon the job runs, beside the second sync
	}{
		"times alone":     {first: Campaign{Begin: hour(1), End: hour(2)}, second: Campaign{Begin: hour(1), End: hour(2)}, want: " / started / started completed"},
		"running already": {first: Campaign{Begin: hour(-1)}, second: Campaign{Begin: hour(-1), End: hour(1)}, want: "started / started completed / started completed"},
		"over already":    {first: Campaign{Begin: hour(-2), End: hour(-1)}, second: Campaign{Begin: hour(-2), End: hour(5)}, want: "started completed / started completed / started completed"},
		"says so":         {first: Campaign{State: CampaignPlanned}, second: Campaign{State: CampaignRunning}, want: " / started / started"},
		"both at once":    {first: Campaign{State: CampaignPlanned}, second: Campaign{State: CampaignCompleted}, want: " / started completed / started completed"},
		"cancelled":       {first: Campaign{Begin: hour(1), End: hour(2)}, second: Campaign{Begin: hour(1), End: hour(2), State: CampaignCancelled}, want: " /  / "},
		"planned still":   {first: Campaign{Begin: hour(1), State: CampaignPlanned}, second: Campaign{Begin: hour(1), State: CampaignPlanned}, want: " / started / started"},
		"back and forth":  {first: Campaign{State: CampaignRunning}, second: Campaign{State: CampaignPlanned, Begin: hour(2)}, want: "started / started / started"},
		"no times":        {want: " /  / "},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				w := newWorld(t, d)
				events := func() string {
					var all []string
					for _, typ := range w.types() {
						all = append(all, strings.TrimPrefix(typ, "campaign."))
					}
					return strings.Join(all, " ")
				}
				w.apply(hubspot, Batch{Campaigns: []CampaignInput{drive("1", c.first)}})
				w.must(w.Progress(t.Context()))
				got := events()
				w.forward(90 * time.Minute)
				if name == "cancelled" { // before its begin is noticed
					w.us.Store(noon.Add(30 * time.Minute).UnixMicro())
				}
				for range 2 { // applied again, nothing more
					w.apply(hubspot, Batch{Campaigns: []CampaignInput{drive("1", c.second)}})
					w.must(w.Progress(t.Context()))
				}
				got += " / " + events()
				w.forward(10 * time.Hour)
				for range 2 {
					w.must(w.Progress(t.Context()))
				}
				if got += " / " + events(); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestWhatCampaignsTell fits the catalog, and none is told of what a first load finds.
func TestWhatCampaignsTell(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		begin, end := noon.Add(-time.Hour), noon.Add(time.Hour)
		c := drive("1", Campaign{Name: "Autumn", Channel: "E-Mail", Audience: 1250, Begin: begin, End: end, Stats: &Stats{Sent: new(10), Opened: new(-1)}})
		w.apply(hubspot, Batch{Quiet: true, Campaigns: []CampaignInput{c}})
		w.apply(Source{orgB, "hubspot", "1"}, Batch{Campaigns: []CampaignInput{c}})
		old := drive("2", c.Campaign)
		w.apply(hubspot, Batch{EventsFrom: noon.Add(-time.Minute), Campaigns: []CampaignInput{old}})
		if got := w.types(); len(got) != 0 {
			t.Errorf("quiet: %v", got)
		}
		w.forward(90 * time.Minute)
		told := w.told.Load()
		w.must(w.Progress(t.Context()))
		raised := w.raised()
		if len(raised) != 2 || raised[0].Type != "campaign.completed" || !raised[0].OccurredAt.Equal(end) || w.told.Load() == told {
			t.Fatalf("raised: %v, told %d times", w.types(), w.told.Load()-told)
		}
		got := data(t, raised[0])
		if fmt.Sprint(got["name"], got["channel"], got["stats"], got["completedAt"]) != "Autumnothermap[sent:10]2026-11-23T13:00:00Z" || !strings.HasPrefix(fmt.Sprint(got["id"]), "cmp_") {
			t.Errorf("completed: %v", got)
		}
		if a, b := w.count("campaigns WHERE due > 0"), w.count("events"); a != 0 || b != 4 {
			t.Errorf("%d are due, %d events of both organizations", a, b)
		}
		if c, err := w.Count(t.Context(), orgA, "hubspot"); err != nil || c.Campaigns != 2 {
			t.Errorf("counts: %+v, %v", c, err)
		}
	})
}

// TestProgressBesideSyncs: many nodes and syncs at once tell of each once.
func TestProgressBesideSyncs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		batch := func(name string) (b Batch) {
			for i := range dueStep + 30 {
				b.Campaigns = append(b.Campaigns, drive(fmt.Sprint(i), Campaign{Name: name, Begin: noon.Add(time.Minute), End: noon.Add(2 * time.Minute)}))
			}
			return b
		}
		w.apply(hubspot, batch("a"))
		w.forward(time.Hour)
		var running sync.WaitGroup
		for i := range 4 {
			running.Go(func() {
				if err := w.Progress(t.Context()); err != nil {
					t.Error(err)
				}
			})
			running.Go(func() { w.apply(hubspot, batch(fmt.Sprint("b", i))) })
		}
		running.Wait()
		w.must(w.Progress(t.Context()))
		for _, typ := range []string{"campaign.started", "campaign.completed"} {
			if n := w.count("events WHERE type = '" + typ + "'"); n != dueStep+30 {
				t.Errorf("%d times %s", n, typ)
			}
		}
	})
}

// TestOpportunities are kept as far as they can be, over syncs and the API.
func TestOpportunities(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		long := strings.Repeat("ä", 3000)
		deal := func(externalID string, o Opportunity) OpportunityInput {
			return OpportunityInput{ExternalID: externalID, Opportunity: o}
		}
		b := Batch{Opportunities: []OpportunityInput{
			deal("1", Opportunity{Name: "Big", Amount: " 1250.50 ", Currency: "eur", CloseDate: "2026-12-31", Probability: new(250), Won: true, Contact: "003"}),
			deal("2", Opportunity{Name: long, Company: "a\x00b", Amount: "1.25E6", Currency: "Euro", CloseDate: "31.12.2026", Probability: new(-1), Contact: long}),
			deal("3", Opportunity{Amount: "1e400"}), deal("4", Opportunity{Amount: "NaN"}), deal("5", Opportunity{Amount: "12345678901234567890.12345678"}), deal("", Opportunity{}),
		}}
		if got := w.apply(salesforce, b); got != (Tally{Created: 5, Skipped: 1}) {
			t.Errorf("first: %+v", got)
		}
		if got := w.apply(salesforce, b); got != (Tally{Same: 5, Skipped: 1}) {
			t.Errorf("again: %+v", got)
		}
		var amounts []string
		for _, r := range w.all(KindOpportunity, Filter{}) {
			o, ok := r.Fields.(*Opportunity)
			if !ok || !isDate(o.CloseDate) && o.CloseDate != "" || !plain(o.Company) {
				t.Errorf("%+v", o)
			}
			amounts = append(amounts, o.Amount)
			if o.Name == "Big" && (*o.Probability != 100 || !o.Closed || o.Currency != "EUR" || o.Contact != "003") {
				t.Errorf("%+v", o)
			}
		}
		if want := []string{"12345678901234567890.12345678", "", "", "1250000", "1250.50"}; !slices.Equal(amounts, want) {
			t.Errorf("amounts: %q", amounts)
		}
		r := w.put(&Opportunity{Name: "Ours", Amount: "1", Probability: new(0)}, "x")
		stage := "won"
		if r, err := w.Update(t.Context(), admin, KindOpportunity, r.ID, 1, &OpportunityPatch{Stage: &stage, Closed: new(true), Won: new(true)}); err != nil || r.Version != 2 {
			t.Errorf("%+v, %v", r, err)
		}
		for at, f := range map[string]Fields{
			"name": &Opportunity{}, "amount": &Opportunity{Name: "x", Amount: "1,5"}, "currency": &Opportunity{Name: "x", Currency: "eur"},
			"closeDate": &Opportunity{Name: "x", CloseDate: "2026-02-30"}, "probability": &Opportunity{Name: "x", Probability: new(101)}, "won": &Opportunity{Name: "x", Won: true},
			"channel": &Campaign{Name: "x", Channel: "fax"}, "state": &Campaign{Name: "x", State: "on"}, "end": &Campaign{Name: "x", Begin: noon, End: noon.Add(-1e9)},
			"audience": &Campaign{Name: "x", Audience: -1}, "stats.sent": &Campaign{Name: "x", Stats: &Stats{Sent: new(-1)}}, "begin": &Campaign{Name: "x", Begin: noon.AddDate(9000, 0, 0)},
			"profileUrl": &Contact{FirstName: "x", ProfileURL: "javascript:x"}, "title": &Contact{FirstName: "x", Title: long},
		} {
			if _, _, err := w.Put(t.Context(), machine, "", f); err == nil || !strings.Contains(err.Error(), at) {
				t.Errorf("%s: %v", at, err)
			}
		}
		if got := w.types(); len(got) != 0 {
			t.Errorf("events: %v", got)
		}
	})
}
