package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsHTML string

//go:embed docs.css
var docsCSS []byte

// docsPolicy allows the page's own style sheet and nothing else: it is made on
// the server and has no script.
const docsPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// mountPages puts the description, its page and the mounted handlers beside the
// API. All of it is made once, here.
func (a *API) mountPages() error {
	spec, err := a.OpenAPI()
	if err != nil {
		return err
	}
	docs, err := a.docsPage()
	if err != nil {
		return err
	}
	a.pages.Handle("GET /openapi.json", fixed("application/openapi+json", "", spec))
	a.pages.Handle("GET /docs", fixed("text/html; charset=utf-8", docsPolicy, docs))
	a.pages.Handle("GET /docs.css", fixed("text/css; charset=utf-8", "", docsCSS))
	// The type of a problem leads to where problems are explained.
	a.pages.Handle("GET /problems/{slug}", http.RedirectHandler("/docs#problems", http.StatusSeeOther))
	for pattern, h := range a.Mount {
		if _, path, _ := strings.Cut(" "+pattern, "/"); strings.HasPrefix("/"+path, prefix) {
			return fmt.Errorf("mount %q: addresses under %s belong to the route table", pattern, prefix) //nolint:err113 // for the operator
		}
		if err := mount(a.pages, pattern, h); err != nil {
			return err
		}
	}
	return nil
}

// mount turns ServeMux's panic over a colliding pattern into an error.
func mount(m *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("mount %q: %v", pattern, p) //nolint:err113 // for the operator
		}
	}()
	m.Handle(pattern, h)
	return nil
}

// fixed serves bytes that do not change while the program runs.
func fixed(contentType, policy string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", "no-cache")
		if policy != "" {
			h.Set("Content-Security-Policy", policy)
		}
		_, _ = w.Write(body) // the client may be gone
	})
}

// docsOperation is one operation on the page.
type docsOperation struct {
	ID, Method, Path, Summary, Who string
	Parameters                     []*huma.Param
	Request                        string
	Answers                        []docsAnswer
}

type docsAnswer struct{ Status, Kind, Schema string }

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

func (a *API) docsPage() ([]byte, error) {
	var groups []docsGroup
	for i := range a.routes {
		r := &a.routes[i]
		op, err := a.describe(r)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(groups, func(g docsGroup) bool { return g.Name == r.tag() })
		if at < 0 {
			at = len(groups)
			groups = append(groups, docsGroup{Name: r.tag()})
		}
		groups[at].Operations = append(groups[at].Operations, op)
	}
	schemas := map[string]string{}
	for name, s := range a.huma.OpenAPI().Components.Schemas.Map() {
		text, err := pretty(s)
		if err != nil {
			return nil, err
		}
		schemas[name] = text
	}
	t, err := template.New("docs").Parse(docsHTML)
	if err != nil {
		return nil, fmt.Errorf("parse docs page: %w", err)
	}
	var page bytes.Buffer
	if err := t.Execute(&page, map[string]any{"Groups": groups, "Schemas": schemas}); err != nil {
		return nil, fmt.Errorf("make docs page: %w", err)
	}
	return page.Bytes(), nil
}

func (a *API) describe(r *Route) (docsOperation, error) {
	op := a.operation(r)
	d := docsOperation{ID: op.OperationID, Method: r.Method, Path: r.Path, Summary: r.Summary, Who: r.who(), Parameters: op.Parameters}
	if op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			var err error
			if d.Request, err = pretty(media.Schema); err != nil {
				return d, err
			}
		}
	}
	for status, answer := range op.Responses {
		one := docsAnswer{Status: status}
		for kind, media := range answer.Content {
			one.Kind = kind
			var err error
			if one.Schema, err = pretty(media.Schema); err != nil {
				return d, err
			}
		}
		d.Answers = append(d.Answers, one)
	}
	slices.SortFunc(d.Answers, func(a, b docsAnswer) int { return strings.Compare(a.Status, b.Status) })
	return d, nil
}

// operation finds what huma made of a route.
func (a *API) operation(r *Route) *huma.Operation {
	item := a.huma.OpenAPI().Paths[r.Path]
	if item == nil {
		return nil
	}
	switch r.Method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	}
	return nil
}

func pretty(s *huma.Schema) (string, error) {
	if s == nil {
		return "", nil
	}
	b, err := plainJSON(s)
	if err != nil {
		return "", fmt.Errorf("write schema: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return "", fmt.Errorf("indent schema: %w", err)
	}
	return out.String(), nil
}
