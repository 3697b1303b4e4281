package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/health"
)

const (
	aheadUsual   = 5 * time.Minute
	refreshLease = 40 * time.Second // of one refresh: its call, and the time to save what it gave
	tokenLimit   = 10 * time.Second // of a call to a token endpoint
	saveAgain    = 200 * time.Millisecond
	// refusedMost is how many refusals in a row end a grant: the first may be the echo
	// of a refresh whose answer was lost.
	refusedMost = 2
)

// grantText is what is sealed.
type grantText struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh,omitempty"`
	// Of a provider with several places: where the grant is good.
	Place connector.Place `json:"place,omitzero"`
	// Pasted by a person: its end is assumed, and no application can revoke it.
	Pasted bool `json:"pasted,omitempty"`

	granted []string // as the row has it, when the grant was read
}

func grantRow(k key) string { return "integration/" + k.org + "/" + k.slug + "/token" }

func (s *Service) seal(k key, t *oauth2.Token, at connector.Place, old string) ([]byte, error) {
	g := grantText{Access: t.AccessToken, Refresh: t.RefreshToken, Place: at}
	if g.Refresh == "" {
		g.Refresh = old // an answer without one keeps the one that there is
	}
	return s.sealGrant(grantRow(k), g)
}

func (s *Service) sealGrant(place string, g grantText) ([]byte, error) {
	text, err := json.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("write the grant: %w", err)
	}
	sealed, err := s.Vault.Seal(text, place)
	if err != nil {
		return nil, fmt.Errorf("seal the grant: %w", err)
	}
	return sealed, nil
}

func (s *Service) openGrant(place string, sealed []byte) (g grantText, err error) {
	text, err := s.Vault.Unseal(sealed, place)
	if err != nil {
		return g, fmt.Errorf("open the grant: %w", err)
	}
	if err := json.Unmarshal(text, &g); err != nil {
		return g, errors.New("the sealed grant is not what was sealed") //nolint:err113 // the error would hold a part of it
	}
	return g, nil
}

// access gives a grant whose token is good to use, and the token's number. refused is
// the number of one that the provider has just turned down; 0: none.
func (s *Service) access(ctx context.Context, k key, refused int64) (g grantText, num int64, err error) {
	for {
		r, err := find(ctx, s.DB, k, "")
		if err != nil {
			return g, 0, fmt.Errorf("read the grant: %w", err)
		}
		if !r.On() || len(r.token) == 0 {
			return g, 0, errOff
		}
		if g, err = s.openGrant(grantRow(k), r.token); err != nil {
			return g, 0, err
		}
		g.granted = r.Granted
		now := s.clock()
		if r.num != refused && (r.expires.IsZero() || now.Before(r.expires.Add(-s.ahead(r)))) {
			return g, r.num, nil
		}
		still := r.num != refused && now.Before(r.expires) // it goes on for a while without a new one
		if g.Refresh == "" {
			if still || g.Pasted && r.num != refused { // when that one ends, only the provider knows
				return g, r.num, nil
			}
			return g, 0, errEnded()
		}
		err = s.replace(ctx, r, g)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return g, 0, ctx.Err()
		case still && !isClass(err, health.TokenRevoked):
			return g, r.num, nil
		default:
			return g, 0, err
		}
	}
}

// ahead is how long before its end a token is replaced, spread so that many
// connections do not ask in the same moment.
func (s *Service) ahead(r *row) time.Duration {
	d := aheadUsual
	if p, err := s.provider(r.Slug); err == nil && p.OAuth().Ahead > 0 {
		d = p.OAuth().Ahead
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.OrganizationID + "/" + r.Slug)) // a hash takes everything
	return d + time.Duration(h.Sum32()%uint32(time.Minute/time.Millisecond))*time.Millisecond
}

// replace sees to it that a token is replaced: by this caller, or by whoever has
// begun to. One refresh of a token goes on at a time, over all nodes, since some
// providers take each refresh token once. It returns when the row has another token,
// or with why it has not.
func (s *Service) replace(ctx context.Context, r *row, g grantText) error {
	if r.refused >= refusedMost {
		return s.ended(r)
	}
	news, done := s.tokens.watch(r.key())
	defer done()
	mine, wait, err := s.lease(ctx, r)
	if err != nil {
		return err
	}
	if !mine {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-news:
		case <-timer.C:
		}
		return nil
	}
	// What the provider answers is lost if this is cut off in the middle.
	result := make(chan error, 1)
	s.pool.keep(func(whole context.Context) { result <- s.refresh(whole, r, g) }) //nolint:contextcheck // on purpose
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-result:
		return err
	}
}

// lease takes the right to refresh the token of a row; wait is how long another's
// lasts. A refresh that was begun and neither saved nor given up lost its process:
// its refresh token is tried once more, which is all that can be done.
func (s *Service) lease(ctx context.Context, r *row) (mine bool, wait time.Duration, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		hit, err := tx.Exec(ctx, `UPDATE connections SET refresh_owner = $3, refresh_until = $4
			WHERE organization_id = $1 AND slug = $2 AND token_num = $5 AND refresh_until <= $6`,
			r.OrganizationID, r.Slug, s.owner, db.Micros(now.Add(refreshLease)), r.num, db.Micros(now))
		if err != nil {
			return err
		}
		if mine = hit == 1; mine {
			return nil
		}
		until, err := db.Value[int64](ctx, tx, "SELECT refresh_until FROM connections WHERE organization_id = $1 AND slug = $2", r.OrganizationID, r.Slug)
		wait = min(max(db.Time(until).Sub(now), saveAgain), refreshLease)
		return err
	})
	return mine, wait, wrap("take the right to refresh", err)
}

// refresh asks for a new token, and saves it before anybody uses it.
func (s *Service) refresh(ctx context.Context, r *row, g grantText) error {
	ctx, cancel := context.WithTimeout(ctx, refreshLease)
	defer cancel()
	token, p, err := s.exchange(ctx, r, g)
	if err != nil {
		return errors.Join(s.refusedRefresh(ctx, r, err), ctx.Err())
	}
	// A token is saved also where its answer names a place that it must not be sent to:
	// the refresh token may be the only one. with says what is wrong.
	at, _ := s.located(p, token, g.Place.Host)
	r.expires, r.refused = p.OAuth().Expires(token, s.clock()), 0
	if r.token, err = s.seal(r.key(), token, at, g.Refresh); err != nil {
		return err
	}
	old := r.num
	r.num++
	if err := s.saveRefreshed(ctx, r, old); err != nil {
		return err
	}
	s.regrant(ctx, r, p, p.Granted(token.Extra))
	return nil
}

// saveRefreshed saves a new token; old is the number of the one that it replaces.
func (s *Service) saveRefreshed(ctx context.Context, r *row, old int64) error {
	for {
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			now, err := find(ctx, tx, r.key(), tx.ForUpdate())
			if err != nil {
				return err
			}
			if now.num != old {
				return nil // disconnected, or connected anew
			}
			s.tokens.tell(tx, r.key())
			return r.saveToken(ctx, tx)
		})
		if err == nil || ctx.Err() != nil {
			return wrap("save the new token", err)
		}
		// The database is away, and there is no other copy: it is tried again for as
		// long as the lease lasts.
		timer := time.NewTimer(saveAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// exchange calls the token endpoint.
func (s *Service) exchange(ctx context.Context, r *row, g grantText) (*oauth2.Token, connector.Provider, error) {
	p, err := s.provider(r.Slug)
	if err != nil {
		return nil, nil, err
	}
	app, _, err := s.app(ctx, s.DB, r.key())
	if err != nil {
		return nil, nil, err
	}
	if app.ID != r.clientID {
		return nil, nil, &connector.Failure{Class: health.MisconfiguredApp, Code: "other_client", Detail: "The grant was given to another client id than the one that is set now. Connect again."}
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, s.Egress.HTTPClient()), tokenLimit)
	defer cancel()
	c := p.OAuth().Config(app, s.at(p, g.Place), s.Callback, nil)
	token, err := c.TokenSource(ctx, &oauth2.Token{RefreshToken: g.Refresh}).Token()
	if err != nil {
		return nil, nil, p.OAuth().FailureOf(fmt.Errorf("refresh the token: %w", err))
	}
	return token, p, nil
}

// refusedRefresh gives the lease back and counts a refusal. The first one is not
// taken for the end: a refresh whose answer was lost looks the same.
func (s *Service) refusedRefresh(ctx context.Context, r *row, cause error) error {
	no := isClass(cause, health.TokenRevoked)
	if no {
		r.refused++
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		s.tokens.tell(tx, r.key())
		_, err := tx.Exec(ctx, `UPDATE connections SET refresh_owner = '', refresh_until = 0, refresh_refused = $4
			WHERE organization_id = $1 AND slug = $2 AND token_num = $3`, r.OrganizationID, r.Slug, r.num, r.refused)
		return err
	})
	if err != nil {
		return fmt.Errorf("note a refused refresh: %w", errors.Join(err, cause))
	}
	if !no {
		return cause
	}
	if r.refused >= refusedMost {
		return s.ended(r)
	}
	f := failureOf(cause)
	return &connector.Failure{Class: health.TokenExpired, Code: f.Code, Detail: "The provider refused to renew the access token. It is tried once more.", Err: f.Err}
}

// errEnded says that a token has ended for which there is no other.
func errEnded() *connector.Failure {
	return &connector.Failure{Class: health.TokenExpired, Code: "expired", Final: true, Detail: "The access token has ended, and the provider gave none to replace it with."}
}

// ended says that a grant is over.
func (*Service) ended(*row) error {
	return &connector.Failure{Class: health.TokenRevoked, Code: "invalid_grant", Detail: "The provider has refused twice to renew the access token."}
}

func failureOf(err error) *connector.Failure {
	if f, ok := errors.AsType[*connector.Failure](err); ok {
		return f
	}
	return &connector.Failure{Class: health.Unknown, Err: err}
}

func isClass(err error, c health.Class) bool {
	f, ok := errors.AsType[*connector.Failure](err)
	return ok && f.Class == c
}

// bearer sends a connection's token, the one that was good when the session began.
type bearer struct {
	token string
	next  http.RoundTripper
	pace  func(ctx context.Context) error
}

// RoundTrip sends a request.
func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := b.pace(r.Context()); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r) //nolint:wrapcheck // an http.RoundTripper's own contract
}
