package gcalendar_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/connector/gcalendar"
	"patchboard/internal/health"
	"patchboard/internal/sandbox/sandboxtest"
)

const ana = "ana@example.org"

func read(t *testing.T, s *connector.Session, cursor json.RawMessage) (changes []connector.Change, pages []*connector.Page, next json.RawMessage) {
	t.Helper()
	for more := true; more; {
		p, err := gcalendar.GCalendar{}.Next(t.Context(), s, cursor)
		if err != nil {
			t.Fatal(err)
		}
		changes, pages, cursor, more = append(changes, p.Changes...), append(pages, p), p.Cursor, p.More
	}
	return changes, pages, cursor
}

func plan(w *sandboxtest.World, title string) {
	w.Press("/google/plan", url.Values{"account": {ana}, "with": {"bo@acme.test"}, "subject": {title}})
}

// planned gives the id of the newest meeting on the panel.
func planned(t *testing.T, w *sandboxtest.World) string {
	t.Helper()
	m := regexp.MustCompile(`name="id" value="(7k2a[^"]+)"`).FindStringSubmatch(w.Read("/google?account=" + ana))
	if m == nil {
		t.Fatal("no meeting on the panel")
	}
	return m[1]
}

func TestLoadAndChanges(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	plan(w, "Demo")
	s, _ := w.Connect(gcalendar.GCalendar{}, sandboxtest.Google(w), "")
	changes, pages, cursor := read(t, s, nil)
	if len(changes) != 1 || pages[0].Load == nil || !pages[0].Load.Done {
		t.Fatalf("%+v", pages[0])
	}
	m := changes[0].Meeting
	if m.Title != "Demo" || m.Zone != "Europe/Rome" || m.Organizer != ana || len(m.Attendees) != 2 || m.Attendees[1].Email != "bo@acme.test" || m.End.Sub(m.Begin) != 45*time.Minute {
		t.Errorf("%+v", m)
	}
	if changes, pages, cursor = read(t, s, cursor); len(changes) != 0 || pages[0].Load != nil {
		t.Errorf("nothing has changed: %+v", pages[0])
	}
	one := url.Values{"account": {ana}, "id": {planned(t, w)}}
	w.Press("/google/move", one)
	was := changes
	if changes, _, cursor = read(t, s, cursor); len(changes) != 1 || !changes[0].Meeting.Begin.Equal(m.Begin.Add(time.Hour)) {
		t.Errorf("moved: %+v after %+v", changes, was)
	}
	w.Press("/google/cancel", one)
	if changes, _, _ = read(t, s, cursor); len(changes) != 1 || !changes[0].Meeting.Cancelled || !changes[0].Meeting.Blank || changes[0].ID != "primary/"+one.Get("id") {
		t.Errorf("cancelled: %+v", changes)
	}
}

func TestAnInvalidTokenReadsEverythingAgain(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	plan(w, "Demo")
	s, _ := w.Connect(gcalendar.GCalendar{}, sandboxtest.Google(w), "")
	_, _, cursor := read(t, s, nil)
	w.Press("/google/forget", url.Values{"account": {ana}})
	changes, pages, cursor := read(t, s, cursor)
	if len(changes) != 1 || len(pages) != 2 || pages[1].Load == nil || !pages[1].Load.Done {
		t.Errorf("%d pages, %+v", len(pages), changes)
	}
	// The window moves on by itself once a week.
	s.Now = s.Now.Add(8 * 24 * time.Hour)
	if _, pages, _ = read(t, s, cursor); len(pages) != 2 || pages[0].Load != nil || pages[1].Load == nil {
		t.Errorf("%d pages", len(pages))
	}
}

func TestCalendarsInTurn(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	plan(w, "Demo")
	s, _ := w.Connect(gcalendar.GCalendar{}, sandboxtest.Google(w), `{"calendars":["team#1@group.calendar.google.com","primary","gone@example.org"]}`)
	all, err := gcalendar.GCalendar{}.Choices(t.Context(), s)
	if list := all["calendars"]; err != nil || len(list) != 2 || list[0].Value != "primary" || list[1].Value != "team#1@group.calendar.google.com" {
		t.Errorf("%+v (%v)", all, err)
	}
	changes, pages, _ := read(t, s, nil)
	var partial []string
	for _, p := range pages {
		partial = append(partial, p.Partial...)
	}
	if len(changes) != 1 || len(pages) != 3 || !slices.Equal(partial, []string{"gone@example.org"}) {
		t.Errorf("%d pages, %v, %+v", len(pages), partial, changes)
	}
}

func TestWithoutTheListOfCalendars(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(gcalendar.GCalendar{}, sandboxtest.Google(w), "", "https://www.googleapis.com/auth/calendar.calendarlist.readonly")
	if s.Account.ID != ana {
		t.Errorf("%+v", s.Account)
	}
	if err := (gcalendar.GCalendar{}).Check(t.Context(), s); err != nil {
		t.Error(err)
	}
	all, err := gcalendar.GCalendar{}.Choices(t.Context(), s)
	if list := all["calendars"]; err != nil || len(list) != 1 || list[0].Value != "primary" {
		t.Errorf("%+v (%v)", all, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(gcalendar.GCalendar{}, sandboxtest.Google(w), "")
	_, _, cursor := read(t, s, nil)
	next := func(refusal string) (*connector.Page, error) {
		w.Press("/google/refuse", url.Values{"error": {refusal}})
		return gcalendar.GCalendar{}.Next(t.Context(), s, cursor)
	}
	for _, refusal := range []string{"fullSyncRequired", "updatedMinTooLongAgo", "invalidArgument"} {
		if p, err := next(refusal); err != nil || !p.More || len(p.Changes) != 0 {
			t.Errorf("%s: %+v (%v)", refusal, p, err)
		}
	}
	if p, err := next("notFound"); err != nil || !slices.Equal(p.Partial, []string{"primary"}) {
		t.Errorf("%+v (%v)", p, err)
	}
	for refusal, class := range map[string]health.Class{"deleted": health.Unknown, "quotaExceeded": health.QuotaExhausted, "backendError": health.ProviderDown} {
		_, err := next(refusal)
		if f, ok := errors.AsType[*connector.Failure](err); !ok || f.Class != class {
			t.Errorf("%s: %v", refusal, err)
		}
	}
}
