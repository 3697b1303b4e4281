package integration

import (
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/record"
)

// TestEveryChangeGoesIntoTheBatch: each kind of record, whole.
func TestEveryChangeGoesIntoTheBatch(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	sent := 10
	stats := &connector.Stats{Sent: &sent}
	b := batchOf(&connector.Page{
		Changes: []connector.Change{
			{ID: "1", Version: "v", Kind: connector.KindContact, Contact: &connector.Contact{
				Email: "a@x.example", FirstName: "A", LastName: "B", Company: "C", Title: "D", Phone: "E", Profile: "https://x.example/a", Tags: []string{"F"},
			}},
			{ID: "2", Version: "v", Kind: connector.KindCampaign, Campaign: &connector.Campaign{
				Name: "A", Channel: "email", Audience: 5, Begin: at, End: at.Add(time.Hour), State: connector.CampaignRunning, Stats: stats,
			}},
			{ID: "3", Version: "v", Kind: connector.KindOpportunity, Opportunity: &connector.Opportunity{Name: "A", Amount: "1.50", Closed: true, Won: true, Contact: "1"}},
			{ID: "4", Kind: connector.KindEngagement, Engagement: &connector.Engagement{
				Kind: connector.Clicked, Email: "5", Campaign: "2", Recipient: "a@x.example", Subject: "S", URL: "https://x.example", UserAgent: "U", At: at,
			}},
			{ID: "6", Kind: connector.KindEngagement, Engagement: &connector.Engagement{Kind: connector.Opened, At: at}},
			{ID: "5", Version: "v", Kind: connector.KindEmail, Email: &connector.EmailMessage{Subject: "S", At: at, Sent: true, Bulk: true, Campaign: "2", Stats: stats}},
			{ID: "7", Kind: connector.KindMeeting, Meeting: &connector.Meeting{Title: "M", Begin: at, End: at}},
			{ID: "8", Kind: connector.KindContact, Removed: true}, {ID: "9", Kind: connector.KindOpportunity, Removed: true}, {ID: "10", Removed: true},
		},
		Load: &connector.Load{Source: "62515", Kind: connector.KindContact, ID: "l", Done: true},
	}, at, false)
	if len(b.Contacts) != 1 || len(b.Campaigns) != 1 || len(b.Opportunities) != 1 || len(b.Engagements) != 2 || len(b.Emails) != 1 || len(b.Meetings) != 1 || len(b.Removed) != 3 {
		t.Fatalf("%+v", b)
	}
	if c := b.Contacts[0]; c.ExternalID != "1" || c.SourceVersion != "v" || c.Title != "D" || c.ProfileURL != "https://x.example/a" || c.Phone != "E" || c.Tags[0] != "F" {
		t.Errorf("contact: %+v", c)
	}
	if c := b.Campaigns[0]; c.Audience != 5 || c.State != record.CampaignRunning || *c.Stats.Sent != 10 || !c.End.Equal(at.Add(time.Hour)) || c.Channel != "email" {
		t.Errorf("campaign: %+v", c)
	}
	if o := b.Opportunities[0]; o.Amount != "1.50" || !o.Won || o.Contact != "1" {
		t.Errorf("opportunity: %+v", o)
	}
	want := record.Engagement{
		ExternalID: "4", Clicked: true, Email: "5", Campaign: "2", Recipient: "a@x.example", Subject: "S", URL: "https://x.example", UserAgent: "U", At: at,
	}
	if b.Engagements[0] != want || b.Engagements[1].Clicked {
		t.Errorf("engagements: %+v", b.Engagements)
	}
	if e := b.Emails[0]; !e.Bulk || e.Campaign != "2" || *e.Stats.Sent != 10 {
		t.Errorf("e-mail: %+v", e)
	}
	if r := b.Removed; r[0].Kind != record.KindContact || r[1].Kind != record.KindOpportunity || r[2].Kind != record.KindEmail {
		t.Errorf("removed: %+v", r)
	}
	if b.Load.Kind != record.KindContact || !b.EventsFrom.Equal(at) || b.Quiet {
		t.Errorf("load: %+v, events from %s", b.Load, b.EventsFrom)
	}
}
