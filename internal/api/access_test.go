package api_test

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// TestEveryRouteForEveryActor walks the table. Who has the permission must get
// past the guard (any answer but 401 and 403 of the guard); who has not must be
// refused; and what one organization has must not exist for another.
func TestEveryRouteForEveryActor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		things := w.seed()
		roles := map[string]rbac.Role{nobody: rbac.Nobody, utility: rbac.UtilityAdmin, system: rbac.SystemAdmin, machine: rbac.Machine, foreign: rbac.SystemAdmin}
		for _, r := range w.api.Routes() {
			if r.Permission == rbac.Session && r.Method == http.MethodDelete {
				continue // signing out would end the walk; TestSession has it
			}
			path := things.fill(r.Path)
			for _, actor := range []string{nobody, utility, machine, foreign, system} {
				if actor == system && r.Method == http.MethodDelete {
					continue // the others need the thing; TestWebhooks and TestUsers delete
				}
				a := w.probe(actor, r.Method, path)
				name := actor + ": " + r.Method + " " + r.Path
				checkAnswer(t, name, a)
				may := rbac.Can(roles[actor], r.Permission)
				refused := strings.Contains(a.body, `"/problems/forbidden"`) || strings.Contains(a.body, `"/problems/forbidden-to-key"`) || strings.Contains(a.body, `"/problems/unauthenticated"`)
				switch {
				case a.status == http.StatusInternalServerError:
					t.Errorf("%s: %s", name, a.body)
				case !may && actor == nobody && (a.status != http.StatusUnauthorized || !refused):
					t.Errorf("%s: status %d, want 401: %s", name, a.status, a.body)
				case !may && actor != nobody && (a.status != http.StatusForbidden || !refused):
					t.Errorf("%s: status %d, want 403: %s", name, a.status, a.body)
				case may && refused:
					t.Errorf("%s: refused: %s", name, a.body)
				}
				for _, secret := range []string{w.org.key, w.org.system.password, w.org.worker.password} {
					if a.status >= http.StatusBadRequest && strings.Contains(a.body, secret) {
						t.Errorf("%s: a secret is in the refusal", name)
					}
				}
				if actor == foreign && path != r.Path && !strings.Contains(r.Path, "{type}") && !strings.Contains(r.Path, "{slug}") && r.Permission != rbac.Public &&
					a.status != http.StatusNotFound && a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
					t.Errorf("%s: another organization's id answers %d: %s", name, a.status, a.body)
				}
				for _, own := range []string{things.webhook, things.event, w.org.worker.email} {
					if actor == foreign && strings.Contains(a.body, own) && !strings.Contains(path, own) {
						t.Errorf("%s: sees %s", name, own)
					}
				}
			}
		}
		if n := len(w.entries("access.denied")); n == 0 {
			t.Error("no denial is in the audit log")
		}
	})
}

// probe sends a request without a body, or with an empty object.
func (w *world) probe(actor, method, path string) answer {
	if strings.HasSuffix(path, "/stream") {
		return w.head(actor, path)
	}
	if method == http.MethodGet || method == http.MethodDelete {
		return w.do(actor, method, path, nil)
	}
	return w.do(actor, method, path, "{}")
}

// head opens a stream and gives its first line.
func (w *world) head(actor, path string) answer {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+path, nil)
	must(w.t, err)
	w.as(actor, r)
	resp, err := http.DefaultClient.Do(r)
	must(w.t, err)
	defer func() { _ = resp.Body.Close() }()
	b := make([]byte, 4096)
	n, _ := resp.Body.Read(b)
	return answer{resp.StatusCode, resp.Header, string(b[:n])}
}

// things are what the first organization has.
type things struct {
	webhook, event, user, kind, delivery string
	records                              map[string]string // by noun
}

func (w *world) seed() things {
	w.t.Helper()
	var hook struct{ ID string }
	a := w.do(system, "POST", "webhooks", map[string]any{"url": "https://127.0.0.1:1/x", "events": []string{"contact.created"}, "enabled": false})
	if a.status != http.StatusCreated {
		w.t.Fatalf("add a webhook: %d %s", a.status, a.body)
	}
	a.json(w.t, &hook)
	var sent struct{ ID string }
	a = w.do(machine, "POST", "events", `{"type":"contact.created","data":{"id":"1","email":"a@b.example"}}`)
	if a.status != http.StatusAccepted {
		w.t.Fatalf("send an event: %d %s", a.status, a.body)
	}
	a.json(w.t, &sent)
	if a = w.do(system, "POST", "event-types", map[string]any{"type": "invoice.paid"}); a.status != http.StatusCreated {
		w.t.Fatalf("add a type: %d %s", a.status, a.body)
	}
	x := things{hook.ID, sent.ID, w.org.worker.id, "invoice.paid", id.Pair("dlv", 1, 1), map[string]string{}}
	for noun, body := range map[string]string{
		"contacts": `{"email":"a@b.example"}`, "campaigns": `{"name":"Autumn"}`, "opportunities": `{"name":"Deal"}`, "emails": `{"to":["a@b.example"]}`,
		"meetings": `{"begin":"2026-11-23T09:00:00Z","end":"2026-11-23T10:00:00Z"}`,
	} {
		var made struct{ ID string }
		if a = w.do(machine, "POST", noun, body); a.status != http.StatusCreated {
			w.t.Fatalf("add to %s: %d %s", noun, a.status, a.body)
		}
		a.json(w.t, &made)
		x.records[noun] = made.ID
	}
	return x
}

func (x things) fill(path string) string {
	own := map[string]string{"webhooks": x.webhook, "events": x.event, "users": x.user, "deliveries": x.delivery, "integrations": "att_1"}
	maps.Copy(own, x.records)
	noun, _, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
	return strings.NewReplacer("{id}", own[noun], "{type}", x.kind, "{slug}", "gmail").Replace(path)
}
