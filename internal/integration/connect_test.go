package integration

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/health"
	"patchboard/internal/rbac"
	"patchboard/internal/record"
)

const calendarList = "https://www.googleapis.com/auth/calendar.calendarlist.readonly"

func TestConnectReadDisconnect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.press("receive", map[string]string{"count": "7", "days": "2"})
		w.press("send", map[string]string{"subject": "Before"})
		if word := w.detail("gmail").Connection.Word(); word != WordAvailable {
			t.Errorf("before: %s", word)
		}
		b := w.begin(sys, "gmail", `{"days":30}`)
		if got := w.detail("gmail"); got.Connection.Word() != WordConnecting || got.Attempt == nil || got.Attempt.Status != AttemptOpen || got.Connection.On() {
			t.Errorf("while a person is at the provider: %+v", got)
		}
		a := w.back(sys, w.sandbox.Allow(b.AuthorizeURL))
		if a.Status != AttemptSucceeded || a.Account.ID != "ana@example.org" {
			t.Fatalf("%+v %+v", a, a.Failure)
		}
		got := w.synced("gmail", time.Time{})
		n := got.Connection
		if n.Word() != WordConnected || n.Health.Status != health.Healthy || n.Account.Name != "ana@example.org" || n.ConnectedBy != sys.Email || n.StateBy != sys.Email {
			t.Errorf("%+v", n)
		}
		if got.Records.Emails < 8 || got.Last == nil || !got.Last.First || got.Last.Created != got.Records.Emails || got.Last.Events != 0 || got.Last.Why != OnConnect || got.Last.State != Succeeded {
			t.Errorf("%+v %+v", got.Records, got.Last)
		}
		if string(n.Settings) != `{"bodies":false,"days":30,"labels":null}` {
			t.Errorf("settings: %s", n.Settings)
		}
		if raised := seen(w, &w.raised); len(raised) != 0 {
			t.Errorf("a first load has raised %v", raised)
		}
		for _, s := range got.Scopes {
			if s.Granted == nil || !*s.Granted {
				t.Errorf("%+v", s)
			}
		}
		end, err := w.Disconnect(t.Context(), util, "gmail")
		if err != nil || !end.Revoked {
			t.Errorf("%+v (%v)", end, err)
		}
		got = w.detail("gmail")
		if got.Connection.State != Available || got.Connection.StateBy != util.Email || got.Records.Emails < 8 || string(got.Connection.Settings) != string(n.Settings) {
			t.Errorf("after: %+v", got)
		}
		if r := w.row("gmail"); len(r.token) != 0 || !r.CheckDue.IsZero() || !r.SyncDue.IsZero() {
			t.Errorf("left behind: %+v", r)
		}
		if _, err := w.Disconnect(t.Context(), sys, "gmail"); !errors.Is(err, errOff) {
			t.Errorf("twice: %v", err)
		}
		if got := w.actions(); !slices.Equal(got, []string{"connected ok", "disconnected ok", "revoked ok"}) {
			t.Errorf("audited: %v", got)
		}
		if page, err := w.log.List(t.Context(), sys, audit.Filter{Action: audit.IntegrationConnected, Limit: 10}); err != nil || page.Items[0].ActorRole != rbac.SystemAdmin {
			t.Errorf("%+v (%v)", page, err)
		}
		if got := seen(w, &w.tracked); !slices.Equal(got, []string{`usr_sys integration_connection_attempted {"integration_name":"Gmail","success_status":"succeeded"}`}) {
			t.Errorf("tracked: %v", got)
		}
		// Connected again, it is read anew and raises nothing for what was in between.
		w.press("send", map[string]string{"subject": "In between"})
		w.connected("gmail", "")
		if raised := seen(w, &w.raised); len(raised) != 0 {
			t.Errorf("connected again, it has raised %v", raised)
		}
	})
}

// What is no way back of whoever began is none.
func TestForeignForgedAndReplayedCallbacks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		q := w.sandbox.Allow(w.begin(sys, "gmail", "").AuthorizeURL)
		refused := func(what string, actor rbac.Actor, q url.Values, want error) {
			t.Helper()
			if _, err := w.Return(t.Context(), actor, callback(q)); !errors.Is(err, want) {
				t.Errorf("%s: %v", what, err)
			}
		}
		changed := func(name, value string) url.Values {
			c := url.Values{"state": q["state"], "code": q["code"]}
			c.Set(name, value)
			return c
		}
		refused("no state", sys, changed("state", ""), errState)
		refused("a state of one's own", sys, changed("state", "abc"), errState)
		refused("a state that is too long", sys, changed("state", strings.Repeat("a", 1000)), errState)
		refused("a state with a byte more", sys, changed("state", q.Get("state")+"a"), errState)
		refused("another person of the organization", util, q, errSession)
		refused("another session of the same person", rbac.Actor{OrganizationID: sys.OrganizationID, UserID: sys.UserID, SessionID: "ses_2", Role: sys.Role}, q, errSession)
		refused("another organization", other, q, errSession)
		refused("nobody", rbac.Actor{}, q, errSession)
		refused("the key", robot, q, errSession)
		if got := w.detail("gmail"); got.Attempt.Status != AttemptOpen {
			t.Errorf("others have ended the attempt: %+v", got.Attempt)
		}
		if _, err := w.Attempt(t.Context(), other, "gmail", w.detail("gmail").Attempt.ID); !errors.Is(err, errAttempt) {
			t.Errorf("another organization sees the attempt: %v", err)
		}
		if a := w.back(sys, q); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		refused("replayed", sys, q, errState)
		// Begun again, the older way back is closed.
		old := w.sandbox.Allow(w.begin(sys, "gmail", "").AuthorizeURL)
		w.begin(sys, "gmail", "")
		refused("of an older attempt", sys, old, errState)
		late := w.sandbox.Allow(w.begin(sys, "gmail", "").AuthorizeURL)
		w.sandbox.Pass(attemptLife)
		refused("too late", sys, late, errState)
		if _, err := w.Connect(t.Context(), robot, "gmail", nil); !errors.Is(err, errPerson) {
			t.Errorf("the key connects: %v", err)
		}
		if n := w.detail("gmail").Connection; n.State != Connected {
			t.Errorf("what was connected is %s", n.State)
		}
	})
}

func TestAttemptsThatFail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		check := func(what string, a *Attempt, status AttemptStatus, class health.Class, code string) {
			t.Helper()
			if a.Status != status || a.Failure == nil || a.Failure.Class != class || a.Failure.Code != code {
				t.Errorf("%s: %s %+v", what, a.Status, a.Failure)
			}
			if n := w.detail("google-calendar").Connection; n.State != Available || n.StateBy != "Patchboard" {
				t.Errorf("%s: the connection is %s by %s", what, n.State, n.StateBy)
			}
		}
		const slug = "google-calendar"
		check("denied", w.back(sys, w.sandbox.Deny(w.begin(sys, slug, "").AuthorizeURL)), AttemptDenied, health.Unknown, "access_denied")
		check("a scope that is required is not granted", w.connect(slug, "", "https://www.googleapis.com/auth/calendar.events.readonly"), AttemptFailed, health.ScopeMissing, "scope_missing")
		q := w.sandbox.Allow(w.begin(sys, slug, "").AuthorizeURL)
		q.Del("code")
		check("neither a code nor an error", w.back(sys, q), AttemptFailed, health.Unknown, "no_code")
		q = w.sandbox.Allow(w.begin(sys, slug, "").AuthorizeURL)
		q.Set("code", "made-up")
		check("a code that is none", w.back(sys, q), AttemptFailed, health.TokenRevoked, "invalid_grant")
		q = w.sandbox.Allow(w.begin(sys, slug, "").AuthorizeURL)
		w.trouble("google", "client")
		check("a wrong client", w.back(sys, q), AttemptFailed, health.MisconfiguredApp, "invalid_client")
		w.trouble("google", "outage")
		q.Set("state", stateOf(t, w.begin(sys, slug, "").AuthorizeURL))
		check("an outage", w.back(sys, q), AttemptFailed, health.ProviderDown, "")
		w.trouble("google", "")
		q = url.Values{"state": {stateOf(t, w.begin(sys, slug, "").AuthorizeURL)}, "error": {"server_error"}, "error_description": {"<script>\x00" + strings.Repeat("x", 5000)}}
		a := w.back(sys, q)
		check("an error of the provider", a, AttemptFailed, health.ProviderDown, "server_error")
		if len(a.Failure.Detail) > 600 || strings.Contains(a.Failure.Detail, "\x00") {
			t.Errorf("detail: %q", a.Failure.Detail)
		}
		// Nobody comes back.
		b := w.begin(sys, slug, "")
		w.sandbox.Pass(attemptLife)
		w.must(w.LeaveUnfinished(t.Context()))
		left, err := w.Attempt(t.Context(), sys, slug, b.Attempt.ID)
		w.must(err)
		check("not finished", left, AttemptLeft, health.Unknown, "not_finished")
		if g := w.Guide(slug, left.Failure); !strings.Contains(strings.Join(g.Steps, " "), "redirect_uri_mismatch") {
			t.Errorf("the usual suspects: %+v", g)
		}
		var ends []string
		for _, e := range seen(w, &w.tracked) {
			_, text, _ := strings.Cut(e, "integration_connection_attempted ")
			var p struct {
				Status string `json:"success_status"`
			}
			w.must(json.Unmarshal([]byte(text), &p))
			ends = append(ends, p.Status)
		}
		if want := []string{"denied", "failed", "failed", "failed", "failed", "failed", "failed", "not_finished"}; !slices.Equal(ends, want) {
			t.Errorf("tracked: %v", ends)
		}
		if got := w.actions(); len(got) != 8 || got[0] != "connect_failed failed" {
			t.Errorf("audited: %v", got)
		}
		// A scope that is not required only makes less of it.
		if a := w.connect(slug, "", calendarList); a.Status != AttemptSucceeded {
			t.Errorf("%+v", a.Failure)
		}
		if choices, err := w.Choices(t.Context(), sys, slug); err != nil || len(choices["calendars"]) != 1 {
			t.Errorf("%+v (%v)", choices, err)
		}
	})
}

func stateOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("state")
}

// Another account takes the place of the one that is connected only if a person says so.
func TestAnotherAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.press("receive", map[string]string{"count": "3"})
		w.connected("gmail", "")
		asBo := func() *Attempt {
			t.Helper()
			a := w.back(sys, w.sandbox.AllowAs("bo@example.org", w.begin(sys, "gmail", "").AuthorizeURL))
			if a.Status != AttemptAsks || a.Account.ID != "bo@example.org" {
				t.Fatalf("%+v %+v", a, a.Failure)
			}
			return a
		}
		a := asBo()
		if n := w.detail("gmail").Connection; n.Account.ID != "ana@example.org" || n.State != Connected {
			t.Errorf("before a decision: %+v", n)
		}
		if _, err := w.Decide(t.Context(), other, "gmail", a.ID, true); !errors.Is(err, errAttempt) {
			t.Errorf("another organization decides: %v", err)
		}
		kept, err := w.Decide(t.Context(), util, "gmail", a.ID, false)
		if err != nil || kept.Status != AttemptDenied {
			t.Errorf("%+v (%v)", kept, err)
		}
		if f, ok := errors.AsType[*fault.Error](second(w.Decide(t.Context(), util, "gmail", a.ID, true))); !ok || f.Type != "attempt-decided" {
			t.Errorf("decided twice: %v", f)
		}
		if n := w.detail("gmail").Connection; n.Account.ID != "ana@example.org" || n.Health.Status != health.Healthy {
			t.Errorf("kept: %+v", n)
		}
		w.until("the grant that nobody wants is revoked, which ends the account's later ones too", func() bool {
			left, err := db.Value[int64](t.Context(), d, "SELECT COUNT(*) FROM revocations")
			return err == nil && left == 0
		})
		before := w.sandbox.Now()
		w.sandbox.Pass(time.Second)
		if done, err := w.Decide(t.Context(), util, "gmail", asBo().ID, true); err != nil || done.Status != AttemptSucceeded {
			t.Errorf("%+v (%v)", done, err)
		}
		got := w.synced("gmail", before)
		if got.Connection.Account.ID != "bo@example.org" || !got.Last.First {
			t.Errorf("replaced: %+v %+v", got.Connection, got.Last)
		}
		// The records of the other account stay.
		page, err := w.Records.List(t.Context(), sys, record.KindEmail, record.Filter{Limit: 100})
		if err != nil || !slices.ContainsFunc(page.Items, func(r *record.Record) bool { return r.Account == "ana@example.org" }) {
			t.Errorf("%d records (%v)", len(page.Items), err)
		}
		w.until("the grant that nobody wants is revoked", func() bool { return slices.Contains(w.actions(), "revoked ok") })
		page2, err := w.log.List(t.Context(), sys, audit.Filter{Action: audit.IntegrationReplaced, Limit: 10})
		if err != nil || len(page2.Items) != 1 || page2.Items[0].ActorRole != rbac.UtilityAdmin || page2.Items[0].ActorEmail != util.Email {
			t.Errorf("who decided: %+v (%v)", page2.Items, err)
		}
		if n := w.detail("gmail").Connection; n.ConnectedBy != util.Email {
			t.Errorf("connected by %s", n.ConnectedBy)
		}
	})
}

// What would be asked for is told before anybody goes there, and nothing is saved by it.
func TestScopesOfSettings(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		names := func(settings string) string {
			t.Helper()
			needs, err := w.Needs(t.Context(), util, "gmail", json.RawMessage(settings))
			w.must(err)
			var all []string
			for _, s := range needs.Scopes {
				all = append(all, s.Name[strings.LastIndex(s.Name, "/")+1:])
			}
			return strings.Join(all, " ")
		}
		if before, after := names(`{}`), names(`{"bodies":true}`); before != "gmail.metadata" || after != "gmail.readonly" {
			t.Errorf("%q and %q", before, after)
		}
		if got := w.detail("gmail").Scopes[0].Name; !strings.HasSuffix(got, "metadata") {
			t.Errorf("asking has changed the settings: %s", got)
		}
		for _, bad := range []string{`{"bodies":1}`, `{"nothing":true}`, `[]`, `{"days":-1}`} {
			if _, err := w.Needs(t.Context(), util, "gmail", json.RawMessage(bad)); err == nil || fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", bad, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestApplications(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.Overrides = map[string]Override{"gmail": {Addresses: w.Overrides["gmail"].Addresses}}
		kind := func(err error) string {
			f, ok := errors.AsType[*fault.Error](err)
			if !ok {
				return "none"
			}
			return f.Type
		}
		if _, err := w.Connect(t.Context(), sys, "gmail", nil); kind(err) != "integration-not-set-up" {
			t.Errorf("without a client: %v", err)
		}
		if err := w.AskForApp(t.Context(), util, "gmail"); err != nil || !slices.Equal(seen(w, &w.asked), []string{"usr_util gmail"}) {
			t.Errorf("asked: %v (%v)", seen(w, &w.asked), err)
		}
		for _, bad := range []connector.App{{}, {ID: "crm"}, {ID: "crm", Secret: "a b"}, {ID: "crm\n", Secret: "shh"}, {ID: strings.Repeat("x", 600), Secret: "shh"}} {
			if err := w.SaveApp(t.Context(), sys, "gmail", bad); kind(err) != "integration-app-invalid" {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if err := w.SaveApp(t.Context(), sys, "nothing", connector.App{ID: "crm", Secret: "shh"}); !errors.Is(err, errUnknown) {
			t.Errorf("nothing is set up: %v", err)
		}
		w.must(w.SaveApp(t.Context(), sys, "gmail", connector.App{ID: "crm", Secret: "wrong"}))
		if a := w.connect("gmail", ""); a.Status != AttemptFailed || a.Failure.Class != health.MisconfiguredApp {
			t.Errorf("with a wrong secret: %+v", a.Failure)
		}
		w.must(w.SaveApp(t.Context(), sys, "gmail", connector.App{ID: "crm", Secret: "shh"}))
		if got := w.detail("gmail"); got.App != (AppState{AppOrganization, "crm"}) {
			t.Errorf("%+v", got.App)
		}
		if a := w.connect("gmail", ""); a.Status != AttemptSucceeded {
			t.Errorf("%+v", a.Failure)
		}
		if got, err := w.Get(t.Context(), other, "gmail"); err != nil || got.App.Source != AppNone || got.Connection.State != Available || got.Connection.Account.ID != "" {
			t.Errorf("another organization has it: %+v (%v)", got, err)
		}
		w.must(w.RemoveApp(t.Context(), sys, "gmail"))
		w.must(w.RemoveApp(t.Context(), sys, "gmail"))
		if got := w.detail("gmail"); got.App.Source != AppNone || got.Connection.State != Connected {
			t.Errorf("%+v", got)
		}
		// Neither the secrets nor the tokens lie in the database as they are.
		r := w.row("gmail")
		g, err := w.openGrant(grantRow(r.key()), r.token)
		w.must(err)
		for _, secret := range []string{g.Access, g.Refresh} {
			if secret == "" || strings.Contains(string(r.token), secret) || strings.Contains(w.logs.String(), secret) {
				t.Errorf("%q lies open", secret)
			}
		}
		if got := w.actions(); !slices.Equal(got, []string{"setup_requested ok", "app_saved ok", "connect_failed failed", "app_saved ok", "connected ok", "app_removed ok"}) {
			t.Errorf("audited: %v", got)
		}
	})
}

// Google's grant is for all that an account has allowed an application: it is revoked
// when the last connection that stands on it goes.
func TestSharedGrant(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		w.connected("google-calendar", "")
		end, err := w.Disconnect(t.Context(), sys, "gmail")
		if err != nil || end.Revoked || !strings.Contains(end.Message, "Google Calendar") {
			t.Errorf("%+v (%v)", end, err)
		}
		w.sandbox.Pass(6 * time.Minute)
		if c, err := w.Check(t.Context(), sys, "google-calendar"); err != nil || c.Failure != nil {
			t.Errorf("the other one is broken: %+v (%v)", c, err)
		}
		if end, err = w.Disconnect(t.Context(), sys, "google-calendar"); err != nil || !end.Revoked {
			t.Errorf("%+v (%v)", end, err)
		}
		if page := w.sandbox.Read("/google"); !strings.Contains(page, "<p>Nobody.</p>") {
			t.Error("somebody has access still")
		}
	})
}

// A revocation that the provider does not take is tried again, also after a crash, and
// told of when it is given up.
func TestRevocationIsTriedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		w.trouble("google", "outage")
		end, err := w.Disconnect(t.Context(), sys, "gmail")
		if err != nil || end.Revoked || !strings.Contains(end.Message, "tried again") {
			t.Errorf("%+v (%v)", end, err)
		}
		w.trouble("google", "")
		w.must(w.RevokeDue(t.Context())) // not due yet
		if slices.Contains(w.actions(), "revoked ok") {
			t.Error("it is tried at once")
		}
		w.sandbox.Pass(2 * time.Minute)
		w.must(w.node().RevokeDue(t.Context()))
		if got := w.actions(); got[len(got)-1] != "revoked ok" {
			t.Errorf("audited: %v", got)
		}
		w.connected("gmail", "")
		w.trouble("google", "outage")
		second(w.Disconnect(t.Context(), sys, "gmail"))
		for range revokeWaits {
			w.sandbox.Pass(17 * time.Hour)
			w.must(w.RevokeDue(t.Context()))
		}
		if got := w.actions(); got[len(got)-1] != "revoked failed" {
			t.Errorf("audited: %v", got)
		}
		if left, err := db.Value[int64](t.Context(), d, "SELECT COUNT(*) FROM revocations"); err != nil || left != 0 {
			t.Errorf("%d are left (%v)", left, err)
		}
	})
}

// What was set while a person was at the provider stays; a grant that comes back after
// the connection was ended is not kept.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("slack", "")
		b := w.begin(sys, "slack", "")
		w.must(w.Update(t.Context(), util, "slack", Patch{Settings: []byte(salesRule)}))
		if a := w.back(sys, w.sandbox.Allow(b.AuthorizeURL)); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		if got := w.detail("slack"); !strings.Contains(string(got.Connection.Settings), "C0SALES") {
			t.Errorf("settings: %s", got.Connection.Settings)
		}
		// Late attempts leave alone what was begun after them.
		w.begin(sys, "gmail", "")
		w.sandbox.Pass(attemptLife)
		again := w.begin(sys, "gmail", "")
		w.must(w.LeaveUnfinished(t.Context()))
		if a := w.back(sys, w.sandbox.Allow(again.AuthorizeURL)); a.Status != AttemptSucceeded {
			t.Errorf("%+v", a.Failure)
		}
		// Google without a refresh token.
		without := strings.Replace(w.begin(sys, "google-calendar", "").AuthorizeURL, "access_type=offline", "access_type=online", 1)
		if a := w.back(sys, w.sandbox.Allow(without)); a.Status != AttemptFailed || a.Failure.Code != "no_refresh_token" || len(w.Guide("google-calendar", a.Failure).Steps) != 2 {
			t.Errorf("%+v %+v", a, a.Failure)
		}
	})
}

// The catalog lists what can be connected, in order; what is none of it is no system.
func TestCatalog(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		cards, err := w.List(t.Context(), util)
		w.must(err)
		var names []string
		for _, c := range cards {
			names = append(names, c.About.Name)
			if c.Connection.Word() != WordAvailable {
				t.Errorf("%+v", c)
			}
		}
		if !slices.Equal(names, []string{"Gmail", "Google Calendar", "Slack", "HubSpot", "LinkedIn", "Salesforce"}) {
			t.Errorf("%v", names)
		}
		if _, err := w.Connect(t.Context(), sys, "nothing", nil); !errors.Is(err, errUnknown) {
			t.Errorf("%v", err)
		}
		if _, err := w.Get(t.Context(), sys, "nothing"); !errors.Is(err, errUnknown) {
			t.Errorf("%v", err)
		}
	})
}
