package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/egress"
	"patchboard/internal/signature"
)

// An Endpoint is what it takes to send to a webhook. It is shared and never
// changed after it was made.
type Endpoint struct {
	Num            int64
	ID             string
	OrganizationID string
	URL            *url.URL        // nil if refused
	Refused        *egress.Verdict // why the policy of today does not let anything go there; nil if it does
	Format         string
	State          State
	Version        int64
	HoldBefore     int64 // pending deliveries with a smaller key are to be held; 0 for none

	custom           http.Header // names in canonical form; the values may be secrets
	secret, previous signature.Secret
	previousUntil    time.Time
}

// Enabled reports whether deliveries may be sent.
func (e *Endpoint) Enabled() bool { return e.State == Active }

// Secrets gives the secrets that sign at a time: the current one, and the
// previous one while a rotation's overlap lasts.
func (e *Endpoint) Secrets(at time.Time) []signature.Secret {
	if !e.previous.IsZero() && at.Before(e.previousUntil) {
		return []signature.Secret{e.secret, e.previous}
	}
	return []signature.Secret{e.secret}
}

var contentType = []string{"application/json"} //nolint:gochecknoglobals // shared by all requests, never changed

// Request makes the signed request of a message, for one Send: its body in the
// endpoint's format, see Render. It is the one way in which checks, tests and
// deliveries are made. The endpoint must not be Refused.
func (e *Endpoint) Request(messageID string, at time.Time, body []byte) egress.Request {
	body = Render(e.Format, messageID, body)
	sum := signature.Sign(make([]byte, 0, 2*signatureSize), e.Secrets(at), messageID, at, body)
	values := [3]string{messageID, strconv.FormatInt(at.Unix(), 10), string(sum)}
	h := make(http.Header, 5+len(e.custom))
	maps.Copy(h, e.custom)
	h["Content-Type"] = contentType
	h[signature.HeaderID] = values[0:1:1]
	h[signature.HeaderTimestamp] = values[1:2:2]
	h[signature.HeaderSignature] = values[2:3:3]
	return egress.Request{URL: e.URL, Header: h, Body: body}
}

const signatureSize = 48 // "v1," and 44 of base64, and a space

// Lines yields a request's header lines as they go out and may be stored and
// shown: the values of custom headers are hidden, since they may be secrets.
func (e *Endpoint) Lines(r egress.Request, yield func(name, value string)) {
	r.Lines(func(name, value string) bool {
		if _, custom := e.custom[name]; custom {
			value = "***"
		}
		yield(name, value)
		return true
	})
}

// channel is the notification that a webhook has changed; its payload is the
// webhook's id.
const channel = "webhooks"

// endpointsMost bounds the endpoints that are kept in memory.
const endpointsMost = 20_000

// endpoints keeps what was read, until a notification says that it has changed.
type endpoints struct {
	mu    sync.RWMutex
	byNum map[int64]*Endpoint
	byID  map[string]int64
	// seen grows with every notification. What was read before one may be old
	// and is not kept.
	seen int64
}

func (c *endpoints) get(num int64) (e *Endpoint, seen int64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.byNum[num], c.seen
}

func (c *endpoints) put(e *Endpoint, seen int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen != seen {
		return
	}
	if len(c.byNum) >= endpointsMost {
		for num, other := range c.byNum { // any: one that is needed again is read again
			delete(c.byNum, num)
			delete(c.byID, other.ID)
			break
		}
	}
	c.byNum[e.Num], c.byID[e.ID] = e, e.Num
}

// forget drops one webhook, or all of them for "".
func (c *endpoints) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen++
	if id == "" {
		clear(c.byNum)
		clear(c.byID)
		return
	}
	if num, ok := c.byID[id]; ok {
		delete(c.byNum, num)
		delete(c.byID, id)
	}
}

// Endpoint gives what it takes to send to a webhook, from memory where that is
// known to be current. A deleted webhook is not found.
func (s *Service) Endpoint(ctx context.Context, num int64) (*Endpoint, error) {
	current := s.db.Current()
	e, seen := s.endpoints.get(num)
	if e != nil && current {
		return e, nil
	}
	r, err := db.One(ctx, s.db, scanRow, `SELECT `+columns+` FROM webhooks WHERE num = $1 AND deleted_at = 0`, num)
	if errors.Is(err, db.ErrNoRows) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read webhook %d: %w", num, err)
	}
	if e, err = s.open(r); err != nil {
		return nil, err
	}
	if current {
		s.endpoints.put(e, seen)
	}
	return e, nil
}

// open unseals a row.
func (s *Service) open(r *row) (*Endpoint, error) {
	e := &Endpoint{
		Num: r.Num, ID: r.ID, OrganizationID: r.OrganizationID, Format: r.Format, State: r.State, Version: r.Version,
		HoldBefore: r.HoldBefore, previousUntil: r.PreviousUntil,
	}
	e.URL, e.Refused = s.egress.CheckURL(r.URL)
	var err error
	if e.secret, err = s.unsealSecret(r.ID, r.secret); err != nil {
		return nil, err
	}
	if r.previous != nil {
		if e.previous, err = s.unsealSecret(r.ID, r.previous); err != nil {
			return nil, err
		}
	}
	headers, err := s.unsealHeaders(r.ID, r.headers)
	if err != nil {
		return nil, err
	}
	e.custom = httpHeader(headers)
	return e, nil
}

// httpHeader turns checked custom headers into those of a request.
func httpHeader(headers map[string]string) http.Header {
	h := make(http.Header, len(headers))
	for name, value := range headers {
		h[name] = []string{value}
	}
	return h
}

// Both secrets of a webhook are sealed for one place, so that a rotation moves
// the old one without opening it.
func secretPlace(id string) string  { return "webhook/" + id + "/secret" }
func headersPlace(id string) string { return "webhook/" + id + "/headers" }

func (s *Service) sealSecret(id string, secret signature.Secret) ([]byte, error) {
	sealed, err := s.vault.Seal([]byte(secret.Reveal()), secretPlace(id))
	if err != nil {
		return nil, fmt.Errorf("seal a signing secret: %w", err)
	}
	return sealed, nil
}

func (s *Service) unsealSecret(id string, sealed []byte) (signature.Secret, error) {
	plain, err := s.vault.Unseal(sealed, secretPlace(id))
	if err != nil {
		return signature.Secret{}, fmt.Errorf("open the secret of webhook %s: %w", id, err)
	}
	secret, err := signature.ParseSecret(string(plain))
	if err != nil {
		return signature.Secret{}, fmt.Errorf("read the secret of webhook %s: %w", id, err)
	}
	return secret, nil
}

// sealHeaders gives the sealed values and the plain names; none for no headers.
func (s *Service) sealHeaders(id string, headers map[string]string) (sealed []byte, names []string, err error) {
	if len(headers) == 0 {
		return nil, nil, nil
	}
	plain, err := json.Marshal(headers)
	if err != nil {
		return nil, nil, fmt.Errorf("write custom headers: %w", err)
	}
	if sealed, err = s.vault.Seal(plain, headersPlace(id)); err != nil {
		return nil, nil, fmt.Errorf("seal custom headers: %w", err)
	}
	return sealed, sortedKeys(headers), nil
}

func (s *Service) unsealHeaders(id string, sealed []byte) (map[string]string, error) {
	if sealed == nil {
		return map[string]string{}, nil
	}
	plain, err := s.vault.Unseal(sealed, headersPlace(id))
	if err != nil {
		return nil, fmt.Errorf("open the headers of webhook %s: %w", id, err)
	}
	var headers map[string]string
	if err := json.Unmarshal(plain, &headers); err != nil {
		return nil, fmt.Errorf("read the headers of webhook %s: %w", id, err)
	}
	return headers, nil
}
