package sandbox

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	hubListMost     = 100
	hubSearchMost   = 200
	hubSearchDeep   = 10_000 // results of one query
	hubSearchBody   = 3000   // characters
	hubSearchGroups = 5
	hubSearchTerms  = 6 // in a group
	hubEventsMost   = 1000
)

func (p *portal) details(w http.ResponseWriter, _ *http.Request) {
	writeReply(w, http.StatusOK, reply("hubspot/details", values{"portalId": p.id, "accountType": p.kind}))
}

// invalid refuses a request that is wrong in itself.
func invalid(w http.ResponseWriter, message string) {
	r := refusalOf("hubspot", "VALIDATION_ERROR")
	r.Body["message"] = message
	delete(r.Body, "errors")
	r.write(w)
}

// limitOf reads a limit.
func limitOf(w http.ResponseWriter, text string, usual, most int) (n int, ok bool) {
	if text == "" {
		return usual, true
	}
	if n = atoi(text); n < 1 || n > most {
		invalid(w, "limit must be at least 1 and at most "+strconv.Itoa(most))
		return 0, false
	}
	return n, true
}

// listContacts lists by id; after is the id with which the next page begins.
func (p *portal) listContacts(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	n, ok := limitOf(w, q.Get("limit"), 10, hubListMost)
	if !ok {
		return
	}
	archived, after := q.Get("archived") == "true", int64(atoi(q.Get("after")))
	items, next := []any{}, ""
	for _, c := range p.contacts {
		switch {
		case c.id < after || c.archived.IsZero() == archived:
			continue
		case len(items) == n:
			next = strconv.FormatInt(c.id, 10)
		default:
			items = append(items, p.wireContact(c, strings.Split(q.Get("properties"), ",")))
			continue
		}
		break
	}
	set := values{"results": items}
	if next == "" {
		set["paging"] = nil
	} else {
		set["paging.next.after"] = next
	}
	writeReply(w, http.StatusOK, reply("hubspot/contacts", set))
}

// wireContact gives a contact with the properties that were asked for; one that it
// does not have is null.
func (p *portal) wireContact(c *hubContact, asked []string) map[string]any {
	properties := map[string]any{"createdate": hubTime(c.created), "lastmodifieddate": hubTime(c.modified), "hs_object_id": strconv.FormatInt(c.id, 10)}
	for _, name := range asked {
		if _, there := properties[name]; name == "" || there {
			continue
		}
		if value, has := c.properties[name]; has && value != "" {
			properties[name] = value
		} else {
			properties[name] = nil
		}
	}
	file, set := "hubspot/contact", values{
		"id": strconv.FormatInt(c.id, 10), "properties": properties, "createdAt": hubTime(c.created), "updatedAt": hubTime(c.modified),
		"url": "https://app.hubspot.com/contacts/" + strconv.FormatInt(p.id, 10) + "/record/0-1/" + strconv.FormatInt(c.id, 10),
	}
	if !c.archived.IsZero() {
		file, set["archivedAt"] = "hubspot/contact-archived", hubTime(c.archived)
	}
	return reply(file, set)
}

// hubQuery is the body of a search.
type hubQuery struct {
	FilterGroups []struct {
		Filters []hubFilter `json:"filters"`
	} `json:"filterGroups"`
	Sorts []struct {
		PropertyName string `json:"propertyName"`
		Direction    string `json:"direction"`
	} `json:"sorts"`
	Properties []string `json:"properties"`
	Limit      int      `json:"limit"`
	After      string   `json:"after"`
}

type hubFilter struct {
	PropertyName string `json:"propertyName"`
	Operator     string `json:"operator"`
	Value        string `json:"value"`
}

// search finds contacts that are not archived, as far as they have come into the index.
func (p *portal) search(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var q hubQuery
	if err != nil || len(body) > hubSearchBody || json.Unmarshal(body, &q) != nil {
		invalid(w, "Invalid input JSON")
		return
	}
	if q.Limit == 0 {
		q.Limit = 10
	}
	after := atoi(q.After)
	switch {
	case len(q.FilterGroups) > hubSearchGroups || len(q.Sorts) > 1 || slices.ContainsFunc(q.FilterGroups, func(g struct {
		Filters []hubFilter `json:"filters"`
	}) bool {
		return len(g.Filters) > hubSearchTerms || slices.ContainsFunc(g.Filters, func(f hubFilter) bool { return !f.known() })
	}):
		invalid(w, "There was a problem with the request.")
		return
	case q.Limit < 1 || q.Limit > hubSearchMost:
		refusalOf("hubspot", "VALIDATION_ERROR").write(w)
		return
	case after+q.Limit > hubSearchDeep:
		refusalOf("hubspot", "paging10000").write(w)
		return
	}
	found := p.found(&q)
	part := found[min(after, len(found)):min(after+q.Limit, len(found))]
	items := []any{}
	for _, c := range part {
		items = append(items, p.wireContact(c, q.Properties))
	}
	set := values{"total": len(found), "results": items}
	if next := after + len(part); next < len(found) {
		set["paging.next.after"] = strconv.Itoa(next)
	} else {
		set["paging"] = nil
	}
	writeReply(w, http.StatusOK, reply("hubspot/search", set))
}

// found gives the contacts that meet any of the groups, in the order asked for.
func (p *portal) found(q *hubQuery) (found []*hubContact) {
	now := p.clock()
	for _, c := range p.contacts {
		if !c.archived.IsZero() || now.Sub(c.modified) < p.lag {
			continue
		}
		meets := len(q.FilterGroups) == 0
		for _, g := range q.FilterGroups {
			meets = meets || !slices.ContainsFunc(g.Filters, func(f hubFilter) bool { return !f.meets(c) })
		}
		if meets {
			found = append(found, c)
		}
	}
	if len(q.Sorts) == 1 {
		by := hubFilter{PropertyName: q.Sorts[0].PropertyName}
		sign := 1
		if q.Sorts[0].Direction == "DESCENDING" {
			sign = -1
		}
		slices.SortStableFunc(found, func(a, b *hubContact) int { return sign * cmp.Compare(by.of(a), by.of(b)) })
	}
	return found
}

func (f hubFilter) known() bool {
	_, err := strconv.ParseInt(f.Value, 10, 64)
	return err == nil && slices.Contains([]string{"lastmodifieddate", "hs_object_id"}, f.PropertyName) && slices.Contains([]string{"GTE", "GT", "EQ", "LT", "LTE"}, f.Operator)
}

func (f hubFilter) of(c *hubContact) int64 {
	if f.PropertyName == "hs_object_id" {
		return c.id
	}
	return c.modified.UnixMilli()
}

func (f hubFilter) meets(c *hubContact) bool {
	than, _ := strconv.ParseInt(f.Value, 10, 64) // known has seen it
	switch by := f.of(c); f.Operator {
	case "GTE":
		return by >= than
	case "GT":
		return by > than
	case "LT":
		return by < than
	case "LTE":
		return by <= than
	default:
		return by == than
	}
}

// hubPage writes a page of a list whose tokens are opaque.
func hubPage[T any](w http.ResponseWriter, q url.Values, file string, all []T, wire func(one T) map[string]any) {
	n, ok := limitOf(w, q.Get("limit"), 10, hubListMost)
	if !ok {
		return
	}
	part, next, ok := pageOf(all, q.Get("after"), strconv.Itoa(n), n, hubListMost)
	if !ok {
		invalid(w, "after is not valid")
		return
	}
	items := []any{}
	for _, one := range part {
		items = append(items, wire(one))
	}
	set := values{"total": len(all), "results": items}
	if next == "" {
		set["paging"] = nil
	} else {
		set["paging.next.after"] = next
	}
	writeReply(w, http.StatusOK, reply(file, set))
}

func (p *portal) listEmails(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var since time.Time
	if text := q.Get("updatedAfter"); text != "" {
		var err error
		if since, err = time.Parse(time.RFC3339, text); err != nil {
			invalid(w, "updatedAfter is no time")
			return
		}
	}
	archived := q.Get("archived") == "true"
	all := slices.DeleteFunc(slices.Clone(p.emails), func(e *hubEmail) bool { return e.archived != archived || e.updated.Before(since) })
	slices.SortStableFunc(all, func(a, b *hubEmail) int { return a.updated.Compare(b.updated) })
	hubPage(w, q, "hubspot/emails", all, func(e *hubEmail) map[string]any { return p.wireEmail(e, q.Get("includeStats") == "true") })
}

func (p *portal) wireEmail(e *hubEmail, stats bool) map[string]any {
	number := strconv.FormatInt(e.number, 10)
	set := values{
		"id": strconv.FormatInt(e.id, 10), "name": e.name, "subject": e.subject, "updatedAt": hubTime(e.updated), "createdAt": hubTime(e.updated),
		"publishDate": hubTime(e.published), "publishedAt": hubTime(e.published), "isPublished": !e.draft, "archived": e.archived,
		"primaryEmailCampaignId": number, "allEmailCampaignIds": []string{number}, "campaign": nil, "campaignName": nil,
		"stats.counters": map[string]int{"sent": e.sent, "delivered": e.sent - e.sent/50, "open": e.opened, "click": e.followed},
		"stats.ratios":   map[string]float64{},
	}
	if c := p.campaign(e.campaign); c != nil {
		set["campaign"], set["campaignName"] = c.guid, c.name
	}
	if e.draft {
		set["state"], set["publishDate"], set["publishedAt"] = "DRAFT", nil, nil
	}
	out := reply("hubspot/email", set)
	if !stats {
		delete(out, "stats")
	}
	return out
}

func (p *portal) listCampaigns(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	hubPage(w, q, "hubspot/campaigns", p.campaigns, func(c *hubCampaign) map[string]any {
		all := map[string]string{"hs_name": c.name, "hs_start_date": c.start, "hs_end_date": c.end, "hs_campaign_status": c.status}
		properties := map[string]any{}
		for name := range strings.SplitSeq(q.Get("properties"), ",") {
			if all[name] != "" {
				properties[name] = all[name]
			}
		}
		return reply("hubspot/campaign", values{"id": c.guid, "properties": properties, "createdAt": hubTime(c.created), "updatedAt": hubTime(c.updated)})
	})
}

// listEvents gives lines of the log, newest first; offset is opaque.
func (p *portal) listEvents(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	n, ok := limitOf(w, q.Get("limit"), 10, hubEventsMost)
	if !ok {
		return
	}
	from, to := int64(atoi(q.Get("startTimestamp"))), int64(atoi(q.Get("endTimestamp")))
	if to == 0 {
		to = p.clock().UnixMilli()
	}
	var all []*hubEvent
	for _, e := range slices.Backward(p.events) {
		kind := q.Get("eventType")
		if at := e.at.UnixMilli(); at < from || at >= to || kind != "" && kind != e.kind || e.filtered && q.Get("excludeFilteredEvents") == "true" {
			continue
		}
		all = append(all, e)
	}
	part, next, ok := pageOf(all, q.Get("offset"), strconv.Itoa(n), n, hubEventsMost)
	if !ok {
		invalid(w, "offset is not valid")
		return
	}
	items := []any{}
	for _, e := range part {
		set := values{
			"id": e.id, "created": e.at.UnixMilli(), "type": e.kind, "recipient": e.recipient, "portalId": p.id, "emailCampaignId": e.email.number,
			"subject": e.email.subject, "filteredEvent": e.filtered, "url": nil, "linkId": nil,
		}
		if e.url != "" {
			set["url"], set["linkId"] = e.url, 0
		}
		items = append(items, reply("hubspot/event", set))
	}
	writeReply(w, http.StatusOK, reply("hubspot/events", values{"events": items, "hasMore": next != "", "offset": next}))
}
