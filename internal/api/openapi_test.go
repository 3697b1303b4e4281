package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"patchboard/internal/api"
	"patchboard/internal/rbac"
)

var update = flag.Bool("update", false, "write the golden file")

const golden = "testdata/openapi.json"

// bare is an API without services: enough for what is made from the table.
func bare(t *testing.T, change ...func(*api.Deps)) *api.API {
	t.Helper()
	d := api.Deps{Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&d)
	}
	a, err := api.New(d)
	must(t, err)
	return a
}

func TestOpenAPIIsTheGoldenFile(t *testing.T) {
	t.Parallel()
	got, err := bare(t).OpenAPI()
	must(t, err)
	if *update {
		must(t, os.WriteFile(golden, got, 0o600))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale: look at what changed for clients, then run go test ./internal/api -run OpenAPI -update", golden)
	}
}

func TestEveryRouteHasAPermissionAndAnEntry(t *testing.T) {
	t.Parallel()
	a := bare(t)
	text, err := a.OpenAPI()
	must(t, err)
	var spec struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			OperationID string                `json:"operationId"`
			Summary     string                `json:"summary"`
			Permission  rbac.Permission       `json:"x-permission"`
			Security    []map[string][]string `json:"security"`
			Responses   map[string]any        `json:"responses"`
		} `json:"paths"`
	}
	must(t, json.Unmarshal(text, &spec))
	if !strings.HasPrefix(spec.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s, want 3.1", spec.OpenAPI)
	}
	entries, ids := 0, map[string]bool{}
	for _, operations := range spec.Paths {
		entries += len(operations)
	}
	if entries != len(a.Routes()) {
		t.Errorf("%d operations are described, %d routes are served", entries, len(a.Routes()))
	}
	for _, r := range a.Routes() {
		name := r.Method + " " + r.Path
		op, ok := spec.Paths[r.Path][strings.ToLower(r.Method)]
		switch {
		case !ok:
			t.Errorf("%s has no OpenAPI entry", name)
			continue
		case !rbac.Known(r.Permission):
			t.Errorf("%s has the permission %q, which the table of roles does not know", name, r.Permission)
		case op.Permission != r.Permission:
			t.Errorf("%s is described with %q, served with %q", name, op.Permission, r.Permission)
		case (len(op.Security) == 0) != (r.Permission == rbac.Public):
			t.Errorf("%s: security %v does not fit %q", name, op.Security, r.Permission)
		}
		if op.Summary == "" || len(op.Responses) < 2 {
			t.Errorf("%s: no summary, or no answers: %v", name, op.Responses)
		}
		if ids[op.OperationID] {
			t.Errorf("%s: the operation id %s is used twice", name, op.OperationID)
		}
		ids[op.OperationID] = true
	}
	for _, leak := range []string{`"$schema"`, "Go ", "http://", "https://unpkg"} {
		if bytes.Contains(text, []byte(leak)) {
			t.Errorf("%q is in the description", leak)
		}
	}
}

func TestPagesBesideTheAPI(t *testing.T) {
	t.Parallel()
	console := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("console")) })
	a := bare(t, func(d *api.Deps) { d.Mount = map[string]http.Handler{"/": console} })
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	docs := get("/docs")
	body := docs.Body.String()
	for _, r := range a.Routes() {
		if !strings.Contains(body, r.Path) {
			t.Errorf("%s is not on the docs page", r.Path)
		}
	}
	for _, h := range regexp.MustCompile(`<h2 id="([^"]+)"`).FindAllString(body, -1) {
		if strings.Count(body, h) != 1 {
			t.Errorf("two chapters of the docs page are called %s", h)
		}
	}
	if strings.Contains(body, "<script") || strings.Contains(body, "//unpkg") || !strings.Contains(docs.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("the docs page has scripts, foreign hosts, or no policy")
	}
	if w := get("/openapi.json"); w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
		t.Errorf("/openapi.json: %d", w.Code)
	}
	if w := get("/problems/anything"); w.Code != http.StatusSeeOther {
		t.Errorf("a problem's type leads to %d", w.Code)
	}
	if w := get("/webhooks"); w.Body.String() != "console" {
		t.Errorf("the console did not get its page: %s", w.Body)
	}
	if w := get("/api/v2/webhooks"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "route-not-found") {
		t.Errorf("an unknown API address: %d %s", w.Code, w.Body)
	}
}

func TestMountsThatCollideAreRefused(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"/api/", "GET /api/v1/x", "GET /docs", "bad pattern {"} {
		d := api.Deps{Log: slog.New(slog.DiscardHandler), Mount: map[string]http.Handler{pattern: http.NotFoundHandler()}}
		if _, err := api.New(d); err == nil {
			t.Errorf("mount %q was accepted", pattern)
		}
	}
}
