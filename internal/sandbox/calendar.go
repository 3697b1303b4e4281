package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"patchboard/internal/id"
)

// Google Calendar's limits of a page.
const (
	calendarPage     = 100
	calendarPageMost = 250
	eventPage        = 250
	eventPageMost    = 2500
)

const (
	calendarEvents = scopePrefix + "calendar.events.readonly"
	calendarList   = scopePrefix + "calendar.calendarlist.readonly"
	calendarBoth   = scopePrefix + "calendar.readonly"
)

// diary is one person's calendars.
type diary struct {
	owner string
	clock id.Clock

	mu        sync.Mutex
	calendars []*calendar // the first is the primary one
	made      int64       // numbers of events
}

// calendar is one of them. Each change of a meeting gets the next number, and a
// sync token is the number up to which one has read.
type calendar struct {
	id, name, zone, role string

	changes  int
	oldest   int // tokens before it are no longer valid
	meetings []*meeting
}

// meeting is one event. A series is expanded: each of its instances is one.
type meeting struct {
	id, series string
	title      string
	begin, end time.Time
	allDay     bool
	attendees  []string
	cancelled  bool
	updated    time.Time
	sequence   int
	change     int
}

func newDiary(owner string, clock id.Clock) *diary {
	first := started(clock) * numbersASecond // as of a mailbox: no earlier token is valid
	return &diary{owner: owner, clock: clock, made: first, calendars: []*calendar{
		{id: owner, name: owner, zone: "Europe/Rome", role: "owner", changes: int(first), oldest: int(first)},
		{id: "team#1@group.calendar.google.com", name: "Team", zone: "Europe/Rome", role: "reader", changes: int(first), oldest: int(first)},
	}}
}

// find gives a calendar, or nil. The caller holds mu.
func (d *diary) find(calendarID string) *calendar {
	if calendarID == "primary" {
		return d.calendars[0]
	}
	i := slices.IndexFunc(d.calendars, func(c *calendar) bool { return c.id == calendarID })
	if i < 0 {
		return nil
	}
	return d.calendars[i]
}

// plan puts a meeting into the primary calendar, every week for so many weeks,
// and gives the ids of its instances.
func (d *diary) plan(m meeting, weeks int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.calendars[0]
	d.made++
	series := fmt.Sprintf("7k2a%x", d.made)
	var ids []string
	for i := range max(weeks, 1) {
		one := m
		one.id, one.begin, one.end = series, m.begin.AddDate(0, 0, 7*i), m.end.AddDate(0, 0, 7*i)
		if weeks > 1 {
			one.series, one.id = series, series+"_"+one.begin.UTC().Format("20060102T150405Z")
		}
		c.meetings = append(c.meetings, &one)
		d.touch(c, &one)
		ids = append(ids, one.id)
	}
	return ids
}

// change changes a meeting of the primary calendar; what is not there stays so.
func (d *diary) change(meetingID string, how func(m *meeting)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.calendars[0]
	i := slices.IndexFunc(c.meetings, func(m *meeting) bool { return m.id == meetingID })
	if i < 0 {
		return
	}
	how(c.meetings[i])
	c.meetings[i].sequence++
	d.touch(c, c.meetings[i])
}

// touch notes a change. The caller holds mu.
func (d *diary) touch(c *calendar, m *meeting) {
	c.changes++
	m.change, m.updated = c.changes, d.clock()
}

// invalidate makes all sync tokens so far invalid.
func (d *diary) invalidate() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.calendars {
		c.changes++
		c.oldest = c.changes
	}
}

func (g *Google) calendar(m *http.ServeMux) {
	m.HandleFunc("GET /calendar/v3/users/me/calendarList/primary", g.dates([]string{calendarList, calendarBoth}, g.primary))
	m.HandleFunc("GET /calendar/v3/users/me/calendarList", g.dates([]string{calendarList, calendarBoth}, g.calendars))
	m.HandleFunc("GET /calendar/v3/calendars/{id}/events", g.dates([]string{calendarEvents, calendarBoth}, g.events))
}

// dates lets a call through whose token has one of the scopes, to the calendars of
// whoever gave it.
func (g *Google) dates(scopes []string, next func(w http.ResponseWriter, r *http.Request, d *diary)) http.HandlerFunc {
	return g.allowed(scopes, func(w http.ResponseWriter, r *http.Request, granted *grant) {
		d := g.diaries[granted.account]
		d.mu.Lock()
		defer d.mu.Unlock()
		next(w, r, d)
	})
}

func (g *Google) primary(w http.ResponseWriter, _ *http.Request, d *diary) {
	c := d.calendars[0]
	writeReply(w, http.StatusOK, reply("gcalendar/primary", values{"id": c.id, "summary": c.name, "timeZone": c.zone, "accessRole": c.role}))
}

func (g *Google) calendars(w http.ResponseWriter, r *http.Request, d *diary) {
	q := r.URL.Query()
	part, next, ok := pageOf(d.calendars, q.Get("pageToken"), q.Get("maxResults"), calendarPage, calendarPageMost)
	if !ok {
		refusalOf("google", "invalidArgument").write(w)
		return
	}
	items := make([]any, len(part))
	for i, c := range part {
		if c == d.calendars[0] {
			items[i] = reply("gcalendar/primary", values{"id": c.id, "summary": c.name, "timeZone": c.zone, "accessRole": c.role})
			continue
		}
		one := reply("gcalendar/calendars", nil)["items"].([]any)[0].(map[string]any) //nolint:forcetypeassert // it is so in the file
		one["id"], one["summary"], one["summaryOverride"], one["timeZone"], one["accessRole"] = c.id, c.name, c.name, c.zone, c.role
		items[i] = one
	}
	set := values{"items": items, "nextPageToken": orNone(next)}
	if next != "" {
		set["nextSyncToken"] = nil
	}
	writeReply(w, http.StatusOK, reply("gcalendar/calendars", set))
}

// withSyncToken are the parameters that must not come together with a sync token.
var withSyncToken = []string{"iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax", "updatedMin"}

const syncToken = "CPDAlvWDx70CEPDAlvWDx70CGAU="

// events lists meetings: those of a window, or with a sync token those that have
// changed since, cancelled ones too.
func (g *Google) events(w http.ResponseWriter, r *http.Request, d *diary) {
	q := r.URL.Query()
	c := d.find(r.PathValue("id"))
	if c == nil {
		refusalOf("google", "notFound").write(w)
		return
	}
	var all []*meeting
	if token := q.Get("syncToken"); token != "" {
		since, err := strconv.Atoi(strings.TrimPrefix(token, syncToken))
		switch {
		case slices.ContainsFunc(withSyncToken, q.Has), q.Get("showDeleted") == "false":
			refusalOf("google", "invalidArgument").write(w)
			return
		case err != nil || !strings.HasPrefix(token, syncToken) || since < c.oldest:
			refusalOf("google", "fullSyncRequired").write(w)
			return
		}
		for _, m := range c.meetings {
			if m.change > since {
				all = append(all, m)
			}
		}
	} else {
		from, to, wrong := window(q.Get("timeMin"), q.Get("timeMax"))
		if wrong != "" {
			refusalOf("google", wrong).write(w)
			return
		}
		for _, m := range c.meetings {
			if !m.cancelled && (from.IsZero() || m.end.After(from)) && (to.IsZero() || m.begin.Before(to)) {
				all = append(all, m)
			}
		}
	}
	part, next, ok := pageOf(all, q.Get("pageToken"), q.Get("maxResults"), eventPage, eventPageMost)
	if !ok {
		refusalOf("google", "invalidArgument").write(w)
		return
	}
	items := make([]any, len(part))
	for i, m := range part {
		items[i] = m.wire(c, d.owner)
	}
	set := values{"summary": c.name, "timeZone": c.zone, "accessRole": c.role, "items": items, "nextPageToken": orNone(next), "nextSyncToken": nil}
	if next == "" { // on the last page alone
		set["nextSyncToken"] = syncToken + strconv.Itoa(c.changes)
	}
	writeReply(w, http.StatusOK, reply("gcalendar/events", set))
}

// window reads the bounds of a list; wrong names the refusal.
func window(from, to string) (after, before time.Time, wrong string) {
	var err error
	if from != "" {
		if after, err = time.Parse(time.RFC3339, from); err != nil {
			return after, before, "invalidArgument"
		}
	}
	if to != "" {
		if before, err = time.Parse(time.RFC3339, to); err != nil {
			return after, before, "invalidArgument"
		}
	}
	if !after.IsZero() && !before.IsZero() && !after.Before(before) {
		return after, before, "timeRangeEmpty"
	}
	return after, before, ""
}

// wire is a meeting as a list has it. Of a cancelled one there is no more than
// Google guarantees.
func (m *meeting) wire(c *calendar, owner string) map[string]any {
	stamp := m.updated.UTC().Format("2006-01-02T15:04:05.000Z")
	at := func(t time.Time) map[string]any {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			zone = time.UTC
		}
		return map[string]any{"dateTime": t.In(zone).Format(time.RFC3339), "timeZone": c.zone}
	}
	switch {
	case m.cancelled && m.series != "":
		return reply("gcalendar/instance-cancelled", values{"id": m.id, "recurringEventId": m.series, "originalStartTime": at(m.begin)})
	case m.cancelled:
		return reply("gcalendar/event-cancelled", values{"id": m.id})
	case m.allDay:
		return reply("gcalendar/event-all-day", values{
			"id": m.id, "summary": m.title, "iCalUID": m.id + "@google.com", "sequence": m.sequence,
			"start": map[string]any{"date": m.begin.Format(time.DateOnly)}, "end": map[string]any{"date": m.end.Format(time.DateOnly)},
		})
	}
	attendees := []any{map[string]any{"email": owner, "self": true, "organizer": true, "responseStatus": "accepted"}}
	for _, email := range m.attendees {
		attendees = append(attendees, map[string]any{"email": email, "responseStatus": "needsAction"})
	}
	set := values{
		"id": m.id, "updated": stamp, "summary": m.title, "start": at(m.begin), "end": at(m.end), "iCalUID": m.id + "@google.com",
		"sequence": m.sequence, "attendees": attendees, "creator.email": owner, "organizer.email": owner,
	}
	if m.series == "" {
		return reply("gcalendar/event", set)
	}
	set["iCalUID"], set["recurringEventId"], set["originalStartTime"] = m.series+"@google.com", m.series, at(m.begin)
	return reply("gcalendar/instance", set)
}
