package alert

import (
	"context"
	"fmt"

	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// Preference is whether a person is mailed about a kind.
type Preference struct {
	Kind  Kind
	Email bool
	Own   bool // chosen by the person; else the organization's default for the role
}

// Preferences gives a person's, in the order of the settings page.
func (s *Service) Preferences(ctx context.Context, actor rbac.Actor) ([]Preference, error) {
	return preferencesIn(ctx, s.db, actor)
}

func preferencesIn(ctx context.Context, q db.Queryer, actor rbac.Actor) ([]Preference, error) {
	routes, err := routesIn(ctx, q, actor.OrganizationID)
	if err != nil {
		return nil, err
	}
	own := map[Kind]bool{}
	err = db.Each(ctx, q, func(sc db.Scanner) error {
		var k Kind
		var on int64
		if err := sc.Scan(&k, &on); err != nil {
			return fmt.Errorf("scan preference: %w", err)
		}
		own[k] = on != 0
		return nil
	}, `SELECT kind, email FROM alert_preferences WHERE user_id = $1`, actor.UserID)
	if err != nil {
		return nil, fmt.Errorf("read preferences: %w", err)
	}
	all := make([]Preference, len(routes.Items))
	for i, r := range routes.Items {
		all[i] = Preference{Kind: r.Kind, Email: r.mails(actor.Role)}
		if on, chosen := own[r.Kind]; chosen {
			all[i].Email, all[i].Own = on, true
		}
	}
	return all, nil
}

// SetPreferences stores a person's choices; kinds that are missing stay as they
// are, and one that is not Own follows the organization again.
func (s *Service) SetPreferences(ctx context.Context, actor rbac.Actor, all []Preference) ([]Preference, error) {
	seen := map[Kind]bool{}
	for i, p := range all {
		if of, ok := find(p.Kind); !ok || of.recovery || seen[p.Kind] {
			return nil, errKind.At(fmt.Sprintf("body.items[%d].kind", i), "is no kind with a route, or comes twice")
		}
		seen[p.Kind] = true
	}
	var out []Preference
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		for _, p := range all {
			if err := storePreference(ctx, tx, actor.UserID, p); err != nil {
				return err
			}
		}
		var err error
		out, err = preferencesIn(ctx, tx, actor)
		s.Publish(tx, actor.OrganizationID, Topic)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store preferences: %w", err)
	}
	return out, nil
}

func storePreference(ctx context.Context, tx *db.Tx, user string, p Preference) error {
	if !p.Own {
		_, err := tx.Exec(ctx, `DELETE FROM alert_preferences WHERE user_id = $1 AND kind = $2`, user, string(p.Kind))
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO alert_preferences (user_id, kind, email) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, kind) DO UPDATE SET email = excluded.email`, user, string(p.Kind), bit(p.Email))
	return err
}
