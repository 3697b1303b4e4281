// Package ui serves the pages that a browser gets beside the API: the start
// page and first-run set-up. They are plain, made of three files, and need
// nothing but this server. It knows no noun: what a page does it does through
// the API, as any client.
package ui

import (
	"embed"
	"net/http"
	"path"
	"strings"
)

//go:embed pages
var pages embed.FS

// policy lets a page load its own script and style sheet and talk to its own
// server; nothing else, and nobody may frame it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// Handler serves the pages; any other address is a page that says so. It is
// mounted at "/", below everything that has an address of its own.
func Handler() http.Handler {
	files := map[string]string{"/": "index.html", "/setup": "setup.html", "/setup.js": "setup.js", "/ui.css": "ui.css", "/icon.svg": "icon.svg"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, found := files[r.URL.Path]
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "This address has pages to read only. The API is at /api/v1; see /docs.", http.StatusMethodNotAllowed)
		case found:
			serve(w, http.StatusOK, file)
		case strings.Contains(r.Header.Get("Accept"), "text/html"):
			serve(w, http.StatusNotFound, "missing.html")
		default:
			http.Error(w, "There is nothing at this address. The API is at /api/v1; see /docs.", http.StatusNotFound)
		}
	})
}

func serve(w http.ResponseWriter, status int, file string) {
	body, err := pages.ReadFile("pages/" + file)
	if err != nil { // the list above and the folder disagree; a test reads them all
		http.Error(w, "This page is missing from the program.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kinds[path.Ext(file)])
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the browser may be gone
}
