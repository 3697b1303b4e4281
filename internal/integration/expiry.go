package integration

import (
	"context"
	"fmt"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/health"
)

const (
	dayLong = 24 * time.Hour
	// longAccess is from when on an access is taken for one that people renew. Shorter
	// ones end before anybody could.
	longAccess = 20 * dayLong
)

// everyOf is the usual time between two sync runs of a provider.
func (s *Service) everyOf(slug string) time.Duration {
	if d, ok := s.byName[slug]; ok {
		return max(everyUsual, d.About().SyncEvery)
	}
	return everyUsual
}

// callDue reports whether a check asks the provider, or goes by what the last call
// found. What may have passed is looked at sooner.
func (s *Service) callDue(r *row, p connector.Provider, why Why) bool {
	every := p.About().CallEvery
	if every == 0 || s.Unpaced || r.called.IsZero() || why == OnConnect {
		return true
	}
	if r.Health.Class != health.None && !health.RuleOf(r.Health.Class).AdminActs {
		every /= 4
	}
	return !s.clock().Before(r.called.Add(every))
}

// standingCall is what the last call found, or that the access has ended since.
func (s *Service) standingCall(r *row) (*connector.Failure, error) {
	ends, assumed, err := s.endsAt(r)
	switch {
	case err != nil:
		return nil, err
	case !ends.IsZero() && !assumed && !s.clock().Before(ends):
		return errEnded(), nil
	case r.Health.Class == health.TokenExpiring:
		return nil, nil //nolint:nilnil // it worked; how long still is counted anew
	}
	f := r.failure()
	if f != nil {
		f.Final = r.Health.Status == health.Reauthorize
	}
	return f, nil
}

// endsAt is when an access ends that no refresh prolongs; zero: never, or it is
// replaced by itself. The end of a token that was pasted is assumed: it is the latest
// that there can be by the provider's word, as it may have been made earlier.
func (s *Service) endsAt(r *row) (at time.Time, assumed bool, err error) {
	if r.expires.IsZero() || r.expires.Sub(r.ConnectedAt) < longAccess {
		return time.Time{}, false, nil
	}
	g, err := s.openGrant(grantRow(r.key()), r.token)
	if err != nil || g.Refresh != "" {
		return time.Time{}, false, err
	}
	return r.expires, g.Pasted, nil
}

// expiring is what a connection that works has against it: that it ends soon. People
// are told so twice.
func (s *Service) expiring(ctx context.Context, tx *db.Tx, r *row) (*connector.Failure, error) {
	ends, assumed, err := s.endsAt(r)
	left := ends.Sub(s.clock())
	if err != nil || ends.IsZero() || left <= 0 && !assumed {
		return nil, err
	}
	days := int64(0) // of the last reminder whose time has come
	for _, n := range health.Reminders {
		if left <= time.Duration(n)*dayLong {
			days = int64(n)
		}
	}
	if days == 0 {
		return nil, nil //nolint:nilnil // it does not end soon
	}
	f := &connector.Failure{Class: health.TokenExpiring, Code: "expires_soon", Detail: "The access ends on " + ends.UTC().Format("2 January 2006") + "."}
	p, err := s.provider(r.Slug)
	if err != nil {
		return nil, err
	}
	if assumed {
		f.Detail = "It is assumed that the access ends on " + ends.UTC().Format("2 January 2006") + " at the latest: " + p.About().Name + " does not say it of a token that was pasted."
	}
	if r.reminded != 0 && r.reminded <= days {
		return f, nil
	}
	r.reminded = days
	problem := Problem{OrganizationID: r.OrganizationID, Slug: r.Slug, Name: p.About().Name, Class: f.Class, Guidance: p.Guide(f)}
	problem.Guidance.Cause += " " + f.Detail
	if err := s.Expiring(ctx, tx, problem, int(days)); err != nil {
		return nil, fmt.Errorf("remind of the end of an access: %w", err)
	}
	return f, nil
}

// told reports whether people were told of something that a new grant ends.
func (r *row) told() bool { return r.Health.Alerted != health.None || r.reminded != 0 }
