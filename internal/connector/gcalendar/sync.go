package gcalendar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"google.golang.org/api/calendar/v3"
	"google.golang.org/api/googleapi"

	"patchboard/internal/connector"
	"patchboard/internal/connector/google"
)

const (
	pageSize = 250
	// A load reads what lies between them; a series without an end would else go on
	// far ahead. The window stays in the sync token, so that everything is read again
	// when it has aged.
	past   = 90 * 24 * time.Hour
	future = 365 * 24 * time.Hour
	rolls  = 7 * 24 * time.Hour
)

// kinds are the events that are meetings, not birthdays or places of work.
var kinds = []string{"default", "fromGmail"}

// cursor is how far each calendar has been read, and whose turn it is.
type cursor struct {
	Calendars map[string]place `json:"calendars"`
	Turn      int              `json:"turn,omitempty"` // in the order of the settings
}

// place is how far one calendar has been read.
type place struct {
	Sync   string    `json:"sync,omitempty"` // empty: a load of everything is under way
	Page   string    `json:"page,omitempty"` // the token of the next page; empty: the first one
	Loaded time.Time `json:"loaded,omitzero"`
}

// Next reads the next page of the calendar whose turn it is.
//
// https://developers.google.com/workspace/calendar/api/guides/sync
func (c GCalendar) Next(ctx context.Context, s *connector.Session, raw json.RawMessage) (*connector.Page, error) {
	var at cursor
	if !connector.Begins(raw) {
		if err := json.Unmarshal(raw, &at); err != nil {
			return nil, fmt.Errorf("read the cursor: %w", err)
		}
	}
	ids := chosen(s.Settings)
	known := make(map[string]place, len(ids))
	for _, calendarID := range ids { // one that is chosen no more is forgotten
		known[calendarID] = at.Calendars[calendarID]
	}
	if at.Calendars = known; at.Turn >= len(ids) {
		at.Turn = 0
	}
	calendarID := ids[at.Turn]
	page, next, err := c.read(ctx, s, calendarID, known[calendarID])
	if err != nil {
		return nil, err
	}
	known[calendarID] = next
	if !page.More {
		if at.Turn++; at.Turn < len(ids) {
			page.More = true
		} else {
			at.Turn = 0
		}
	}
	page.Cursor, err = connector.Encode(at)
	return page, err
}

// read reads a page of one calendar. More says that the same one goes on.
func (GCalendar) read(ctx context.Context, s *connector.Session, calendarID string, at place) (*connector.Page, place, error) {
	api, err := client(ctx, s)
	if err != nil {
		return nil, at, err
	}
	// The same parameters each time, but for those that a sync token forbids.
	call := api.Events.List(calendarID).SingleEvents(true).EventTypes(kinds...).MaxResults(pageSize).PageToken(at.Page).Context(ctx)
	page := &connector.Page{}
	if at.Sync == "" {
		if at.Loaded.IsZero() {
			at.Loaded = s.Now.UTC()
		}
		page.Load = &connector.Load{Source: calendarID, ID: at.Loaded.Format(time.RFC3339Nano), From: at.Loaded.Add(-past), To: at.Loaded.Add(future)}
		call = call.TimeMin(page.Load.From.Format(time.RFC3339)).TimeMax(page.Load.To.Format(time.RFC3339))
	} else {
		call = call.SyncToken(at.Sync)
	}
	list, err := call.Do()
	switch {
	case (at.Sync != "" || at.Page != "") && stale(err): // or the token of a page, or a parameter that it does not take with a token: read anew
		return &connector.Page{More: true}, place{}, nil
	case status(err) == http.StatusNotFound:
		return &connector.Page{Partial: []string{calendarID}}, at, nil // deleted, or shared no more: the others are read
	case err != nil:
		return nil, at, google.FailureOf(fmt.Errorf("list events: %w", err), s.Now)
	}
	for _, e := range list.Items {
		change := connector.Change{ID: calendarID + "/" + e.Id, Kind: connector.KindMeeting, Version: e.Etag + e.Updated}
		m, ok := meeting(calendarID, list.TimeZone, e)
		switch {
		case !ok:
			page.Skipped++
			continue
		case !m.Blank && at.outside(m): // moved there, or told of although it lies there
			page.Skipped++
			change.Removed = true
		default:
			change.Meeting = m
		}
		page.Changes = append(page.Changes, change)
	}
	if at.Page = list.NextPageToken; at.Page != "" {
		page.More = true
		return page, at, nil
	}
	if page.Load != nil {
		page.Load.Done = true
	} else if s.Now.Sub(at.Loaded) > rolls { // all changes are told: now the window can move on
		page.More = true
		return page, place{}, nil
	}
	at.Sync = list.NextSyncToken
	return page, at, nil
}

// outside reports whether a meeting lies out of what was loaded.
func (p place) outside(m *connector.Meeting) bool {
	return m.End.Before(p.Loaded.Add(-past)) || m.Begin.After(p.Loaded.Add(future))
}

// stale reports whether a sync token is no longer good.
func stale(err error) bool {
	refused, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return false
	}
	return refused.Code == http.StatusBadRequest || refused.Code == http.StatusGone &&
		slices.ContainsFunc(refused.Errors, func(e googleapi.ErrorItem) bool {
			return e.Reason == "fullSyncRequired" || e.Reason == "updatedMinTooLongAgo"
		})
}

func status(err error) int {
	if refused, ok := errors.AsType[*googleapi.Error](err); ok {
		return refused.Code
	}
	return 0
}

// meeting reads an event; ok is false for one whose times cannot be read. Of one
// that is cancelled Google guarantees no more than its id.
func meeting(calendarID, zone string, e *calendar.Event) (m *connector.Meeting, ok bool) {
	m = &connector.Meeting{
		Calendar: calendarID, ICalUID: e.ICalUID, Series: e.RecurringEventId, Title: e.Summary, Place: e.Location, Zone: zone,
		Tentative: e.Status == "tentative", Cancelled: e.Status == "cancelled",
	}
	if m.Cancelled && e.Start == nil {
		m.Blank = true
		return m, true
	}
	if e.Organizer != nil {
		m.Organizer = e.Organizer.Email
	}
	for _, a := range e.Attendees {
		if !a.Resource { // a room comes to no meeting
			m.Attendees = append(m.Attendees, connector.Attendee{Email: a.Email, Name: a.DisplayName, Answer: a.ResponseStatus, Optional: a.Optional})
		}
	}
	var begins, ends bool
	m.Begin, m.AllDay, begins = moment(e.Start)
	m.End, _, ends = moment(e.End)
	return m, begins && ends
}

// moment reads a time, or a day.
func moment(t *calendar.EventDateTime) (at time.Time, day, ok bool) {
	if t == nil {
		return time.Time{}, false, false
	}
	if t.Date != "" {
		at, err := time.Parse(time.DateOnly, t.Date)
		return at, true, err == nil
	}
	at, err := time.Parse(time.RFC3339, t.DateTime)
	return at.UTC(), false, err == nil
}
