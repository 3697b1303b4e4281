package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"patchboard/internal/id"
)

// portal is one HubSpot account: its contacts, marketing e-mails and campaigns, and the
// log of what became of the e-mails.
type portal struct {
	id    int64
	name  string
	kind  string   // accountType
	plan  []string // scopes that its subscription has
	clock id.Clock

	mu        sync.Mutex
	calls     []time.Time // of the last hubInterval
	searched  []time.Time // of the last second
	lag       time.Duration
	made      int64
	contacts  []*hubContact // by id, the archived ones among them
	emails    []*hubEmail
	campaigns []*hubCampaign
	events    []*hubEvent // oldest first
}

// hubContact is a contact. Archived ones are kept for 90 days, in their own list.
type hubContact struct {
	id                int64
	properties        map[string]string
	created, modified time.Time
	archived          time.Time // zero: it is not
}

// hubEmail is a marketing e-mail.
type hubEmail struct {
	id                     int64
	number                 int64 // emailCampaignId: of the e-mail in the log
	name, subject          string
	campaign               string // guid; empty: none
	published              time.Time
	updated                time.Time // opens and clicks do not change it
	draft, archived        bool
	sent, opened, followed int
}

// hubCampaign is a campaign; its dates are days of the account's zone.
type hubCampaign struct {
	guid, name       string
	start, end       string // 2026-11-01; empty: not said
	status           string // empty: not said
	created, updated time.Time
}

// hubEvent is one line of the log of e-mails.
type hubEvent struct {
	id        string
	at        time.Time
	kind      string // OPEN, CLICK, SENT and others
	recipient string
	email     *hubEmail
	url       string
	filtered  bool // by a bot, or by what fetches pictures ahead
}

const (
	hubFirstContact = 151
	hubFirstEmail   = 9001
	hubFirstNumber  = 777
)

// newPortal makes an empty account. Its numbers begin where no earlier one's can have
// come to; what Seed makes has the same ones each time.
func newPortal(number int64, name, kind string, plan []string, clock id.Clock) *portal {
	return &portal{id: number, name: name, kind: kind, plan: plan, clock: clock, made: started(clock) * numbersASecond}
}

// next gives a number that nothing has. The caller holds mu.
func (p *portal) next() int64 {
	p.made++
	return p.made
}

// count counts a call, and gives the refusal of one too many. Searches are counted by
// themselves too, and say nothing of it. The caller holds mu.
func (p *portal) count(w http.ResponseWriter, search bool) (refused string) {
	now := p.clock()
	old := func(than time.Duration) func(t time.Time) bool {
		return func(t time.Time) bool { return now.Sub(t) >= than }
	}
	p.calls = slices.DeleteFunc(p.calls, old(hubInterval))
	p.searched = slices.DeleteFunc(p.searched, old(time.Second))
	if search && len(p.searched) >= hubSearches {
		return "SECONDLY429"
	}
	if len(p.calls) >= hubCalls {
		return "TEN_SECONDLY_ROLLING429"
	}
	p.calls = append(p.calls, now)
	if search {
		p.searched = append(p.searched, now)
		return ""
	}
	w.Header().Set("X-HubSpot-RateLimit-Max", strconv.Itoa(hubCalls))
	w.Header().Set("X-HubSpot-RateLimit-Remaining", strconv.Itoa(hubCalls-len(p.calls)))
	w.Header().Set("X-HubSpot-RateLimit-Interval-Milliseconds", strconv.FormatInt(hubInterval.Milliseconds(), 10))
	return ""
}

// add makes a contact. The caller holds mu.
func (p *portal) add(number int64, properties map[string]string) *hubContact {
	now := p.clock()
	c := &hubContact{id: number, properties: properties, created: now, modified: now}
	p.contacts = append(p.contacts, c)
	return c
}

// find gives a contact that is not archived, or nil. The caller holds mu.
func (p *portal) find(number int64) *hubContact {
	i := slices.IndexFunc(p.contacts, func(c *hubContact) bool { return c.id == number && c.archived.IsZero() })
	if i < 0 {
		return nil
	}
	return p.contacts[i]
}

// email gives a marketing e-mail, or nil. The caller holds mu.
func (p *portal) email(number int64) *hubEmail {
	i := slices.IndexFunc(p.emails, func(e *hubEmail) bool { return e.id == number })
	if i < 0 {
		return nil
	}
	return p.emails[i]
}

// campaign gives a campaign, or nil. The caller holds mu.
func (p *portal) campaign(guid string) *hubCampaign {
	i := slices.IndexFunc(p.campaigns, func(c *hubCampaign) bool { return c.guid == guid })
	if i < 0 {
		return nil
	}
	return p.campaigns[i]
}

// living gives the contacts that are not archived. The caller holds mu.
func (p *portal) living() []*hubContact {
	return slices.DeleteFunc(slices.Clone(p.contacts), func(c *hubContact) bool { return !c.archived.IsZero() })
}

// send sends a marketing e-mail to everybody. The caller holds mu.
func (p *portal) send(e *hubEmail) {
	now := p.clock()
	e.draft, e.published, e.updated = false, now, now
	for _, c := range p.living() {
		e.sent++
		if e.sent <= hubLogged {
			p.log("SENT", c.properties["email"], e, "", false)
		}
	}
}

// hubLogged is how many lines the log gets when an e-mail is sent.
const hubLogged = 50

// log adds a line. The caller holds mu.
func (p *portal) log(kind, recipient string, e *hubEmail, address string, filtered bool) {
	p.events = append(p.events, &hubEvent{
		id: strconv.FormatInt(p.next(), 16), at: p.clock(), kind: kind, recipient: recipient, email: e, url: address, filtered: filtered,
	})
	switch {
	case filtered:
	case kind == "OPEN":
		e.opened++
	case kind == "CLICK":
		e.followed++
	}
}

func hubTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
