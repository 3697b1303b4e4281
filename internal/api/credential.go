package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"

	"patchboard/internal/audit"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

// The names of the session cookie, which the port follows: see API.cookieName.
// Browsers take the __Host- one over TLS only, and from no other host.
const (
	cookieName       = "pb_session"
	secureCookieName = "__Host-" + cookieName
)

var (
	errNobody = fault.New(fault.Unauthenticated, "unauthenticated", "This needs a signed-in person or an API key.",
		"Sign in, or send the API key as Authorization: Bearer sX_….")
	errForbidden = fault.New(fault.Forbidden, "forbidden", "Your role may not do this.",
		"Ask a system administrator of your organization.")
	errMachine = fault.New(fault.Forbidden, "forbidden-to-key", "An API key may not do this; it is for people.",
		"Sign in as a person who may.")
	errTwoCredentials = fault.New(fault.Malformed, "two-credentials", "The request has a session and an API key, or a credential twice.",
		"Send one of them.")
	errScheme = fault.New(fault.Unauthenticated, "unauthenticated", "The Authorization header is not of the form Bearer sX_….",
		"Send the API key as Authorization: Bearer sX_….")
)

// authorize finds out who makes the request, and refuses who may not.
func (a *API) authorize(q *request) error {
	q.actor = q.stranger()
	if q.route.Permission == rbac.Public {
		return nil // a stale cookie must not keep anybody from signing in
	}
	if err := a.authenticate(q); err != nil {
		return err
	}
	return a.permit(q, q.route.Permission)
}

// require is for the few routes on which one kind of call needs more than the
// route does.
func (a *API) require(ctx context.Context, p rbac.Permission) error {
	return a.permit(requestOf(ctx), p) //nolint:contextcheck // q carries it
}

func (a *API) permit(q *request, p rbac.Permission) error {
	if q.actor.Can(p) {
		return nil
	}
	// The refusal is audited on its own; if that fails, refusing still holds.
	err := a.Audit.Denied(q.req.Context(), q.actor, audit.Entry{
		Action: audit.AccessDenied, TargetType: "route", TargetID: q.route.Method + " " + q.route.Path, Detail: map[string]any{"permission": p},
	})
	if err != nil {
		a.log.ErrorContext(q.req.Context(), "a denial was not audited", slog.String("request", q.id), slog.Any("error", err))
	}
	if q.actor.Role == rbac.Machine {
		return errMachine
	}
	return errForbidden
}

func (a *API) authenticate(q *request) error {
	key, err := bearer(q.req.Header)
	if err != nil {
		return err
	}
	q.token = a.cookie(q)
	switch {
	case key != "" && q.token != "":
		return errTwoCredentials
	case key != "":
		return a.identify(q)(a.APIKey.Verify(q.req.Context(), key))
	case q.token != "":
		return a.identify(q)(a.Account.Authenticate(q.req.Context(), q.token))
	}
	return errNobody
}

// identify sets the actor that a credential stands for, with where from.
func (a *API) identify(q *request) func(rbac.Actor, error) error {
	return func(actor rbac.Actor, err error) error {
		if err != nil {
			return err
		}
		actor.Address, actor.UserAgent, actor.RequestID = q.actor.Address, q.actor.UserAgent, q.actor.RequestID
		q.actor = actor
		return nil
	}
}

// stranger is the actor before anything is known of it.
func (q *request) stranger() rbac.Actor {
	agent := q.req.UserAgent()
	if len(agent) > maxUserAgent {
		agent = agent[:maxUserAgent]
	}
	return rbac.Actor{Address: q.address, UserAgent: strings.ToValidUTF8(agent, "\uFFFD"), RequestID: q.id}
}

const maxUserAgent = 256

// bearer reads the API key of the Authorization header, "" without one.
func bearer(h http.Header) (string, error) {
	lines := h["Authorization"]
	if len(lines) == 0 {
		return "", nil
	}
	if len(lines) > 1 {
		return "", errTwoCredentials
	}
	scheme, key, ok := strings.Cut(lines[0], " ")
	key = strings.TrimSpace(key)
	if !ok || !strings.EqualFold(scheme, "Bearer") || key == "" {
		return "", errScheme
	}
	return key, nil
}

// cookie reads the session token, under the name that fits the connection. For
// want of that it takes the only other one: of a node of this installation that
// listens on another port. One of another installation opens nothing here.
func (a *API) cookie(q *request) string {
	if len(q.req.Header["Cookie"]) == 0 {
		return ""
	}
	if token := a.ownCookie(q); token != "" {
		return token
	}
	others, token := 0, ""
	for _, c := range q.req.Cookies() {
		if port, ok := strings.CutPrefix(c.Name, q.cookieBase()); ok && (port == "" || strings.HasPrefix(port, "_")) {
			others, token = others+1, c.Value
		}
	}
	if others > 1 {
		return ""
	}
	return token
}

// ownCookie is the one that sessionCookie replaces.
func (a *API) ownCookie(q *request) string {
	c, err := q.req.Cookie(a.cookieName(q))
	if err != nil {
		return ""
	}
	return c.Value
}

func (q *request) cookieBase() string {
	if q.secure {
		return secureCookieName
	}
	return cookieName
}

// cookieName ends with the port that the browser asked, unless it is the
// scheme's own: browsers send a cookie to every port of its host, so that two
// servers on localhost would end each other's sessions. The public URL says
// which port that is, where it is set; else the request does.
func (a *API) cookieName(q *request) string {
	name, host := q.cookieBase(), q.req.Host
	if a.PublicURL != nil {
		host = a.PublicURL.Host
	}
	port := portOf(host)
	if port == "" || port == "443" && q.secure || port == "80" && !q.secure {
		return name
	}
	return name + "_" + port
}

// portOf gives the port of HOST:PORT, "" without one that is a number.
func portOf(host string) string {
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return ""
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return ""
	}
	return port
}

// sessionCookie makes the cookie of a session; an empty token removes it.
func (a *API) sessionCookie(q *request, token string, maxAge int) string {
	c := http.Cookie{ //nolint:gosec // Secure wherever the connection is: the demo and a laptop have none
		Name: a.cookieName(q), Value: token, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: q.secure, SameSite: http.SameSiteLaxMode,
	}
	return c.String()
}
