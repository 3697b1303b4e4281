// Package ui serves the web console, which is built from the folder web and
// embedded here. It knows no noun: what the console does it does through the
// API, as any client.
package ui

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// dist holds the page for a program that was built without the console, and,
// in app, what Vite has built. Names with a leading underscore are files too.
//
//go:embed all:dist
var dist embed.FS

// policy lets a page load its own scripts, its own styles and those that carry
// the nonce, and talk to its own server; nothing else, and nobody may frame it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'NONCE; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const (
	forever   = "public, max-age=31536000, immutable" // the name of a hashed file changes with its content
	ask       = "no-cache"
	never     = "no-store" // each page has a nonce of its own
	noncePart = `name="csp-nonce" content="`
)

var errNonce = errors.New("the console's page has no place for a nonce: web/index.html needs its meta element csp-nonce")

// The addresses that the console has pages for; web/src/routes.tsx says which.
var pages = map[string]bool{"/": true, "/sign-in": true, "/setup": true, "/settings": true} //nolint:gochecknoglobals // a constant table

const below = "/settings/"

// console is a built console, ready to be served.
type console struct {
	before, after []byte // the page around the nonce
	files         map[string]*file
}

// file is one file of the console.
type file struct {
	kind, cache, etag string
	plain, small      []byte // small is compressed, nil where that saves nothing
}

// Handler serves the console; any other address is a page that says so. It is
// mounted at "/", below everything that has an address of its own.
func Handler() (http.Handler, error) {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err //nolint:wrapcheck // the name is a constant
	}
	return handler(root)
}

func handler(root fs.FS) (http.Handler, error) {
	unbuilt, err := fs.ReadFile(root, "unbuilt.html")
	if err != nil {
		return nil, err //nolint:wrapcheck // embedded: it is there
	}
	c := &console{files: map[string]*file{}}
	if err := c.read(root); err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch f := c.files[r.URL.Path]; {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "This address has pages to read only. The API is at /api/v1; see /docs.", http.StatusMethodNotAllowed)
		case f != nil:
			f.serve(w, r)
		case c.before == nil && isPage(r.URL.Path):
			write(w, r, http.StatusOK, unbuilt, "")
		case isPage(r.URL.Path):
			c.page(w, r, http.StatusOK)
		case c.before != nil && strings.Contains(r.Header.Get("Accept"), "text/html"):
			c.page(w, r, http.StatusNotFound) // the console says so
		default:
			http.Error(w, "There is nothing at this address. The API is at /api/v1; see /docs.", http.StatusNotFound)
		}
	}), nil
}

func isPage(address string) bool { return pages[address] || strings.HasPrefix(address, below) }

// read takes in what Vite has built, if it has.
func (c *console) read(root fs.FS) error {
	app, err := fs.Sub(root, "app")
	if err != nil {
		return err //nolint:wrapcheck // the name is a constant
	}
	index, err := fs.ReadFile(app, "index.html")
	if err != nil {
		return nil //nolint:nilerr // not built: there is a page that says so
	}
	head, tail, ok := strings.Cut(string(index), noncePart)
	if !ok {
		return errNonce
	}
	c.before, c.after = []byte(head+noncePart), []byte(tail)
	return fs.WalkDir(app, ".", func(name string, d fs.DirEntry, err error) error { //nolint:wrapcheck // of an embedded folder
		switch {
		case err != nil:
			return err
		case d.IsDir() && name == ".vite":
			return fs.SkipDir // for the build's own checks
		case d.IsDir(), name == "index.html", path.Ext(name) == ".gz":
			return nil
		}
		f, err := readFile(app, name)
		c.files["/"+name] = f
		return err
	})
}

func readFile(app fs.FS, name string) (*file, error) {
	plain, err := fs.ReadFile(app, name)
	if err != nil {
		return nil, err //nolint:wrapcheck // of an embedded folder
	}
	small, err := fs.ReadFile(app, name+".gz")
	if err != nil {
		small = nil // not worth it
	}
	sum := sha256.Sum256(plain)
	f := &file{kind: kindOf(name), cache: ask, etag: hex.EncodeToString(sum[:12]), plain: plain, small: small}
	if strings.HasPrefix(name, "assets/") {
		f.cache = forever
	}
	return f, nil
}

// kindOf does not ask the machine for what the console consists of: its table
// of types may say anything.
func kindOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		if kind := mime.TypeByExtension(ext); kind != "" {
			return kind
		}
		return "application/octet-stream"
	}
}

// page serves the console's one page, with a nonce of its own.
func (c *console) page(w http.ResponseWriter, r *http.Request, status int) {
	nonce := rand.Text()
	write(w, r, status, bytes.Join([][]byte{c.before, c.after}, []byte(nonce)), " 'nonce-"+nonce+"'")
}

func write(w http.ResponseWriter, r *http.Request, status int, body []byte, nonce string) {
	h := w.Header()
	secure(h, nonce)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", never)
	send(w, r, status, body)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	secure(h, "")
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", f.cache)
	h.Set("Vary", "Accept-Encoding")
	body, tag := f.plain, `"`+f.etag+`"`
	if f.small != nil && takesGzip(r.Header.Get("Accept-Encoding")) {
		body, tag = f.small, `"`+f.etag+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if known(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Type")
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	send(w, r, http.StatusOK, body)
}

func secure(h http.Header, nonce string) {
	h.Set("Content-Security-Policy", strings.Replace(policy, "NONCE", nonce, 1))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

func send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser may be gone
	}
}

// takesGzip reads an Accept-Encoding: gzip is named, and not with q=0.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, parameter, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, found := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(parameter), " ", ""), "q=")
			share, err := strconv.ParseFloat(q, 64)
			return !found || err != nil || share > 0
		}
	}
	return false
}

// known reads an If-None-Match. Proxies weaken tags when they compress.
func known(match, tag string) bool {
	for part := range strings.SplitSeq(match, ",") {
		if strings.TrimPrefix(strings.TrimSpace(part), "W/") == tag {
			return true
		}
	}
	return false
}
