package alert

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
)

func TestListHasWhatLastsFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i := range 7 {
			n := w.broken()
			n.Subject.ID, n.Title = fmt.Sprint("int_", i), fmt.Sprint("alert ", i)
			w.raise(n)
		}
		for _, i := range []int{4, 1, 5} {
			c := w.recovered()
			c.Subject.ID = fmt.Sprint("int_", i)
			w.close(c)
		}
		var titles []string
		position := ""
		for range 10 {
			p, err := w.List(t.Context(), w.sys, position, 2)
			w.check(err)
			for _, a := range p.Items {
				titles = append(titles, strings.TrimPrefix(a.Title, "alert "))
			}
			if p.Unread != 7 {
				t.Errorf("%d unread", p.Unread)
			}
			if position = p.Next; position == "" {
				break
			}
		}
		if got := strings.Join(titles, ""); got != "6320514" {
			t.Errorf("in the order %s", got)
		}
		if p := w.list(w.other); len(p.Items) != 0 || p.Unread != 0 {
			t.Errorf("another organization sees %+v", p)
		}
		for _, position := range []string{"x", "o.1", "o.x." + id.New(prefix), "a.1." + id.New(prefix), "o.1." + id.New("usr"), "o.1." + id.New(prefix) + ".2"} {
			if _, err := w.List(t.Context(), w.sys, position, 2); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q: %v", position, err)
			}
		}
	})
}

func TestReadingIsEachPersonsOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i := range 3 {
			n := w.broken()
			n.Subject.ID = fmt.Sprint("int_", i)
			w.raise(n)
		}
		items := w.list(w.sys).Items // newest first
		read := func(actor rbac.Actor, until time.Time, ids ...string) int {
			t.Helper()
			n, err := w.Read(t.Context(), actor, until, ids)
			w.check(err)
			return n
		}
		if n := read(w.sys, time.Time{}, items[0].ID); n != 2 {
			t.Errorf("%d unread", n)
		}
		if n := read(w.sys, time.Time{}, items[0].ID, items[0].ID); n != 2 {
			t.Errorf("%d unread", n)
		}
		if n := read(w.sys, items[1].Opened); n != 0 {
			t.Errorf("%d unread", n)
		}
		if n := read(w.sys, items[2].Opened); n != 0 { // reading does not go back
			t.Errorf("%d unread", n)
		}
		if n := w.list(w.util).Unread; n != 3 {
			t.Errorf("%d unread by another", n)
		}
		if n := read(w.util, w.now().AddDate(1, 0, 0)); n != 0 {
			t.Errorf("%d unread", n)
		}
		w.raise(w.broken()) // after all that was read, though somebody gave a time to come
		if n := w.list(w.util).Unread; n != 1 {
			t.Errorf("%d unread", n)
		}
		late := w.person("one", rbac.SystemAdmin, "late@one.example")
		if n := w.list(late).Unread; n != 4 { // created_at is 1 in this world
			t.Errorf("%d unread", n)
		}
		for name, try := range map[string]func() (int, error){
			"nothing":          func() (int, error) { return w.Read(t.Context(), w.sys, time.Time{}, nil) },
			"both":             func() (int, error) { return w.Read(t.Context(), w.sys, w.now(), []string{items[0].ID}) },
			"too many":         func() (int, error) { return w.Read(t.Context(), w.sys, time.Time{}, make([]string, 201)) },
			"no id":            func() (int, error) { return w.Read(t.Context(), w.sys, time.Time{}, []string{"x"}) },
			"unknown":          func() (int, error) { return w.Read(t.Context(), w.sys, time.Time{}, []string{id.New(prefix)}) },
			"somebody else's":  func() (int, error) { return w.Read(t.Context(), w.other, time.Time{}, []string{items[0].ID}) },
			"one of them only": func() (int, error) { return w.Read(t.Context(), late, time.Time{}, []string{items[0].ID, "alr_x"}) },
		} {
			if _, err := try(); fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := w.list(late).Unread; n != 4 {
			t.Errorf("a refused call marked some: %d unread", n)
		}
	})
}

// An alert whose transaction commits after a later one's is not read with it.
func TestWhatCommitsLateIsUnread(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.raise(w.broken())
		late := w.broken()
		late.Subject.ID = "int_late"
		r, err := w.newRow(catalog[0], late)
		w.check(err)
		newer := w.broken()
		newer.Subject.ID = "int_newer"
		w.raise(newer)
		items := w.list(w.sys).Items
		if n, err := w.Read(t.Context(), w.sys, items[0].Opened, nil); err != nil || n != 0 {
			t.Errorf("%d unread, %v", n, err)
		}
		w.write(func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO alerts (`+rowColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', '', '')`, r.values()...)
			return err
		})
		if p := w.list(w.sys); p.Unread != 1 || p.Items[0].Read == p.Items[1].Read {
			t.Errorf("%d unread", p.Unread)
		}
		if n, err := w.Read(t.Context(), w.sys, w.now().Add(time.Hour), nil); err != nil || n != 0 {
			t.Errorf("%d unread, %v", n, err)
		}
	})
}

func TestManyUnreadAreCountedUpToALimit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i := range UnreadMost + 5 {
			n := w.broken()
			n.Subject.ID = fmt.Sprint("int_", i)
			w.raise(n)
		}
		if n := w.list(w.sys).Unread; n != UnreadMost {
			t.Errorf("%d", n)
		}
	})
}

func TestRetentionKeepsWhatLasts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.routes(true, false, false)
		w.raise(w.broken())
		over := w.broken()
		over.Subject.ID = "int_b"
		w.raise(over)
		c := w.recovered()
		c.Subject.ID = "int_b"
		w.close(c)
		_, err := w.Test(t.Context(), w.sys, Email)
		w.check(err)
		old := w.now().AddDate(1, 0, 0)
		if n, err := w.Retain(t.Context(), old, 100); err != nil || n != 1 { // the test; the rest is not sent yet
			t.Errorf("%d %v", n, err)
		}
		w.begin(w.Service)
		w.until("sent", func() bool { return w.states()[Sent] == 6 })
		_, err = w.Read(t.Context(), w.sys, time.Time{}, []string{w.list(w.sys).Items[1].ID})
		w.check(err)
		if n, err := w.Retain(t.Context(), start, 100); err != nil || n != 0 {
			t.Errorf("%d %v", n, err)
		}
		if n, err := w.Retain(t.Context(), old, 100); err != nil || n != 1 {
			t.Errorf("%d %v", n, err)
		}
		if items := w.list(w.sys).Items; len(items) != 1 || !items[0].Closed.IsZero() || len(w.sends()) != 2 {
			t.Errorf("%+v", items)
		}
	})
}

func TestRoutesAreChangedAndAudited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		before, err := w.Routes(t.Context(), w.sys)
		w.check(err)
		if len(before.Items) != len(Routed()) || !before.Items[0].MailUtilityAdmins || before.Items[0].Slack || before.Version != 1 {
			t.Errorf("%+v", before)
		}
		got, err := w.SetRoutes(t.Context(), w.sys, Change{Items: []Route{{Kind: APIKeyRegenerated, Slack: true, Webhook: true}}, WebhookURL: new(w.hook.URL + "/very-secret"), Version: 1})
		w.check(err)
		if got.Secret.IsZero() || got.Version != 2 || got.Items[0] != before.Items[0] {
			t.Errorf("%+v", got)
		}
		again, err := w.SetRoutes(t.Context(), w.sys, Change{SlackChannel: new("C0123456789")})
		w.check(err)
		if !again.Secret.IsZero() || again.Version != 3 || !again.Items[7].Slack || again.SlackChannel != "C0123456789" || again.WebhookURL != got.WebhookURL {
			t.Errorf("%+v", again)
		}
		fresh, err := w.SetRoutes(t.Context(), w.sys, Change{WebhookURL: new(w.hook.URL), NewSecret: true})
		w.check(err)
		if fresh.Secret.IsZero() || fresh.Secret.Reveal() == got.Secret.Reveal() {
			t.Error("no new secret")
		}
		if none, err := w.SetRoutes(t.Context(), w.sys, Change{WebhookURL: new("")}); err != nil || none.SlackChannel != "C0123456789" || none.WebhookURL != "" {
			t.Errorf("%+v %v", none, err)
		}
		if r, err := w.Routes(t.Context(), w.other); err != nil || r.Version != 1 || r.Items[6].Slack {
			t.Errorf("another organization has %+v %v", r, err)
		}
		log := entries(t, w)
		if len(log) != 4 {
			t.Errorf("%d entries", len(log))
		}
		for _, e := range log {
			for _, secret := range []string{"very-secret", "whsec_", got.Secret.Reveal()} {
				if strings.Contains(e, secret) {
					t.Errorf("%q is in the log: %s", secret, e)
				}
			}
		}
		for name, c := range map[string]Change{
			"stale":       {Version: 2},
			"a kind":      {Items: []Route{{Kind: "nothing"}}},
			"a recovery":  {Items: []Route{{Kind: WebhookRecovered}}},
			"twice":       {Items: []Route{{Kind: WebhookFailing}, {Kind: WebhookFailing}}},
			"line end":    {SlackChannel: new("a\nb")},
			"plain http":  {WebhookURL: new("http://a.example/")},
			"private":     {WebhookURL: new("https://10.0.0.1/")},
			"no host":     {WebhookURL: new("https://")},
			"no address":  {WebhookURL: new("https://nothing.invalid/")},
			"credentials": {WebhookURL: new("https://user:pw@a.example/")},
		} {
			if _, err := w.SetRoutes(t.Context(), w.sys, c); fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.Stale {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestFirstChangesAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var all sync.WaitGroup
		won := make(chan Routes, 20)
		for range 20 {
			all.Go(func() {
				r, err := w.SetRoutes(t.Context(), w.sys, Change{WebhookURL: new(w.hook.URL), Version: 1})
				if err == nil {
					won <- r
				} else if fault.KindOf(err) != fault.Stale {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(won) != 1 {
			t.Errorf("%d of them saw the first version", len(won))
		}
		if trial, err := w.Test(t.Context(), w.sys, Webhook); err != nil || !trial.OK {
			t.Errorf("%+v %v", trial, err)
		}
		if _, o := w.hook.next(t, (<-won).Secret); o.Type != "alert.test" {
			t.Errorf("%+v", o)
		}
	})
}

func TestPreferencesComeBeforeTheDefault(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		kinds := func(actor rbac.Actor) string {
			t.Helper()
			all, err := w.Preferences(t.Context(), actor)
			w.check(err)
			var b strings.Builder
			for _, p := range all {
				fmt.Fprintf(&b, "%d%d ", bit(p.Email), bit(p.Own))
			}
			return b.String()
		}
		if got := kinds(w.sys) + "/ " + kinds(w.util); got != "10 10 10 10 10 10 10 10 / 10 10 10 00 10 10 10 00 " {
			t.Errorf("at first %s", got)
		}
		_, err := w.SetPreferences(t.Context(), w.util, []Preference{{Kind: IntegrationBroken, Own: true}, {Kind: APIKeyRegenerated, Email: true, Own: true}})
		w.check(err)
		w.routes(false, false, false)
		if got := kinds(w.sys) + "/ " + kinds(w.util); got != "00 00 00 00 00 00 00 00 / 01 00 00 00 00 00 00 11 " {
			t.Errorf("then %s", got)
		}
		back, err := w.SetPreferences(t.Context(), w.util, []Preference{{Kind: APIKeyRegenerated, Email: true}})
		if err != nil || back[7].Own || back[7].Email {
			t.Errorf("%+v %v", back, err)
		}
		for _, bad := range [][]Preference{{{Kind: "x"}}, {{Kind: IntegrationRecovered}}, {{Kind: WebhookFailing}, {Kind: WebhookFailing}}} {
			if _, err := w.SetPreferences(t.Context(), w.util, bad); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestTestsAreNoted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		trial, err := w.Test(t.Context(), w.sys, Email)
		if err != nil || !trial.OK || trial.To != "ada@one.example" || trial.Elapsed <= 0 {
			t.Errorf("%+v %v", trial, err)
		}
		if m := w.mail.Next(); m.Subject() != "Test alert from Patchboard" || !strings.Contains(m.Body, whyTest) {
			t.Errorf("%s", m.Raw)
		}
		w.mail.Refuse("", 550, "5.7.1 Not from you")
		if trial, err = w.Test(t.Context(), w.sys, Email); err != nil || trial.OK || !strings.Contains(trial.Detail, "5.7.1 Not from you") {
			t.Errorf("%+v %v", trial, err)
		}
		if trial, err = w.Test(t.Context(), w.sys, Webhook); err != nil || trial.OK || trial.Detail != "no operational webhook is set up" {
			t.Errorf("%+v %v", trial, err)
		}
		if _, err = w.Test(t.Context(), w.sys, "pigeon"); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
		s, err := w.MailState(t.Context(), w.sys)
		if err != nil || s.LastSent.IsZero() || !strings.Contains(s.LastError, "5.7.1") || s.Address != w.mail.Address {
			t.Errorf("%+v %v", s, err)
		}
		if log := entries(t, w); len(log) != 3 || !strings.HasPrefix(log[0], "alert.tested failed") || !strings.HasPrefix(log[2], "alert.tested ok") {
			t.Errorf("%q", log)
		}
	})
}

// entries are those of the audit log, newest first, in one line each.
func entries(t *testing.T, w *world) []string {
	t.Helper()
	var all []string
	for _, e := range auditEntries(t, w) {
		all = append(all, fmt.Sprintf("%s %s %s %s %s %s %s", e.Action, e.Result, e.TargetName, e.Reason, e.Before, e.After, e.Detail))
	}
	return all
}
