// Package api serves the HTTP API. It owns the table of routes (which is also
// the access list), the adapter around them (credentials, limits, problem
// documents, log lines), the OpenAPI description made from the table, and a
// file a noun that turns wire types into calls. It holds no business rule and
// no SQL.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchboard/internal/account"
	"patchboard/internal/alert"
	"patchboard/internal/apikey"
	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/delivery"
	"patchboard/internal/event"
	"patchboard/internal/id"
	"patchboard/internal/integration"
	"patchboard/internal/live"
	"patchboard/internal/record"
	"patchboard/internal/tracking"
	"patchboard/internal/webhook"
)

// prefix starts every route of the table.
const prefix = "/api/"

// Deps is what the API calls, and what it must know of its surroundings.
type Deps struct {
	Account     *account.Service
	APIKey      *apikey.Service
	Audit       *audit.Log
	Webhook     *webhook.Service
	Event       *event.Service
	Delivery    *delivery.Service
	Record      *record.Service
	Tracking    *tracking.Service
	Alert       *alert.Service
	Integration *integration.Service
	Live        *live.Hub
	DB          *db.DB

	Log            *slog.Logger   // nil: nowhere
	Clock          id.Clock       // nil: time.Now
	Version        string         // of the program
	PublicURL      *url.URL       // as browsers see it; nil if not known
	TrustedProxies []netip.Prefix // who may set X-Forwarded-For and -Proto

	// DataDir is where this node keeps its files; "" if nobody needs to know.
	DataDir string
	// CountsChecked says when the delivery counts were last held against their
	// rows, and what came of it; nil for never.
	CountsChecked func(ctx context.Context) (at time.Time, verdict string, err error)
	// Observe is told every request's route ("GET /api/v1/webhooks"), status and
	// duration; nil for nobody.
	Observe func(route string, status int, took time.Duration)
	// Mount adds handlers beside the API, by ServeMux pattern: "/healthz",
	// "/" for the console. Patterns under /api/ are refused.
	Mount map[string]http.Handler
}

// API is the handler of the whole server.
type API struct {
	Deps

	log          *slog.Logger
	mux          *http.ServeMux // under /api/
	pages        *http.ServeMux // everything else
	huma         huma.API
	routes       []Route
	proxies      proxies
	crossOrigin  *http.CrossOriginProtection
	alwaysSecure bool
}

// New builds the handler. It fails on a mount that collides with the API.
func New(d Deps) (*API, error) {
	configureHuma()
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Clock == nil {
		d.Clock = time.Now
	}
	a := &API{
		Deps: d, log: d.Log, mux: http.NewServeMux(), pages: http.NewServeMux(), proxies: d.TrustedProxies,
		crossOrigin: http.NewCrossOriginProtection(),
	}
	if d.PublicURL != nil && d.PublicURL.Host != "" {
		a.alwaysSecure = d.PublicURL.Scheme == "https"
		if err := a.crossOrigin.AddTrustedOrigin(d.PublicURL.Scheme + "://" + d.PublicURL.Host); err != nil {
			return nil, fmt.Errorf("public URL: %w", err)
		}
	}
	a.huma = huma.NewAPI(humaConfig(), adapter{a})
	a.routes = a.table()
	for i := range a.routes {
		a.routes[i].register(a, &a.routes[i])
	}
	if err := a.mountPages(); err != nil {
		return nil, err
	}
	return a, nil
}

// Routes gives the table, for tests that walk it.
func (a *API) Routes() []Route { return a.routes }

// OpenAPI gives the description as JSON, in the form of the golden file.
func (a *API) OpenAPI() ([]byte, error) {
	b, err := json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write OpenAPI: %w", err)
	}
	return append(b, '\n'), nil
}

// configureHuma sets huma's process-wide switches, once.
var configureHuma = sync.OnceFunc(func() { //nolint:gochecknoglobals // huma's switches are global
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
	// NewError gives the schema of refusals; requests come through the second.
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return humaProblem(context.Background(), status, message, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		p := humaProblem(ctx.Context(), status, message, errs)
		requestOf(ctx.Context()).note(p)
		return p
	}
})

func humaConfig() huma.Config {
	c := huma.DefaultConfig("Patchboard", "1")
	c.Info.Description = "The integrations desk of a CRM: events in, signed webhooks out, with keys, deliveries and an audit log."
	c.CreateHooks = nil
	c.SchemasPath, c.DocsPath, c.OpenAPIPath = "", "", ""
	c.RejectUnknownQueryParameters = true
	f := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	c.Formats = map[string]huma.Format{"application/json": f, "json": f}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "A person's session, from POST /api/v1/session; named " + secureCookieName +
			" over TLS. The port follows where the address has one, as in " + cookieName + "_8480."},
		"apiKey": {Type: "http", Scheme: "bearer", Description: "The organization's API key, sX_…"},
	}
	return c
}
