package integration

import (
	"context"
	"slices"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// regrant takes up the permissions that the answer to a refresh names; an answer that
// names none says nothing of them. If they are others than before, the connection is
// judged anew at once, and what reads and posts goes by them. The token is saved
// already, whatever comes of this: the next refresh compares again.
func (s *Service) regrant(ctx context.Context, r *row, p connector.Provider, named []string) {
	if len(named) == 0 || sameScopes(named, r.Granted) {
		return
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := find(ctx, tx, r.key(), tx.ForUpdate())
		if err != nil {
			return err
		}
		if now.num != r.num || sameScopes(named, now.Granted) {
			return nil // disconnected, or connected anew
		}
		before := now.Granted
		now.Granted, now.CheckDue = named, s.clock()
		if err := now.saveState(ctx, tx); err != nil {
			return err
		}
		s.changed(tx, r.key())
		entry := target(p, audit.IntegrationRegranted)
		entry.Before, entry.After = map[string][]string{"scopes": before}, map[string][]string{"scopes": named}
		return s.Audit.Append(ctx, tx, rbac.Actor{OrganizationID: r.OrganizationID, Role: rbac.Program}, entry)
	})
	if err != nil {
		s.log.ErrorContext(ctx, "permissions that have changed were not stored", "organization", r.OrganizationID, "integration", r.Slug, "error", err)
	}
}

// sameScopes compares permissions, in any order.
func sameScopes(a, b []string) bool {
	lacks := func(all []string) func(string) bool {
		return func(one string) bool { return !slices.Contains(all, one) }
	}
	return !slices.ContainsFunc(a, lacks(b)) && !slices.ContainsFunc(b, lacks(a))
}

// renewed sees whether a token that takes the place of one that has ended, or of refused,
// names permissions that were missing. If there is none, what is known stands.
func (s *Service) renewed(ctx context.Context, r *row, refused int64) {
	if g, _, err := s.access(ctx, r.key(), refused); err == nil {
		r.Granted = g.granted
	}
}
