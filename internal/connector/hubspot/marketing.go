package hubspot

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/connector"
)

const (
	pageMost = 50 // of marketing e-mails and campaigns

	// countsFor is how long after its sending an e-mail's numbers are read at each run, if
	// they are all there is.
	countsFor = 30 * everyDay
	// indexMost is of how many e-mails the numbers are kept that the log names them by:
	// those that were sent last.
	indexMost = 300
	// knownMost is of how many campaigns it is noticed at once that one is gone.
	knownMost = 2_000
)

// mails is how far marketing e-mails were read.
type mails struct {
	Since int64     `json:"since,omitempty"` // of this reading
	High  int64     `json:"high,omitempty"`  // the latest change that was seen
	All   int64     `json:"all,omitempty"`   // when all of them were read
	Index []mailRef `json:"index,omitempty"`
}

// mailRef is by what the log names an e-mail.
type mailRef struct {
	ID       string   `json:"id"`
	Campaign string   `json:"campaign,omitempty"`
	Numbers  []string `json:"numbers"`
}

// email is a marketing e-mail as HubSpot gives it.
type email struct {
	ID        text   `json:"id"`
	Name      string `json:"name"`
	Subject   string `json:"subject"`
	State     string `json:"state"`
	Campaign  text   `json:"campaign"`
	Primary   text   `json:"primaryEmailCampaignId"`
	Numbers   []text `json:"allEmailCampaignIds"`
	Publish   text   `json:"publishDate"`
	Published text   `json:"publishedAt"`
	Updated   text   `json:"updatedAt"`
	From      struct {
		ReplyTo string `json:"replyTo"`
	} `json:"from"`
	IsPublished bool `json:"isPublished"`
	Archived    bool `json:"archived"`
	Stats       struct {
		Counters map[string]int `json:"counters"`
	} `json:"stats"`
}

type emailList struct {
	Results []email `json:"results"`
	Paging  paging  `json:"paging"`
}

// sent is when it was, or will be; zero: it is a draft, or is stopped.
func (e *email) sent() time.Time {
	if !e.IsPublished || e.Archived {
		return time.Time{}
	}
	return cmp.Or(timeOf(e.Publish), timeOf(e.Published), timeOf(e.Updated))
}

// change gives its record. Opens and clicks change its numbers and not its own time.
func (e *email) change(now time.Time) connector.Change {
	at := e.sent()
	if at.IsZero() || at.After(now) {
		return connector.Change{ID: string(e.ID), Kind: connector.KindEmail, Removed: true}
	}
	stats, version := &connector.Stats{}, []string{string(e.Updated)}
	for _, c := range []struct {
		name string
		to   **int
	}{{"sent", &stats.Sent}, {"delivered", &stats.Delivered}, {"open", &stats.Opened}, {"click", &stats.Clicked}, {"unsubscribed", &stats.Unsubscribed}} {
		if n, known := e.Stats.Counters[c.name]; known {
			*c.to = &n
			version = append(version, strconv.Itoa(n))
		}
	}
	return connector.Change{ID: string(e.ID), Kind: connector.KindEmail, Version: strings.Join(version, "/"), Email: &connector.EmailMessage{
		From: strings.ToLower(e.From.ReplyTo), Subject: cmp.Or(e.Subject, e.Name), Snippet: e.Name, At: at, Sent: true, Bulk: true, Campaign: string(e.Campaign), Stats: stats,
	}}
}

// emails reads a page of the marketing e-mails that have changed. A change in the middle
// moves an e-mail to the end of the list, and one page into the other: what is missed so
// is read within a day, when all are.
func (r *reader) emails() (done bool, err error) {
	m := &r.at.Emails
	oldest := r.at.Run - (time.Duration(r.settings.Days) * everyDay).Milliseconds()
	if r.at.After == "" {
		m.Since = max(m.High-overlap.Milliseconds(), oldest)
		if m.All == 0 {
			r.load()
		}
		switch {
		case r.at.Run-m.All >= everyDay.Milliseconds():
			m.Since, m.All = oldest, r.at.Run
		case !r.may(scopeContent):
			m.Since = min(m.Since, max(r.at.Run-countsFor.Milliseconds(), oldest))
		}
	}
	l, err := r.emailList(false)
	if err != nil {
		return false, err
	}
	now := time.UnixMilli(r.at.Run)
	for i := range l.Results {
		e := &l.Results[i]
		c := e.change(now)
		if c.Removed {
			r.page.Skipped++ // and may have been a record before
		}
		r.page.Changes = append(r.page.Changes, c)
		m.High = max(m.High, timeOf(e.Updated).UnixMilli())
		m.index(e)
	}
	r.at.After = string(l.Paging.Next.After)
	return r.at.After == "", nil
}

// emailsGone reads a page of those that were archived since.
func (r *reader) emailsGone() (done bool, err error) {
	l, err := r.emailList(true)
	if invalid(err) { // that archived ones can be asked for is written nowhere
		r.note("Marketing e-mails: HubSpot does not list those that were archived.")
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for i := range l.Results {
		r.page.Changes = append(r.page.Changes, connector.Change{ID: string(l.Results[i].ID), Kind: connector.KindEmail, Removed: true})
	}
	r.at.After = string(l.Paging.Next.After)
	return r.at.After == "", nil
}

func (r *reader) emailList(archived bool) (l *emailList, err error) {
	q := url.Values{
		"limit": {strconv.Itoa(pageMost)}, "sort": {"updatedAt"}, "includeStats": {"true"}, "archived": {strconv.FormatBool(archived)},
		"updatedAfter": {time.UnixMilli(r.at.Emails.Since).UTC().Format("2006-01-02T15:04:05.000Z")},
	}
	if r.at.After != "" {
		q.Set("after", r.at.After)
	}
	l = &emailList{}
	return l, r.client.get(r.ctx, pathEmails, q, l)
}

// index keeps by what the log names an e-mail.
func (m *mails) index(e *email) {
	if e.sent().IsZero() {
		return
	}
	ref := mailRef{ID: string(e.ID), Campaign: string(e.Campaign)}
	for _, n := range append([]text{e.Primary}, e.Numbers...) {
		if n != "" && !slices.Contains(ref.Numbers, string(n)) {
			ref.Numbers = append(ref.Numbers, string(n))
		}
	}
	m.Index = append(slices.DeleteFunc(m.Index, func(o mailRef) bool { return o.ID == ref.ID }), ref)
	m.Index = m.Index[max(len(m.Index)-indexMost, 0):]
}

// named gives the e-mail that the log calls by a number; empty: not known.
func (m *mails) named(number string) mailRef {
	i := slices.IndexFunc(m.Index, func(o mailRef) bool { return slices.Contains(o.Numbers, number) })
	if i < 0 {
		return mailRef{}
	}
	return m.Index[i]
}

// campaigns is what is known of all of them.
type campaigns struct {
	Read  int64    `json:"read,omitempty"`  // when they were
	Known []string `json:"known,omitempty"` // ids, as of then
	Met   []string `json:"met,omitempty"`   // ids, of the reading that goes on
}

// campaign is one as HubSpot gives it.
type campaign struct {
	ID         text            `json:"id"`
	Properties map[string]text `json:"properties"`
	Updated    text            `json:"updatedAt"`
}

// states are HubSpot's words for how far a campaign is. One that is planned begins at
// its date all the same.
var states = map[string]connector.CampaignState{
	"in_progress": connector.CampaignRunning, "active": connector.CampaignRunning, "paused": connector.CampaignRunning,
	"completed": connector.CampaignCompleted, "cancelled": connector.CampaignCancelled, "canceled": connector.CampaignCancelled,
}

// change gives its record. Its dates are days in the account's zone, the last one
// included.
func (c *campaign) change(now time.Time, zone *time.Location) connector.Change {
	p := c.Properties
	out := &connector.Campaign{
		Name: string(p["hs_name"]), Channel: "other", Begin: dayOf(p["hs_start_date"], zone), End: dayOf(p["hs_end_date"], zone),
		State: states[strings.ToLower(string(p["hs_campaign_status"]))],
	}
	if !out.End.IsZero() {
		out.End = out.End.AddDate(0, 0, 1)
	}
	out.Begin, out.End = out.Begin.UTC(), out.End.UTC()
	// It is another record when its time has come, although nobody has changed it.
	phase := string(out.State)
	if phase == "" || phase == string(connector.CampaignRunning) {
		switch {
		case !out.End.IsZero() && !now.Before(out.End):
			phase = string(connector.CampaignCompleted)
			if out.State != "" {
				out.State = connector.CampaignCompleted // whatever somebody forgot to set
			}
		case !out.Begin.IsZero() && !now.Before(out.Begin):
			phase = string(connector.CampaignRunning)
		}
	}
	return connector.Change{ID: string(c.ID), Kind: connector.KindCampaign, Version: string(c.Updated) + "/" + phase, Campaign: out}
}

// dayOf gives the midnight with which a day begins; zero: it is none.
func dayOf(day text, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	if t, err := time.ParseInLocation(time.DateOnly, string(day), zone); err == nil {
		return t
	}
	return timeOf(day)
}

// campaigns reads a page of all campaigns: they are few, and no filter tells of changes.
func (r *reader) campaigns() (done bool, err error) {
	const names = "hs_name,hs_start_date,hs_end_date"
	q := url.Values{"limit": {strconv.Itoa(pageMost)}, "sort": {"updatedAt"}, "properties": {names + ",hs_campaign_status"}}
	all := &r.at.Campaigns
	if r.at.After == "" {
		if all.Read == 0 {
			r.load()
		}
		all.Met, all.Read = nil, r.at.Run
	} else {
		q.Set("after", r.at.After)
	}
	var l struct {
		Results []campaign `json:"results"`
		Paging  paging     `json:"paging"`
	}
	err = r.client.get(r.ctx, pathCampaigns, q, &l)
	if invalid(err) { // the name of the status is written nowhere; the dates tell enough
		q.Set("properties", names)
		err = r.client.get(r.ctx, pathCampaigns, q, &l)
	}
	if err != nil {
		return false, err
	}
	now := time.UnixMilli(r.at.Run)
	for i := range l.Results {
		c := l.Results[i].change(now, r.client.zone)
		r.page.Changes = append(r.page.Changes, c)
		all.Met = append(all.Met, c.ID)
	}
	if r.at.After = string(l.Paging.Next.After); r.at.After != "" {
		return false, nil
	}
	if len(all.Met) <= knownMost {
		for _, gone := range all.Known {
			if !slices.Contains(all.Met, gone) {
				r.page.Changes = append(r.page.Changes, connector.Change{ID: gone, Kind: connector.KindCampaign, Removed: true})
			}
		}
	} else {
		all.Met = nil // at the next load
	}
	all.Known, all.Met = all.Met, nil
	return true, nil
}

// invalid reports a request that HubSpot takes for wrong in itself.
func invalid(err error) bool {
	f, ok := errors.AsType[*connector.Failure](err)
	return ok && f.Code == "VALIDATION_ERROR"
}
