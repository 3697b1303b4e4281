package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// The objects, in the order in which they are read: those that others name come first.
const (
	contact     = "Contact"
	opportunity = "Opportunity"
	account     = "Account"
)

// reader reads one page.
type reader struct {
	provider Salesforce
	session  *connector.Session
	settings Settings
	client   *client
	at       *cursor
	page     *connector.Page
}

// Next reads the next rows.
func (p Salesforce) Next(ctx context.Context, s *connector.Session, raw json.RawMessage) (*connector.Page, error) {
	at := &cursor{}
	if !connector.Begins(raw) {
		if err := json.Unmarshal(raw, at); err != nil {
			return nil, fmt.Errorf("read the cursor: %w", err)
		}
	}
	r := &reader{provider: p, session: s, settings: settings(s.Settings), client: newClient(s, at.Version), at: at, page: &connector.Page{More: true}}
	if err := budget(s, r.settings.Share); err != nil {
		return nil, err
	}
	if err := r.step(ctx); err != nil {
		return nil, err
	}
	if r.client.version != pinned {
		at.Version = r.client.version
	}
	var err error
	r.page.Cursor, err = connector.Encode(at)
	return r.page, err
}

// step does what the cursor says comes next.
func (r *reader) step(ctx context.Context) error {
	if busy(r.session.Usage) {
		if err := r.stillBusy(ctx); err != nil {
			return err
		}
	}
	if r.at.Drop != "" {
		if err := r.dropJob(ctx); err != nil {
			return err
		}
	}
	if r.at.Walk == nil {
		if err := r.begin(ctx); err != nil {
			return err
		}
	}
	err := r.walk(ctx)
	if hasCode(err, "INVALID_FIELD", "INVALID_TYPE") { // a permission was taken away since
		r.at.Described = time.Time{}
		if err := r.describe(ctx); err != nil {
			return err
		}
		w := r.at.Walk
		w.Next, w.Job, w.Locator, w.Ready, w.Child, w.Pending = "", "", "", false, "", nil
		if len(r.at.Fields[r.at.Walk.Object]) == 0 {
			return r.next()
		}
		err = r.walk(ctx)
	}
	return err
}

// stillBusy asks how many calls the organization has used by now.
func (r *reader) stillBusy(ctx context.Context) error {
	var there map[string]any
	if err := r.client.get(ctx, "", &there); err != nil {
		return err
	}
	if busy(r.session.Usage) {
		return busyFailure(r.session.Usage)
	}
	return nil
}

func (r *reader) walk(ctx context.Context) error {
	switch {
	case r.at.Load != "":
		return r.load(ctx)
	case r.at.Walk.Object == account:
		return r.renamed(ctx)
	case r.at.Walk.Object == role:
		return r.recast(ctx)
	}
	return r.changes(ctx)
}

// wanted are the objects that the settings ask for.
func (r *reader) wanted() (all []string) {
	if r.settings.Contacts {
		all = append(all, contact)
	}
	if r.settings.Opportunities {
		all = append(all, opportunity)
	}
	return all
}

// objects are those of them that the user may read.
func (r *reader) objects() []string {
	return slices.DeleteFunc(r.wanted(), func(o string) bool { return r.at.Fields[o] == nil })
}

// begin begins a run: with a load of everything if an object was never read, or so long
// ago that nothing tells any more what was deleted since, or if the user may read more.
func (r *reader) begin(ctx context.Context) error {
	// An older version of this program did not ask for roles.
	never := r.settings.Opportunities && r.at.Fields[role] == nil
	if r.session.Now.Sub(r.at.Described) >= describeEvery || never {
		if err := r.describe(ctx); err != nil {
			return err
		}
	}
	objects := r.objects()
	for _, o := range r.wanted() {
		if !slices.Contains(objects, o) {
			r.page.Partial = append(r.page.Partial, o+": the user who connected may not read it in Salesforce.")
		}
	}
	all, known := r.at.More, objects
	switch {
	case r.roles():
		known = append(slices.Clone(objects), role)
	case slices.Contains(objects, opportunity):
		r.noteRoles()
	}
	for _, o := range known {
		all = all || r.session.Now.Sub(r.at.Marks[o]) > recycled
	}
	if all {
		r.at.Load, r.at.More = r.session.Now.UTC().Format(time.RFC3339Nano), false
		r.at.Began = map[string]time.Time{}
		r.at.Walk = &walk{Object: objects[0], From: r.since()}
		return nil
	}
	r.at.Walk = &walk{Object: objects[0], From: r.at.Marks[objects[0]].Add(-overlap)}
	return nil
}

// since is the day that the settings name; zero: none.
func (r *reader) since() time.Time {
	day, err := time.Parse(time.DateOnly, r.settings.Since)
	if err != nil {
		return time.Time{} // none
	}
	return day
}

// next goes on to the next object, and ends a run, or a load, after the last one.
func (r *reader) next() error {
	if len(r.objects()) == 0 {
		return errNothingReadable
	}
	done := r.at.Walk.Object
	following := r.after(done)
	switch {
	case r.at.Load != "" && following != "":
		r.at.Walk = &walk{Object: following, From: r.since()}
	case r.at.Load != "":
		r.endLoad()
	case following == role || following == account: // until now, so that many at once are not read again with each run
		r.at.Walk = &walk{Object: following, From: r.at.Marks[following].Add(-overlap), Seen: r.client.now()}
	case following != "":
		r.at.Walk = &walk{Object: following, From: r.at.Marks[following].Add(-overlap)}
	default:
		r.at.Walk, r.page.More = nil, false
	}
	return nil
}

// after gives the readable object that follows one; empty: none does. What changes rows
// of others is looked for after them, and not in a load, which has them all.
func (r *reader) after(object string) string {
	all := r.wanted()
	if r.at.Load == "" {
		all = append(all, role, account)
	}
	for _, o := range all[slices.Index(all, object)+1:] {
		if o == role && r.roles() || o == account && r.companies() || o != role && o != account && r.at.Fields[o] != nil {
			return o
		}
	}
	return ""
}

// endLoad takes up the changes from before the load began.
func (r *reader) endLoad() {
	if r.at.Marks == nil {
		r.at.Marks = map[string]time.Time{}
	}
	first := time.Time{}
	for o, began := range r.at.Began {
		r.at.Marks[o] = began
		if first.IsZero() || began.Before(first) {
			first = began
		}
	}
	r.at.Marks[account] = first
	if r.roles() {
		r.at.Marks[role] = first
	}
	// What could not be read is not taken for gone.
	r.page.Load = &connector.Load{Source: r.session.Account.ID, ID: r.at.Load, Done: len(r.objects()) == len(r.wanted())}
	r.at.Load, r.at.Began, r.at.Walk = "", nil, nil
}

// companies reports whether rows have the name of their account.
func (r *reader) companies() bool {
	return slices.ContainsFunc(r.objects(), func(o string) bool { return slices.Contains(r.at.Fields[o], companyName) })
}

var errNothingReadable = &connector.Failure{
	Class: health.ScopeMissing, Code: "nothing_readable", Detail: "The user who connected may read neither contacts nor opportunities, or not those that are asked for.",
}

// changes reads what has changed, and what was deleted.
func (r *reader) changes(ctx context.Context) error {
	w := r.at.Walk
	found, err := r.query(ctx, "queryAll", w.Object, r.bounds(w), w.Next)
	switch {
	case hasCode(err, "INVALID_QUERY_LOCATOR"):
		w.From, w.Next = latest(w.From, w.Seen), ""
		return nil // from the newest change that is known
	case hasCode(err, "QUERY_TIMEOUT"):
		return r.narrow(err)
	case err != nil:
		return err
	}
	if err := r.take(ctx, w, found); err != nil || !found.Done {
		return err
	}
	if !w.To.IsZero() { // the next window, and a larger one
		w.From, w.To, w.Next = w.To, w.To.Add(2*w.To.Sub(w.From)), ""
		if !w.To.Before(r.session.Now) {
			w.To = time.Time{}
		}
		return nil
	}
	r.at.Marks[w.Object] = latest(r.at.Marks[w.Object], w.Seen)
	return r.next()
}

// narrow halves the time that a query is about, down to a minute.
func (r *reader) narrow(why error) error {
	w := r.at.Walk
	end := w.To
	if end.IsZero() {
		end = r.session.Now.UTC().Truncate(time.Second)
	}
	half := end.Sub(w.From) / 2
	if half < time.Minute {
		return why
	}
	w.To, w.Next = w.From.Add(half).Truncate(time.Second), ""
	return nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// take adds the rows of an answer to the page, and where the next ones are.
func (r *reader) take(ctx context.Context, w *walk, found *answer) error {
	if err := r.put(ctx, w.Object, found.Records); err != nil {
		return err
	}
	for i := range found.Records {
		w.Seen = latest(w.Seen, found.Records[i].stamp())
	}
	w.Next = found.NextRecordsURL
	return nil
}

// idsMost is how many accounts, or opportunities, one query names: it travels in the
// address, which has 16,384 bytes.
const idsMost = 200

// renamed reads the rows of changed accounts again: a new name of an account leaves
// the stamps of its rows as they are.
func (r *reader) renamed(ctx context.Context) error {
	w := r.at.Walk
	if w.Child != "" {
		return r.children(ctx)
	}
	text := "SELECT Id, SystemModstamp FROM Account WHERE " + r.bounds(w) + " ORDER BY SystemModstamp, Id"
	found, err := r.queryText(ctx, "query", text, w.Next, idsMost)
	if hasCode(err, "INVALID_QUERY_LOCATOR") {
		w.Next = ""
		return nil
	}
	if err != nil {
		return err
	}
	w.Pending, w.Next = nil, found.NextRecordsURL
	for i := range found.Records {
		w.Pending = append(w.Pending, found.Records[i].ID)
	}
	return r.nextChildren("")
}

// children reads rows of one object that belong to some accounts of a page, or the
// opportunities that its roles are of.
func (r *reader) children(ctx context.Context) error {
	w := r.at.Walk
	some, field := w.Pending[:min(len(w.Pending), idsMost)], "AccountId"
	if w.Object == role {
		field = "Id"
	}
	found, err := r.query(ctx, "query", w.Child, field+" IN ('"+strings.Join(some, "','")+"')", w.Locator)
	if hasCode(err, "INVALID_QUERY_LOCATOR") {
		w.Locator = ""
		return nil
	}
	if err != nil {
		return err
	}
	if err := r.put(ctx, w.Child, found.Records); err != nil {
		return err
	}
	if w.Locator = found.NextRecordsURL; !found.Done {
		return nil
	}
	return r.nextChildren(w.Child)
}

// nextChildren goes on to the next object that has the names of accounts, then to the
// next accounts of the page, and then to the next page. Empty is before the first.
func (r *reader) nextChildren(done string) error {
	w := r.at.Walk
	w.Locator = ""
	var all []string
	switch {
	case w.Object == role && r.roles():
		all = []string{opportunity}
	case w.Object == account:
		all = slices.DeleteFunc(r.objects(), func(o string) bool { return !slices.Contains(r.at.Fields[o], companyName) })
	}
	if i := slices.Index(all, done); len(w.Pending) > 0 && i+1 < len(all) {
		w.Child = all[i+1]
		return nil
	}
	w.Child = ""
	if w.Pending = w.Pending[min(len(w.Pending), idsMost):]; len(w.Pending) > 0 && len(all) > 0 {
		w.Child = all[0]
		return nil
	}
	if w.Next != "" {
		return nil
	}
	r.at.Marks[w.Object] = latest(r.at.Marks[w.Object], w.Seen)
	return r.next()
}
