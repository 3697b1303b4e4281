package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pages serves what a person opens: the page that connects an application, and the
// panel by which contacts, e-mails and campaigns change and things break.
func (h *HubSpot) pages(m *http.ServeMux) {
	m.HandleFunc("GET /hubspot/oauth/authorize", h.ask)
	m.HandleFunc("POST /hubspot/connect", h.answer)
	m.HandleFunc("GET /hubspot", h.panel)
	m.HandleFunc("POST /hubspot/trouble", h.ward.makeTrouble("hubspot"))
	m.HandleFunc("POST /hubspot/refuse", h.ward.refuseNext("hubspot"))
	m.HandleFunc("POST /hubspot/expire", h.act(func(*portal, *http.Request) bool { h.oauth.expire(); return true }))
	m.HandleFunc("POST /hubspot/uninstall", h.act(func(p *portal, _ *http.Request) bool {
		h.oauth.end(func(g *grant) bool { return g.account == strconv.FormatInt(p.id, 10) })
		return true
	}))
	m.HandleFunc("POST /hubspot/scopes", h.act(func(p *portal, r *http.Request) bool {
		h.oauth.rescope(func(g *grant) bool { return g.account == strconv.FormatInt(p.id, 10) }, strings.Fields(r.PostFormValue("scopes")))
		return true
	}))
	for name, act := range hubActs {
		m.HandleFunc("POST /hubspot/"+name, h.act(act))
	}
}

// act does something to an account of the panel; false is that there is no such thing.
func (h *HubSpot) act(what func(p *portal, r *http.Request) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, ok := h.portal(cmp.Or(r.PostFormValue("account"), strconv.FormatInt(h.accounts[0].id, 10)))
		if !ok {
			http.Error(w, "There is no such account.", http.StatusUnprocessableEntity)
			return
		}
		p.mu.Lock()
		done := what(p, r)
		p.mu.Unlock()
		if !done {
			http.Error(w, "There is no such thing.", http.StatusUnprocessableEntity)
			return
		}
		http.Redirect(w, r, "/hubspot?account="+strconv.FormatInt(p.id, 10), http.StatusSeeOther)
	}
}

// hubMost is how many contacts one press of a button makes.
const hubMost = 30_000

// hubActs are what the panel does to one account, by the last part of its address. The
// account is locked.
var hubActs = map[string]func(p *portal, r *http.Request) bool{
	"add": func(p *portal, r *http.Request) bool {
		count := min(max(atoi(r.PostFormValue("count")), 1), hubMost)
		for range count { // all at once, as an import does: one time for all of them
			number := p.next()
			address := r.PostFormValue("email")
			if address == "" || count > 1 {
				address = fmt.Sprintf("person%d@example.org", number)
			}
			p.add(number, map[string]string{
				"email": address, "firstname": cmp.Or(r.PostFormValue("first"), "Pia"), "lastname": cmp.Or(r.PostFormValue("last"), "Berg"),
				"company": "Bergwerk", "jobtitle": "Buyer", "lifecyclestage": "lead",
			})
		}
		return true
	},
	"change": func(p *portal, r *http.Request) bool {
		c := p.find(int64(atoi(r.PostFormValue("id"))))
		if c == nil {
			return false
		}
		c.properties["jobtitle"] = cmp.Or(r.PostFormValue("title"), "Head of purchasing since "+p.clock().UTC().Format("15:04:05"))
		c.modified = p.clock()
		return true
	},
	"touch": func(p *portal, _ *http.Request) bool { // as an import that changes everybody at once
		for _, c := range p.living() {
			c.modified = p.clock()
		}
		return true
	},
	"delete": func(p *portal, r *http.Request) bool {
		c := p.find(int64(atoi(r.PostFormValue("id"))))
		if c != nil {
			c.archived = p.clock()
		}
		return c != nil
	},
	"newsletter": func(p *portal, r *http.Request) bool {
		number := p.next()
		e := &hubEmail{id: number, number: number, name: cmp.Or(r.PostFormValue("subject"), "News"), subject: cmp.Or(r.PostFormValue("subject"), "News"), campaign: r.PostFormValue("campaign")}
		p.emails = append(p.emails, e)
		p.send(e)
		return true
	},
	"open":  func(p *portal, r *http.Request) bool { return p.engage(r, "OPEN", false) },
	"click": func(p *portal, r *http.Request) bool { return p.engage(r, "CLICK", false) },
	"bot":   func(p *portal, r *http.Request) bool { return p.engage(r, "OPEN", true) },
	"discard": func(p *portal, r *http.Request) bool {
		e := p.email(int64(atoi(r.PostFormValue("email"))))
		if e != nil {
			e.archived, e.updated = true, p.clock()
		}
		return e != nil
	},
	"start": func(p *portal, r *http.Request) bool {
		now := p.clock()
		c := p.campaign(r.PostFormValue("campaign"))
		if c == nil {
			number := p.next()
			c = &hubCampaign{guid: fmt.Sprintf("0f6f2f2e-8f0a-4c8a-9d51-%012d", number), name: cmp.Or(r.PostFormValue("name"), "New campaign"), created: now}
			p.campaigns = append(p.campaigns, c)
		}
		c.start, c.status, c.updated = p.today(), "in_progress", now
		return true
	},
	"complete": func(p *portal, r *http.Request) bool {
		c := p.campaign(r.PostFormValue("campaign"))
		if c != nil {
			c.end, c.status, c.updated = p.today(), "completed", p.clock()
		}
		return c != nil
	},
	"plan": func(p *portal, _ *http.Request) bool { // the subscription loses marketing, or has it again
		if slices.Contains(p.plan, hubContent) {
			p.plan = []string{hubOAuth, hubContacts}
		} else {
			p.plan = slices.Clone(hubScopes)
		}
		return true
	},
	"lag": func(p *portal, r *http.Request) bool {
		p.lag = time.Duration(max(atoi(r.PostFormValue("seconds")), 0)) * time.Second
		return true
	},
}

// today is the day in the account's zone, which has no summer time here.
func (p *portal) today() string { return p.clock().In(time.FixedZone("", 60*60)).Format(time.DateOnly) }

// engage has somebody open an e-mail, or follow a link in it.
func (p *portal) engage(r *http.Request, kind string, bot bool) bool {
	e := p.email(int64(atoi(r.PostFormValue("email"))))
	all := p.living()
	if e == nil || len(all) == 0 {
		return false
	}
	address := ""
	if kind == "CLICK" {
		address = "https://acme.test/offer"
	}
	for n := range min(max(atoi(r.PostFormValue("count")), 1), hubMost) {
		who := all[(int(p.made)+n)%len(all)].properties["email"]
		if r.PostFormValue("recipient") != "" {
			who = r.PostFormValue("recipient")
		}
		p.log(kind, who, e, address, bot)
	}
	return true
}

// hubPanel is what the panel shows.
type hubPanel struct {
	Accounts  []hubAccountLine
	Account   string
	Marketing bool // the plan has it
	Trouble   Trouble
	Troubles  []troubleLine
	Errors    []string
	Grants    []grantLine
	Total     int
	Contacts  []hubContactLine
	Emails    []hubEmailLine
	Campaigns []hubCampaignLine
}

type hubContactLine struct {
	ID                          int64
	Name, Email, Title, Company string
}

type hubEmailLine struct {
	ID                     int64
	At, Subject            string
	Sent, Opened, Followed int
}

type hubCampaignLine struct {
	GUID, Name, Start, End, Status string
	Over                           bool
}

func (h *HubSpot) panel(w http.ResponseWriter, r *http.Request) {
	p, ok := h.portal(r.FormValue("account"))
	if !ok {
		p = h.accounts[0]
	}
	now, _ := h.ward.get()
	v := hubPanel{Account: strconv.FormatInt(p.id, 10), Trouble: now, Troubles: troubles, Errors: refusalNames("hubspot"), Grants: h.oauth.lines()}
	for _, one := range h.accounts {
		v.Accounts = append(v.Accounts, hubAccountLine{strconv.FormatInt(one.id, 10), one.name})
	}
	p.mu.Lock()
	p.show(&v)
	p.mu.Unlock()
	render(w, http.StatusOK, "hubspot.html", v)
}

func (p *portal) show(v *hubPanel) {
	v.Marketing = slices.Contains(p.plan, hubContent)
	all := p.living()
	v.Total = len(all)
	slices.SortStableFunc(all, func(a, b *hubContact) int { return b.modified.Compare(a.modified) })
	for _, c := range all[:min(len(all), panelLength)] {
		v.Contacts = append(v.Contacts, hubContactLine{c.id, c.properties["firstname"] + " " + c.properties["lastname"], c.properties["email"], c.properties["jobtitle"], c.properties["company"]})
	}
	for _, e := range slices.Backward(p.emails) {
		if len(v.Emails) < panelLength && !e.draft && !e.archived {
			v.Emails = append(v.Emails, hubEmailLine{e.id, shortTime(e.published), e.subject, e.sent, e.opened, e.followed})
		}
	}
	for _, c := range slices.Backward(p.campaigns) {
		if len(v.Campaigns) < panelLength {
			v.Campaigns = append(v.Campaigns, hubCampaignLine{c.guid, c.name, c.start, c.end, c.status, c.status == "completed"})
		}
	}
}
