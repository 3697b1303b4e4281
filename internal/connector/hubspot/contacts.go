package hubspot

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/connector"
)

const (
	listMost   = 100 // of a page of a list
	searchMost = 200 // of a page of a search

	// searchGap keeps searches under 5 in a second, which all searches of an account share.
	searchGap = 220 * time.Millisecond
)

var properties = []string{"email", "firstname", "lastname", "phone", "company", "jobtitle", "lifecyclestage", "lastmodifieddate", "createdate"}

// contact is one as HubSpot gives it. All properties are texts or null.
type contact struct {
	ID         text            `json:"id"`
	Properties map[string]text `json:"properties"`
	Updated    text            `json:"updatedAt"`
}

// modified is when it was changed, in milliseconds.
func (c *contact) modified() int64 {
	t := timeOf(c.Properties["lastmodifieddate"])
	if t.IsZero() {
		t = timeOf(c.Updated)
	}
	return max(t.UnixMilli(), 0)
}

func (c *contact) change() connector.Change {
	p := c.Properties
	out := &connector.Contact{
		Email: string(p["email"]), FirstName: string(p["firstname"]), LastName: string(p["lastname"]),
		Company: string(p["company"]), Title: string(p["jobtitle"]), Phone: string(p["phone"]),
	}
	if stage := string(p["lifecyclestage"]); stage != "" {
		out.Tags = []string{stage}
	}
	return connector.Change{ID: string(c.ID), Kind: connector.KindContact, Version: strconv.FormatInt(c.modified(), 10), Contact: out}
}

type contactList struct {
	Results []contact `json:"results"`
	Paging  paging    `json:"paging"`
}

// list reads a page of all contacts. The list goes by id, so that what comes or goes
// meanwhile moves no other from one page to the next.
func (r *reader) list() (done bool, err error) {
	q := url.Values{"limit": {strconv.Itoa(listMost)}, "archived": {"false"}, "properties": {strings.Join(properties, ",")}}
	if r.at.After == "" {
		r.at.Contacts.Listed = r.at.Run
		r.load()
	} else {
		q.Set("after", r.at.After)
	}
	var l contactList
	if err := r.client.get(r.ctx, pathContacts, q, &l); err != nil {
		return false, err
	}
	for i := range l.Results {
		r.page.Changes = append(r.page.Changes, l.Results[i].change())
	}
	r.at.After = string(l.Paging.Next.After)
	return r.at.After == "", nil
}

// archived is how the contacts that were deleted are read: no search finds them.
type archived struct {
	At   int64 `json:"at,omitempty"`
	Long bool  `json:"long,omitempty"` // more than a page: once a day is enough
}

// archived reads a page of the contacts that were deleted.
func (r *reader) archived() (done bool, err error) {
	a := &r.at.Archived
	if r.at.After == "" {
		if a.Long && r.at.Run-a.At < everyDay.Milliseconds() {
			return true, nil
		}
		a.At, a.Long = r.at.Run, false
	}
	q := url.Values{"limit": {strconv.Itoa(listMost)}, "archived": {"true"}}
	if r.at.After != "" {
		q.Set("after", r.at.After)
	}
	var l contactList
	if err := r.client.get(r.ctx, pathContacts, q, &l); err != nil {
		return false, err
	}
	for i := range l.Results {
		r.page.Changes = append(r.page.Changes, connector.Change{ID: string(l.Results[i].ID), Kind: connector.KindContact, Removed: true})
	}
	r.at.After = string(l.Paging.Next.After)
	a.Long = a.Long || r.at.After != ""
	return r.at.After == "", nil
}

// window is how far the changes of contacts were read. A query has 10,000 results at
// most, and what changes meanwhile moves to their end: so each page is a query of its
// own, from the time of the last contact of the page before. Where a page and more share
// one time, as after an import, they are read by their ids until there is none.
type window struct {
	Listed int64 `json:"listed,omitempty"` // when all contacts were read
	From   int64 `json:"from,omitempty"`   // of this page
	High   int64 `json:"high,omitempty"`   // the latest that was seen
	Same   int64 `json:"same,omitempty"`   // the time whose contacts are read by id; 0: none
	Last   int64 `json:"last,omitempty"`   // id up to which they were
}

type filter struct {
	Property string `json:"propertyName"`
	Operator string `json:"operator"`
	Value    string `json:"value"`
}

type group struct {
	Filters []filter `json:"filters"`
}

type order struct {
	Property  string `json:"propertyName"`
	Direction string `json:"direction"`
}

type query struct {
	Groups     []group  `json:"filterGroups"`
	Sorts      []order  `json:"sorts"`
	Properties []string `json:"properties"`
	Limit      int      `json:"limit"`
	After      string   `json:"after"`
}

func (w *window) query() query {
	const by, number = "lastmodifieddate", "hs_object_id"
	q := query{Properties: properties, Limit: searchMost, After: "0"}
	if w.Same == 0 {
		q.Groups = []group{{[]filter{{by, "GTE", strconv.FormatInt(w.From, 10)}}}}
		q.Sorts = []order{{by, "ASCENDING"}}
		return q
	}
	q.Groups = []group{{[]filter{{by, "EQ", strconv.FormatInt(w.Same, 10)}, {number, "GT", strconv.FormatInt(w.Last, 10)}}}}
	q.Sorts = []order{{number, "ASCENDING"}}
	return q
}

// changes reads a page of the contacts that have changed.
func (r *reader) changes() (done bool, err error) {
	var l contactList
	w := &r.at.Contacts
	if err := r.client.post(r.ctx, pathSearch, w.query(), &l); err != nil {
		return false, err
	}
	for i := range l.Results {
		r.page.Changes = append(r.page.Changes, l.Results[i].change())
		w.High = max(w.High, l.Results[i].modified())
	}
	if done = w.advance(l.Results, l.Paging.Next.After != ""); done {
		// HubSpot's clock counts, as long as it is not an hour off.
		w.From = max(w.High-overlap.Milliseconds(), r.at.Run-overlapMost.Milliseconds())
		return true, nil
	}
	return false, r.client.wait(r.ctx, searchGap)
}

// advance moves a window after a page; done is that there is nothing after it.
func (w *window) advance(page []contact, more bool) (done bool) {
	switch {
	case w.Same != 0 && more:
		w.Last = idOf(page)
		return false
	case w.Same != 0: // all of that time are read
		w.From, w.Same, w.Last = w.Same+1, 0, 0
		return false
	case !more || len(page) == 0:
		return true
	}
	if last := page[len(page)-1].modified(); last > w.From {
		w.From = last
	} else {
		w.Same, w.Last = last, 0
	}
	return false
}

func idOf(page []contact) int64 {
	if len(page) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(string(page[len(page)-1].ID), 10, 64)
	if err != nil {
		return 0 // no id of HubSpot's; the page is read again, and says the same
	}
	return n
}
