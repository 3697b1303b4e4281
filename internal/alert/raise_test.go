package alert

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/health"
	"patchboard/internal/rbac"
)

func TestOneAlertAProblem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.begin(w.Service)
		r := w.routes(true, false, true)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				err := w.d.Write(context.Background(), func(tx *db.Tx) error { return w.Raise(context.Background(), tx, w.broken()) })
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		to := []string{w.mail.Next().To[0], w.mail.Next().To[0]}
		slices.Sort(to)
		if !slices.Equal(to, []string{"ada@one.example", "bob@one.example"}) {
			t.Errorf("mailed %v", to)
		}
		w.hook.next(t, r.Secret)
		w.until("all sent", func() bool { return w.states()[Sent] == 3 })
		p := w.list(w.sys)
		if len(p.Items) != 1 || len(w.sends()) != 3 || len(w.mail.Got)+len(w.hook.got) != 0 {
			t.Fatalf("%d alerts, %d messages, %d more came", len(p.Items), len(w.sends()), len(w.mail.Got)+len(w.hook.got))
		}
		a := p.Items[0]
		if a.Title != "Gmail needs to be connected again" || a.Severity != Problem || a.Subject != gmail || !a.Closed.IsZero() || len(a.Steps) != 2 || a.Read || p.Unread != 1 {
			t.Errorf("%+v", a)
		}
		again := w.broken()
		again.Problem = "quota_exhausted"
		w.raise(again)
		if n := len(w.list(w.sys).Items); n != 2 {
			t.Errorf("another problem of the same subject: %d alerts", n)
		}
	})
}

func TestRecoveryClosesAndTellsThoseWhoWereTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.begin(w.Service)
		r := w.routes(true, false, true)
		_, err := w.SetPreferences(t.Context(), w.util, []Preference{{Kind: IntegrationBroken, Email: false, Own: true}})
		w.check(err)
		w.raise(w.broken())
		if m := w.mail.Next(); m.To[0] != "ada@one.example" || m.Subject() != "Gmail needs to be connected again" {
			t.Errorf("%v %q", m.To, m.Subject())
		}
		opened, o := w.hook.next(t, r.Secret)
		if o.Type != "alert.opened" || o.Data.Subject.ID != "int_gmail" || o.Data.Closed != nil || o.Data.Link != "https://patchboard.example/settings/integrations/gmail" {
			t.Errorf("%s", opened.body)
		}
		w.person("one", rbac.SystemAdmin, "late@one.example") // was told of nothing
		w.close(w.recovered())
		w.close(w.recovered()) // it is over already
		if m := w.mail.Next(); m.To[0] != "ada@one.example" || m.Subject() != "Gmail works again" || !strings.Contains(m.Body, "It was reported as: Gmail needs to be connected again") {
			t.Errorf("%v %q %s", m.To, m.Subject(), m.Body)
		}
		closed, c := w.hook.next(t, r.Secret)
		if c.Type != "alert.closed" || c.Data.ID != o.Data.ID || c.Data.Closed == nil || c.Data.Title != "Gmail works again" ||
			closed.header.Get("Webhook-Id") == opened.header.Get("Webhook-Id") {
			t.Errorf("%s", closed.body)
		}
		w.until("all sent", func() bool { return w.states()[Sent] == 4 })
		if len(w.sends()) != 4 {
			t.Errorf("%d messages", len(w.sends()))
		}
		a := w.list(w.sys).Items[0]
		if a.Closed.IsZero() || a.Closing.Title != "Gmail works again" || a.Closing.Detail != "It was connected again." || len(a.Told) != 4 {
			t.Errorf("%+v", a)
		}
		w.raise(w.broken()) // again, later: a problem of its own
		if m := w.mail.Next(); m.Subject() != "Gmail needs to be connected again" {
			t.Error(m.Subject())
		}
		if n := len(w.list(w.sys).Items); n != 2 {
			t.Errorf("%d alerts", n)
		}
	})
}

func TestAWorseProblemTakesThePlaceOfTheFormer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.begin(w.Service)
		r := w.routes(true, false, true)
		of := WebhookTrouble{OrganizationID: w.sys.OrganizationID, ID: "wh_1", URL: "https://hooks.example/T0/secret", What: Failing, Warning: 1, Failures: 7, Since: start, DisableAt: start.AddDate(0, 0, 5)}
		say := func(x WebhookTrouble) {
			t.Helper()
			w.write(func(tx *db.Tx) error { return w.WebhookTrouble(t.Context(), tx, x) })
		}
		say(of)
		say(of)
		of.Warning = 2
		say(of)
		of.What, of.Failures = Disabled, 1
		say(of)
		of.What = SwitchedOn
		say(of)
		var subjects []string
		for range 8 { // two people, four messages each
			subjects = append(subjects, w.mail.Next().Subject())
		}
		slices.Sort(subjects)
		want := []string{"The webhook hooks.example is failing", "The webhook hooks.example is switched on again", "The webhook hooks.example was switched off"}
		if got := slices.Compact(slices.Clone(subjects)); !slices.Equal(got, want) || len(subjects) != 8 {
			t.Errorf("%q", subjects)
		}
		count := map[string]int{}
		for range 6 { // a program sees the end of each
			got, o := w.hook.next(t, r.Secret)
			count[o.Type]++
			if strings.Contains(string(got.body), "secret") {
				t.Errorf("a part of the URL that may be secret went out: %s", got.body)
			}
		}
		if count["alert.opened"] != 3 || count["alert.closed"] != 3 {
			t.Errorf("%v", count)
		}
		for _, a := range w.list(w.util).Items {
			if a.Closed.IsZero() {
				t.Errorf("%s is open", a.Title)
			}
		}
	})
}

func TestNewsNeedNoEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.begin(w.Service)
		for _, key := range []string{"key_1", "key_2"} {
			w.write(func(tx *db.Tx) error {
				return w.KeyRegenerated(t.Context(), tx, w.sys.OrganizationID, key, "sX_****abc...xyz", "ada@one.example")
			})
			if m := w.mail.Next(); m.To[0] != "ada@one.example" || m.Subject() != "The API key was regenerated" { // utility admins are not mailed
				t.Errorf("%v %q", m.To, m.Subject())
			}
		}
		w.write(func(tx *db.Tx) error {
			return w.HeldExpiring(t.Context(), tx, Held{OrganizationID: w.sys.OrganizationID, WebhookID: "wh_1", URL: "https://a.example/", Deliveries: 3})
		})
		p := w.list(w.util)
		if len(p.Items) != 3 || p.Unread != 3 || p.Items[0].Kind != WebhookHeldExpiring || p.Items[1].Subject.ID != "key_2" || p.Items[1].Closed.IsZero() {
			t.Errorf("%+v", p)
		}
		w.write(func(tx *db.Tx) error {
			return w.HeldGone(t.Context(), tx, Held{OrganizationID: w.sys.OrganizationID, WebhookID: "wh_1", URL: "https://a.example/"}, "Somebody sent what was held.")
		})
		if a := w.list(w.util).Items[0]; a.Closed.IsZero() || a.Closing.Title != "Held deliveries of the webhook a.example wait no longer" {
			t.Errorf("%+v", a)
		}
	})
}

// A change that is rolled back told nobody anything.
func TestAlertGoesWithItsChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.begin(w.Service)
		no := errors.New("no")
		err := w.d.Write(t.Context(), func(tx *db.Tx) error {
			if err := w.Raise(t.Context(), tx, w.broken()); err != nil {
				return err
			}
			return no
		})
		if !errors.Is(err, no) || len(w.list(w.sys).Items) != 0 || len(w.sends()) != 0 {
			t.Errorf("%v, %d messages", err, len(w.sends()))
		}
		for _, n := range []New{{}, {Kind: IntegrationRecovered}, {Kind: IntegrationBroken, OrganizationID: "org_one"},
			{Kind: IntegrationBroken, OrganizationID: "org_one", Subject: gmail, Link: "https://evil.example"}, {Kind: IntegrationBroken, OrganizationID: "org_one", Subject: gmail, Link: "//evil.example"}} {
			if err := w.d.Write(t.Context(), func(tx *db.Tx) error { return w.Raise(t.Context(), tx, n) }); err == nil {
				t.Errorf("%+v was raised", n)
			}
		}
		if err := w.d.Write(t.Context(), func(tx *db.Tx) error { return w.Close(t.Context(), tx, Closing{Kind: IntegrationBroken}) }); err == nil {
			t.Error("closed by a problem")
		}
	})
}

func TestSlackIsToldWithinTheTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.routes(false, true, false)
		w.raise(w.broken())
		if m := w.sends()[0]; m.channel != Slack || m.state != Failed || m.lastError != "Slack is not connected." {
			t.Errorf("%+v", m)
		}
		w.close(w.recovered()) // nobody was told
		if len(w.sends()) != 1 {
			t.Errorf("%+v", w.sends())
		}
		var got []SlackMessage
		w.Slack = func(_ context.Context, tx *db.Tx, org string, m SlackMessage) (bool, error) {
			tx.AfterCommit(func() { got = append(got, m) })
			return org == w.sys.OrganizationID, nil
		}
		w.raise(w.broken())
		w.close(w.recovered())
		if len(got) != 2 || got[0].Channel != "#alerts" || got[0].Phase != PhaseOpened || got[1].Title != "Gmail works again" || got[1].Channel != "#alerts" ||
			!strings.Contains(got[0].Text, "- Allow everything") || got[0].Link != "https://patchboard.example/settings/integrations/gmail" {
			t.Errorf("%+v", got)
		}
		trial, err := w.Test(t.Context(), w.sys, Slack)
		if err != nil || !trial.OK || len(got) != 3 || got[2].Phase != PhaseTest {
			t.Errorf("%+v %v", trial, err)
		}
		bad := errors.New("the database")
		w.Slack = func(context.Context, *db.Tx, string, SlackMessage) (bool, error) { return false, bad }
		if err := w.d.Write(t.Context(), func(tx *db.Tx) error { return w.Raise(t.Context(), tx, w.broken()) }); !errors.Is(err, bad) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTextsAreMadeFit(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\r\nBcc: x@evil.example": "a Bcc: x@evil.example", "\x00nul\x7f": "nul", "tab\there": "tab here",
		"bad \xff": "bad \uFFFD", "\u202eright\u2066": "right", "line\u2028end": "line end", strings.Repeat("ä", 200): strings.Repeat("ä", 98) + "…",
	} {
		if got := line(in, 200); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
	if got := text("one\r\n\r\ntwo\x00\n three ", 100); got != "one\ntwo\nthree" {
		t.Errorf("%q", got)
	}
}

func TestConnectionsBreakAndRecover(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := Connection{OrganizationID: w.sys.OrganizationID, Slug: "gmail", Name: "Gmail", Class: health.ProviderDown, Cause: "Google does not answer.", Steps: []string{"Wait."}}
		say := func(do func(context.Context, *db.Tx, Connection) error) {
			t.Helper()
			w.write(func(tx *db.Tx) error { return do(t.Context(), tx, c) })
		}
		say(w.ConnectionBroken)
		say(w.ConnectionBroken)
		c.Class, c.Cause = health.TokenRevoked, "Access was taken back."
		say(w.ConnectionBroken)
		c.Dead = true
		say(w.ConnectionBroken)
		var titles []string
		for _, a := range w.list(w.sys).Items {
			titles = append(titles, a.Title)
			if a.Closed.IsZero() != (a.Kind == IntegrationDied) {
				t.Errorf("%+v", a)
			}
		}
		if want := []string{"Gmail has not worked for days", "Gmail needs to be connected again", "Gmail does not work"}; !slices.Equal(titles, want) {
			t.Errorf("%q", titles)
		}
		c.Cause = ""
		say(w.ConnectionRecovered)
		if a := w.list(w.sys).Items[0]; a.Closed.IsZero() || a.Closing.Title != "Gmail works again" {
			t.Errorf("%+v", a)
		}
		w.write(func(tx *db.Tx) error {
			return w.SetupRequested(t.Context(), tx, w.sys.OrganizationID, "slack", "Slack", "bob@one.example")
		})
		if a := w.list(w.sys).Items[0]; a.Kind != IntegrationRequested || a.Title != "Slack is to be set up" || !strings.Contains(a.Detail, "bob@one.example") {
			t.Errorf("%+v", a)
		}
	})
}
