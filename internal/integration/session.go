package integration

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

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
		token, num, err := s.access(ctx, r.key(), refused)
		if err != nil {
			return err
		}
		err = call(s.session(r, p, token))
		if refused != 0 || !isClass(err, health.TokenExpired) {
			return err
		}
		refused = num
	}
}

func (s *Service) session(r *row, p connector.Provider, token string) *connector.Session {
	plain, authorized := s.Egress.HTTPClient(), s.Egress.HTTPClient()
	authorized.Transport = &bearer{token: token, next: plain.Transport, pace: s.paceOf(r.key(), p)}
	var limited time.Time
	if c := r.Health.Class; c == health.RateLimited || c == health.QuotaExhausted {
		limited = r.Health.Failing
	}
	return &connector.Session{
		HTTP: authorized, Plain: plain, API: s.at(p).API, Account: r.Account, Settings: r.Settings, Granted: r.Granted, Now: s.clock(), Limited: limited,
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
