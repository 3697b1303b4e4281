package ui

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPages(t *testing.T) {
	t.Parallel()
	h := Handler()
	for _, c := range []struct {
		method, path, accept string
		status               int
		kind, contains       string
	}{
		{"GET", "/", "text/html", 200, "text/html; charset=utf-8", "Patchboard is running"},
		{"GET", "/setup", "text/html", 200, "text/html; charset=utf-8", `id="organization"`},
		{"GET", "/setup.js", "*/*", 200, "text/javascript; charset=utf-8", "/api/v1/setup"},
		{"GET", "/ui.css", "*/*", 200, "text/css; charset=utf-8", "prefers-color-scheme"},
		{"GET", "/icon.svg", "*/*", 200, "image/svg+xml", "<svg"},
		{"GET", "/nowhere", "text/html", 404, "text/html; charset=utf-8", "nothing at this address"},
		{"GET", "/pages/index.html", "*/*", 404, "text/plain; charset=utf-8", "/docs"},
		{"POST", "/setup", "*/*", 405, "text/plain; charset=utf-8", "/api/v1"},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Accept", c.accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Content-Type") != c.kind || !strings.Contains(w.Body.String(), c.contains) {
			t.Errorf("%s %s: %d %s %s", c.method, c.path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if c.kind == "text/html; charset=utf-8" && !strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'self';") {
			t.Errorf("%s has no policy", c.path)
		}
	}
}

// The policy forbids scripts and styles inside a page: there must be none.
func TestPagesObeyTheirPolicy(t *testing.T) {
	t.Parallel()
	files, err := pages.ReadDir("pages")
	if err != nil || len(files) != 6 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := pages.ReadFile("pages/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		s := string(b)
		if strings.Contains(f.Name(), ".html") && (strings.Contains(s, "<script>") || strings.Contains(s, "<style") || strings.Contains(s, " style=") || strings.Contains(s, " onclick=")) {
			t.Errorf("%s has a script or style of its own", f.Name())
		}
		s = strings.ReplaceAll(s, `xmlns="http://www.w3.org/2000/svg"`, "") // a name, not an address
		if strings.Contains(s, "https://") || strings.Contains(s, "http://") {
			t.Errorf("%s names another host", f.Name())
		}
	}
}
