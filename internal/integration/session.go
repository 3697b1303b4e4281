package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/time/rate"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/health"
)

// with calls a provider with a session of a connection. A token that the provider
// does not take is replaced once, and the call made again: what call does must be
// safe to do twice, until it has worked.
func (s *Service) with(ctx context.Context, r *row, p connector.Provider, call func(session *connector.Session) error) error {
	refused := int64(0)
	for {
		g, num, err := s.access(ctx, r.key(), refused)
		if err != nil {
			return err
		}
		if s.at(p, g.Place).API == "" {
			return errPlace
		}
		if !sameScopes(r.Granted, g.granted) { // a refresh has named others
			r.Granted = g.granted
			if f := missing(r, p); f != nil {
				return f
			}
		}
		session := s.session(r, p, g)
		before := session.Usage
		session.Renewed = refused != 0
		err = call(session)
		r.using.add(session, before)
		if refused != 0 && isClass(err, health.TokenExpired) {
			if f := failureOf(err); f.Refused != health.None {
				f.Class = f.Refused // a token as new as can be
			}
		}
		if refused != 0 || !isClass(err, health.TokenExpired) && !moved(err) {
			return err
		}
		refused = num
	}
}

// errPlace: a token's answer named a place that the token must not be sent to.
var errPlace = &connector.Failure{
	Class: health.MisconfiguredApp, Code: "untrusted_place", Detail: "The provider named an address for its calls that is not one of its own. Nothing was sent there.",
}

// moved reports that a new token may say where the account is now.
func moved(err error) bool {
	f, ok := errors.AsType[*connector.Failure](err)
	return ok && f.Moved
}

// located reads where the account of a token is; host is where its person has signed
// in. Of a provider with one place only, that is nowhere.
func (s *Service) located(p connector.Provider, t *oauth2.Token, host string) (connector.Place, error) {
	h, ok := p.(connector.Hosted)
	if !ok {
		return connector.Place{}, nil
	}
	at, err := h.Located(t.Extra)
	at.Host = host
	return at, wrap("place of the account", err)
}

// hostOf is where people sign in by settings; empty: at the one place that there is.
func hostOf(p connector.Provider, settings json.RawMessage) string {
	if h, ok := p.(connector.Hosted); ok {
		return h.Host(settings)
	}
	return ""
}

func (s *Service) session(r *row, p connector.Provider, g grantText) *connector.Session {
	plain, authorized := s.Egress.HTTPClient(), s.Egress.HTTPClient()
	authorized.Transport = &bearer{token: g.Access, next: plain.Transport, pace: s.paceOf(r.key(), p)}
	var limited time.Time
	if c := r.Health.Class; c == health.RateLimited || c == health.QuotaExhausted {
		limited = r.Health.Failing
	}
	return &connector.Session{
		HTTP: authorized, Plain: plain, API: s.at(p, g.Place).API, Account: r.Account, Settings: r.Settings, Granted: r.Granted, Now: s.clock(),
		Place: g.Place, Limited: limited, Usage: r.quota(), Spent: r.spent.Add(r.using.calls, s.clock()),
	}
}

// paces bound the calls of each connection in a minute.
type paces struct {
	mu       sync.Mutex
	limiters map[key]*rate.Limiter // of connections that were used lately
}

const pacesMost = 10_000

func (s *Service) paceOf(k key, p connector.Provider) func(ctx context.Context) error {
	most := p.About().PerMinute
	if most == 0 || s.Unpaced {
		return func(context.Context) error { return nil }
	}
	s.paces.mu.Lock()
	defer s.paces.mu.Unlock()
	l := s.paces.limiters[k]
	if l == nil {
		if len(s.paces.limiters) >= pacesMost {
			clear(s.paces.limiters)
		}
		l = rate.NewLimiter(rate.Every(time.Minute/time.Duration(most)), most/4)
		s.paces.limiters[k] = l
	}
	return func(ctx context.Context) error {
		if err := l.Wait(ctx); err != nil {
			return fmt.Errorf("wait for the turn of a call: %w", err)
		}
		return nil
	}
}

var _ http.RoundTripper = (*bearer)(nil)

// tokens tells those who wait that a token was replaced, here or on another node.
type tokens struct {
	unsubscribe func()

	mu      sync.Mutex
	waiting map[string]map[chan struct{}]bool
}

const tokenChannel = "integration_token"

func newTokens(d *db.DB) *tokens {
	t := &tokens{waiting: map[string]map[chan struct{}]bool{}}
	t.unsubscribe = d.Subscribe(tokenChannel, t.wake)
	return t
}

func (t *tokens) close() { t.unsubscribe() }

func (*tokens) tell(tx *db.Tx, k key) { tx.Notify(tokenChannel, k.org+"/"+k.slug) }

func (t *tokens) wake(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.waiting[name] {
		select {
		case c <- struct{}{}:
		default: // it knows
		}
	}
}

func (t *tokens) watch(k key) (news <-chan struct{}, done func()) {
	name, c := k.org+"/"+k.slug, make(chan struct{}, 1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting[name] == nil {
		t.waiting[name] = map[chan struct{}]bool{}
	}
	t.waiting[name][c] = true
	return c, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if delete(t.waiting[name], c); len(t.waiting[name]) == 0 {
			delete(t.waiting, name)
		}
	}
}
