package salesforce

import (
	"context"
	"errors"
	"hash/fnv"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// companyName is the name of the account that a row belongs to.
const companyName = "Account.Name"

// used are the fields that are asked for, where the user may read them.
var used = map[string][]string{
	contact:     {"Id", "FirstName", "LastName", "Name", "Email", "Phone", "Title", "AccountId", "SystemModstamp", "IsDeleted"},
	opportunity: {"Id", "Name", "StageName", "Amount", "CurrencyIsoCode", "CloseDate", "Probability", "IsClosed", "IsWon", "AccountId", "ContactId", "SystemModstamp", "IsDeleted"},
	account:     {"Id", "Name", "SystemModstamp"},
	role:        {"Id", "OpportunityId", "ContactId", "IsPrimary", "CreatedDate", "SystemModstamp", "IsDeleted"},
}

// needed are those without which nothing can be read: of any object, and of one alone.
var (
	needed     = []string{"Id", "SystemModstamp"}
	neededOnly = map[string][]string{role: {"OpportunityId", "ContactId"}}
)

// describe asks what the user may read. A field that is hidden from them is as if it
// did not exist, and so is an object.
func (r *reader) describe(ctx context.Context) error {
	fields := map[string][]string{}
	objects := append(r.wanted(), account)
	if r.settings.Opportunities {
		objects = append(objects, role)
	}
	for _, object := range objects {
		var d struct{ Fields []struct{ Name string } }
		err := r.client.get(ctx, "sobjects/"+object+"/describe", &d)
		if hasCode(err, "NOT_FOUND", "INVALID_TYPE", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY") {
			continue
		}
		if err != nil {
			return err
		}
		has := func(name string) bool {
			return slices.ContainsFunc(d.Fields, func(f struct{ Name string }) bool { return f.Name == name })
		}
		if slices.ContainsFunc(append(slices.Clone(needed), neededOnly[object]...), func(name string) bool { return !has(name) }) {
			continue
		}
		fields[object] = slices.DeleteFunc(slices.Clone(used[object]), func(name string) bool { return !has(name) })
	}
	for _, object := range []string{contact, opportunity} {
		if slices.Contains(fields[object], "AccountId") && slices.Contains(fields[account], "Name") {
			fields[object] = append(fields[object], companyName)
		}
	}
	for object, before := range r.at.Fields {
		r.at.More = r.at.More || slices.ContainsFunc(fields[object], func(name string) bool { return !slices.Contains(before, name) })
	}
	if fields[role] == nil { // it was looked for
		fields[role] = []string{}
	}
	r.at.Fields, r.at.Described = fields, r.session.Now.UTC()
	if len(r.objects()) == 0 {
		return errNothingReadable
	}
	return nil
}

// answer is a page of a query.
type answer struct {
	TotalSize      int
	Done           bool
	NextRecordsURL string
	Records        []row
}

// bounds are the conditions of a walk.
func (*reader) bounds(w *walk) string {
	var all []string
	if !w.From.IsZero() {
		all = append(all, "SystemModstamp >= "+w.From.UTC().Format(time.RFC3339))
	}
	if !w.To.IsZero() {
		all = append(all, "SystemModstamp < "+w.To.UTC().Format(time.RFC3339))
	}
	return strings.Join(all, " AND ")
}

// soql is a query for the rows of an object.
func (r *reader) soql(object, where string) string {
	text := "SELECT " + strings.Join(r.at.Fields[object], ", ") + " FROM " + object
	if where != "" {
		text += " WHERE " + where
	}
	return text
}

// query asks for rows by query or queryAll, or goes on at a place that an answer has
// named. That place reads /query/… also after queryAll, and still tells what is deleted.
func (r *reader) query(ctx context.Context, kind, object, where, next string) (*answer, error) {
	return r.queryText(ctx, kind, r.soql(object, where)+" ORDER BY SystemModstamp, Id", next, 0)
}

// queryText asks by the text of a query. batch bounds the rows on a page; 0: as many
// as Salesforce likes.
func (r *reader) queryText(ctx context.Context, kind, text, next string, batch int) (*answer, error) {
	path := kind + "?q=" + url.QueryEscape(text)
	if next != "" {
		path = next
	}
	var header []string
	if batch > 0 {
		header = []string{"Sforce-Query-Options", "batchSize=" + strconv.Itoa(batch)}
	}
	found := &answer{}
	if err := r.client.get(ctx, path, found, header...); err != nil {
		return nil, err
	}
	if !found.Done && (!strings.HasPrefix(found.NextRecordsURL, "/services/data/") || found.NextRecordsURL == next) {
		return nil, &connector.Failure{
			Class: health.Unknown, Code: "no_next_page", Detail: "Salesforce says that there are more rows, and not where.", Err: errors.New("no nextRecordsUrl"),
		}
	}
	if found.Done {
		found.NextRecordsURL = ""
	}
	return found, nil
}

// row is a row of any of the objects. What is null is empty.
type row struct {
	ID                              string `json:"Id"`
	FirstName, LastName, Name       string
	Email, Phone, Title             string
	StageName, CloseDate, ContactID string
	CurrencyIsoCode, SystemModstamp string
	CreatedDate, OpportunityID      string
	Amount, Probability             number
	IsClosed, IsWon, IsDeleted      bool
	IsPrimary                       bool
	Account                         *struct{ Name string }
	cast                            bool // ContactID is of a role
}

// number is a number as Salesforce writes it.
type number string

// UnmarshalJSON takes it as it stands.
func (n *number) UnmarshalJSON(text []byte) error {
	if string(text) != "null" {
		*n = number(strings.Trim(string(text), `"`))
	}
	return nil
}

// decimal gives a number without an exponent, which Salesforce writes for large ones;
// empty: it is none.
func (n number) decimal() string {
	text := string(n)
	if !strings.ContainsAny(text, "eE") {
		return strings.TrimSuffix(text, ".0")
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || len(text) > 40 {
		return ""
	}
	out := r.FloatString(6)
	return strings.TrimSuffix(strings.TrimRight(out, "0"), ".")
}

// percent gives a whole number; nil: it is none.
func (n number) percent() *int {
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil || f < 0 || f > 100 {
		return nil
	}
	p := int(f + 0.5)
	return &p
}

// stamps are the forms of a time: that of the REST API, and that of the Bulk API.
var stamps = []string{"2006-01-02T15:04:05.000-0700", time.RFC3339Nano}

// stamp is when a row was changed; zero: it does not say.
func (r *row) stamp() time.Time { return timeOf(r.SystemModstamp) }

func timeOf(text string) time.Time {
	for _, form := range stamps {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// version changes with the row, and with what leaves the row's own stamp as it is: the
// name of its account, the contact of its roles, and which fields the user may read.
func (r *row) version(fields []string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(fields, ","))) // a hash takes everything
	if r.Account != nil {
		_, _ = h.Write([]byte("/" + r.Account.Name)) // as above
	}
	if r.cast {
		_, _ = h.Write([]byte("//" + r.ContactID)) // as above
	}
	return strconv.FormatInt(r.stamp().UnixMilli(), 10) + "/" + strconv.FormatUint(h.Sum64(), 36)
}

// change is the row of an object for package integration.
func (r *reader) change(object string, row *row) connector.Change {
	return row.change(object, r.at.Fields[object])
}

func (r *row) change(object string, fields []string) connector.Change {
	out := connector.Change{ID: r.ID, Kind: connector.KindContact, Version: r.version(fields), Removed: r.IsDeleted}
	if object == opportunity {
		out.Kind = connector.KindOpportunity
	}
	company := ""
	if r.Account != nil {
		company = r.Account.Name
	}
	switch {
	case r.IsDeleted: // also of one that was merged into another, which has a change of its own
	case object == opportunity:
		out.Opportunity = &connector.Opportunity{
			Name: r.Name, Company: company, Stage: r.StageName, Amount: r.Amount.decimal(), Currency: r.CurrencyIsoCode, CloseDate: r.CloseDate,
			Probability: r.Probability.percent(), Closed: r.IsClosed, Won: r.IsWon, Contact: r.ContactID,
		}
	default:
		last := r.LastName
		if r.FirstName == "" && last == "" {
			last = r.Name // its parts are hidden
		}
		out.Contact = &connector.Contact{Email: r.Email, FirstName: r.FirstName, LastName: last, Company: company, Title: r.Title, Phone: r.Phone}
	}
	return out
}
