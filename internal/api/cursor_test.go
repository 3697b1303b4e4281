package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// Every list that takes a cursor takes the whole one, and no other.
func TestCursorsAreTakenWholeOrRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		things := w.seed()
		for range 3 {
			w.do(machine, "POST", "events", map[string]any{"type": "contact.created", "data": map[string]any{}})
			w.do(machine, "POST", "contacts", `{"firstName":"Bo"}`)
			w.do(machine, "POST", "campaigns", `{"name":"Autumn"}`)
			w.do(machine, "POST", "opportunities", `{"name":"Deal"}`)
			w.do(machine, "POST", "emails", `{"from":"bo@acme.example"}`)
			w.do(machine, "POST", "meetings", `{"begin":"2026-11-23T09:00:00Z","end":"2026-11-23T10:00:00Z"}`)
		}
		w.alert("int_1")
		w.alert("int_2")
		for noun, body := range map[string]string{
			"contacts": `{"email":"b@b.example"}`, "campaigns": `{"name":"Winter"}`, "opportunities": `{"name":"Other"}`, "emails": `{"to":["b@b.example"]}`, "meetings": `{"begin":"2026-11-24T09:00:00Z","end":"2026-11-24T10:00:00Z"}`,
		} {
			w.do(machine, "POST", noun, body)
		}
		w.seedIntegration()
		next := map[string]string{}
		for _, path := range listsOf(t, w) {
			next[path] = w.cursorOf(t, things.fill(path))
		}
		if len(next) < 5 {
			t.Fatalf("the lists with a cursor are %v", next)
		}
		refused := func(path, cursor, what string) {
			t.Helper()
			a := w.do(system, "GET", things.fill(path)+"?limit=1&cursor="+url.QueryEscape(cursor), nil)
			checkAnswer(t, what, a)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "cursor-invalid") || !strings.Contains(a.body, "`next`") {
				t.Errorf("%s of %s: %q answers %d %s", what, path, cursor, a.status, a.body)
			}
		}
		for path, cursor := range next {
			if a := w.do(system, "GET", things.fill(path)+"?limit=1&cursor="+url.QueryEscape(cursor), nil); a.status != http.StatusOK || strings.Contains(a.body, `"items":[]`) {
				t.Errorf("the second page of %s: %d %s", path, a.status, a.body)
			}
			for n := 1; n < len(cursor); n++ {
				refused(path, cursor[:n], "cut off")
				refused(path, cursor[n:], "begun late")
			}
			for n := range cursor {
				other := byte('a')
				if cursor[n] == other {
					other = 'b'
				}
				refused(path, cursor[:n]+string(other)+cursor[n+1:], "changed")
			}
			refused(path, cursor+"A", "longer")
			refused(path, ".", "dot")
			for of, foreign := range next {
				if !strings.HasSuffix(path, lastPart(of)) { // the two of deliveries are one
					refused(path, foreign, "cursor of "+of)
				}
			}
		}
	})
}

// seedIntegration gives the first organization a history of Gmail.
func (w *world) seedIntegration() {
	w.t.Helper()
	ctx := w.t.Context()
	must(w.t, w.db.Write(ctx, func(tx *db.Tx) error {
		for n := range 3 {
			at := db.Micros(time.Now()) - int64(n+1)
			_, err := tx.Exec(ctx, `INSERT INTO health_results (organization_id, slug, at, cause, class, code, detail, status, took_us)
				VALUES ($1, 'gmail', $2, 'schedule', '', '', '', 'healthy', 1)`, w.org.id, at)
			must(w.t, err)
			_, err = tx.Exec(ctx, `INSERT INTO sync_runs (organization_id, slug, id, cause, first_load, state, started_at, ended_at, pages, created, changed, same, removed, skipped, events, partial, class, code, detail)
				VALUES ($1, 'gmail', $2, 'schedule', 0, 'succeeded', $3, $3, 1, 0, 0, 0, 0, 0, 0, '[]', '', '', '')`, w.org.id, at<<8, at)
			must(w.t, err)
			_, err = tx.Exec(ctx, `INSERT INTO notifications (id, organization_id, slug, channel, event_id, event_type, title, body, state, attempts, next_at, ended_at, code)
				VALUES ($1, $2, 'gmail', 'C', 0, '', 'Hello', '', 1, 1, $3, $3, '')`, at<<8, w.org.id, at)
			must(w.t, err)
		}
		return nil
	}))
}

func lastPart(path string) string { return path[strings.LastIndex(path, "/"):] }

// listsOf finds the lists with pages in the description.
func listsOf(t *testing.T, w *world) (paths []string) {
	t.Helper()
	spec, err := w.api.OpenAPI()
	must(t, err)
	var described struct {
		Paths map[string]struct {
			Get struct {
				Parameters []struct {
					Name string `json:"name"`
				} `json:"parameters"`
			} `json:"get"`
		} `json:"paths"`
	}
	must(t, json.Unmarshal(spec, &described))
	for path, item := range described.Paths {
		for _, p := range item.Get.Parameters {
			if p.Name == "cursor" {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// cursorOf asks for the first page of one, of which there must be a second.
func (w *world) cursorOf(t *testing.T, path string) string {
	t.Helper()
	var page struct{ Next string }
	w.do(system, "GET", path+"?limit=1", nil).json(t, &page)
	if page.Next == "" {
		t.Fatalf("%s has one page only", path)
	}
	return page.Next
}
