package tracking

import (
	"encoding/json"
	"strings"
	"testing"
)

// sample is an event with properties that are good, and with ones that are not.
type sample struct {
	event string
	good  []string
	bad   map[string]string // properties -> what is said of them
}

const badCount = "must be a whole number from 0 to 1000000"

// samples has every event of the catalog; the test sees to it.
func samples() []sample {
	wh := "wh_01h455vb4pex5vsknk084sn02q"
	return []sample{
		{"api_key_viewed", []string{`{"key_masked_length": 27}`, `{"key_masked_length": 0}`, `{"key_masked_length": 1e2}`}, map[string]string{
			`{}`:                                                   ".key_masked_length is missing",
			`{"key_masked_length": "27"}`:                          badCount,
			`{"key_masked_length": -1}`:                            badCount,
			`{"key_masked_length": 1.5}`:                           badCount,
			`{"key_masked_length": 1e300}`:                         badCount,
			`{"key_masked_length": null}`:                          badCount,
			`{"key_masked_length": true}`:                          badCount,
			`{"key_masked_length": [27]}`:                          badCount,
			`{"key_masked_length": 27, "user_id": "usr_1"}`:        ".user_id is no property",
			`{"key_masked_length": 27, "role": "system_admin"}`:    ".role is no property",
			`{"key_masked_length": 27, "https://hush.example": 1}`: "has a property that this event does not have",
		}},
		{"api_key_copied", []string{`{"copy_method": "manual"}`}, map[string]string{
			`{"copy_method": "button"}`:    "is recorded by the server itself, unless it is manual",
			`{"copy_method": "shortcut"}`:  "is recorded by the server itself, unless it is manual",
			`{"copy_method": "telepathy"}`: "must be one of: manual",
			`{"copy_method": 1}`:           "must be one of: manual",
		}},
		{"api_key_regenerated", []string{`{"confirmation_time": 3600000}`}, map[string]string{`{"confirmation_time": 3600001}`: "must be a whole number from 0 to 3600000"}},
		{"webhook_modal_opened", []string{`{"existing_webhook_count": 3}`}, map[string]string{`{"existing_webhook_count": 1000001}`: badCount}},
		{"webhook_added", []string{
			`{"url_domain": "example.co.uk", "events_selected": ["contact.created", "email.sent"], "validation_time": 12}`,
			`{"url_domain": "", "events_selected": [], "validation_time": 0}`,
			`{"url_domain": "bücher.example", "events_selected": ["invoice.paid_late.now"], "validation_time": 0}`,
		}, map[string]string{
			`{"url_domain": "https://a.example/x", "events_selected": [], "validation_time": 1}`:                                 "must be a text",
			`{"url_domain": "u:p@a.example", "events_selected": [], "validation_time": 1}`:                                       "must be a text",
			`{"url_domain": "localhost", "events_selected": [], "validation_time": 1}`:                                           "must be a text",
			`{"url_domain": "a.example", "events_selected": "contact.created", "validation_time": 1}`:                            "must be a list",
			`{"url_domain": "a.example", "events_selected": ["contact.created", 1], "validation_time": 1}`:                       "must be a list",
			`{"url_domain": "a.example", "events_selected": ["Contact Created"], "validation_time": 1}`:                          "must be a list",
			`{"url_domain": "a.example", "events_selected": ["contact.created", "contact.created"], "validation_time": 1}`:       "must be a list",
			`{"url_domain": "a.example", "events_selected": ["a.` + strings.Repeat("b", 200) + `"], "validation_time": 1}`:       "must be a list",
			`{"url_domain": "a.` + strings.Repeat("b", 253) + `", "events_selected": ["contact.created"], "validation_time": 1}`: "must be a text",
		}},
		{"webhook_toggled", []string{`{"webhook_id": "` + wh + `", "new_status": "off"}`, `{"webhook_id": "` + wh + `", "new_status": "active"}`}, map[string]string{
			`{"webhook_id": "evt_01h455vb4pex5vsknk084sn02q", "new_status": "off"}`: "must be a text",
			`{"webhook_id": "` + wh + `", "new_status": "disabled"}`:                "must be one of: active, off",
		}},
		{"integration_health_checked", []string{`{"integration_name": "Google Calendar", "health_status": "reauthorize"}`}, map[string]string{
			`{"integration_name": "Gmail", "health_status": "Connected"}`: "must be one of: healthy",
		}},
		{"integration_dashboard_viewed", []string{`{"connected_count": 2, "available_count": 4}`}, map[string]string{`{"connected_count": 2}`: ".available_count is missing"}},
		{"integration_card_clicked", []string{`{"integration_name": "HubSpot", "integration_status": "Reconnect needed"}`}, map[string]string{
			`{"integration_name": "HubSpot", "integration_status": "active"}`:                                    "must be one of: Connected",
			`{"integration_name": "", "integration_status": "Paused"}`:                                           "must be a text",
			`{"integration_name": "https://a.example", "integration_status": "Paused"}`:                          "must be a text",
			`{"integration_name": "ada@example.com", "integration_status": "Paused"}`:                            "must be a text",
			`{"integration_name": "sX_edht6087confxrvitlMeySzylgmil3bg", "integration_status": "Paused"}`:        "must be a text",
			`{"integration_name": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "integration_status": "Paused"}`:     "must be a text",
			`{"integration_name": "` + strings.Repeat("x", longestName+1) + `", "integration_status": "Paused"}`: "must be a text",
			`{"integration_name": "Gmail\n", "integration_status": "Paused"}`:                                    "must be a text",
		}},
		{"category_filtered", []string{`{"category_name": "CRM", "results_count": 1}`}, map[string]string{`{"category_name": "Crm", "results_count": 1}`: "must be one of: All"}},
		{"integration_connection_attempted", []string{`{"integration_name": "LinkedIn", "success_status": "not_finished"}`}, map[string]string{
			`{"integration_name": "LinkedIn", "success_status": "ok"}`: "must be one of: succeeded",
		}},
		{"webhook_event_selected", []string{`{"event_type": "contact.created", "webhook_context": "add"}`}, map[string]string{
			`{"event_type": "contact", "webhook_context": "add"}`:                             "must be a text",
			`{"event_type": "contact.created", "webhook_context": "list"}`:                    "must be one of: add, edit",
			`{"event_type": "https://a.example/hooks?token=hush", "webhook_context": "edit"}`: "must be a text",
		}},
		{"integration_status_reviewed", []string{`{"status_type": "Error", "action_taken": "opened_guidance"}`, `{"status_type": "error", "action_taken": "none"}`}, map[string]string{
			`{"status_type": "Error", "action_taken": "deleted"}`: "must be one of: none",
		}},
	}
}

func decode(t *testing.T, text string) (properties map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &properties); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return properties
}

func TestEverySchemaTakesTheGoodAndRefusesTheBad(t *testing.T) {
	t.Parallel()
	all := samples()
	for i, s := range all {
		e := find(s.event)
		if e == nil || Catalog[i].Name != s.event || len(all) != len(Catalog) {
			t.Fatalf("the samples are not those of the catalog at %s", s.event)
		}
		from := Browser
		if e.Source == Server {
			from = Server
		}
		for _, text := range s.good {
			if got, wrong := e.check(decode(t, text), from); len(wrong) > 0 || !json.Valid([]byte(got)) {
				t.Errorf("%s %s: %v", s.event, text, wrong)
			}
		}
		for text, want := range s.bad {
			got, wrong := e.check(decode(t, text), from)
			var lines []string
			for _, f := range wrong {
				lines = append(lines, f.Location+" "+f.Message)
			}
			said := strings.Join(lines, "\n")
			if got != "" || !strings.Contains(said, want) || strings.Contains(said, "hush") {
				t.Errorf("%s %s: %q, want %q", s.event, text, said, want)
			}
		}
	}
}

// Equal properties are one text, whatever their order and whoever wrote them:
// the digest of an event that is told again depends on it.
func TestEqualPropertiesAreOneText(t *testing.T) {
	t.Parallel()
	e := find("webhook_added")
	fromGo, wrong := e.check(map[string]any{"url_domain": "a.example", "events_selected": []string{"a.b"}, "validation_time": int64(7)}, Server)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	fromJSON, wrong := e.check(decode(t, `{"validation_time": 7.0, "events_selected": ["a.b"], "url_domain": "a.example"}`), Server)
	if len(wrong) > 0 || fromGo != fromJSON || fromGo != `{"events_selected":["a.b"],"url_domain":"a.example","validation_time":7}` {
		t.Errorf("%s and %s, %v", fromGo, fromJSON, wrong)
	}
}

// Whatever comes from outside, nothing of the form of a secret or an address is
// taken, and no message repeats what came.
func FuzzProperties(f *testing.F) {
	for _, s := range samples() {
		for _, text := range s.good {
			f.Add(s.event, text)
		}
		for text := range s.bad {
			f.Add(s.event, text)
		}
	}
	f.Fuzz(func(t *testing.T, event, text string) {
		var properties map[string]any
		if json.Unmarshal([]byte(text), &properties) != nil {
			return
		}
		stored, wrong := Item{Event: event, Properties: properties}.check()
		if len(wrong) > 0 && stored != "" {
			t.Errorf("refused and stored: %s", stored)
		}
		for _, secret := range []string{"sX_", "://", "@", "?", "\\u0000"} {
			if strings.Contains(stored, secret) {
				t.Errorf("stored: %s", stored)
			}
		}
	})
}
