package account

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/rbac"
)

func TestAuthenticateRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ada()
		_, token := w.session("ada@example.com")
		for _, bad := range []string{"", "x", token[1:], token + "x", strings.ToUpper(token), strings.Repeat("\x00", len(token)), strings.Repeat("x", 1<<20)} {
			_, err := w.Authenticate(t.Context(), bad)
			w.refused(err, errSession)
		}
	})
}

func TestSessionRunsOut(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ada()
		actor, used := w.session("ada@example.com")
		_, idle := w.session("ada@example.com")
		for range 5 { // used every six days, to just before the thirtieth
			w.move(6*24*time.Hour - time.Second)
			if _, err := w.Authenticate(t.Context(), used); err != nil {
				t.Fatal(err)
			}
		}
		_, err := w.Authenticate(t.Context(), idle)
		w.refused(err, errSession)
		w.move(5 * time.Second)
		_, err = w.Authenticate(t.Context(), used)
		w.refused(err, errSession)
		_, err = w.WatchSession(t.Context(), actor)
		w.refused(err, errSession)
	})
}

// The last use is written at most once a minute, whatever comes at once.
func TestSeenIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ada()
		_, token := w.session("ada@example.com")
		seen := func() int64 { return w.count("SELECT seen_at FROM sessions") }
		use := func() {
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if _, err := w.Authenticate(context.Background(), token); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		first := seen()
		w.move(seenEvery - time.Second)
		use()
		if seen() != first {
			t.Error("written within the minute")
		}
		w.move(time.Second)
		use()
		if got := seen(); got != db.Micros(w.now()) {
			t.Errorf("seen %s, now %s", db.Time(got), w.now())
		}
	})
}

// What is kept in memory is used, and dropped by the very change.
func TestAuthenticateFromMemory(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ada()
		_, token := w.session("ada@example.com")
		err := d.Write(t.Context(), func(tx *db.Tx) error { // behind the service's back
			_, err := tx.Exec(t.Context(), "DELETE FROM sessions")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Authenticate(t.Context(), token); err != nil {
			t.Errorf("the database was asked: %v", err)
		}
		w.move(cacheLife)
		_, err = w.Authenticate(t.Context(), token)
		w.refused(err, errSession)
	})
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, _ := w.ada()
		actor, token := w.session("ada@example.com")
		other, otherToken := w.session("ada@example.com")
		ended, err := w.WatchSession(t.Context(), actor)
		if err != nil {
			t.Fatal(err)
		}
		stays, err := w.WatchSession(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignOut(t.Context(), actor); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Authenticate(t.Context(), token); !errors.Is(err, errSession) || open(ended) {
			t.Errorf("the session goes on: %v", err)
		}
		if _, err := w.Authenticate(t.Context(), otherToken); err != nil || !open(stays) {
			t.Errorf("another session was ended: %v", err)
		}
		w.audited(o.ID, audit.SessionSignedOut, audit.SessionSignedIn)
		if err := w.SignOut(t.Context(), actor); err != nil {
			t.Errorf("again: %v", err)
		}
		w.audited(o.ID, audit.SessionSignedOut, audit.SessionSignedIn) // nothing was done twice
		_, err = w.WatchSession(t.Context(), actor)
		w.refused(err, errSession)
		w.refused(w.SignOut(t.Context(), rbac.Actor{OrganizationID: o.ID, KeyID: "key_x", Role: rbac.Machine}), errSession)
	})
}

func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		w.user(admin(o, u), "bob@example.com", rbac.UtilityAdmin)
		_, bob := w.session("bob@example.com")
		var tokens []string
		var actor rbac.Actor
		for range 3 {
			var token string
			actor, token = w.session("ada@example.com")
			tokens = append(tokens, token)
		}
		if n, err := w.SignOutEverywhere(t.Context(), actor); err != nil || n != 3 {
			t.Fatalf("SignOutEverywhere = %d, %v", n, err)
		}
		for _, token := range tokens {
			_, err := w.Authenticate(t.Context(), token)
			w.refused(err, errSession)
		}
		if _, err := w.Authenticate(t.Context(), bob); err != nil {
			t.Errorf("another user's session: %v", err)
		}
		w.audited(o.ID, audit.SessionSignedOutAll)
	})
}

// What one node ends, another (or a command beside a running server) refuses
// within a second.
func TestSessionEndsOnOtherNodes(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			config := dbtest.Fresh(t, engine)
			here, there := newWorld(t, dbtest.OpenConfig(t, config)), newWorld(t, dbtest.OpenConfig(t, config))
			o, u := here.ada()
			bob := here.user(admin(o, u), "bob@example.com", rbac.UtilityAdmin)
			_, token := here.session("bob@example.com")
			roles := []rbac.Role{rbac.SystemAdmin, rbac.UtilityAdmin}
			actor, err := there.Authenticate(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			ended := there.sessions.watch(actor.SessionID)
			for i := 0; !closed(ended, 100*time.Millisecond); i++ { // a node that just started may miss the first news
				if _, err := here.UpdateUser(t.Context(), admin(o, u), bob.ID, ChangeUser{Role: &roles[i%2]}); err != nil || i > 100 {
					t.Fatalf("change %d is not seen elsewhere: %v", i, err)
				}
			}
			bob, err = here.User(t.Context(), admin(o, u), bob.ID)
			if err != nil {
				t.Fatal(err)
			}
			role := roles[0]
			if bob.Role == role {
				role = roles[1]
			}
			until := there.keepsWatching(token)
			if _, err := here.UpdateUser(t.Context(), admin(o, u), bob.ID, ChangeUser{Role: &role}); err != nil {
				t.Fatal(err)
			}
			until("the new role", func(a rbac.Actor, err error) bool { return err == nil && a.Role == role })
			until = there.keepsWatching(token)
			if err := here.DeleteUser(t.Context(), admin(o, u), bob.ID); err != nil {
				t.Fatal(err)
			}
			until("the deletion", func(_ rbac.Actor, err error) bool { return errors.Is(err, errSession) })
		})
	}
}

// keepsWatching watches the token's session as a stream does. The function it
// gives waits, authenticating again whenever the watch closes (the news may be
// of something older), until what is asked for is so.
func (w *world) keepsWatching(token string) func(what string, so func(rbac.Actor, error) bool) {
	w.t.Helper()
	actor, err := w.Authenticate(w.t.Context(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	ended, err := w.WatchSession(w.t.Context(), actor)
	if err != nil {
		w.t.Fatal(err)
	}
	return func(what string, so func(rbac.Actor, error) bool) {
		w.t.Helper()
		for {
			if !closed(ended, 10*time.Second) {
				w.t.Fatalf("%s: no news of it", what)
			}
			actor, err := w.Authenticate(w.t.Context(), token)
			if so(actor, err) {
				return
			}
			if ended, err = w.WatchSession(w.t.Context(), actor); errors.Is(err, errSession) {
				done := make(chan struct{}) // changed just now: look again at once
				close(done)
				ended = done
			} else if err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

func TestSessionCacheForgetsWhatIsOlderThanAChange(t *testing.T) {
	t.Parallel()
	c := newSessionCache()
	now := time.Now()
	entry := func(sessionID string) *sessionEntry {
		e := &sessionEntry{actor: rbac.Actor{SessionID: sessionID}, created: now, read: now}
		e.seen.Store(db.Micros(now))
		return e
	}
	epoch := c.epochNow()
	c.changed("ses_a") // between the read and the put
	c.put([32]byte{1}, entry("ses_a"), epoch)
	if c.get([32]byte{1}, now) != nil {
		t.Error("a read that may be older than the change was kept")
	}
	for i := range cacheMost + 1 {
		c.put([32]byte{byte(i), byte(i >> 8), 1}, entry(string(rune(i))), c.epochNow())
	}
	if len(c.byHash) > cacheMost || len(c.hashes) > cacheMost {
		t.Errorf("%d sessions are kept", len(c.byHash))
	}
	a, b := c.watch("ses_a"), c.watch("ses_b")
	c.changed("")
	if open(a) || open(b) || len(c.watches)+len(c.byHash)+len(c.hashes) != 0 {
		t.Error("missed news end nothing")
	}
}
