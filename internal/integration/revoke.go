package integration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

// revokeWaits are the times between tries to revoke a grant that is not wanted any
// more; after the last one it is left to people, with an entry that says so.
var revokeWaits = []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 16 * time.Hour}

const revocationsMost = 20 // at a time

func revocationRow(revocation string) string {
	return "integration/revocation/" + revocation + "/token"
}

// keepGrant keeps a grant until it is revoked, in the transaction that lets go of it:
// a crash in between loses neither. Where another connection stands on the same grant
// it is left alone, and its name is given. A token that was pasted is left alone too: it
// is of no application that is known here.
func (s *Service) keepGrant(ctx context.Context, tx *db.Tx, k key, client, account string, g grantText) (revocation, sharedWith string, err error) {
	p, err := s.provider(k.slug)
	if err != nil {
		return "", "", err
	}
	if g.Pasted {
		return "", "", nil
	}
	if p.OAuth().Shared {
		if sharedWith, err = s.sharing(ctx, tx, k, p, client, account); err != nil || sharedWith != "" {
			return "", sharedWith, err
		}
	}
	revocation = id.New("rev")
	sealed, err := s.sealGrant(revocationRow(revocation), g)
	if err != nil {
		return "", "", err
	}
	_, err = tx.Exec(ctx, "INSERT INTO revocations (id, organization_id, slug, account, token, tries, next_at) VALUES ($1, $2, $3, $4, $5, 0, $6)",
		revocation, k.org, k.slug, account, sealed, db.Micros(s.clock()))
	if err != nil {
		return "", "", fmt.Errorf("keep a grant to be revoked: %w", err)
	}
	return revocation, "", nil
}

// sharing gives the name of another connection that stands on the same grant: the
// same account, by the same client, at the same provider.
func (s *Service) sharing(ctx context.Context, tx *db.Tx, k key, p connector.Provider, client, account string) (string, error) {
	others, err := db.All(ctx, tx, func(row db.Scanner) (o key, err error) { return o, row.Scan(&o.org, &o.slug) },
		"SELECT organization_id, slug FROM connections WHERE client_id = $1 AND account_id = $2 AND state IN ('connected', 'paused')", client, account)
	if err != nil {
		return "", fmt.Errorf("find who shares the grant: %w", err)
	}
	for _, o := range others {
		sibling, err := s.provider(o.slug)
		if o == k || err != nil || s.at(sibling, connector.Place{}).Revoke != s.at(p, connector.Place{}).Revoke {
			continue
		}
		if o.org != k.org {
			return "another organization of this installation", nil
		}
		return sibling.About().Name, nil
	}
	return "", nil
}

// keepToRevoke keeps the grant of an attempt that nobody wants any more.
func (s *Service) keepToRevoke(ctx context.Context, tx *db.Tx, a *attempt) error {
	if a.Status != AttemptAsks || len(a.token) == 0 {
		return nil
	}
	g, err := s.openGrant(pendingRow(a.ID), a.token)
	if err != nil {
		return err
	}
	_, _, err = s.keepGrant(ctx, tx, key{a.OrganizationID, a.Slug}, a.clientID, a.Account.ID, g)
	return err
}

// revokeNow has what is to be revoked looked at, instead of waiting for the job.
func (s *Service) revokeNow() {
	s.pool.run(func(ctx context.Context) {
		if err := s.RevokeDue(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "grants that nobody wants were not looked for", "error", err)
		}
	})
}

// RevokeDue revokes grants that nobody wants any more; a job calls it.
func (s *Service) RevokeDue(ctx context.Context) error {
	due, err := db.Column[string](ctx, s.DB, "SELECT id FROM revocations WHERE next_at <= $1 ORDER BY next_at LIMIT $2", db.Micros(s.clock()), revocationsMost)
	if err != nil {
		return fmt.Errorf("find grants to revoke: %w", err)
	}
	for _, revocation := range due {
		if err := s.revoke(ctx, revocation, false); err != nil && ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// revoke tries to revoke one grant. With final it is not tried again.
func (s *Service) revoke(ctx context.Context, revocation string, final bool) error {
	type kept struct {
		key

		account string
		token   []byte
		tries   int64
	}
	g, err := db.One(ctx, s.DB, func(row db.Scanner) (g kept, err error) {
		return g, row.Scan(&g.org, &g.slug, &g.account, &g.token, &g.tries)
	}, "SELECT organization_id, slug, account, token, tries FROM revocations WHERE id = $1", revocation)
	if errors.Is(err, db.ErrNoRows) {
		return nil // another one has done it
	}
	if err != nil {
		return fmt.Errorf("read a grant to revoke: %w", err)
	}
	p, err := s.provider(g.slug)
	if err != nil {
		return err
	}
	open, err := s.openGrant(revocationRow(revocation), g.token)
	if err != nil {
		return err
	}
	app, _, err := s.app(ctx, s.DB, g.key)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, tokenLimit)
	defer cancel()
	r := &row{Connection: Connection{OrganizationID: g.org, Slug: g.slug}}
	no := connector.FailureOf(p.Revoke(limited, s.session(r, p, open), connector.Grant{Access: open.Access, Refresh: open.Refresh, Addresses: s.at(p, open.Place), App: app}))
	if no != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(no, s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if no != nil && !final && g.tries < int64(len(revokeWaits)) {
			_, err := tx.Exec(ctx, "UPDATE revocations SET tries = tries + 1, next_at = $2 WHERE id = $1", revocation, db.Micros(s.clock().Add(revokeWaits[g.tries])))
			return err
		}
		gone, err := tx.Exec(ctx, "DELETE FROM revocations WHERE id = $1", revocation)
		if err != nil || gone == 0 {
			return err
		}
		entry := target(p, audit.IntegrationRevoked)
		entry.Detail = map[string]string{"account": g.account}
		if no != nil {
			entry.Result = audit.Failed
			entry.Detail = map[string]string{"account": g.account, "detail": describe(failureOf(no)), "remove": p.About().Account}
		}
		return s.Audit.Append(ctx, tx, rbac.Actor{OrganizationID: g.org, Role: rbac.Program}, entry)
	}))
}
