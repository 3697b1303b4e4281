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
	if strings.HasPrefix(u.Path, "/salesforce/") {
		a, wrong, no := s.sales.readApproval(SalesforceLogin, q)
		if wrong != "" {
			return nil, fmt.Errorf("Salesforce shows an error: %s", wrong) //nolint:err113 // a name
		}
		return s.sales.answers(a, no, true), nil
	}
	if strings.HasPrefix(u.Path, "/hubspot/") {
		a, wrong := s.hubspot.readConnect(q)
		if wrong != "" {
			return nil, fmt.Errorf("HubSpot shows an error: %s", wrong) //nolint:err113 // a sentence
		}
		return s.hubspot.answers(a, true), nil
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

// Seed gives the first person a mailbox and a calendar of a company, and the company
// its marketing and, at Salesforce, its customers: what a demo has to show.
func (s *Sandbox) Seed() {
	s.sales.seed()
	s.hubspot.accounts[0].seed()
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

// seedCompanies are customers at Salesforce, with what is being sold to them.
var seedCompanies = []struct{ name, domain, deal, amount string }{
	{"Acme", "acme.test", "Spring campaign, 200 seats", "24000"},
	{"Northwind", "northwind.test", "Renewal of the contract", "8600.50"},
	{"Lumen", "lumen.test", "Pilot in two shops", "3900"},
	{"Bergwerk GmbH", "bergwerk.test", "Second batch", "51250"},
	{"Harbour & Sons", "harbour.test", "Moving to the large plan", "17499.99"},
	{"Óptica del Sur", "optica.test", "Website and shop", "12000"},
	{"Kestrel Air", "kestrel.test", "Fleet portal", "240000"},
	{"Café Moka", "moka.test", "Loyalty cards", "1250.50"},
}

// seed makes the customers of the first organization, once.
func (s *Salesforce) seed() {
	o := s.users[0].org
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.rows["Contact"]) > 0 {
		return
	}
	now := o.now()
	for n, c := range seedCompanies {
		account := o.add("Account", map[string]any{"Name": c.name}, now.AddDate(0, -6, n))
		var first *salesforceRow
		for i := range 4 {
			given, family := salesforceFirst[(n*4+i)%len(salesforceFirst)], salesforceLast[(n*5+i*3)%len(salesforceLast)]
			row := o.add("Contact", map[string]any{
				"FirstName": given, "LastName": family, "Name": given + " " + family, "Title": salesforceTitle[(n+i)%len(salesforceTitle)], "AccountId": account.id,
				"Email": strings.ToLower(given+"."+strings.ReplaceAll(family, "’", "")) + "@" + c.domain, "Phone": fmt.Sprintf("+49 30 55%02d%02d", n, i), "OwnerId": "0055g000001XyZaAAK",
			}, now.AddDate(0, -5, n*7+i))
			if first == nil {
				first = row
			}
		}
		own := first.id
		if n%2 == 1 { // its contact has a role, and stands nowhere else
			own = ""
		}
		deal := o.addOpportunity(c.name+", "+c.deal, c.name, c.amount, own)
		if own == "" {
			o.add(salesforceRole, map[string]any{"OpportunityId": deal.id, "ContactId": first.id, "Role": "Decision Maker", "IsPrimary": true}, now.AddDate(0, -2, n*5))
		}
		deal.created, deal.stamp = now.AddDate(0, -2, n*5), now.AddDate(0, -1, n*2)
	}
	o.sort("Opportunity")
}
