package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/api"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/tracking"
)

// tracked gives an organization's tracking events as "role event properties",
// oldest first.
func (w *world) tracked(org organization) []string {
	w.t.Helper()
	all, err := db.All(context.Background(), w.db, func(s db.Scanner) (string, error) {
		var user, role, event, properties string
		err := s.Scan(&user, &role, &event, &properties)
		if user != org.system.id && user != org.worker.id {
			w.t.Errorf("%s is tracked for %q", event, user)
		}
		return fmt.Sprintf("%s %s %s", role, event, properties), err
	}, "SELECT user_id, role, event, properties FROM tracking_events WHERE organization_id = $1 ORDER BY num", org.id)
	must(w.t, err)
	return all
}

func (w *world) wantTracked(org organization, want ...string) {
	w.t.Helper()
	if got := w.tracked(org); !slices.Equal(got, want) {
		w.t.Errorf("tracked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const (
	viewedKey   = `{"event":"api_key_viewed","properties":{"key_masked_length":27}}`
	openedModal = `{"event":"webhook_modal_opened","properties":{"existing_webhook_count":3},"timestamp":"2026-01-01T00:00:00Z"}`
)

func batch(items ...string) string { return `{"events":[` + strings.Join(items, ",") + `]}` }

func TestTracking(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		hundred := strings.Repeat(","+viewedKey, 99)
		filler := `{"event":"integration_card_clicked","properties":{"integration_name":"` + strings.Repeat("x", 70<<10) + `","integration_status":"Error"}}`
		run(t, w, []scenario{
			{name: "one of each role", actor: utility, method: "POST", path: "tracking", body: batch(viewedKey, openedModal), status: 202},
			{name: "another organization's", actor: foreign, method: "POST", path: "tracking", body: batch(viewedKey), status: 202},
			{name: "told again", actor: utility, method: "POST", path: "tracking", body: batch(openedModal), status: 202},
			{name: "nobody", method: "POST", path: "tracking", body: batch(viewedKey), status: 401},
			{name: "the key", actor: machine, method: "POST", path: "tracking", body: batch(viewedKey), status: 403, has: []string{"forbidden-to-key"}},
			{name: "another site", actor: utility, method: "POST", path: "tracking", body: batch(viewedKey), headers: []string{"Sec-Fetch-Site", "cross-site"}, status: 403},
			{name: "as a beacon sends it", actor: system, method: "POST", path: "tracking", body: batch(viewedKey), headers: []string{"Sec-Fetch-Site", "same-origin"}, status: 202},

			{name: "no events", actor: utility, method: "POST", path: "tracking", body: batch(), status: 422, has: []string{"body.events"}},
			{name: "too many", actor: utility, method: "POST", path: "tracking", body: batch(viewedKey + hundred + "," + viewedKey), status: 422, has: []string{"body.events"}},
			{name: "huge", actor: utility, method: "POST", path: "tracking", body: batch(filler), status: 413},
			{name: "NUL", actor: utility, method: "POST", path: "tracking", body: batch(`{"event":"webhook_event_selected","properties":{"event_type":"a.b\u0000","webhook_context":"add"}}`), status: 400, has: []string{"NUL"}},
			{name: "deep", actor: utility, method: "POST", path: "tracking", body: batch(`{"event":"api_key_viewed","properties":` + strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70) + "}"), status: 400},
			{name: "a property twice", actor: utility, method: "POST", path: "tracking", body: batch(`{"event":"api_key_viewed","properties":{"key_masked_length":1,"key_masked_length":2}}`), status: 400},
			{name: "unknown event", actor: utility, method: "POST", path: "tracking", body: batch(viewedKey, `{"event":"api_key_hush","properties":{}}`), status: 422, has: []string{"body.events[1].event"}, hasNot: []string{"hush"}},
			{name: "bad property", actor: utility, method: "POST", path: "tracking", body: batch(viewedKey, `{"event":"api_key_viewed","properties":{"key_masked_length":"hush"}}`), status: 422, has: []string{"body.events[1].properties.key_masked_length"}, hasNot: []string{"hush"}},
			{name: "a user in the properties", actor: utility, method: "POST", path: "tracking", body: batch(`{"event":"api_key_viewed","properties":{"key_masked_length":1,"user_id":"usr_x"}}`), status: 422, has: []string{"body.events[0].properties.user_id"}},
			{name: "a user beside them", actor: utility, method: "POST", path: "tracking", body: batch(`{"event":"api_key_viewed","properties":{"key_masked_length":1},"userId":"usr_x"}`), status: 422, has: []string{"body.events[0].userId"}},
			{name: "no properties", actor: utility, method: "POST", path: "tracking", body: batch(`{"event":"api_key_viewed"}`), status: 422},
			{name: "no time", actor: utility, method: "POST", path: "tracking", body: batch(`{"event":"api_key_viewed","properties":{"key_masked_length":1},"timestamp":"now"}`), status: 422, has: []string{"body.events[0].timestamp"}},
		})
		for _, e := range tracking.Catalog {
			if e.Source != tracking.Server {
				continue
			}
			run(t, w, []scenario{{
				name: e.Name, actor: system, method: "POST", path: "tracking", body: batch(`{"event":"` + e.Name + `","properties":{}}`), status: 422,
				has: []string{"tracking-event-invalid", "body.events[0].event", "recorded by the server itself"},
			}})
		}
		w.wantTracked(w.org, `utility_admin api_key_viewed {"key_masked_length":27}`, `utility_admin webhook_modal_opened {"existing_webhook_count":3}`,
			`system_admin api_key_viewed {"key_masked_length":27}`)
		w.wantTracked(w.other, `system_admin api_key_viewed {"key_masked_length":27}`)
		if a := w.do(system, "POST", "tracking", batch(viewedKey+hundred)); a.status != http.StatusAccepted || a.body != "" {
			t.Errorf("a full batch: %d %s", a.status, a.body)
		}
	})
}

// What the server does for a person it records itself, and what it refuses, or
// does for a program, it does not.
func TestServerFactsAreTracked(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		run(t, w, []scenario{
			{name: "copy", actor: utility, method: "POST", path: "api-key/copy", body: map[string]any{"copyMethod": "shortcut"}, status: 200},
			{name: "copy how", actor: utility, method: "POST", path: "api-key/copy", body: map[string]any{"copyMethod": "telepathy"}, status: 422},
			{name: "a button that the browser claims", actor: utility, method: "POST", path: "tracking", body: batch(`{"event":"api_key_copied","properties":{"copy_method":"button"}}`), status: 422},
			{name: "the field after the button", actor: system, method: "POST", path: "api-key/copy", body: map[string]any{"copyMethod": "button"}, status: 200},
			{name: "by hand", actor: system, method: "POST", path: "tracking", body: batch(`{"event":"api_key_copied","properties":{"copy_method":"manual"}}`), status: 202},
			{name: "not confirmed", actor: system, method: "POST", path: "api-key/regenerate", body: map[string]any{"token": "x", "confirmationTime": 900}, status: 403},
		})
		var confirmed struct{ Token string }
		w.do(system, "POST", "session/confirm", map[string]any{"purpose": "api_key.regenerate", "password": w.org.system.password}).json(t, &confirmed)
		if a := w.do(system, "POST", "api-key/regenerate", map[string]any{"token": confirmed.Token, "confirmationTime": 1500}); a.status != http.StatusOK {
			t.Fatal(a.body)
		} else {
			var made struct{ APIKey string }
			a.json(t, &made)
			w.org.key = made.APIKey
		}
		// The sink's address is no registrable domain; one that is saved off is not reached.
		secret := "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
		url := "https://hooks.shop.example.co.uk/services/hush/XXXX?token=hush"
		events := []string{"email.sent", "contact.created"}
		var hook, other struct{ ID string }
		w.do(utility, "POST", "webhooks", map[string]any{"url": url, "events": events, "enabled": false, "secret": secret}).json(t, &hook)
		w.do(machine, "POST", "webhooks", map[string]any{"url": url + "2", "events": events, "enabled": false}).json(t, &other)
		run(t, w, []scenario{
			{name: "refused", actor: utility, method: "POST", path: "webhooks", body: map[string]any{"url": "https://10.0.0.1/hush", "events": events}, status: 422},
			{name: "by the key", actor: machine, method: "PATCH", path: "webhooks/" + other.ID, body: map[string]any{"enabled": true}, status: 200},
			{name: "on", actor: system, method: "PATCH", path: "webhooks/" + hook.ID, body: map[string]any{"enabled": true}, status: 200},
			{name: "on again", actor: system, method: "PATCH", path: "webhooks/" + hook.ID, body: map[string]any{"enabled": true}, status: 200},
			{name: "a change that is no switch", actor: system, method: "PATCH", path: "webhooks/" + hook.ID, body: map[string]any{"description": "hush"}, status: 200},
			{name: "elsewhere", actor: foreign, method: "PATCH", path: "webhooks/" + hook.ID, body: map[string]any{"enabled": false}, status: 404},
			{name: "off", actor: utility, method: "PATCH", path: "webhooks/" + hook.ID, body: map[string]any{"enabled": false, "reason": "maintenance"}, status: 200},
			{name: "reached", actor: utility, method: "POST", path: "webhooks", body: map[string]any{"url": w.sink.URL + "/hush", "events": []string{"email.opened"}}, status: 201},
		})
		got := w.tracked(w.org)
		for i, line := range got { // how long a check took is its own affair
			if head, _, found := strings.Cut(line, `"validation_time":`); found {
				got[i] = head
			}
		}
		want := []string{
			`utility_admin api_key_copied {"copy_method":"shortcut"}`,
			`system_admin api_key_copied {"copy_method":"manual"}`,
			`system_admin api_key_regenerated {"confirmation_time":1500}`,
			`utility_admin webhook_added {"events_selected":["email.sent","contact.created"],"url_domain":"example.co.uk",`,
			`system_admin webhook_toggled {"new_status":"active","webhook_id":"` + hook.ID + `"}`,
			`utility_admin webhook_toggled {"new_status":"off","webhook_id":"` + hook.ID + `"}`,
			`utility_admin webhook_added {"events_selected":["email.opened"],"url_domain":"",`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("tracked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		w.wantTracked(w.other)
		everything, err := db.Column[string](t.Context(), d, "SELECT event || user_id || role || session || properties FROM tracking_events")
		must(t, err)
		all := strings.Join(everything, "\n")
		for _, secret := range []string{"hush", "hooks.", "://", "sX_", "whsec_", w.org.key, w.org.system.cookie, w.org.worker.cookie, w.org.system.email, "127.0.0.1", "ses_"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s is in what was tracked:\n%s", secret, all)
			}
		}
	})
}

func TestTrackingSwitchedOff(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, func(deps *api.Deps) {
			off := tracking.New(tracking.Config{DB: d, Clock: time.Now, Off: true})
			deps.Tracking, deps.APIKey.Track, deps.Webhook.Track = off, off.Record, off.Record
		})
		run(t, w, []scenario{
			{name: "told", actor: utility, method: "GET", path: "session", status: 200, has: []string{`"tracking":false`}},
			{name: "not stored", actor: utility, method: "POST", path: "tracking", body: batch(viewedKey), status: 204},
			{name: "not judged either", actor: utility, method: "POST", path: "tracking", body: batch(`{"event":"anything","properties":{}}`), status: 204},
			{name: "nobody", method: "POST", path: "tracking", body: batch(viewedKey), status: 401},
			{name: "copy", actor: utility, method: "POST", path: "api-key/copy", body: map[string]any{"copyMethod": "button"}, status: 200, entries: []string{"api_key.copied"}},
		})
		w.wantTracked(w.org)
	})
}
