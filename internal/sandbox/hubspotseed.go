package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// What a company's marketing account holds.
var (
	hubFirstNames = []string{"Bo", "Carla", "Dev", "Eva", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Luca", "Mona", "Nils", "Olga", "Paul", "Rosa"}
	hubLastNames  = []string{"Rossi", "Vito", "Patel", "Klein", "O’Hara", "Lindqvist", "Moreau", "Novák", "Søndergaard", "Weiß"}
	hubCompanies  = []struct{ name, domain string }{
		{"Acme", "acme.test"}, {"Northwind", "northwind.test"}, {"Lumen", "lumen.test"}, {"Bergwerk", "bergwerk.test"}, {"Harbour", "harbour.test"}, {"Kanto Foods", "kanto.test"},
	}
	hubTitles = []string{"Buyer", "Head of purchasing", "Managing director", "Marketing manager", "Plant manager", "Assistant"}
	hubStages = []string{"subscriber", "lead", "marketingqualifiedlead", "opportunity", "customer"}
	hubNews   = []string{
		"Five ways to save on packaging", "Meet us at the fair in Verona", "What our customers ask most", "New: delivery in 24 hours",
		"Autumn prices until Sunday", "Thank you for a good year", "The winter catalogue is here",
	}
)

// The numbers of people, and of the days that newsletters lie apart.
const (
	hubPeople   = 140
	hubNewsDays = 11
)

// seed fills an account. It has the same numbers each time, so that what was read
// before a restart is known again.
func (p *portal) seed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	for n := range hubPeople {
		first, last := hubFirstNames[n%len(hubFirstNames)], hubLastNames[(n*7+n/len(hubFirstNames))%len(hubLastNames)]
		company := hubCompanies[(n*5)%len(hubCompanies)]
		c := p.add(hubFirstContact+int64(n), map[string]string{
			"email": fmt.Sprintf("%s.%s%d@%s", plainName(first), plainName(last), n, company.domain), "firstname": first, "lastname": last, "company": company.name,
			"jobtitle": hubTitles[n%len(hubTitles)], "lifecyclestage": hubStages[n%len(hubStages)], "phone": fmt.Sprintf("+39 045 555%04d", n),
		})
		c.created = now.AddDate(0, 0, -2*(hubPeople-n))
		c.modified = c.created.Add(time.Duration(n%9) * day)
	}
	for n, line := range []struct {
		name, status string
		begins, ends int // days from now
	}{{"Spring fair", "completed", -220, -190}, {"Autumn prices", "in_progress", -25, 20}, {"Winter catalogue", "planned", 14, 60}} {
		c := &hubCampaign{guid: fmt.Sprintf("0f6f2f2e-8f0a-4c8a-9d51-5a0b1c3d7e%02d", n+1), name: line.name, status: line.status, created: now.AddDate(0, 0, line.begins-30)}
		c.start, c.end = now.AddDate(0, 0, line.begins).Format(time.DateOnly), now.AddDate(0, 0, line.ends).Format(time.DateOnly)
		c.updated = c.created
		p.campaigns = append(p.campaigns, c)
	}
	for n, subject := range hubNews {
		at := now.AddDate(0, 0, -hubNewsDays*(len(hubNews)-n))
		e := &hubEmail{id: hubFirstEmail + int64(n), number: hubFirstNumber + int64(n), name: subject, subject: subject, published: at, updated: at, sent: hubPeople - n}
		if n >= len(hubNews)-3 {
			e.campaign = p.campaigns[1].guid
		}
		e.opened, e.followed = e.sent*(35+n)/100, e.sent*(4+n)/100
		p.emails = append(p.emails, e)
	}
	p.emails = append(p.emails, &hubEmail{
		id: hubFirstEmail + int64(len(hubNews)), number: hubFirstNumber + int64(len(hubNews)), name: "Spring letter", subject: "Draft", draft: true, updated: now.AddDate(0, 0, -1),
	})
}

// plainName is a name as it stands in an address.
func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer("’", "", "á", "a", "ø", "o", "ß", "ss").Replace(name))
}
