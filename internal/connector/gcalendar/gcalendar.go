// Package gcalendar connects the calendars of one Google account: meetings that
// are made, changed and cancelled.
package gcalendar

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"patchboard/internal/connector"
	"patchboard/internal/connector/google"
)

//go:embed icon.svg
var icon []byte

const (
	events    = google.Prefix + "calendar.events.readonly"
	calendars = google.Prefix + "calendar.calendarlist.readonly"
)

// primary is the name by which each account's own calendar goes.
const primary = "primary"

// GCalendar is the provider.
type GCalendar struct{}

var (
	_ connector.Syncer  = GCalendar{}
	_ connector.Chooser = GCalendar{}
)

// Settings are what an administrator chooses.
type Settings struct {
	Calendars []string `json:"calendars"` // by their ids; none: the primary one
}

// calendarsMost bounds them: each is read by itself.
const calendarsMost = 50

// About is Google Calendar's line in the catalog.
func (GCalendar) About() connector.About {
	return connector.About{
		Slug: "google-calendar", Name: "Google Calendar", Category: connector.Email, Description: "Sync meetings and events", Icon: icon,
		Does: []string{
			"Meetings of the calendars become records of this CRM, with who is asked and what they answered.",
			"Changes and cancellations follow within minutes.",
			"Nothing is changed in the calendars.",
		},
		Console: google.Console, Status: google.Status, Account: google.Account,
		PerMinute: 300, // half of what a user has
	}
}

// Fields are which calendars.
func (GCalendar) Fields() []connector.Field {
	return []connector.Field{{
		Name: "calendars", Label: "Calendars", Help: "Without a choice, the main one.", Kind: connector.Many, HasChoices: true,
	}}
}

// Unfinished is Google's.
func (GCalendar) Unfinished() connector.Guidance { return google.Unfinished() }

// Settings reads settings; those to begin with read the primary calendar.
func (GCalendar) Settings(raw json.RawMessage) (json.RawMessage, error) {
	s := Settings{}
	if err := connector.Decode(raw, &s); err != nil {
		return nil, fmt.Errorf("settings of Google Calendar: %w", err)
	}
	if len(s.Calendars) == 0 {
		s.Calendars = []string{primary}
	}
	if len(s.Calendars) > calendarsMost {
		return nil, fmt.Errorf("%d calendars are chosen; choose up to %d", len(s.Calendars), calendarsMost)
	}
	if slices.Contains(s.Calendars, "") {
		return nil, errors.New("calendars holds an empty one")
	}
	slices.Sort(s.Calendars)
	s.Calendars = slices.Compact(s.Calendars)
	return connector.Encode(s)
}

func chosen(raw json.RawMessage) []string {
	var s Settings
	_ = json.Unmarshal(raw, &s) // Settings has made it
	if len(s.Calendars) == 0 {
		return []string{primary}
	}
	return s.Calendars
}

// OAuth is Google's.
func (GCalendar) OAuth() connector.OAuth { return google.OAuth("https://www.googleapis.com") }

// Scopes are those for events, and for the list of calendars to choose from.
func (GCalendar) Scopes(json.RawMessage) []connector.Scope {
	return []connector.Scope{
		{Name: events, Why: "To read meetings. Patchboard changes none.", Required: true},
		{Name: calendars, Why: "To let you choose among your calendars. Without it the main one is read."},
	}
}

// Granted reads a token's answer.
func (GCalendar) Granted(extra func(name string) any) []string { return google.Granted(extra) }

// Revoke ends the grant.
func (GCalendar) Revoke(ctx context.Context, s *connector.Session, g connector.Grant) error {
	return s.Revoke(ctx, g)
}

// Guide says what to do.
func (GCalendar) Guide(f *connector.Failure) connector.Guidance {
	return google.Guide(f, "Google Calendar API")
}

// Identify gives the id of the primary calendar, which is the account's address.
func (c GCalendar) Identify(ctx context.Context, s *connector.Session) (connector.Account, error) {
	owner, err := c.owner(ctx, s)
	if err != nil {
		return connector.Account{}, err
	}
	return connector.Account{ID: owner, Name: owner}, nil
}

// Check asks for the primary calendar, and that it is still the same account's.
func (c GCalendar) Check(ctx context.Context, s *connector.Session) error {
	owner, err := c.owner(ctx, s)
	if err != nil {
		return err
	}
	return connector.SameAccount(s, owner)
}

// owner gives the account's address. Without leave for the list of calendars the
// primary calendar's events tell it.
func (GCalendar) owner(ctx context.Context, s *connector.Session) (string, error) {
	api, err := client(ctx, s)
	if err != nil {
		return "", err
	}
	if slices.Contains(s.Granted, calendars) {
		one, err := api.CalendarList.Get(primary).Context(ctx).Do()
		if err != nil {
			return "", google.FailureOf(fmt.Errorf("primary calendar: %w", err), s.Now)
		}
		return one.Id, nil
	}
	one, err := api.Events.List(primary).MaxResults(1).Fields("kind", "summary", "timeZone").Context(ctx).Do()
	if err != nil {
		return "", google.FailureOf(fmt.Errorf("primary calendar: %w", err), s.Now)
	}
	return one.Summary, nil
}

// Choices are the calendars that can be chosen.
func (GCalendar) Choices(ctx context.Context, s *connector.Session) (map[string][]connector.Choice, error) {
	main := connector.Choice{Value: primary, Label: s.Account.Name, Hint: "the main one"}
	if !slices.Contains(s.Granted, calendars) {
		return map[string][]connector.Choice{"calendars": {main}}, nil
	}
	api, err := client(ctx, s)
	if err != nil {
		return nil, err
	}
	var all []connector.Choice
	err = api.CalendarList.List().Context(ctx).Pages(ctx, func(l *calendar.CalendarList) error {
		for _, c := range l.Items {
			name := c.SummaryOverride
			if name == "" {
				name = c.Summary
			}
			switch {
			case c.Deleted:
			case c.Primary:
				all = append(all, connector.Choice{Value: primary, Label: name, Hint: main.Hint})
			default:
				all = append(all, connector.Choice{Value: c.Id, Label: name})
			}
		}
		return nil
	})
	if err != nil {
		return nil, google.FailureOf(fmt.Errorf("list calendars: %w", err), s.Now)
	}
	return map[string][]connector.Choice{"calendars": all}, nil
}

func client(ctx context.Context, s *connector.Session) (*calendar.Service, error) {
	api, err := calendar.NewService(ctx, option.WithHTTPClient(s.HTTP), option.WithEndpoint(s.API+"/calendar/v3/"))
	if err != nil {
		return nil, fmt.Errorf("calendar client: %w", err)
	}
	return api, nil
}
