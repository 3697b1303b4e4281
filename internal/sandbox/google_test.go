package sandbox

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	calendarapi "google.golang.org/api/calendar/v3"
	gmailapi "google.golang.org/api/gmail/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

const (
	ana      = "ana@example.org"
	callback = "http://127.0.0.1:1/api/v1/oauth/callback"
)

var allScopes = []string{gmailMetadata, calendarEvents, calendarList}

// googleApp is an application as it meets the emulated Google: through the
// libraries by which one meets the real one.
func googleApp(w *world, scopes ...string) *oauth2.Config {
	w.Google().Register(App{ID: "crm", Secret: "shh", Callbacks: []string{callback}})
	return &oauth2.Config{
		ClientID: "crm", ClientSecret: "shh", RedirectURL: callback, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: w.page + "/google/o/oauth2/v2/auth", TokenURL: "https://" + GoogleHost + "/token", AuthStyle: oauth2.AuthStyleInParams},
	}
}

func (w *world) ctx() context.Context {
	return context.WithValue(w.t.Context(), oauth2.HTTPClient, w.client.HTTPClient())
}

// consents plays the person at the browser: choice is "allow" or "deny"; what is
// unticked is not granted. It gives the query with which Google goes back.
func (w *world) consents(address, choice string, untick ...string) url.Values {
	w.t.Helper()
	page := w.open(address)
	if !strings.Contains(page, "wants access") {
		w.t.Fatalf("no consent page: %s", page)
	}
	u, err := url.Parse(address)
	if err != nil {
		w.t.Fatal(err)
	}
	form := url.Values{"query": {u.RawQuery}, "choice": {choice}, "account": {ana}}
	for name := range strings.FieldsSeq(u.Query().Get("scope")) {
		if !slices.Contains(untick, name) {
			form.Add("scope", name)
		}
	}
	status, h, _ := w.do(http.MethodPost, "/google/consent", nil, form)
	back, err := url.Parse(h.Get("Location"))
	if err != nil || !strings.HasPrefix(back.String(), callback+"?") {
		w.t.Fatalf("%d leads to %v (%v)", status, back, err)
	}
	return back.Query()
}

func (w *world) open(address string) string {
	w.t.Helper()
	_, _, page := w.get(strings.TrimPrefix(address, w.page))
	return page
}

// connected gives a token of ana's.
func (w *world) connected(c *oauth2.Config) *oauth2.Token {
	w.t.Helper()
	verifier := oauth2.GenerateVerifier()
	back := w.consents(c.AuthCodeURL("s1", oauth2.AccessTypeOffline, oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("prompt", "consent")), "allow")
	if back.Get("state") != "s1" {
		w.t.Errorf("state %q", back.Get("state"))
	}
	token, err := c.Exchange(w.ctx(), back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func (w *world) gmail(c *oauth2.Config, token *oauth2.Token) *gmailapi.Service {
	w.t.Helper()
	s, err := gmailapi.NewService(w.ctx(), option.WithHTTPClient(c.Client(w.ctx(), token)), option.WithEndpoint("https://"+GoogleHost+"/"))
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) calendar(c *oauth2.Config, token *oauth2.Token) *calendarapi.Service {
	w.t.Helper()
	s, err := calendarapi.NewService(w.ctx(), option.WithHTTPClient(c.Client(w.ctx(), token)), option.WithEndpoint("https://"+GoogleHost+"/calendar/v3/"))
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func wantReason(t *testing.T, err error, status int, reason string) {
	t.Helper()
	var g *googleapi.Error
	if !errors.As(err, &g) || g.Code != status || len(g.Errors) == 0 || g.Errors[0].Reason != reason {
		t.Errorf("%v, want %d %s", err, status, reason)
	}
}

func wantGrant(t *testing.T, err error, code string) {
	t.Helper()
	var r *oauth2.RetrieveError
	if !errors.As(err, &r) || r.ErrorCode != code {
		t.Errorf("%v, want %s", err, code)
	}
}

func TestConsent(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := googleApp(w, allScopes...)
	token := w.connected(c)
	if token.RefreshToken == "" || token.Extra("scope") != strings.Join(allScopes, " ") || time.Until(token.Expiry) > time.Hour {
		t.Errorf("%+v %v", token, token.Extra("scope"))
	}
	if back := w.consents(c.AuthCodeURL("s2"), "deny"); back.Get("error") != "access_denied" || back.Get("state") != "s2" || back.Has("code") {
		t.Errorf("denied: %v", back)
	}
	if back := w.consents(c.AuthCodeURL("s3"), "allow", allScopes...); back.Get("error") != "access_denied" {
		t.Errorf("all unticked: %v", back)
	}
	back := w.consents(c.AuthCodeURL("s4", oauth2.AccessTypeOffline), "allow", calendarEvents, calendarList)
	part, err := c.Exchange(w.ctx(), back.Get("code"))
	if err != nil || part.Extra("scope") != gmailMetadata || back.Get("scope") != gmailMetadata || part.RefreshToken != "" {
		t.Errorf("some unticked, and not the first consent: %+v (%v)", part, err)
	}
	for name, address := range map[string]string{
		"redirect_uri_mismatch": strings.Replace(c.AuthCodeURL("s"), "127.0.0.1%3A1", "evil.example", 1),
		"invalid_client":        strings.Replace(c.AuthCodeURL("s"), "client_id=crm", "client_id=other", 1),
		"invalid_scope":         strings.Replace(c.AuthCodeURL("s"), "gmail.metadata", "drive", 1),
	} {
		if page := w.open(address); !strings.Contains(page, name) || strings.Contains(page, "<form") {
			t.Errorf("%s: %s", name, page)
		}
	}
}

func TestCodesAndTokens(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := googleApp(w, allScopes...)
	verifier := oauth2.GenerateVerifier()
	code := func() string {
		return w.consents(c.AuthCodeURL("s", oauth2.AccessTypeOffline, oauth2.S256ChallengeOption(verifier)), "allow").Get("code")
	}
	once := code()
	if _, err := c.Exchange(w.ctx(), once, oauth2.VerifierOption(verifier)); err != nil {
		t.Error(err)
	}
	_, err := c.Exchange(w.ctx(), once, oauth2.VerifierOption(verifier))
	wantGrant(t, err, "invalid_grant")
	_, err = c.Exchange(w.ctx(), code(), oauth2.VerifierOption(oauth2.GenerateVerifier()))
	wantGrant(t, err, "invalid_grant")
	_, err = c.Exchange(w.ctx(), code())
	wantGrant(t, err, "invalid_grant")
	late := code()
	w.clock.add(codeLife)
	_, err = c.Exchange(w.ctx(), late, oauth2.VerifierOption(verifier))
	wantGrant(t, err, "invalid_grant")
	stranger := *c
	stranger.ClientSecret = "guess"
	_, err = stranger.Exchange(w.ctx(), code(), oauth2.VerifierOption(verifier))
	wantGrant(t, err, "invalid_client")

	token := w.connected(c)
	old := *token
	w.clock.add(googleLife)
	_, err = w.gmail(c, &oauth2.Token{AccessToken: old.AccessToken, Expiry: time.Now().Add(time.Hour)}).Users.GetProfile("me").Do()
	wantReason(t, err, http.StatusUnauthorized, "authError")
	old.Expiry = time.Now().Add(-time.Minute)
	fresh, err := c.TokenSource(w.ctx(), &old).Token()
	if err != nil || fresh.AccessToken == token.AccessToken || fresh.RefreshToken != token.RefreshToken {
		t.Fatalf("%+v (%v)", fresh, err)
	}
	if _, err := w.gmail(c, fresh).Users.GetProfile("me").Do(); err != nil {
		t.Error(err)
	}

	if status := w.revoke(token.RefreshToken); status != http.StatusOK {
		t.Errorf("revoke: %d", status)
	}
	if status := w.revoke(token.RefreshToken); status != http.StatusBadRequest {
		t.Errorf("revoke again: %d", status)
	}
	_, err = w.gmail(c, fresh).Users.GetProfile("me").Do()
	wantReason(t, err, http.StatusUnauthorized, "authError")
	_, err = c.TokenSource(w.ctx(), &old).Token()
	wantGrant(t, err, "invalid_grant")
}

func (w *world) revoke(token string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "https://"+GoogleHost+"/revoke", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := w.client.HTTPClient().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestGmail(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := googleApp(w, allScopes...)
	s := w.gmail(c, w.connected(c))
	box := w.Google().mailboxes[ana]
	for i := range 3 {
		box.add(letter{From: "bo@acme.test", To: ana, Subject: fmt.Sprint("Question ", i), Labels: []string{"INBOX"}})
	}
	p, err := s.Users.GetProfile("me").Do()
	if err != nil || p.EmailAddress != ana || p.MessagesTotal != 3 || p.HistoryId != box.last {
		t.Fatalf("%+v (%v)", p, err)
	}
	h, err := s.Users.History.List("me").StartHistoryId(p.HistoryId).Do()
	if err != nil || h.History != nil || h.HistoryId != p.HistoryId {
		t.Errorf("nothing changed: %+v (%v)", h, err)
	}

	// Drafts come and go before a message is sent.
	sent := box.send(letter{From: ana, To: "bo@acme.test", Subject: "Offer", Snippet: "Hi Bo"}, 2)
	box.label(sent, true, "STARRED")
	var kinds []string
	token := ""
	for {
		h, err := s.Users.History.List("me").StartHistoryId(p.HistoryId).MaxResults(2).PageToken(token).Do()
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range h.History {
			switch {
			case len(one.MessagesAdded) == 1:
				kinds = append(kinds, "added "+strings.Join(one.MessagesAdded[0].Message.LabelIds, " "))
			case len(one.MessagesDeleted) == 1:
				kinds = append(kinds, "deleted")
			case len(one.LabelsAdded) == 1:
				kinds = append(kinds, "labelled "+strings.Join(one.LabelsAdded[0].LabelIds, " "))
			}
		}
		if token = h.NextPageToken; token == "" {
			break
		}
	}
	if want := []string{"added DRAFT", "added DRAFT", "deleted", "added DRAFT", "deleted", "deleted", "added SENT", "labelled STARRED"}; !slices.Equal(kinds, want) {
		t.Errorf("the history is %v", kinds)
	}
	only, err := s.Users.History.List("me").StartHistoryId(p.HistoryId).HistoryTypes("messageAdded").LabelId("SENT").Do()
	if err != nil || len(only.History) != 1 || only.History[0].MessagesAdded[0].Message.Id != sent {
		t.Errorf("%+v (%v)", only, err)
	}
	m, err := s.Users.Messages.Get("me", sent).Format("metadata").MetadataHeaders("subject", "To").Do()
	if err != nil || len(m.Payload.Headers) != 2 || m.Payload.Headers[1].Value != "Offer" || m.InternalDate != box.find(sent).at.UnixMilli() || m.Payload.Parts != nil {
		t.Errorf("%+v (%v)", m, err)
	}
	_, err = s.Users.Messages.Get("me", sent).Format("full").Do()
	wantReason(t, err, http.StatusForbidden, "forbidden")
	_, err = s.Users.Messages.List("me").Q("newer_than:90d").Do()
	wantReason(t, err, http.StatusForbidden, "forbidden")

	list, err := s.Users.Messages.List("me").LabelIds("INBOX").MaxResults(2).Do()
	if err != nil || len(list.Messages) != 2 || list.NextPageToken == "" {
		t.Fatalf("%+v (%v)", list, err)
	}
	if list, err = s.Users.Messages.List("me").LabelIds("INBOX").MaxResults(2).PageToken(list.NextPageToken).Do(); err != nil || len(list.Messages) != 1 || list.NextPageToken != "" {
		t.Errorf("%+v (%v)", list, err)
	}
	box.remove(sent)
	_, err = s.Users.Messages.Get("me", sent).Format("metadata").Do()
	wantReason(t, err, http.StatusNotFound, "notFound")
	box.forget()
	_, err = s.Users.History.List("me").StartHistoryId(p.HistoryId).Do()
	wantReason(t, err, http.StatusNotFound, "notFound")
	_, err = s.Users.History.List("me").Do()
	wantReason(t, err, http.StatusBadRequest, "invalidArgument")
}

func TestGmailBodies(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := googleApp(w, gmailReadonly)
	s := w.gmail(c, w.connected(c))
	box := w.Google().mailboxes[ana]
	box.add(letter{From: "bo@acme.test", To: ana, Snippet: "Old", At: w.clock.Now().Add(-91 * day)})
	id := box.add(letter{From: "bo@acme.test", To: ana, Snippet: "Grüße", Labels: []string{"INBOX"}})
	list, err := s.Users.Messages.List("me").Q("newer_than:90d").Do()
	if err != nil || len(list.Messages) != 1 || list.Messages[0].Id != id {
		t.Errorf("%+v (%v)", list, err)
	}
	m, err := s.Users.Messages.Get("me", id).Do()
	if err != nil || m.Payload.Parts[0].Body.Data != "R3LDvMOfZQ" {
		t.Errorf("%+v (%v)", m, err)
	}
}

func TestScopesAreAsked(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := googleApp(w, gmailMetadata, calendarEvents)
	token := w.connected(c)
	if _, err := w.gmail(c, token).Users.GetProfile("me").Do(); err != nil {
		t.Error(err)
	}
	if _, err := w.calendar(c, token).Events.List("primary").Do(); err != nil {
		t.Error(err)
	}
	_, err := w.calendar(c, token).CalendarList.List().Do()
	wantReason(t, err, http.StatusForbidden, "insufficientPermissions")
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := googleApp(w, allScopes...)
	s := w.calendar(c, w.connected(c))
	d := w.Google().diaries[ana]
	begin := time.Date(2026, 3, 27, 9, 0, 0, 0, time.UTC) // summer time begins two days later
	series := d.plan(meeting{title: "Weekly", begin: begin, end: begin.Add(time.Hour), attendees: []string{"bo@acme.test"}}, 3)
	fair := d.plan(meeting{title: "Trade fair", begin: begin, end: begin.AddDate(0, 0, 1), allDay: true}, 1)[0]

	primary, err := s.CalendarList.Get("primary").Do()
	if err != nil || primary.Id != ana || primary.TimeZone != "Europe/Rome" || !primary.Primary {
		t.Errorf("%+v (%v)", primary, err)
	}
	all, err := s.CalendarList.List().Do()
	if err != nil || len(all.Items) != 2 || all.Items[1].Id != "team#1@group.calendar.google.com" {
		t.Errorf("%+v (%v)", all, err)
	}
	if team, err := s.Events.List(all.Items[1].Id).Do(); err != nil || len(team.Items) != 0 || team.NextSyncToken == "" {
		t.Errorf("%+v (%v)", team, err)
	}

	first := func(page string) *calendarapi.Events {
		l, err := s.Events.List("primary").SingleEvents(true).MaxResults(3).TimeMin("2026-03-01T00:00:00Z").TimeMax("2027-03-01T00:00:00Z").PageToken(page).Do()
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	one := first("")
	if len(one.Items) != 3 || one.NextPageToken == "" || one.NextSyncToken != "" {
		t.Fatalf("the first page: %+v", one)
	}
	if e := one.Items[0]; e.Start.DateTime != "2026-03-27T10:00:00+01:00" || e.RecurringEventId == "" || e.Attendees[1].Email != "bo@acme.test" {
		t.Errorf("%+v", e)
	}
	if e := one.Items[1]; e.Start.DateTime != "2026-04-03T11:00:00+02:00" || e.Id != series[1] {
		t.Errorf("%+v %+v", e, e.Start)
	}
	last := first(one.NextPageToken)
	if len(last.Items) != 1 || last.NextPageToken != "" || last.NextSyncToken == "" || last.Items[0].Start.Date != "2026-03-27" || last.Items[0].End.Date != "2026-03-28" {
		t.Fatalf("the last page: %+v", last)
	}

	next := func(token string) (*calendarapi.Events, error) {
		return s.Events.List("primary").SingleEvents(true).SyncToken(token).Do()
	}
	if l, err := next(last.NextSyncToken); err != nil || len(l.Items) != 0 || l.NextSyncToken != last.NextSyncToken {
		t.Errorf("nothing changed: %+v (%v)", l, err)
	}
	d.change(series[0], func(m *meeting) { m.cancelled = true })
	d.change(fair, func(m *meeting) { m.cancelled = true })
	d.change(series[2], func(m *meeting) { m.title = "Monthly" })
	l, err := next(last.NextSyncToken)
	if err != nil || len(l.Items) != 3 {
		t.Fatalf("%+v (%v)", l, err)
	}
	if e := l.Items[0]; e.Status != "cancelled" || e.Summary != "" || e.RecurringEventId == "" || e.OriginalStartTime == nil || e.Start != nil {
		t.Errorf("a cancelled instance: %+v", e)
	}
	if e := l.Items[1]; e.Summary != "Monthly" || e.Sequence != 1 {
		t.Errorf("a changed one: %+v", e)
	}
	if e := l.Items[2]; e.Status != "cancelled" || e.Id != fair || e.RecurringEventId != "" {
		t.Errorf("a cancelled one: %+v", e)
	}

	_, err = s.Events.List("primary").SyncToken(last.NextSyncToken).TimeMin("2026-03-01T00:00:00Z").Do()
	wantReason(t, err, http.StatusBadRequest, "invalidArgument")
	_, err = s.Events.List("primary").TimeMin("2026-03-02T00:00:00Z").TimeMax("2026-03-01T00:00:00Z").Do()
	wantReason(t, err, http.StatusBadRequest, "timeRangeEmpty")
	_, err = s.Events.List("nobody@example.org").Do()
	wantReason(t, err, http.StatusNotFound, "notFound")
	d.invalidate()
	_, err = next(last.NextSyncToken)
	wantReason(t, err, http.StatusGone, "fullSyncRequired")
}

func TestTroubles(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := googleApp(w, allScopes...)
	token := w.connected(c)
	call := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := w.gmail(c, token).Users.GetProfile("me").Context(ctx).Do()
		return err
	}
	for _, one := range []struct {
		trouble Trouble
		check   func(err error) bool
	}{
		{Outage, func(err error) bool { g, ok := errors.AsType[*googleapi.Error](err); return ok && g.Code == 503 }},
		{RateLimit, func(err error) bool {
			g, ok := errors.AsType[*googleapi.Error](err)
			return ok && g.Code == 429 && strings.Contains(g.Message, w.clock.Now().Add(limitPause).UTC().Format("Retry after 2006-01-02T15:04:05"))
		}},
		{NoDNS, func(err error) bool { d, ok := errors.AsType[*net.DNSError](err); return ok && d.IsNotFound }},
		{BadTLS, func(err error) bool { _, ok := errors.AsType[x509.UnknownAuthorityError](err); return ok }},
		{NoJSON, func(err error) bool { return err != nil }},
	} {
		w.press("trouble", url.Values{"trouble": {string(one.trouble)}})
		if err := call(); !one.check(err) {
			t.Errorf("%s: %v", one.trouble, err)
		}
		if page := w.open(w.page + "/google"); !strings.Contains(page, `value="`+string(one.trouble)+`" title=`) || strings.Count(page, `aria-pressed="true"`) != 1 {
			t.Errorf("%s is not on the panel", one.trouble)
		}
		w.press("trouble", url.Values{"trouble": {""}})
		if err := call(); err != nil {
			t.Errorf("%s was mended: %v", one.trouble, err)
		}
	}

	w.press("trouble", url.Values{"trouble": {string(Slow)}})
	done := make(chan error, 1)
	go func() { done <- call() }()
	w.press("trouble", url.Values{"trouble": {""}}) // the answer that is held back comes now, or was never held
	if err := <-done; err != nil {
		t.Error(err)
	}

	w.press("trouble", url.Values{"trouble": {string(WrongClient)}})
	token.Expiry = time.Now().Add(-time.Minute)
	_, err := c.TokenSource(w.ctx(), token).Token()
	wantGrant(t, err, "invalid_client")
	w.press("trouble", url.Values{"trouble": {""}})
	w.press("expire", url.Values{"account": {ana}})
	token.Expiry = time.Now().Add(time.Hour)
	wantReason(t, call(), http.StatusUnauthorized, "authError")
	if len(w.Google().oauth.lines()) != 1 {
		t.Error("a grant ended with its access tokens")
	}
	w.press("revoke", url.Values{"account": {ana}})
	token.Expiry = time.Now().Add(-time.Minute)
	_, err = c.TokenSource(w.ctx(), token).Token()
	wantGrant(t, err, "invalid_grant")
}

// press presses a button of the panel.
func (w *world) press(what string, form url.Values) {
	w.t.Helper()
	if status := w.post(what, form); status != http.StatusSeeOther {
		w.t.Fatalf("%s: %d", what, status)
	}
}

func (w *world) post(what string, form url.Values) int {
	w.t.Helper()
	status, _, _ := w.do(http.MethodPost, "/google/"+what, nil, form)
	return status
}

func TestGooglePanel(t *testing.T) {
	t.Parallel()
	w := start(t)
	of := url.Values{"account": {ana}, "with": {"eve@acme.test"}, "subject": {"<b>Lunch</b>"}}
	for _, what := range []string{"receive", "send", "plan"} {
		w.press(what, of)
	}
	page := w.open(w.page + "/google?account=" + ana)
	if strings.Count(page, "&lt;b&gt;Lunch&lt;/b&gt;") != 3 || strings.Contains(page, "<b>Lunch") || !strings.Contains(page, "eve@acme.test") {
		t.Error(page)
	}
	d, b := w.Google().diaries[ana], w.Google().mailboxes[ana]
	planned := *d.calendars[0].meetings[0]
	w.press("move", url.Values{"account": {ana}, "id": {planned.id}})
	w.press("cancel", url.Values{"account": {ana}, "id": {planned.id}})
	if m := d.calendars[0].meetings[0]; !m.cancelled || m.begin.Sub(planned.begin) != time.Hour || m.sequence != 2 {
		t.Errorf("%+v", m)
	}
	w.press("remove", url.Values{"account": {ana}, "id": {b.messages[0].id}})
	if len(b.messages) != 1 || b.messages[0].labels[0] != "SENT" {
		t.Errorf("%+v", b.messages)
	}
	was := b.last
	w.press("forget", of)
	if b.oldest <= was {
		t.Errorf("a cursor of %s is still good", strconv.FormatUint(was, 10))
	}
	for what, form := range map[string]url.Values{"receive": {"account": {"nobody@example.org"}}, "trouble": {"trouble": {"flood"}}} {
		if status := w.post(what, form); status != http.StatusUnprocessableEntity {
			t.Errorf("%s %v: %d", what, form, status)
		}
	}
}
