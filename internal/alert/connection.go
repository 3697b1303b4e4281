package alert

import (
	"context"
	"strconv"

	"patchboard/internal/db"
	"patchboard/internal/health"
)

// Connection is a connection to a provider that broke, or is well again.
type Connection struct {
	OrganizationID string
	Slug, Name     string
	Class          health.Class // why; None when it is well
	Cause          string
	Steps          []string
	Final          bool   // only a person who connects again can end it
	Dead           bool   // nothing is tried any more until a person says so
	End            string // what ended the problem; "" it works again
}

// The problems of a connection: one for each class, and its end.
const (
	brokenBy = "broken/"
	died     = "died"
)

func (c Connection) subject() Subject { return Subject{"integration", c.Slug, c.Name} }

// brokenProblems are the problems of all classes, and of an end that comes.
func brokenProblems() []string {
	var all []string
	for _, days := range health.Reminders {
		all = append(all, endsIn(days))
	}
	for class := range health.Rules {
		all = append(all, brokenBy+string(class))
	}
	return all
}

// ConnectionBroken tells that a connection does not work, or that it was given
// up. Another class takes the place of the former.
func (s *Service) ConnectionBroken(ctx context.Context, tx *db.Tx, c Connection) error {
	n := New{
		OrganizationID: c.OrganizationID, Kind: IntegrationBroken, Subject: c.subject(), Problem: brokenBy + string(c.Class),
		Cause: c.Cause, Steps: c.Steps, Replaces: brokenProblems(), Link: integrations + "/" + c.Slug,
	}
	if c.Final || health.RuleOf(c.Class).Status == health.Reauthorize {
		n.Title = c.Name + " needs to be connected again"
	}
	if c.Dead {
		n.Kind, n.Problem, n.Title = IntegrationDied, died, ""
	}
	return s.Raise(ctx, tx, n)
}

func endsIn(days int) string { return "ends/" + strconv.Itoa(days) }

// ConnectionExpiring tells that a connection ends in some days, unless somebody
// connects it again. The second reminder takes the place of the first.
func (s *Service) ConnectionExpiring(ctx context.Context, tx *db.Tx, c Connection, days int) error {
	return s.Raise(ctx, tx, New{
		OrganizationID: c.OrganizationID, Kind: IntegrationExpiring, Subject: c.subject(), Problem: endsIn(days),
		Title: c.Name + " has to be connected again within " + strconv.Itoa(days) + " days", Cause: c.Cause, Steps: c.Steps, Replaces: brokenProblems(), Link: integrations + "/" + c.Slug,
	})
}

// ConnectionRecovered tells that it is over.
func (s *Service) ConnectionRecovered(ctx context.Context, tx *db.Tx, c Connection) error {
	return s.Close(ctx, tx, Closing{
		OrganizationID: c.OrganizationID, Kind: IntegrationRecovered, Subject: c.subject(), Problems: append(brokenProblems(), died), Title: c.End, Cause: c.Cause,
	})
}

// SetupRequested tells the system administrators that somebody wants a provider
// to be set up.
func (s *Service) SetupRequested(ctx context.Context, tx *db.Tx, org, slug, name, by string) error {
	return s.Raise(ctx, tx, New{
		OrganizationID: org, Kind: IntegrationRequested, Subject: Subject{"integration", slug, name},
		Cause: by + " would like to connect it. That needs the client id and secret of an application at " + name + ".",
		Steps: []string{"Open its page: it says where to get them."}, Link: integrations + "/" + slug,
	})
}
