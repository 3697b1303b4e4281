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
)

const byToken = `{"mode":"token"}`

// bare is a node without an application at LinkedIn.
func bare(c *Config) {
	o := c.Overrides["linkedin"]
	o.App = connector.App{}
	c.Overrides["linkedin"] = o
}

// paste connects LinkedIn with a token; settings may be empty.
func (w *world) paste(actor rbac.Actor, token, settings string) *Attempt {
	w.t.Helper()
	var raw json.RawMessage
	if settings != "" {
		raw = json.RawMessage(settings)
	}
	a, err := w.Paste(w.t.Context(), actor, "linkedin", token, raw)
	w.must(err)
	return a
}

// pasted is paste, and the first check and load.
func (w *world) pasted(settings string) (token string) {
	w.t.Helper()
	token = w.sandbox.LinkedInToken("ana@example.org")
	if a := w.paste(sys, token, settings); a.Status != AttemptSucceeded {
		w.t.Fatalf("%+v: %+v", a, a.Failure)
	}
	w.synced("linkedin", time.Time{})
	return token
}

// A member's own token connects LinkedIn without an application, is read, checked,
// paused and disconnected like any other access, and is nowhere to be seen.
func TestConnectWithToken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.Service = w.node(bare)
		if c := w.detail("linkedin"); c.Paste != nil || c.App.Source != AppNone {
			t.Errorf("before: %+v", c.Paste)
		}
		needs, err := w.Needs(t.Context(), util, "linkedin", json.RawMessage(byToken))
		if err != nil || len(needs.Scopes) != 0 || needs.Paste == nil || needs.Paste.Made != w.sandbox.Page+"/linkedin/developers/token-generator" || needs.Paste.Life != 60*dayLong {
			t.Errorf("%+v (%v)", needs, err)
		}
		token := w.pasted(byToken)
		c := w.detail("linkedin")
		n := c.Connection
		if n.Word() != WordConnected || n.Health.Status != health.Healthy || n.Account.Name != "A LinkedIn member" || n.ConnectedBy != sys.Email || len(c.Scopes) != 0 || c.Paste == nil || c.Attempt != nil {
			t.Errorf("%+v", c)
		}
		if c.Records.Contacts != 120 || c.Last == nil || !c.Last.First || c.Last.Why != OnConnect || len(seen(w, &w.raised)) != 0 {
			t.Errorf("%+v %+v", c.Records, c.Last)
		}
		if want := db.Time(db.Micros(n.ConnectedAt.Add(60 * dayLong))); !c.Ends.Equal(want) || !c.EndsAssumed {
			t.Errorf("ends %s, assumed %t", c.Ends, c.EndsAssumed)
		}
		checked, err := w.Check(t.Context(), util, "linkedin")
		if err != nil || checked.Failure != nil {
			t.Errorf("%+v (%v)", checked, err)
		}
		off, on := false, true
		w.must(w.Update(t.Context(), util, "linkedin", Patch{Enabled: &off}))
		w.must(w.Update(t.Context(), util, "linkedin", Patch{Enabled: &on}))
		w.sandbox.Press("/linkedin/meet", nil)
		w.sandbox.Pass(25 * time.Hour)
		run := w.resync("linkedin", Order{}) // or the one that was due has it
		if n := w.detail("linkedin").Records.Contacts; n != 121 || run.Created+run.Same != 121 {
			t.Errorf("%d contacts, %+v", n, run)
		}
		// The utility administrator gives another one: it goes on where it was.
		if a := w.paste(util, w.sandbox.LinkedInToken("ana@example.org"), ""); a.Status != AttemptSucceeded || w.detail("linkedin").Connection.ConnectedBy != util.Email {
			t.Errorf("%+v", a)
		}
		w.until("it is checked", func() bool { return !w.detail("linkedin").Connection.Checked.IsZero() && !w.detail("linkedin").Syncing })
		if n := len(seen(w, &w.raised)); n != 1 {
			t.Errorf("%d events", n)
		}
		end, err := w.Disconnect(t.Context(), util, "linkedin")
		if err != nil || end.Revoked || !strings.Contains(end.Message, "permitted-services") || !strings.Contains(end.Message, "until it ends") {
			t.Errorf("%+v (%v)", end, err)
		}
		if waiting, err := db.Value[int64](t.Context(), d, "SELECT COUNT(*) FROM revocations"); err != nil || waiting != 0 || len(w.row("linkedin").token) != 0 {
			t.Errorf("%d to be revoked (%v)", waiting, err)
		}
		if got := w.actions(); !slices.Equal(got, []string{"connected ok", "checked ok", "paused ok", "resumed ok", "synced ok", "connected ok", "disconnected ok"}) {
			t.Errorf("audited: %v", got)
		}
		if got := seen(w, &w.tracked); len(got) < 2 || got[0] != `usr_sys integration_connection_attempted {"integration_name":"LinkedIn","success_status":"succeeded"}` {
			t.Errorf("tracked: %v", got)
		}
		w.hidden(token)
	})
}

// hidden fails if a token stands in the audit log, in logs, or in any row.
func (w *world) hidden(token string) {
	w.t.Helper()
	page, err := w.log.List(w.t.Context(), sys, audit.Filter{Limit: 200})
	w.must(err)
	text, err := json.Marshal(page) //nolint:musttag // it is only looked into
	w.must(err)
	w.mu.Lock()
	logs := w.logs.String()
	w.mu.Unlock()
	if strings.Contains(string(text), token) || strings.Contains(logs, token) {
		w.t.Error("the token is in a log")
	}
	for _, query := range []string{
		"SELECT settings || cursor || health_detail || account_name || account_id FROM connections", "SELECT settings || detail || code || account_name FROM connection_attempts",
	} {
		all, err := db.Column[string](w.t.Context(), w.d, query)
		w.must(err)
		if strings.Contains(strings.Join(all, " "), token) {
			w.t.Errorf("%s has the token", query)
		}
	}
	all, err := db.Column[[]byte](w.t.Context(), w.d, "SELECT token FROM connections UNION ALL SELECT token FROM connection_attempts")
	w.must(err)
	for _, sealed := range all {
		if strings.Contains(string(sealed), token) {
			w.t.Error("the token is not sealed")
		}
	}
}

// What is no token is refused by its name before anybody is asked, and changes nothing.
func TestTokensThatAreNone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for token, says := range map[string]string{
			"": "empty", " \n ": "empty", "AQX a": "space", "Bearer AQX": "space", "AQX\u00a0a": "space", " AQX": "space", "AQX\n": "line break", "AQ\r\nX": "line break",
			"AQX\x00": "control", "AQX\x7f": "control", "AQXé": "ASCII", "AQX\u200b": "ASCII", "“AQX”": "ASCII", "\xff": "ASCII", strings.Repeat("a", pastedMost+1): "longer than 8192",
		} {
			_, err := w.Paste(t.Context(), sys, "linkedin", token, json.RawMessage(byToken))
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Kind != fault.Invalid || f.Type != "integration-token-invalid" || !strings.Contains(f.Message, says) || f.Fix == "" || token != "" && strings.Contains(f.Message+f.Fix, token) {
				t.Errorf("%.20q: %v", token, err)
			}
		}
		refused := func(what string, actor rbac.Actor, slug, settings, slugOfProblem string) {
			t.Helper()
			_, err := w.Paste(t.Context(), actor, slug, "AQX", json.RawMessage(settings))
			if f, ok := errors.AsType[*fault.Error](err); !ok || f.Type != slugOfProblem {
				t.Errorf("%s: %v", what, err)
			}
		}
		refused("by the key", robot, "linkedin", byToken, "integration-needs-person")
		refused("without a session", rbac.Actor{OrganizationID: "org_a", Role: rbac.SystemAdmin, UserID: "usr_sys"}, "linkedin", byToken, "integration-needs-person")
		refused("in another way", sys, "linkedin", `{"mode":"portability"}`, "integration-takes-no-token")
		refused("with settings that are none", sys, "linkedin", `{"mode":"both"}`, "integration-settings-invalid")
		refused("at Gmail", sys, "gmail", `{}`, "integration-takes-no-token")
		refused("nowhere", sys, "moon", `{}`, "integration-not-found")
		if _, err := w.Paste(t.Context(), sys, "linkedin", "AQX", nil); err == nil {
			t.Error("it is taken with the settings of a sign-in")
		}
		_, err := w.Connect(t.Context(), sys, "linkedin", json.RawMessage(byToken))
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Type != "integration-takes-token" {
			t.Errorf("to the consent page: %v", err)
		}
		if c := w.detail("linkedin"); c.Connection.State != Available || c.Attempt != nil || len(w.actions()) != 0 {
			t.Errorf("%+v %v", c.Connection, w.actions())
		}
	})
}

// A token that does not work is not kept; what was connected goes on.
func TestTokensThatDoNotWork(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fails := func(what, token string, class health.Class, code, says string) {
			t.Helper()
			a := w.paste(sys, token, byToken)
			if a.Status != AttemptFailed || a.Failure.Class != class || a.Failure.Code != code {
				t.Fatalf("%s: %s %+v", what, a.Status, a.Failure)
			}
			if g := w.Guide("linkedin", a.Failure); !strings.Contains(g.Cause, says) || len(g.Steps) == 0 && g.Who != connector.Nobody {
				t.Errorf("%s: %+v", what, g)
			}
		}
		fails("made up", "AQXmadeup", health.TokenRevoked, codeNotTaken, "does not take this token")
		if n := w.detail("linkedin").Connection; n.State != Available || n.StateBy != "Patchboard" || string(n.Settings) != string(w.detail("linkedin").Connection.Settings) {
			t.Errorf("%+v", n)
		}
		fails("outside of the region", w.sandbox.LinkedInToken("kim@example.com"), health.ScopeMissing, "not_in_region", "Switzerland")
		token := w.pasted(byToken)
		old := w.sandbox.LinkedInToken("ana@example.org")
		w.sandbox.Pass(61 * dayLong)
		fails("ended", old, health.TokenExpired, codeNotTaken, "does not take this token")
		w.trouble("linkedin", "outage")
		fails("an outage", old, health.ProviderDown, "", "does not answer")
		w.trouble("linkedin", "")
		w.sandbox.Press("/linkedin/product", url.Values{"product": {"Member Data Portability API"}})
		fails("without the product", w.sandbox.LinkedInToken("ana@example.org"), health.ScopeMissing, "ACCESS_DENIED", "product")
		if g, err := w.openGrant(grantRow(key{"org_a", "linkedin"}), w.row("linkedin").token); err != nil || g.Access != token || !w.detail("linkedin").Connection.On() {
			t.Errorf("what was connected is another (%v)", err)
		}
		if got := w.actions(); !slices.Equal(got, []string{"connect_failed failed", "connect_failed failed", "connected ok", "connect_failed failed", "connect_failed failed", "connect_failed failed"}) {
			t.Errorf("audited: %v", got)
		}
		w.hidden(old)
	})
}

// People are reminded 10 and 2 days before the end that is assumed. As it is assumed,
// the token is used on for as long as LinkedIn takes it; then a new one is asked for.
func TestAssumedEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.pasted(byToken)
		end := w.detail("linkedin").Ends
		at := func(left time.Duration, status health.Status, class health.Class, reminders ...string) {
			t.Helper()
			w.sandbox.Pass(end.Add(-left).Sub(w.sandbox.Now()))
			for range 2 {
				if h := w.checked().Connection.Health; h.Status != status || h.Class != class {
					t.Errorf("%s before: %+v", left, h)
				}
				w.sandbox.Pass(5 * time.Minute)
			}
			if got := seen(w, &w.reminded); !slices.Equal(got, reminders) {
				t.Errorf("%s before: %v", left, got)
			}
		}
		at(11*dayLong, health.Healthy, health.None)
		at(10*dayLong, health.Degraded, health.TokenExpiring, "linkedin 10")
		if n := w.detail("linkedin").Connection; !strings.Contains(n.Detail, "assumed") {
			t.Errorf("%q", n.Detail)
		}
		at(2*dayLong, health.Degraded, health.TokenExpiring, "linkedin 10", "linkedin 2")
		// LinkedIn takes it longer than was assumed.
		w.must(d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE connections SET token_expires = $1, connected_at = $2 WHERE slug = 'linkedin'",
				db.Micros(w.sandbox.Now().Add(-time.Hour)), db.Micros(w.sandbox.Now().AddDate(0, 0, -60)))
			return err
		}))
		end = w.row("linkedin").expires
		at(-2*time.Hour, health.Degraded, health.TokenExpiring, "linkedin 10", "linkedin 2")
		if run := w.resync("linkedin", Order{}); run.State != Succeeded {
			t.Errorf("%+v", run)
		}
		w.sandbox.Press("/linkedin/expire", nil)
		if h := w.checked().Connection.Health; h.Status != health.Reauthorize || h.Class != health.TokenExpired {
			t.Errorf("%+v", h)
		}
		if a := w.detail("linkedin").Attention; a == nil || a.Action != ActReconnect {
			t.Errorf("%+v", a)
		}
		if a := w.paste(sys, w.sandbox.LinkedInToken("ana@example.org"), ""); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		w.until("it is well", func() bool { return w.detail("linkedin").Connection.Health.Status == health.Healthy })
		w.until("it is told of", func() bool { return len(seen(w, &w.restored)) == 1 })
		w.sandbox.Press("/linkedin/remove", nil)
		if c := w.checked(); c.Connection.Health.Class != health.TokenRevoked || c.Connection.Word() != WordReconnect {
			t.Errorf("%+v", c.Connection.Health)
		}
	})
}

// A token of another account than the one that is connected waits for a person's word;
// the one that is discarded is forgotten, and nobody tries to revoke it.
func TestTokenOfAnotherAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("linkedin", "")
		token := w.sandbox.LinkedInToken("ana@example.org")
		a := w.paste(sys, token, byToken)
		if a.Status != AttemptAsks || w.detail("linkedin").Connection.Account.ID != "782bbtaQ" {
			t.Fatalf("%+v", a)
		}
		if a, err := w.Decide(t.Context(), sys, "linkedin", a.ID, false); err != nil || a.Status != AttemptDenied {
			t.Fatalf("%+v (%v)", a, err)
		}
		if waiting, err := db.Value[int64](t.Context(), d, "SELECT COUNT(*) FROM revocations"); err != nil || waiting != 0 {
			t.Errorf("%d to be revoked (%v)", waiting, err)
		}
		a = w.paste(sys, token, byToken)
		a, err := w.Decide(t.Context(), sys, "linkedin", a.ID, true)
		if err != nil || a.Status != AttemptSucceeded {
			t.Fatalf("%+v (%v)", a, err)
		}
		w.synced("linkedin", time.Time{})
		c := w.detail("linkedin")
		if !c.EndsAssumed || c.Paste == nil || c.Connection.Account.ID != "member" {
			t.Errorf("%+v", c)
		}
		w.hidden(token)
	})
}

// Of a paste, a sign-in and a disconnection that overlap, the one that came later counts.
func TestTokenRaces(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		token := w.sandbox.LinkedInToken("ana@example.org")
		// The token ends a sign-in that is under way: its way back is closed.
		b := w.begin(sys, "linkedin", "")
		if a := w.paste(util, token, byToken); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		q := w.sandbox.Allow(b.AuthorizeURL)
		if _, err := w.Return(t.Context(), sys, callback(q)); !errors.Is(err, errState) {
			t.Errorf("%v", err)
		}
		w.synced("linkedin", time.Time{})

		// What comes while the token is tried ends the attempt.
		during := func(what string, do func()) *Attempt {
			t.Helper()
			p, err := w.provider("linkedin")
			w.must(err)
			k := key{"org_a", "linkedin"}
			a, asked, err := w.beginPaste(t.Context(), sys, k, p, json.RawMessage(byToken))
			w.must(err)
			g, err := w.prove(t.Context(), k, p, token, asked)
			w.must(err)
			do()
			got, err := w.conclude(t.Context(), a, g)
			w.must(err)
			if got.Status != AttemptFailed || got.Failure.Code != codeNotTried || len(w.Guide("linkedin", got.Failure).Steps) == 0 {
				t.Errorf("%s: %+v", what, got)
			}
			return got
		}
		during("a sign-in begins", func() { w.begin(sys, "linkedin", `{"mode":"sign-in"}`) })
		during("another token", func() { w.paste(util, w.sandbox.LinkedInToken("ana@example.org"), byToken) })
		during("a disconnection", func() {
			_, err := w.Disconnect(t.Context(), sys, "linkedin")
			w.must(err)
		})
		if c := w.detail("linkedin"); c.Connection.State != Available || len(w.row("linkedin").token) != 0 {
			t.Errorf("%+v", c.Connection)
		}
		// A process that dies in between leaves an attempt that is over after 10 minutes.
		p, err := w.provider("linkedin")
		w.must(err)
		_, _, err = w.beginPaste(t.Context(), sys, key{"org_a", "linkedin"}, p, json.RawMessage(byToken))
		w.must(err)
		w.sandbox.Pass(attemptLife)
		w.must(w.LeaveUnfinished(t.Context()))
		if c := w.detail("linkedin"); c.Connection.State != Available || c.Attempt == nil || c.Attempt.Status != AttemptFailed || !strings.Contains(c.Attempt.Failure.Detail, "not tried") {
			t.Errorf("%+v", c)
		}
	})
}
