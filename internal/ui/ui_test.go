package ui

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const page = `<!doctype html><meta name="csp-nonce" content=""><script type="module" src="/assets/index-1a.js"></script>`

var script = strings.Repeat("let a = 1;\n", 200)

func squeezed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

func built(t *testing.T) http.Handler {
	t.Helper()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	h, err := handler(fstest.MapFS{
		"unbuilt.html":              file("make build"),
		"app/index.html":            file(page),
		"app/theme.js":              file("theme"),
		"app/icon.svg":              file("<svg/>"),
		"app/assets/index-1a.js":    file(script),
		"app/assets/index-1a.js.gz": {Data: squeezed(script)},
		"app/assets/_base-2b.js":    file("base"),
		"app/.vite/manifest.json":   file("{}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(t *testing.T, h http.Handler, method, address string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, address, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestConsole(t *testing.T) {
	t.Parallel()
	h := built(t)
	for _, c := range []struct {
		method, address, accept string
		status                  int
		kind, cache, contains   string
	}{
		{"GET", "/", "text/html", 200, "text/html; charset=utf-8", "no-store", "index-1a.js"},
		{"GET", "/sign-in?to=%2Fsettings%2Faudit", "text/html", 200, "text/html; charset=utf-8", "no-store", "index-1a.js"},
		{"GET", "/setup", "*/*", 200, "text/html; charset=utf-8", "no-store", "index-1a.js"},
		{"GET", "/settings/webhooks/wh_1/test", "*/*", 200, "text/html; charset=utf-8", "no-store", "index-1a.js"},
		{"GET", "/nowhere", "text/html,*/*", 404, "text/html; charset=utf-8", "no-store", "index-1a.js"},
		{"GET", "/nowhere", "*/*", 404, "text/plain; charset=utf-8", "", "/docs"},
		{"GET", "/assets/index-0.js", "*/*", 404, "text/plain; charset=utf-8", "", "/docs"},
		{"GET", "/assets/index-1a.js", "*/*", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "let a"},
		{"GET", "/assets/_base-2b.js", "*/*", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "base"},
		{"GET", "/theme.js", "*/*", 200, "text/javascript; charset=utf-8", "no-cache", "theme"},
		{"GET", "/icon.svg", "*/*", 200, "image/svg+xml", "no-cache", "<svg"},
		{"GET", "/.vite/manifest.json", "*/*", 404, "text/plain; charset=utf-8", "", "/docs"},
		{"GET", "/assets/index-1a.js.gz", "*/*", 404, "text/plain; charset=utf-8", "", "/docs"},
		{"GET", "/index.html", "*/*", 404, "text/plain; charset=utf-8", "", "/docs"},
		{"HEAD", "/", "text/html", 200, "text/html; charset=utf-8", "no-store", ""},
		{"HEAD", "/theme.js", "*/*", 200, "text/javascript; charset=utf-8", "no-cache", ""},
		{"POST", "/setup", "*/*", 405, "text/plain; charset=utf-8", "", "/api/v1"},
	} {
		r := get(t, h, c.method, c.address, "Accept", c.accept)
		text := body(t, r)
		if r.StatusCode != c.status || r.Header.Get("Content-Type") != c.kind || r.Header.Get("Cache-Control") != c.cache || !strings.Contains(text, c.contains) {
			t.Errorf("%s %s: %d %v %s", c.method, c.address, r.StatusCode, r.Header, text)
		}
		if c.method == "HEAD" && (text != "" || r.Header.Get("Content-Length") == "0") {
			t.Errorf("HEAD %s: %q, length %s", c.address, text, r.Header.Get("Content-Length"))
		}
	}
}

// Each page has a nonce of its own, and the policy names that one alone.
func TestNonce(t *testing.T) {
	t.Parallel()
	h := built(t)
	meta := regexp.MustCompile(`name="csp-nonce" content="([A-Z2-7]{26})"`)
	seen := map[string]bool{}
	for range 3 {
		r := get(t, h, "GET", "/")
		found := meta.FindStringSubmatch(body(t, r))
		if found == nil {
			t.Fatal("the page has no nonce")
		}
		csp := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "style-src 'self' 'nonce-"+found[1]+"';") || !strings.Contains(csp, "script-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("policy: %s", csp)
		}
		if seen[found[1]] {
			t.Error("a nonce came twice")
		}
		seen[found[1]] = true
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	h := built(t)
	for accept, want := range map[string]string{
		"": "", "gzip": "gzip", "br, GZIP;q=0.5": "gzip", "gzip;q=0": "", "gzip; q=0.000": "", "identity": "", "br": "",
	} {
		r := get(t, h, "GET", "/assets/index-1a.js", "Accept-Encoding", accept)
		text := body(t, r)
		if r.Header.Get("Content-Encoding") != want || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %v", accept, r.Header)
		}
		if want == "" && text != script || want != "" && text != string(squeezed(script)) {
			t.Errorf("%q: %d bytes", accept, len(text))
		}
	}
	if r := get(t, h, "GET", "/theme.js", "Accept-Encoding", "gzip"); r.Header.Get("Content-Encoding") != "" {
		t.Error("a file without a compressed form has come compressed")
	}
}

func TestKnownFiles(t *testing.T) {
	t.Parallel()
	h := built(t)
	tag := get(t, h, "GET", "/theme.js").Header.Get("ETag")
	small := get(t, h, "GET", "/assets/index-1a.js", "Accept-Encoding", "gzip").Header.Get("ETag")
	for _, c := range []struct {
		address, match string
		status         int
	}{
		{"/theme.js", tag, 304},
		{"/theme.js", `"other", W/` + tag, 304},
		{"/theme.js", `"other"`, 200},
		{"/assets/index-1a.js", small, 200}, // that is the compressed one's
	} {
		if r := get(t, h, "GET", c.address, "If-None-Match", c.match); r.StatusCode != c.status {
			t.Errorf("%s, %s: %d", c.address, c.match, r.StatusCode)
		}
	}
}

// Without node the program is whole but for the console, and says how to get it.
func TestUnbuilt(t *testing.T) {
	t.Parallel()
	text, err := dist.ReadFile("dist/unbuilt.html")
	if err != nil {
		t.Fatal(err)
	}
	h, err := handler(fstest.MapFS{"unbuilt.html": {Data: text}})
	if err != nil {
		t.Fatal(err)
	}
	for address, status := range map[string]int{"/": 200, "/setup": 200, "/settings/audit": 200, "/nowhere": 404, "/assets/a.js": 404} {
		r := get(t, h, "GET", address, "Accept", "text/html")
		if r.StatusCode != status || status == 200 && !strings.Contains(body(t, r), "make build") {
			t.Errorf("%s: %d", address, r.StatusCode)
		}
	}
	for _, forbidden := range []string{"<script", "<style", " style=", "https://", "http://"} {
		if strings.Contains(string(text), forbidden) {
			t.Errorf("the page has %s, which its policy refuses", forbidden)
		}
	}
}

func TestPageWithoutPlaceForANonce(t *testing.T) {
	t.Parallel()
	if _, err := handler(fstest.MapFS{"unbuilt.html": {}, "app/index.html": {Data: []byte("<html>")}}); err == nil {
		t.Error("a page is served whose styles the browser would refuse")
	}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	if _, err := Handler(); err != nil {
		t.Fatal(err)
	}
}
