package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// pages serves what a person opens: the page that asks for approval, and the panel by
// which rows change and things break.
func (s *Salesforce) pages(m *http.ServeMux) {
	m.HandleFunc("GET /salesforce/services/oauth2/authorize", s.ask)
	m.HandleFunc("GET /salesforce/at/{host}/services/oauth2/authorize", s.ask)
	m.HandleFunc("POST /salesforce/approve", s.answer)
	m.HandleFunc("GET /salesforce", s.panel)
	m.HandleFunc("POST /salesforce/trouble", s.ward.makeTrouble("salesforce"))
	m.HandleFunc("POST /salesforce/refuse", s.ward.refuseNext("salesforce"))
	for name, act := range salesforceActs {
		m.HandleFunc("POST /salesforce/"+name, func(w http.ResponseWriter, r *http.Request) {
			u := s.user(cmp.Or(r.PostFormValue("account"), s.users[0].name))
			if u == nil {
				http.Error(w, "There is no such account.", http.StatusUnprocessableEntity)
				return
			}
			u.org.mu.Lock()
			no := act(u.org, r)
			u.org.mu.Unlock()
			if no != "" {
				http.Error(w, no, http.StatusUnprocessableEntity)
				return
			}
			http.Redirect(w, r, "/salesforce?account="+u.name, http.StatusSeeOther)
		})
	}
	for name, act := range salesforceSwitches {
		m.HandleFunc("POST /salesforce/"+name, func(w http.ResponseWriter, r *http.Request) {
			act(s, r)
			http.Redirect(w, r, "/salesforce", http.StatusSeeOther)
		})
	}
}

// salesforceSwitches are what the panel does to grants, by the last part of its address.
var salesforceSwitches = map[string]func(s *Salesforce, r *http.Request){
	"expire": func(s *Salesforce, _ *http.Request) { s.oauth.expire() },
	"revoke": func(s *Salesforce, _ *http.Request) { s.oauth.end(func(*grant) bool { return true }) },
	"rotate": func(s *Salesforce, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rotating[r.PostFormValue("app")] = !s.rotating[r.PostFormValue("app")]
	},
	"immediate": func(s *Salesforce, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.immediate = !s.immediate
	},
	"approval": func(s *Salesforce, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.consent = r.PostFormValue("error")
	},
}

// salesforceActs are what the panel does to an organization, whose lock is held. They
// give what is wrong with what was asked for.
var salesforceActs = map[string]func(o *salesforceOrg, r *http.Request) string{
	"contact": addContact,
	"change": func(o *salesforceOrg, r *http.Request) string {
		return there(o.change(r.PostFormValue("object"), r.PostFormValue("id"), func(row *salesforceRow) {
			for name, v := range r.PostForm {
				if slices.Contains(salesforceFields[row.object], name) && v[0] != "" {
					row.fields[name] = v[0]
					if name == "Amount" || name == "Probability" {
						row.fields[name] = amount(v[0])
					}
				}
			}
			if row.object == "Contact" {
				row.fields["Name"] = strings.TrimSpace(fmt.Sprint(cmp.Or(text(row.fields["FirstName"]), ""), " ", text(row.fields["LastName"])))
			}
		}))
	},
	"delete": func(o *salesforceOrg, r *http.Request) string {
		return there(o.change(r.PostFormValue("object"), r.PostFormValue("id"), func(row *salesforceRow) { row.deleted = true }))
	},
	"merge": func(o *salesforceOrg, r *http.Request) string {
		into := r.PostFormValue("into")
		return there(o.change("Contact", into, func(*salesforceRow) {}) &&
			o.change("Contact", r.PostFormValue("id"), func(row *salesforceRow) { row.deleted, row.master = true, into }))
	},
	"opportunity": addOpportunity,
	"role":        addRole,
	"primary":     makePrimary,
	"demote":      demoteAll,
	"close": func(o *salesforceOrg, r *http.Request) string {
		won := r.PostFormValue("won") != "no"
		return there(o.change("Opportunity", r.PostFormValue("id"), func(row *salesforceRow) {
			row.fields["IsClosed"], row.fields["IsWon"], row.fields["StageName"], row.fields["Probability"] = true, won, "Closed Won", amount("100")
			if !won {
				row.fields["StageName"], row.fields["Probability"] = "Closed Lost", amount("0")
			}
		}))
	},
	// A new name of an account leaves the stamps of its contacts as they are.
	"rename": func(o *salesforceOrg, r *http.Request) string {
		return there(o.change("Account", r.PostFormValue("id"), func(row *salesforceRow) { row.fields["Name"] = r.PostFormValue("name") }))
	},
	"hide": func(o *salesforceOrg, r *http.Request) string {
		o.hidden[r.PostFormValue("field")] = !o.hidden[r.PostFormValue("field")]
		return ""
	},
	"setup":   func(o *salesforceOrg, _ *http.Request) string { o.setup = !o.setup; return "" },
	"disable": func(o *salesforceOrg, _ *http.Request) string { o.disabled = !o.disabled; return "" },
	"calls": func(o *salesforceOrg, r *http.Request) string {
		o.used, o.most = atoi(r.PostFormValue("used")), max(atoi(cmp.Or(r.PostFormValue("most"), "115000")), 1)
		return ""
	},
	"newer":    func(o *salesforceOrg, _ *http.Request) string { o.newer = !o.newer; return "" },
	"move":     func(o *salesforceOrg, _ *http.Request) string { o.moved = !o.moved; return "" },
	"remove":   func(o *salesforceOrg, _ *http.Request) string { o.deleted = !o.deleted; return "" },
	"locators": func(o *salesforceOrg, _ *http.Request) string { clear(o.walks); return "" },
	"jobs":     func(o *salesforceOrg, _ *http.Request) string { clear(o.jobs); return "" },
	"failjobs": func(o *salesforceOrg, r *http.Request) string {
		o.failJobs = max(atoi(r.PostFormValue("count")), 0)
		return ""
	},
	"timeouts": func(o *salesforceOrg, r *http.Request) string {
		o.timeouts = max(atoi(r.PostFormValue("count")), 0)
		return ""
	},
	"rows": func(o *salesforceOrg, r *http.Request) string {
		o.page = min(max(atoi(r.PostFormValue("count")), 1), 2000)
		return ""
	},
	"make": func(o *salesforceOrg, r *http.Request) string {
		o.made, o.madeAt = min(max(atoi(r.PostFormValue("count")), 0), madeMost), o.now().AddDate(0, -1, 0)
		return ""
	},
}

// madeMost is how many contacts can be computed.
const madeMost = 1_000_000

func there(is bool) string {
	if is {
		return ""
	}
	return "There is no such row."
}

func is(v any) bool {
	b, _ := v.(bool) // what is none is false
	return b
}

func text(v any) string {
	t, _ := v.(string) // what is none is empty
	return t
}

// accountOf gives an account by its name, and makes it if need be. The caller holds mu.
func (o *salesforceOrg) accountOf(name string) any {
	if name == "" {
		return nil
	}
	for _, a := range o.rows["Account"] {
		if a.fields["Name"] == name {
			return a.id
		}
	}
	return o.add("Account", map[string]any{"Name": name}, o.now()).id
}

func addContact(o *salesforceOrg, r *http.Request) string {
	first, last := r.PostFormValue("first"), cmp.Or(r.PostFormValue("last"), "Nobody")
	for n := range min(max(atoi(cmp.Or(r.PostFormValue("count"), "1")), 1), lettersMost) {
		email := r.PostFormValue("email")
		if n > 0 {
			email = fmt.Sprintf("%d.%s", n, email)
		}
		o.addContact(first, last, email, r.PostFormValue("title"), r.PostFormValue("company"))
	}
	return ""
}

func (o *salesforceOrg) addContact(first, last, email, title, company string) *salesforceRow {
	fields := map[string]any{"LastName": last, "Name": strings.TrimSpace(first + " " + last), "OwnerId": "0055g000001XyZaAAK", "AccountId": o.accountOf(company)}
	for name, v := range map[string]string{"FirstName": first, "Email": email, "Title": title} {
		if v != "" {
			fields[name] = v
		}
	}
	return o.add("Contact", fields, o.now())
}

func addOpportunity(o *salesforceOrg, r *http.Request) string {
	for range min(max(atoi(cmp.Or(r.PostFormValue("count"), "1")), 1), lettersMost) {
		o.addOpportunity(cmp.Or(r.PostFormValue("name"), "New deal"), r.PostFormValue("company"), r.PostFormValue("amount"), r.PostFormValue("contact"))
	}
	return ""
}

func (o *salesforceOrg) addOpportunity(name, company, value, contact string) *salesforceRow {
	fields := map[string]any{
		"Name": name, "StageName": "Prospecting", "Amount": amount(value), "CloseDate": o.now().AddDate(0, 2, 0).Format("2006-01-02"), "Probability": amount("10"),
		"IsClosed": false, "IsWon": false, "AccountId": o.accountOf(company), "OwnerId": "0055g000001XyZaAAK", "Type": "New Customer", "LeadSource": "Web",
	}
	if contact != "" {
		fields["ContactId"] = contact
	}
	return o.add("Opportunity", fields, o.now())
}

// salesforcePanel is what the panel shows.
type salesforcePanel struct {
	Accounts                 []string
	Account, Org, Host       string
	Trouble                  Trouble
	Troubles                 []troubleLine
	Errors                   []string
	Grants                   []grantLine
	Consent                  string
	Immediate, Moved, Setup  bool
	Disabled, Gone           bool
	Used, Most, Made         int
	Hidden                   []string
	Contacts, Opportunities  []salesforceLine
	Companies, Roles         []salesforceLine
	ContactsAll, OpportunAll int
}

type salesforceLine struct {
	ID, At, Title, More string
	Closed, Deleted     bool
	Primary             bool // of a role
}

func (s *Salesforce) panel(w http.ResponseWriter, r *http.Request) {
	u := s.user(r.FormValue("account"))
	if u == nil {
		u = &s.users[0]
	}
	now, _ := s.ward.get()
	v := salesforcePanel{Account: u.name, Org: u.org.name, Trouble: now, Troubles: troubles, Errors: refusalNames("salesforce"), Grants: s.oauth.lines()}
	for _, other := range s.users {
		v.Accounts = append(v.Accounts, other.name)
	}
	s.mu.Lock()
	v.Consent, v.Immediate = s.consent, s.immediate
	s.mu.Unlock()
	o := u.org
	o.mu.Lock()
	v.Host, v.Moved, v.Setup, v.Disabled, v.Gone, v.Used, v.Most, v.Made = o.instance(), o.moved, o.setup, o.disabled, o.deleted, o.used, o.most, o.made
	for name, hidden := range o.hidden {
		if hidden {
			v.Hidden = append(v.Hidden, name)
		}
	}
	slices.Sort(v.Hidden)
	v.ContactsAll, v.OpportunAll = len(o.rows["Contact"]), len(o.rows["Opportunity"])
	v.Contacts, v.Opportunities, v.Companies, v.Roles = o.lines("Contact"), o.lines("Opportunity"), o.lines("Account"), o.lines(salesforceRole)
	o.mu.Unlock()
	render(w, http.StatusOK, "salesforce.html", v)
}

// lines are the rows that changed last. The caller holds mu.
func (o *salesforceOrg) lines(object string) (all []salesforceLine) {
	for _, row := range slices.Backward(o.rows[object]) {
		if len(all) == panelLength {
			break
		}
		l := salesforceLine{ID: row.id, At: shortTime(row.stamp), Title: text(row.fields["Name"]), Deleted: row.deleted, Closed: is(row.fields["IsClosed"])}
		switch object {
		case "Contact":
			l.More = text(row.fields["Email"])
		case "Opportunity":
			l.More = text(row.fields["StageName"])
		case salesforceRole:
			l.Title = text(row.fields["Role"]) + ": " + o.nameOf("Contact", text(row.fields["ContactId"]))
			l.More, l.Primary = o.nameOf("Opportunity", text(row.fields["OpportunityId"])), is(row.fields["IsPrimary"])
		}
		if a := o.account(row); a != nil {
			l.More += ", " + text(a.fields["Name"])
		}
		all = append(all, l)
	}
	return all
}
