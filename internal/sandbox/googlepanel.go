package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pages serves what a person opens: the consent page, and the panel by which mail
// and meetings come to be and things break.
func (g *Google) pages(m *http.ServeMux) {
	m.HandleFunc("GET /google/o/oauth2/v2/auth", g.ask)
	m.HandleFunc("POST /google/consent", g.answer)
	m.HandleFunc("GET /google", g.panel)
	m.HandleFunc("POST /google/trouble", g.ward.makeTrouble("google"))
	m.HandleFunc("POST /google/refuse", g.ward.refuseNext("google"))
	for name, act := range googleActs {
		m.HandleFunc("POST /google/"+name, func(w http.ResponseWriter, r *http.Request) {
			account := r.PostFormValue("account")
			if !slices.Contains(googleAccounts, account) {
				http.Error(w, "There is no such account.", http.StatusUnprocessableEntity)
				return
			}
			act(g, account, r)
			http.Redirect(w, r, "/google?account="+account, http.StatusSeeOther) //nolint:gosec // the account is one of the list
		})
	}
}

// googleActs are what the panel does to one account, by the last part of its address.
var googleActs = map[string]func(g *Google, account string, r *http.Request){
	"receive": func(g *Google, account string, r *http.Request) {
		for range min(max(atoi(r.PostFormValue("count")), 1), lettersMost) {
			g.mailboxes[account].add(letter{
				From: cmp.Or(r.PostFormValue("with"), "bo@acme.test"), To: account, Subject: cmp.Or(r.PostFormValue("subject"), "Question"),
				Snippet: "Hello, one more thing…", Labels: []string{"INBOX", "UNREAD"}, At: g.clock().AddDate(0, 0, -max(atoi(r.PostFormValue("days")), 0)),
			})
		}
	},
	"send": func(g *Google, account string, r *http.Request) {
		g.mailboxes[account].send(letter{
			From: account, To: cmp.Or(r.PostFormValue("with"), "bo@acme.test"), Subject: cmp.Or(r.PostFormValue("subject"), "Offer"), Snippet: "Hi, the offer…",
		}, 2)
	},
	"plan": func(g *Google, account string, r *http.Request) {
		begin := g.clock().Add(day).Truncate(time.Hour)
		g.diaries[account].plan(meeting{
			title: cmp.Or(r.PostFormValue("subject"), "Demo for Acme"), begin: begin, end: begin.Add(45 * time.Minute), attendees: []string{cmp.Or(r.PostFormValue("with"), "bo@acme.test")},
		}, 1)
	},
	"move": func(g *Google, account string, r *http.Request) {
		g.diaries[account].change(r.PostFormValue("id"), func(m *meeting) { m.begin, m.end = m.begin.Add(time.Hour), m.end.Add(time.Hour) })
	},
	"cancel": func(g *Google, account string, r *http.Request) {
		g.diaries[account].change(r.PostFormValue("id"), func(m *meeting) { m.cancelled = true })
	},
	"remove": func(g *Google, account string, r *http.Request) { g.mailboxes[account].remove(r.PostFormValue("id")) },
	"revoke": func(g *Google, account string, _ *http.Request) {
		g.oauth.end(func(o *grant) bool { return o.account == account })
	},
	"expire": func(g *Google, _ string, _ *http.Request) { g.oauth.expire() },
	"forget": func(g *Google, account string, _ *http.Request) {
		g.mailboxes[account].forget()
		g.diaries[account].invalidate()
	},
}

// lettersMost is how many messages one press of a button makes.
const lettersMost = 10_000

// atoi reads a number; what is none is 0.
func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// googlePanel is what the panel shows.
type googlePanel struct {
	Accounts []string
	Account  string
	Trouble  Trouble
	Troubles []troubleLine
	Errors   []string
	Grants   []grantLine
	Mail     []mailLine
	Meetings []meetingLine
}

type grantLine struct{ App, Account, Scopes string }

type mailLine struct{ ID, At, From, To, Subject, Labels string }

type meetingLine struct {
	ID, At, Title string
	Cancelled     bool
}

const panelLength = 20 // of its lists

func (g *Google) panel(w http.ResponseWriter, r *http.Request) {
	account := r.FormValue("account")
	if !slices.Contains(googleAccounts, account) {
		account = googleAccounts[0]
	}
	now, _ := g.ward.get()
	v := googlePanel{Accounts: googleAccounts, Account: account, Trouble: now, Troubles: troubles, Errors: refusalNames("google"), Grants: g.oauth.lines()}
	v.Mail = g.mailboxes[account].lines()
	v.Meetings = g.diaries[account].lines()
	render(w, http.StatusOK, "google.html", v)
}

func (o *oauthServer) lines() (all []grantLine) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.grants {
		all = append(all, grantLine{App: g.app, Account: g.account, Scopes: strconv.Itoa(len(g.scopes))})
	}
	return all
}

func (b *mailbox) lines() (all []mailLine) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range slices.Backward(b.messages) {
		if len(all) == panelLength {
			break
		}
		all = append(all, mailLine{ID: m.id, At: shortTime(m.at), From: m.from, To: m.to, Subject: m.subject, Labels: strings.Join(m.labels, " ")})
	}
	return all
}

func shortTime(t time.Time) string { return t.Local().Format("2 Jan 15:04") } //nolint:gosmopolitan // the reader sits at this machine

func (d *diary) lines() (all []meetingLine) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range slices.Backward(d.calendars[0].meetings) {
		if len(all) == panelLength {
			break
		}
		all = append(all, meetingLine{ID: m.id, At: shortTime(m.begin), Title: m.title, Cancelled: m.cancelled})
	}
	return all
}
