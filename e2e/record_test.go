package e2e

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// TestAContactReachesAWebhook: a record that is written over the API is told to
// the webhooks, signed, and once although it is sent twice.
func TestAContactReachesAWebhook(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, in *install) {
		ca := newAuthority(t)
		in.flags = []string{"--trusted-ca", ca.file, "--allow-network", "127.0.0.0/8"}
		n := in.serve()
		r := newReceiver(t, ca)
		var h hook
		n.key().must(http.StatusCreated, http.MethodPost, "/webhooks",
			map[string]any{"url": r.URL, "events": []string{"contact.created", "contact.updated", "contact.deleted"}}, &h)
		r.verify(h.Secret)

		contact := map[string]any{"externalId": "42", "email": "ada@example.com", "firstName": "Ada"}
		var made, again struct {
			ID      string `json:"id"`
			Version int    `json:"version"`
		}
		n.key().must(http.StatusCreated, http.MethodPost, "/contacts", contact, &made)
		n.key().must(http.StatusOK, http.MethodPost, "/contacts", contact, &again)
		if again != made {
			t.Errorf("sent again: %+v, first %+v", again, made)
		}
		n.key().must(http.StatusNoContent, http.MethodDelete, "/contacts/"+made.ID, nil, nil)

		var events struct {
			Items []struct {
				ID, Type string
			} `json:"items"`
		}
		n.key().must(http.StatusOK, http.MethodGet, "/events", nil, &events)
		if len(events.Items) != 2 || events.Items[1].Type != "contact.created" || events.Items[0].Type != "contact.deleted" {
			t.Fatalf("events: %+v", events.Items)
		}
		var body struct {
			Type string         `json:"type"`
			Data map[string]any `json:"data"`
		}
		m := r.await(events.Items[1].ID, 10*time.Second)
		if err := json.Unmarshal(m.body, &body); err != nil || body.Type != "contact.created" || body.Data["id"] != made.ID || body.Data["email"] != "ada@example.com" || body.Data["source"] != "api" {
			t.Errorf("arrived: %s, %v", m.body, err)
		}
		r.await(events.Items[0].ID, 10*time.Second)
		if b := n.settled(10 * time.Second); b.delivered != 2 || b.created != 2 {
			t.Errorf("the books: %+v", b)
		}
	})
}
