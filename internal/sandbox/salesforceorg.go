package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"patchboard/internal/id"
)

// purgeAfter is how long what is deleted stays in the Recycle Bin.
const purgeAfter = 15 * day

// salesforceOrg is one organization: its rows, and what is set up there.
type salesforceOrg struct {
	clock id.Clock
	id    string
	name  string
	usual string // host

	mu       sync.Mutex
	rows     map[string][]*salesforceRow // by object, oldest change first
	numbers  int                         // rows that were made
	made     int                         // contacts that are computed when they are asked for
	madeAt   time.Time
	moved    bool
	deleted  bool
	disabled bool // there is no API
	used     int  // calls of the day
	most     int
	setup    bool            // the user may view the setup, and with it the limits
	hidden   map[string]bool // "Contact.Phone" or "Opportunity": the user may not read it
	page     int             // rows on a page
	newer    bool            // the version of 2026's spring is not there any more
	timeouts int             // queries that take too long, from now on
	calls    map[string]int  // by kind of call, for tests and the panel
	walks    map[string]*salesforceWalk
	jobs     map[string]*salesforceJob
	failJobs int // jobs that fail, from now on
}

// salesforceRow is a row of an object. fields has what this object alone has.
type salesforceRow struct {
	object  string
	id      string
	fields  map[string]any
	created time.Time
	stamp   time.Time
	deleted bool
	master  string // of one that was merged into another
}

// salesforceFields are those that each object has, beside what all have.
var salesforceFields = map[string][]string{
	"Contact":      {"FirstName", "LastName", "Name", "Email", "Phone", "Title", "AccountId", "OwnerId", "MasterRecordId"},
	"Opportunity":  {"Name", "StageName", "Amount", "CloseDate", "Probability", "IsClosed", "IsWon", "AccountId", "OwnerId", "Type", "LeadSource", "ContactId", "CurrencyIsoCode"},
	"Account":      {"Name", "MasterRecordId"},
	salesforceRole: {"OpportunityId", "ContactId", "Role", "IsPrimary"},
	"Organization": {"Name"},
}

var (
	salesforceCommon   = []string{"Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "IsDeleted"}
	salesforcePrefixes = map[string]string{"Contact": "003", "Opportunity": "006", "Account": "001", salesforceRole: "00K"}
)

func newSalesforceOrg(clock id.Clock, orgID, name, host string) *salesforceOrg {
	return &salesforceOrg{
		clock: clock, id: orgID, name: name, usual: host, rows: map[string][]*salesforceRow{}, most: 115_000, setup: true, page: 2000,
		hidden: map[string]bool{"Opportunity.CurrencyIsoCode": true}, calls: map[string]int{}, walks: map[string]*salesforceWalk{}, jobs: map[string]*salesforceJob{},
	}
}

// instance is the organization's host now. The caller holds mu.
func (o *salesforceOrg) instance() string {
	if o.moved {
		return salesforceMoved
	}
	return o.usual
}

func (o *salesforceOrg) host() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.instance()
}

// is reads one of the switches.
func (o *salesforceOrg) is(which *bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return *which
}

// now is the time of a change: stamps are whole seconds.
func (o *salesforceOrg) now() time.Time { return o.clock().UTC().Truncate(time.Second) }

// add adds a row. The caller holds mu.
func (o *salesforceOrg) add(object string, fields map[string]any, at time.Time) *salesforceRow {
	o.numbers++
	r := &salesforceRow{object: object, id: fmt.Sprintf("%s5g%010dAAK", salesforcePrefixes[object], o.numbers), fields: fields, created: at, stamp: at}
	o.rows[object] = append(o.rows[object], r)
	o.sort(object)
	return r
}

// sort puts the oldest change first. The caller holds mu.
func (o *salesforceOrg) sort(object string) {
	slices.SortStableFunc(o.rows[object], func(a, b *salesforceRow) int {
		return cmp.Or(a.stamp.Compare(b.stamp), cmp.Compare(a.id, b.id))
	})
}

// change changes a living row; what is not there stays so. The caller holds mu.
func (o *salesforceOrg) change(object, rowID string, how func(r *salesforceRow)) bool {
	i := slices.IndexFunc(o.rows[object], func(r *salesforceRow) bool { return r.id == rowID && !r.deleted })
	if i < 0 {
		return false
	}
	r := o.rows[object][i]
	how(r)
	r.stamp = o.now()
	o.sort(object)
	return true
}

// all gives the rows of an object, oldest change first; with dead, also those that are
// deleted and not purged yet. The caller holds mu.
func (o *salesforceOrg) all(object string, dead bool) iter.Seq[*salesforceRow] {
	return func(yield func(*salesforceRow) bool) {
		if object == "Organization" {
			yield(&salesforceRow{object: object, id: o.id, fields: map[string]any{"Name": o.name}, created: o.now(), stamp: o.now()})
			return
		}
		if object == "Contact" {
			for n := range o.made {
				if !yield(o.computed(n)) {
					return
				}
			}
		}
		purged := o.now().Add(-purgeAfter)
		for _, r := range o.rows[object] {
			if r.deleted && (!dead || !r.stamp.After(purged)) {
				continue
			}
			if !yield(r) {
				return
			}
		}
	}
}

var (
	salesforceFirst = []string{"Ada", "Bo", "Carla", "Dev", "Eva", "Finn", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Luca", "Mina", "Noah", "Olga", "Paul"}
	salesforceLast  = []string{"Rossi", "Vito", "Patel", "Klein", "O’Hara", "Lovelace", "Weber", "Santos", "Nowak", "Lindqvist", "Moreau", "Bianchi", "Tanaka"}
	salesforceTitle = []string{"Buyer", "Head of Sales", "Managing director", "Engineer", "Office manager", "CFO, Europe"}
)

// computed gives one of the contacts that are not kept. The caller holds mu.
func (o *salesforceOrg) computed(n int) *salesforceRow {
	first, last := salesforceFirst[n%len(salesforceFirst)], salesforceLast[n%len(salesforceLast)]
	at := o.madeAt.Add(time.Duration(n/50) * time.Second) // as an import does, many in a second
	fields := map[string]any{
		"FirstName": first, "LastName": last, "Name": first + " " + last, "Email": fmt.Sprintf("c%06d@made.test", n),
		"Phone": fmt.Sprintf("+49 30 55%06d", n), "Title": salesforceTitle[n%len(salesforceTitle)], "OwnerId": "0055g000001XyZaAAK",
	}
	if accounts := o.rows["Account"]; len(accounts) > 0 {
		fields["AccountId"] = accounts[n%len(accounts)].id
	}
	return &salesforceRow{object: "Contact", id: fmt.Sprintf("0035gM%09dAAK", n), fields: fields, created: at, stamp: at}
}

// readable reports whether an object has a field that the user may read. Both are in
// Salesforce's own words; "Account.Name" is a field of the parent.
func (o *salesforceOrg) readable(object, field string) bool {
	if parent, inner, ok := strings.Cut(field, "."); ok {
		return parent == "Account" && o.readable(object, "AccountId") && o.readable("Account", inner)
	}
	if o.hidden[object] || o.hidden[object+"."+field] {
		return false
	}
	return slices.Contains(salesforceCommon, field) || slices.Contains(salesforceFields[object], field)
}

const salesforceTime = "2006-01-02T15:04:05.000-0700"

// value gives a field of a row as JSON has it; nil is null. The caller holds mu.
func (o *salesforceOrg) value(r *salesforceRow, field string) any {
	switch field {
	case "Id":
		return r.id
	case "CreatedDate":
		return r.created.Format(salesforceTime)
	case "SystemModstamp", "LastModifiedDate":
		return r.stamp.Format(salesforceTime)
	case "IsDeleted":
		return r.deleted
	case "MasterRecordId":
		if r.master == "" {
			return nil
		}
		return r.master
	case "Account.Name":
		if a := o.account(r); a != nil {
			return a.fields["Name"]
		}
		return nil
	}
	return r.fields[field]
}

// account is the parent of a row; nil: it has none. The caller holds mu.
func (o *salesforceOrg) account(r *salesforceRow) *salesforceRow {
	accountID, _ := r.fields["AccountId"].(string) // some have none
	i := slices.IndexFunc(o.rows["Account"], func(a *salesforceRow) bool { return a.id == accountID })
	if i < 0 {
		return nil
	}
	return o.rows["Account"][i]
}

// wire is a row as a query gives it. The caller holds mu.
func (o *salesforceOrg) wire(r *salesforceRow, fields []string) map[string]any {
	file := "salesforce/" + strings.ToLower(r.object)
	path := "/services/data/v66.0/sobjects/" + r.object + "/" + r.id
	set, empty := values{"attributes.url": path}, []string{}
	for member := range reply(file, nil) {
		if member != "attributes" && !slices.Contains(fields, member) {
			set[member] = nil
		}
	}
	for _, f := range fields {
		v := o.value(r, f)
		name, _, parent := strings.Cut(f, ".")
		switch {
		case parent && v == nil, v == nil:
			empty = append(empty, name)
			delete(set, name)
		case parent:
			delete(set, name)
			set[f] = v
		default:
			set[f] = v
		}
	}
	out := reply(file, set)
	for _, name := range empty {
		out[name] = nil // it is null, not absent
	}
	return out
}

// amount is a number that is written as it stands; empty is null.
func amount(text string) any {
	if text == "" {
		return nil
	}
	return json.Number(text)
}

// Rows gives the living rows of an object in a user's organization: names by id, what a
// reader should know in the end.
func (s *Salesforce) Rows(user, object string) map[string]string {
	o := s.user(user).org
	o.mu.Lock()
	defer o.mu.Unlock()
	all := map[string]string{}
	for r := range o.all(object, false) {
		all[r.id] = text(r.fields["Name"])
	}
	return all
}
