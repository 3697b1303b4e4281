package sandbox

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Allow plays a person who allows everything that a consent page of the sandbox asks
// for. It gives what the provider sends the browser back with.
func (s *Sandbox) Allow(address string) (url.Values, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address of a consent page: %w", err)
	}
	q := u.Query()
	if strings.HasPrefix(u.Path, "/slack/") {
		a, wrong := s.slack.readInstall(q)
		if wrong != "" {
			return nil, fmt.Errorf("Slack shows an error: %s", wrong) //nolint:err113 // a name
		}
		return s.slack.answers(a, true), nil
	}
	if strings.HasPrefix(u.Path, "/linkedin/") {
		p, wrong := s.linkedin.readPermit(q)
		if wrong != "" {
			return nil, fmt.Errorf("LinkedIn shows an error: %s", wrong) //nolint:err113 // a sentence
		}
		return s.linkedin.answers(p, "", "allow"), nil
	}
	c, wrong := s.google.readConsent(q)
	if wrong != "" {
		return nil, fmt.Errorf("Google shows an error: %s", wrong) //nolint:err113 // a name
	}
	var all []string
	for _, scope := range c.Scopes {
		all = append(all, scope.Name)
	}
	return s.google.answers(c, all, true), nil
}

// people of a company that ana@example.org writes to, and what about.
var (
	seedPeople   = []string{"bo.rossi@acme.test", "carla.vito@northwind.test", "dev.patel@lumen.test", "eva.klein@bergwerk.test", "finn.ohara@harbour.test"}
	seedSubjects = []string{
		"Offer for the spring campaign", "Your question about the invoice", "Minutes of our call", "Renewal of the contract", "A date for the demo",
		"Delivery of the second batch", "Thank you for the visit", "Prices for 2027", "The missing order number", "Next steps",
	}
	seedMeetings = []string{"Demo for Acme", "Quarterly review", "Kick-off Northwind", "Call with Lumen", "Team stand-up", "Contract talk Bergwerk"}
)

// Seed gives the first person a mailbox and a calendar of a company: what a demo has
// to show.
func (s *Sandbox) Seed() {
	box, diary := s.google.mailboxes[googleAccounts[0]], s.google.diaries[googleAccounts[0]]
	now := s.google.clock()
	for n := range 40 {
		with, subject := seedPeople[n%len(seedPeople)], seedSubjects[(n*3)%len(seedSubjects)]
		l := letter{From: with, To: googleAccounts[0], Subject: subject, Snippet: "Hello Ana, as we said…", Labels: []string{"INBOX"}, At: now.Add(-time.Duration(40-n) * 31 * time.Hour)}
		if n%3 == 0 {
			l.From, l.To, l.Subject, l.Snippet, l.Labels = googleAccounts[0], with, "Re: "+subject, "Dear colleague, thank you…", []string{"SENT"}
		}
		box.add(l)
	}
	for n, title := range seedMeetings {
		begin := now.AddDate(0, 0, 2*n-4).Truncate(time.Hour)
		diary.plan(meeting{title: title, begin: begin, end: begin.Add(45 * time.Minute), attendees: []string{seedPeople[n%len(seedPeople)]}}, 1)
	}
}
