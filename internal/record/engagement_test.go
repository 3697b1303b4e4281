package record

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/event"
)

func bulk(externalID, campaign string) EmailInput {
	return EmailInput{ExternalID: externalID, Email: Email{From: "news@acme.example", Subject: "News", At: noon, Sent: true, Bulk: true, Campaign: campaign, Stats: &Stats{Sent: new(500)}}}
}

func opened(externalID string, at time.Time) Engagement {
	return Engagement{ExternalID: externalID, Email: "9001", Recipient: "Bo@acme.example", At: at}
}

// TestOpeningsAndClicks are told of once, with our ids.
func TestOpeningsAndClicks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.apply(hubspot, Batch{
			Contacts: crowd(human("151", Contact{Email: "bo@acme.example"})).Contacts, Campaigns: []CampaignInput{drive("c1", Campaign{Name: "Autumn"})}, Emails: []EmailInput{bulk("9001", "c1")},
		})
		if got := w.types(); !slices.Equal(got, []string{"contact.created"}) {
			t.Fatalf("a mail to many is no sent mail: %v", got)
		}
		click := opened("b", noon)
		click.Clicked, click.URL, click.UserAgent = true, "https://acme.example/x?y=ä b", "Browser\x00 1"
		b := Batch{Engagements: []Engagement{opened("a", noon.Add(-time.Hour)), opened("a", noon), click}}
		if got := w.apply(hubspot, b); got != (Tally{Events: 2}) {
			t.Errorf("first: %+v", got)
		}
		if got := w.apply(hubspot, b); got != (Tally{}) {
			t.Errorf("again: %+v", got)
		}
		raised := w.raised()[1:]
		mail, campaign, contact := w.all(KindEmail, Filter{})[0], w.all(KindCampaign, Filter{})[0], w.one()
		for i, typ := range []string{"email.opened", "email.clicked"} {
			got := data(t, raised[i])
			if raised[i].Type != typ || got["id"] != mail.ID || got["campaignId"] != campaign.ID || got["contactId"] != contact.ID || got["to"] != "Bo@acme.example" || got["subject"] != "News" {
				t.Errorf("%s: %v", raised[i].Type, got)
			}
		}
		if got := data(t, raised[1]); got["url"] != "https://acme.example/x?y=%C3%A4%20b" && got["url"] != "https://acme.example/x?y=ä b" || got["clickedAt"] != "2026-11-23T12:00:00Z" || got["userAgent"] != "Browser 1" {
			t.Errorf("clicked: %v", got)
		}
		// Another account's, another source's and another organization's are others.
		for _, src := range []Source{{orgA, "hubspot", "2"}, {orgA, "mailer", "62515"}, {orgB, "hubspot", "62515"}} {
			if got := w.apply(src, Batch{Engagements: b.Engagements[:1]}); got.Events != 1 {
				t.Errorf("%+v: %+v", src, got)
			}
		}
		if got := data(t, w.raised()[3]); got["id"] != "9001" || got["contactId"] != contact.ID {
			t.Errorf("of a mail that is not known: %v", got)
		}
	})
}

// TestEngagementsAreToldOfOnceForEver: also after their ids are forgotten, by many at
// once, and not at a first load.
func TestEngagementsAreToldOfOnceForEver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var b Batch
		for i := range 50 {
			b.Engagements = append(b.Engagements, opened(fmt.Sprint(i), noon.Add(-time.Duration(i)*time.Second)))
		}
		quiet := b
		quiet.Engagements, quiet.Quiet = b.Engagements[:10], true
		if got := w.apply(hubspot, quiet); got != (Tally{}) {
			t.Errorf("quiet: %+v", got)
		}
		var running sync.WaitGroup
		for range 5 {
			running.Go(func() { w.apply(hubspot, b) })
		}
		running.Wait()
		if n := w.count("events"); n != 40 {
			t.Errorf("%d events", n)
		}
		w.forward(keepEngagements + time.Hour)
		w.must(w.PurgeEngagements(t.Context()))
		if n := w.count("engagements"); n != 0 {
			t.Errorf("%d ids are kept", n)
		}
		if got := w.apply(hubspot, b); got != (Tally{}) || w.count("engagements") != 0 {
			t.Errorf("later: %+v", got)
		}
	})
}

// TestOddEngagements fit the catalog's schemas, or are left out.
func TestOddEngagements(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, dbtest.SQLite))
	ctx, long := t.Context(), strings.Repeat("ä", 5000)
	n := 0
	click := func(url string) Engagement {
		n++
		return Engagement{ExternalID: fmt.Sprint(n), Clicked: true, URL: url, Recipient: "nobody", Subject: long, UserAgent: long, At: noon.AddDate(50, 0, 0)}
	}
	got := w.apply(hubspot, Batch{Engagements: []Engagement{
		{}, {ExternalID: long + "\x00", Email: long, Campaign: "\xff", Recipient: long}, click(""), click("no address"), click("https://x.example/?" + long), click("https://x.example/" + long),
		click("https://x.example/\xff"), click("mailto:bo@acme.example"), click("://"), click("https://x.example/a b"),
	}})
	if got != (Tally{Skipped: 6, Events: 4}) {
		t.Errorf("%+v", got)
	}
	w.events.Start()
	t.Cleanup(func() { w.must(w.events.Stop(context.Background())) })
	for _, e := range w.raised() {
		rs, err := w.events.Accept(ctx, machine, []event.Input{{Type: e.Type, Data: e.Data}}, event.Options{})
		w.must(err)
		if len(rs[0].Warnings) > 0 || rs[0].Fault != nil || e.OccurredAt.After(noon) {
			t.Errorf("%s: %v %v in %.500s", e.Type, rs[0].Warnings, rs[0].Fault, e.Data)
		}
	}
}
