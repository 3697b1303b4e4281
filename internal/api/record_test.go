package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/record"
)

func TestRecords(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		bo := map[string]any{"externalId": "42", "email": "bo@acme.example", "firstName": "Bo", "tags": []string{"new"}}
		run(t, w, []scenario{
			{name: "empty", actor: utility, method: "GET", path: "contacts", status: 200, has: []string{`"items":[]`}, hasNot: []string{"next", "searchedTo"}},
			{name: "nobody", method: "POST", path: "contacts", body: bo, status: 401},
			{name: "add", actor: machine, method: "POST", path: "contacts", body: bo, status: 201, has: []string{`"id":"con_`, `"externalId":"42"`, `"source":"api"`, `"version":1`, `"tags":["new"]`}},
			{name: "again", actor: machine, method: "POST", path: "contacts", body: bo, status: 200, has: []string{`"version":1`}},
			{name: "changed", actor: utility, method: "POST", path: "contacts", body: map[string]any{"externalId": "42", "email": "bo@acme.example", "company": "Acme"}, status: 200, has: []string{`"version":2`, `"company":"Acme"`}, hasNot: []string{"firstName", "tags"}},
			{name: "one of two events", actor: machine, method: "GET", path: "events?type=contact.created", status: 200, has: []string{"evt_"}, hasNot: []string{"next"}},
			{name: "and the other", actor: machine, method: "GET", path: "events?type=contact.updated", status: 200, has: []string{"evt_"}},
			{name: "nothing", actor: machine, method: "POST", path: "contacts", body: `{}`, status: 422, has: []string{"record-invalid", "body.email"}},
			{name: "unknown field", actor: machine, method: "POST", path: "contacts", body: `{"mail":"x"}`, status: 422, has: []string{"body.mail"}},
			{name: "wrong type", actor: machine, method: "POST", path: "contacts", body: `{"email":7}`, status: 422, has: []string{"body.email"}},
			{name: "NUL", actor: machine, method: "POST", path: "contacts", body: `{"firstName":"a\u0000b"}`, status: 400, has: []string{"NUL"}},
			{name: "not UTF-8", actor: machine, method: "POST", path: "contacts", body: "{\"firstName\":\"\xff\"}", status: 400, has: []string{"UTF-8"}},
			{name: "too long", actor: machine, method: "POST", path: "contacts", body: map[string]any{"phone": strings.Repeat("1", 65)}, status: 422, has: []string{"body.phone", "64 characters"}},
			{name: "huge", actor: machine, method: "POST", path: "contacts", body: map[string]any{"phone": strings.Repeat("1", 2<<20)}, status: 413},
			{name: "no mail", actor: machine, method: "POST", path: "emails", body: `{"subject":"x"}`, status: 422, has: []string{"body.from"}},
			{name: "a mail", actor: machine, method: "POST", path: "emails", body: map[string]any{"to": []string{"bo@acme.example"}, "subject": "Hello", "text": "the whole text", "sent": true}, status: 201, has: []string{`"id":"eml_`, "the whole text", `"at":"20`}},
			{name: "a list has no texts", actor: utility, method: "GET", path: "emails", status: 200, has: []string{"Hello"}, hasNot: []string{"the whole text"}},
			{name: "searched", actor: utility, method: "GET", path: "emails?q=WHOLE&email=bo@acme.example", status: 200, has: []string{"Hello"}},
			{name: "a mail was sent", actor: system, method: "GET", path: "events?type=email.sent&text=con_", status: 200, has: []string{"evt_"}},
			{name: "no time", actor: machine, method: "POST", path: "meetings", body: `{"title":"x"}`, status: 422, has: []string{"begin"}},
			{name: "backwards", actor: machine, method: "POST", path: "meetings", body: `{"begin":"2026-11-23T10:00:00Z","end":"2026-11-23T09:00:00Z"}`, status: 422, has: []string{"body.end"}},
			{name: "a status that is none", actor: machine, method: "POST", path: "meetings", body: `{"begin":"2026-11-23T09:00:00Z","end":"2026-11-23T10:00:00Z","status":"perhaps"}`, status: 422, has: []string{"body.status"}},
			{name: "a meeting", actor: machine, method: "POST", path: "meetings", body: `{"begin":"2026-11-23T10:00:00+01:00","end":"2026-11-23T10:00:00Z","attendees":[{"email":"bo@acme.example"}]}`, status: 201, has: []string{`"id":"mtg_`, `"begin":"2026-11-23T09:00:00Z"`, `"status":"confirmed"`}},
			{name: "by source", actor: system, method: "GET", path: "contacts?source=gmail", status: 200, hasNot: []string{"con_"}},
			{name: "by id", actor: system, method: "GET", path: "contacts?externalId=42&source=api&email=BO@acme.example", status: 200, has: []string{"con_"}},
			{name: "NUL in a filter", actor: system, method: "GET", path: "contacts?source=%00", status: 400, has: []string{"address-invalid"}},
			{name: "no UTF-8 in a filter", actor: system, method: "GET", path: "contacts?q=%ff", status: 400, has: []string{"address-invalid"}},
			{name: "backwards window", actor: system, method: "GET", path: "meetings?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", status: 422, has: []string{"time-window-invalid"}},
			{name: "wrong cursor", actor: system, method: "GET", path: "meetings?cursor=x", status: 422, has: []string{"cursor-invalid"}},
			{name: "elsewhere", actor: foreign, method: "GET", path: "contacts", status: 200, hasNot: []string{"con_"}},
		})
		oneContact(t, w)
		if n := len(w.entries("contact.created")); n != 0 {
			t.Errorf("records are no administration: %d audit entries", n)
		}
	})
}

// oneContact reads, changes and deletes the contact that there is.
func oneContact(t *testing.T, w *world) {
	t.Helper()
	var list struct {
		Items []struct{ ID string }
	}
	w.do(machine, "GET", "contacts", nil).json(t, &list)
	path := "contacts/" + list.Items[0].ID
	if a := w.do(machine, "GET", path, nil); a.header.Get("ETag") != `"2"` {
		t.Errorf("ETag %s of %s", a.header.Get("ETag"), a.body)
	}
	run(t, w, []scenario{
		{name: "change", actor: utility, method: "PATCH", path: path, body: `{"phone":"1","company":""}`, headers: []string{"If-Match", `"2"`}, status: 200, has: []string{`"version":3`, `"phone":"1"`}, hasNot: []string{"Acme"}},
		{name: "stale", actor: utility, method: "PATCH", path: path, body: `{"phone":"2"}`, headers: []string{"If-Match", `"2"`}, status: 412, has: []string{"record-changed", `"changed":[{"version":3`, "company", "phone"}},
		{name: "null", actor: utility, method: "PATCH", path: path, body: `{"phone":null,"tags":null}`, status: 200, has: []string{`"version":3`, `"phone":"1"`}},
		{name: "the id stays", actor: utility, method: "PATCH", path: path, body: `{"externalId":"43"}`, status: 422, has: []string{"body.externalId"}},
		{name: "another's", actor: foreign, method: "PATCH", path: path, body: `{"phone":"2"}`, status: 404, has: []string{"contact-not-found"}},
		{name: "another kind", actor: system, method: "GET", path: strings.Replace(path, "contacts", "emails", 1), status: 404},
		{name: "another's, deleted", actor: foreign, method: "DELETE", path: path, status: 404},
		{name: "delete", actor: machine, method: "DELETE", path: path, status: 204},
		{name: "gone", actor: machine, method: "DELETE", path: path, status: 404},
		{name: "told", actor: machine, method: "GET", path: "events?type=contact.deleted", status: 200, has: []string{"evt_"}},
	})
}

// TestRecordsOfAnIntegration are there with event and delivery or not at all, and
// can be read and not changed.
func TestRecordsOfAnIntegration(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		p, err := w.deps.Record.Prepare(t.Context(), record.Source{OrganizationID: w.org.id, Name: "gmail", Account: "ada"},
			record.Batch{Emails: []record.EmailInput{{ExternalID: "m1", Email: record.Email{From: "bo@acme.example", Subject: "Hello", Sent: true}}}})
		must(t, err)
		w.do(system, http.MethodPost, "webhooks", map[string]any{"url": w.sink.URL, "events": []string{"email.sent"}})
		crash := errors.New("crash")
		for _, end := range []error{crash, nil} {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				if _, err := w.deps.Record.Apply(t.Context(), tx, p); err != nil {
					return err
				}
				return end
			})
			if !errors.Is(err, end) {
				t.Fatal(err)
			}
			for _, table := range []string{"emails", "events", "deliveries"} {
				n, err := db.Value[int](t.Context(), d, "SELECT COUNT(*) FROM "+table)
				if want := map[bool]int{true: 1, false: 0}[end == nil]; err != nil || n != want {
					t.Errorf("ended with %v: %d %s, want %d, %v", end, n, table, want, err)
				}
			}
		}
		var list struct {
			Items []struct{ ID, Source, Account, ExternalID string }
		}
		w.do(machine, http.MethodGet, "emails?source=gmail", nil).json(t, &list)
		if len(list.Items) != 1 || list.Items[0].Account != "ada" || list.Items[0].ExternalID != "m1" {
			t.Fatalf("listed: %+v", list)
		}
		path := "emails/" + list.Items[0].ID
		run(t, w, []scenario{
			{name: "change", actor: system, method: "PATCH", path: path, body: `{"subject":"x"}`, status: 409, has: []string{"record-of-integration", `"source":"gmail"`}},
			{name: "delete", actor: machine, method: "DELETE", path: path, status: 409, has: []string{"record-of-integration"}},
			{name: "still there", actor: utility, method: "GET", path: path, status: 200, has: []string{"Hello"}},
		})
	})
}

// TestContactsOfSeveralSources are one contact that shows what each says.
func TestContactsOfSeveralSources(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		apply := func(source string, b record.Batch) {
			p, err := w.deps.Record.Prepare(t.Context(), record.Source{OrganizationID: w.org.id, Name: source, Account: "acc"}, b)
			must(t, err)
			must(t, d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := w.deps.Record.Apply(t.Context(), tx, p)
				return err
			}))
		}
		apply("hubspot", record.Batch{
			Contacts:      []record.ContactInput{{ExternalID: "151", Contact: record.Contact{Email: "Bo@acme.example", FirstName: "Bo", Title: "CTO"}}},
			Campaigns:     []record.CampaignInput{{ExternalID: "c1", Campaign: record.Campaign{Name: "Autumn", Begin: time.Now().Add(-time.Hour)}}},
			Emails:        []record.EmailInput{{ExternalID: "m1", Email: record.Email{Subject: "News", Bulk: true, Sent: true, Campaign: "c1"}}},
			Opportunities: []record.OpportunityInput{{ExternalID: "o1", Opportunity: record.Opportunity{Name: "Big deal", Amount: "12.50", Contact: "151"}}},
		})
		apply("salesforce", record.Batch{Contacts: []record.ContactInput{{ExternalID: "003", Contact: record.Contact{Email: "bo@acme.example", Phone: "1", Title: "CEO"}}}})
		path := func(list string) string {
			var p struct{ Items []struct{ ID string } }
			w.do(utility, "GET", list, nil).json(t, &p)
			if len(p.Items) != 1 {
				t.Fatalf("%s: %d", list, len(p.Items))
			}
			noun, _, _ := strings.Cut(list, "?")
			return noun + "/" + p.Items[0].ID
		}
		contact := path("contacts?source=salesforce")
		run(t, w, []scenario{
			{name: "one contact", actor: utility, method: "GET", path: contact, status: 200, has: []string{
				`"title":"CEO"`, `"source":"hubspot"`, `"externalId":"151"`, `"account":"acc"`, `"externalId":"003"`, `"values":{"email":"Bo@acme.example"`, `"title":"CTO"`,
				`"wins":["email","firstName"]`, `"wins":["title","phone"]`,
			}},
			{name: "by the other's id", actor: machine, method: "GET", path: "contacts?externalId=003", status: 200, has: []string{strings.TrimPrefix(contact, "contacts/")}},
			{name: "its source and another's id", actor: machine, method: "GET", path: "contacts?externalId=003&source=hubspot", status: 200, has: []string{`"items":[]`}},
			{name: "by address and source", actor: machine, method: "GET", path: "contacts?email=BO@acme.example&source=hubspot&q=bo", status: 200, has: []string{"con_"}},
			{name: "only integrations know it", actor: machine, method: "DELETE", path: contact, status: 409, has: []string{"record-of-integration"}},
			{name: "known by its address", actor: machine, method: "POST", path: "contacts", body: `{"email":"bo@ACME.example","company":"Acme"}`, status: 200, has: []string{strings.TrimPrefix(contact, "contacts/"), `"company":"Acme"`, `"source":"api"`}},
			{name: "changed", actor: utility, method: "PATCH", path: contact, body: `{"title":"Chair"}`, status: 200, has: []string{`"title":"Chair"`, `"source":"hubspot"`}},
			{name: "not a page", actor: utility, method: "PATCH", path: contact, body: `{"profileUrl":"javascript:alert(1)"}`, status: 422, has: []string{"body.profileUrl"}},
			{name: "elsewhere", actor: foreign, method: "GET", path: contact, status: 404},
			{name: "taken back", actor: machine, method: "DELETE", path: contact, status: 204},
			{name: "and still there", actor: machine, method: "GET", path: contact, status: 200, has: []string{`"title":"CEO"`}, hasNot: []string{"Acme\"", `"source":"api"`}},
			{name: "a mail of a campaign", actor: machine, method: "GET", path: path("emails"), status: 200, has: []string{`"bulk":true`, `"campaignId":"cmp_`}},
			{name: "a campaign that runs", actor: utility, method: "GET", path: path("campaigns"), status: 200, has: []string{`"state":"running"`, `"name":"Autumn"`}},
			{name: "a campaign of the API", actor: machine, method: "POST", path: "campaigns", body: `{"name":"Winter","channel":"fax"}`, status: 422, has: []string{"channel"}},
			{name: "that ends before it begins", actor: machine, method: "POST", path: "campaigns", body: `{"name":"Winter","begin":"2026-11-23T09:00:00Z","end":"2026-11-22T09:00:00Z"}`, status: 422, has: []string{"body.end"}},
			{name: "an integration's", actor: system, method: "PATCH", path: path("campaigns"), body: `{"name":"x"}`, status: 409, has: []string{"record-of-integration"}},
			{name: "a deal", actor: utility, method: "GET", path: path("opportunities"), status: 200, has: []string{`"amount":"12.50"`, `"contactId":"con_`, `"closed":false`}},
			{name: "a deal of the API", actor: machine, method: "POST", path: "opportunities", body: `{"name":"Small","amount":12.5}`, status: 422, has: []string{"body.amount"}},
			{name: "with a contact of ours", actor: machine, method: "POST", path: "opportunities", body: map[string]any{"externalId": "7", "name": "Small", "contact": strings.TrimPrefix(contact, "contacts/")}, status: 201, has: []string{`"id":"opp_`}},
			{name: "counted", actor: utility, method: "GET", path: "records", status: 200, has: []string{`{"kind":"contact","source":"hubspot","count":1}`, `{"kind":"opportunity","source":"api","count":1}`}, hasNot: []string{`"count":0`}},
			{name: "counted elsewhere", actor: foreign, method: "GET", path: "records", status: 200, has: []string{`"counts":[]`}},
			{name: "nobody counts", method: "GET", path: "records", status: 401},
		})
		run(t, w, []scenario{
			{name: "is about it", actor: machine, method: "GET", path: path("opportunities?source=api"), status: 200, has: []string{`"contactId":"con_`}},
		})
	})
}
