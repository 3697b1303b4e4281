package gmail_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/connector/gmail"
	"patchboard/internal/health"
	"patchboard/internal/sandbox/sandboxtest"
)

const ana = "ana@example.org"

func receive(w *sandboxtest.World, subject string) {
	w.Press("/google/receive", url.Values{"account": {ana}, "with": {"bo@acme.test"}, "subject": {subject}})
}

func send(w *sandboxtest.World) {
	w.Press("/google/send", url.Values{"account": {ana}, "with": {"bo@acme.test"}, "subject": {"Offer"}})
}

// read reads until there is no more, and gives the pages.
func read(t *testing.T, s *connector.Session, cursor json.RawMessage) (pages []*connector.Page, next json.RawMessage) {
	t.Helper()
	for more := true; more; {
		p, err := gmail.Gmail{}.Next(t.Context(), s, cursor)
		if err != nil {
			t.Fatal(err)
		}
		pages, cursor, more = append(pages, p), p.Cursor, p.More
	}
	return pages, cursor
}

func subjects(pages []*connector.Page) (all []string) {
	for _, p := range pages {
		for _, c := range p.Changes {
			if c.Removed {
				all = append(all, "removed")
			} else {
				all = append(all, c.Email.Subject)
			}
		}
	}
	return all
}

func wantClass(t *testing.T, err error, class health.Class, code string) *connector.Failure {
	t.Helper()
	f, ok := errors.AsType[*connector.Failure](err)
	if !ok || f.Class != class || f.Code != code {
		t.Fatalf("%v, want %s %s", err, class, code)
	}
	return f
}

func TestChoicesAreLabels(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(gmail.Gmail{}, sandboxtest.Google(w), "")
	all, err := gmail.Gmail{}.Choices(t.Context(), s)
	if err != nil || !slices.Contains(all["labels"], connector.Choice{Value: "SENT", Label: "SENT"}) || slices.Contains(all["labels"], connector.Choice{Value: "SPAM", Label: "SPAM"}) {
		t.Errorf("%+v (%v)", all, err)
	}
}

func TestFirstLoadAndChanges(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	for range 3 {
		receive(w, "Old")
	}
	s, _ := w.Connect(gmail.Gmail{}, sandboxtest.Google(w), "")
	if s.Account.ID != ana {
		t.Errorf("%+v", s.Account)
	}
	pages, cursor := read(t, s, nil)
	if got := subjects(pages); !slices.Equal(got, []string{"Old", "Old", "Old"}) || pages[0].Load == nil || !pages[0].Load.Done || pages[len(pages)-1].Load != nil {
		t.Fatalf("%v %+v", got, pages[0])
	}
	if e := pages[0].Changes[0].Email; e.From != "bo@acme.test" || !slices.Equal(e.To, []string{ana}) || e.Sent || e.MessageID == "" || e.At.IsZero() || e.Text != "" {
		t.Errorf("%+v", e)
	}
	if pages, cursor = read(t, s, cursor); len(pages) != 1 || len(pages[0].Changes) != 0 {
		t.Errorf("nothing has changed: %+v", pages[0])
	}

	send(w) // two drafts come and go before
	receive(w, "Answer")
	pages, cursor = read(t, s, cursor)
	var there []*connector.EmailMessage
	for _, c := range pages[0].Changes {
		if !c.Removed {
			there = append(there, c.Email)
		}
	}
	if len(there) != 2 || there[0].Subject != "Offer" || !there[0].Sent || there[1].Subject != "Answer" || there[1].Sent || pages[0].Load != nil {
		t.Errorf("%v", subjects(pages))
	}
	if again, _ := read(t, s, cursor); len(again[0].Changes) != 0 {
		t.Errorf("it is told twice: %v", subjects(again))
	}
}

func TestWhatComesMeanwhileIsToldAfterwards(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	receive(w, "Old")
	s, _ := w.Connect(gmail.Gmail{}, sandboxtest.Google(w), "")
	first, err := gmail.Gmail{}.Next(t.Context(), s, nil)
	if err != nil || !first.More {
		t.Fatalf("%+v (%v)", first, err)
	}
	send(w)
	pages, _ := read(t, s, first.Cursor)
	if got := subjects(pages); !slices.Contains(got, "Offer") {
		t.Errorf("%v", got)
	}
}

func TestAnOldCursorReadsEverythingAgain(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	receive(w, "Old")
	s, _ := w.Connect(gmail.Gmail{}, sandboxtest.Google(w), "")
	_, cursor := read(t, s, nil)
	w.Press("/google/forget", url.Values{"account": {ana}})
	receive(w, "New")
	pages, _ := read(t, s, cursor)
	loads := 0
	for _, p := range pages {
		if p.Load != nil {
			loads++
		}
	}
	if got := subjects(pages); loads != 1 || !slices.Contains(got, "New") || !slices.Contains(got, "Old") {
		t.Errorf("%d loads, %v", loads, got)
	}
}

// A mailbox holds years of mail; what is older than asked for is not read to its end.
func TestOldMailIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	w.Press("/google/receive", url.Values{"account": {ana}, "subject": {"Ancient"}, "days": {"200"}, "count": {"250"}})
	receive(w, "New")
	s, _ := w.Connect(gmail.Gmail{}, sandboxtest.Google(w), "")
	pages, cursor := read(t, s, nil)
	if got := subjects(pages); !slices.Equal(got, []string{"New"}) || len(pages) != 3 || pages[0].Load.Done || !pages[1].Load.Done {
		t.Errorf("%d pages, %v", len(pages), got)
	}
	send(w)
	if pages, _ = read(t, s, cursor); !slices.Contains(subjects(pages), "Offer") {
		t.Errorf("%v", subjects(pages))
	}
}

func TestBodiesAndLabels(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	receive(w, "Question")
	send(w)
	s, _ := w.Connect(gmail.Gmail{}, sandboxtest.Google(w), `{"bodies":true,"days":30,"labels":["SENT"]}`)
	pages, _ := read(t, s, nil)
	if got := subjects(pages); !slices.Equal(got, []string{"Offer"}) || pages[0].Skipped != 1 || !strings.HasPrefix(pages[0].Changes[0].Email.Text, "Hi, the offer") {
		t.Errorf("%v %+v", got, pages[0])
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, grant := w.Connect(gmail.Gmail{}, sandboxtest.Google(w), "")
	check := func() error { return gmail.Gmail{}.Check(t.Context(), s) }
	trouble := func(name string) { w.Press("/google/trouble", url.Values{"trouble": {name}}) }
	if err := check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		trouble string
		class   health.Class
		code    string
	}{
		{"outage", health.ProviderDown, "backendError"},
		{"dns", health.NetworkDNS, ""},
		{"tls", health.TLS, ""},
		{"html", health.Unknown, "no_json"},
	} {
		trouble(c.trouble)
		wantClass(t, check(), c.class, c.code)
	}
	trouble("rate-limit")
	if f := wantClass(t, check(), health.RateLimited, "userRateLimitExceeded"); f.RetryAfter < 29*time.Second || f.RetryAfter > 31*time.Second {
		t.Errorf("after %s", f.RetryAfter)
	}
	trouble("")
	ended, end := context.WithCancel(t.Context())
	end()
	err := gmail.Gmail{}.Check(ended, s)
	if _, named := errors.AsType[*connector.Failure](err); named || !errors.Is(err, context.Canceled) {
		t.Errorf("a cancellation is %v", err)
	}
	other := *s
	other.Account.ID = "bo@example.org"
	wantClass(t, gmail.Gmail{}.Check(t.Context(), &other), health.TokenRevoked, "other_account")
	w.Press("/google/expire", url.Values{"account": {ana}})
	wantClass(t, check(), health.TokenExpired, "authError")
	for range 2 { // one that is gone is no error
		if err := (gmail.Gmail{}).Revoke(t.Context(), s, grant); err != nil {
			t.Error(err)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{`{"days":0}`, `{"days":366}`, `{"days":"x"}`, `{"labels":[""]}`, `[]`} {
		if got, err := (gmail.Gmail{}).Settings([]byte(bad)); err == nil {
			t.Errorf("%s became %s", bad, got)
		}
	}
}
