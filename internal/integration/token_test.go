package integration

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/health"
)

var slackKey = key{"org_a", "slack"}

// A token that rotates is refreshed once, by whoever is first, on however many nodes:
// Slack takes each refresh token for one use, and a second one would end the grant.
func TestOneRefreshOverNodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("slack", "")
		two := w.node()
		for round := range 3 {
			w.sandbox.Pass(11 * time.Hour) // of 12
			before := w.row("slack").num
			var mu sync.Mutex
			got := map[string]int{}
			var all sync.WaitGroup
			for n := range 40 {
				all.Go(func() {
					s := w.Service
					if n%2 == 1 {
						s = two
					}
					token, _, err := s.access(t.Context(), slackKey, 0)
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Errorf("round %d: %v", round, err)
					}
					got[token.Access]++
				})
			}
			all.Wait()
			if len(got) != 1 || w.row("slack").num != before+1 {
				t.Errorf("round %d: %d different tokens, saved %d times", round, len(got), w.row("slack").num-before)
			}
			if c, err := w.Check(t.Context(), sys, "slack"); err != nil || c.Failure != nil {
				t.Errorf("round %d: %+v (%v)", round, c, err)
			}
		}
	})
}

// A process dies between the provider's answer and its saving. What Google gives stays
// good; of Slack the old refresh token is spent, which no program can undo: the
// connection asks for a person, and neither settings nor what was read are lost.
func TestCrashBetweenAnswerAndSave(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const rule = `{"rules":[{"events":["contact.created"],"channel":"C0SALES","title":"New","text":""}]}`
		w.connected("slack", rule)
		w.connected("gmail", "")
		for _, slug := range []string{"slack", "gmail"} {
			dead := w.node(func(c *Config) { c.Log = nil })
			r := w.row(slug)
			mine, _, err := dead.lease(t.Context(), r)
			if err != nil || !mine {
				t.Fatalf("%v %v", mine, err)
			}
			g, err := dead.openGrant(grantRow(r.key()), r.token)
			w.must(err)
			if _, _, err := dead.exchange(t.Context(), r, g); err != nil { // and nothing is saved
				t.Fatal(err)
			}
			// Its lease ends.
			w.must(d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), "UPDATE connections SET refresh_until = 1 WHERE slug = $1", slug)
				return err
			}))
		}
		w.sandbox.Pass(12 * time.Hour)
		if g, _, err := w.access(t.Context(), key{"org_a", "gmail"}, 0); err != nil || g.Access == "" {
			t.Errorf("gmail: %v", err)
		}
		// The first refusal may be an echo, the second is the end.
		_, _, err := w.access(t.Context(), slackKey, 0)
		if f := failureOf(err); f.Class != health.TokenExpired {
			t.Errorf("the first refusal: %+v", f)
		}
		c, err := w.Check(t.Context(), sys, "slack")
		if err != nil || c.Failure == nil || c.Failure.Class != health.TokenRevoked || c.Connection.Word() != WordReconnect {
			t.Errorf("%+v (%v)", c, err)
		}
		if got := w.detail("slack"); got.Attention == nil || got.Attention.Action != ActReconnect || !strings.Contains(string(got.Connection.Settings), "C0SALES") {
			t.Errorf("%+v", got)
		}
		// The refresh is not tried for ever.
		w.trouble("slack", "outage")
		if _, _, err := w.access(t.Context(), slackKey, 0); !isClass(err, health.TokenRevoked) {
			t.Errorf("it is tried again: %v", err)
		}
		w.trouble("slack", "")
		if a := w.connect("slack", ""); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		w.until("it is well again", func() bool { return w.detail("slack").Connection.Health.Status == health.Healthy })
		if got := w.detail("slack"); !strings.Contains(string(got.Connection.Settings), "C0SALES") {
			t.Errorf("settings: %s", got.Connection.Settings)
		}
	})
}

// The database is away in the moment in which a new token is to be saved: it is saved
// when it is back, and until then nobody uses it.
func TestSavedWhenTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("slack", "")
		w.sandbox.Pass(11 * time.Hour)
		r := w.row("slack")
		mine, _, err := w.lease(t.Context(), r)
		if err != nil || !mine {
			t.Fatal(mine, err)
		}
		g, err := w.openGrant(grantRow(r.key()), r.token)
		w.must(err)
		// Writes fail: the table's name is another for a moment.
		rename := func(from, to string) {
			w.must(d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), "ALTER TABLE "+from+" RENAME TO "+to)
				return err
			}))
		}
		rename("connections", "connections_away")
		done := make(chan error, 1)
		go func() { done <- w.refresh(context.WithoutCancel(t.Context()), r, g) }()
		select {
		case err := <-done:
			t.Fatalf("given up: %v", err)
		case <-time.After(3 * saveAgain):
		}
		rename("connections_away", "connections")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if c, err := w.Check(t.Context(), sys, "slack"); err != nil || c.Failure != nil {
			t.Errorf("%+v (%v)", c, err)
		}
	})
}

// What must not be lost is waited for by a stop, and runs after one too; all else is
// cut off, and does not begin any more.
func TestPool(t *testing.T) {
	t.Parallel()
	var p pool
	p.start(t.Context())
	began, kept, cut := make(chan struct{}), make(chan struct{}), make(chan struct{})
	p.keep(func(ctx context.Context) {
		close(began)
		<-cut // the stop has begun
		if ctx.Err() == nil {
			close(kept)
		}
	})
	<-began
	if !p.run(func(ctx context.Context) { <-ctx.Done(); close(cut) }) {
		t.Error("nothing begins")
	}
	if err := p.stop(t.Context()); err != nil {
		t.Error(err)
	}
	select {
	case <-kept:
	default:
		t.Error("the stop has not waited, or has cut off what must be kept")
	}
	if p.run(func(context.Context) { t.Error("it runs") }) {
		t.Error("something begins after the stop")
	}
	ran := false
	if p.keep(func(context.Context) { ran = true }); !ran {
		t.Error("what must not be lost is lost after the stop")
	}
}

// While a refresh does not work for want of an answer, the token that is good still is used.
func TestOldTokenIsUsedWhileItLasts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		w.sandbox.Pass(57 * time.Minute) // of 60, and 5 ahead
		w.sandbox.Press("/google/refuse", url.Values{"error": {"backendError"}})
		before, _, err := w.access(t.Context(), key{"org_a", "gmail"}, 0)
		w.must(err)
		if n := w.row("gmail").num; n == 0 {
			t.Error("no token")
		}
		w.sandbox.Pass(5 * time.Minute)
		after, _, err := w.access(t.Context(), key{"org_a", "gmail"}, 0)
		if err != nil || after.Access == before.Access {
			t.Errorf("%v; the token has ended", err)
		}
	})
}

// Tokens that the provider ends early are replaced within the very call.
func TestExpiredEarly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for provider, slug := range map[string]string{"google": "gmail", "slack": "slack"} {
			w.connected(slug, "")
			form := url.Values{"account": {"ana@example.org"}}
			w.sandbox.Press("/"+provider+"/expire", form)
			c, err := w.Check(t.Context(), sys, slug)
			if err != nil || c.Failure != nil {
				t.Errorf("%s: %+v (%v)", slug, c, err)
			}
		}
	})
}

// Another client id than the one that the grant was given to cannot refresh it.
func TestRefreshWithAnotherClient(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		w.must(w.SaveApp(t.Context(), sys, "gmail", connector.App{ID: "another", Secret: "shh"}))
		w.sandbox.Pass(2 * time.Hour)
		c, err := w.Check(t.Context(), sys, "gmail")
		if err != nil || c.Failure == nil || c.Failure.Code != "other_client" || c.Connection.Word() != WordError {
			t.Errorf("%+v (%v)", c, err)
		}
		if a := w.detail("gmail").Attention; a == nil || a.Action != ActSetUp {
			t.Errorf("%+v", a)
		}
		w.must(w.RemoveApp(t.Context(), sys, "gmail"))
		if c, err := w.Check(t.Context(), sys, "gmail"); err != nil || c.Failure != nil {
			t.Errorf("%+v (%v)", c, err)
		}
		if b, r := seen(w, &w.broken), seen(w, &w.restored); len(b) != 1 || !slices.Equal(r, []string{"gmail"}) {
			t.Errorf("told: %v %v", b, r)
		}
	})
}
