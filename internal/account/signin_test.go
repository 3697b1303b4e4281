package account

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"patchboard/internal/audit"
	"patchboard/internal/audit/audittest"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		s, got, err := w.SignIn(t.Context(), SignIn{Email: " ADA@example.com ", Password: adaPassword, Address: address, UserAgent: "brow\x00ser\xff"})
		if err != nil {
			t.Fatal(err)
		}
		if got.ID != u.ID || !strings.HasPrefix(s.ID, "ses_") || s.Expires.Sub(w.now()) != sessionLife {
			t.Errorf("signed in %+v with %+v", got, s)
		}
		if e := w.audited(o.ID, audit.SessionSignedIn)[0]; e.ActorID != u.ID || e.ActorRole != rbac.SystemAdmin || e.Address != address {
			t.Errorf("recorded as %+v", e)
		}
		actor, err := w.Authenticate(t.Context(), s.Token)
		want := rbac.Actor{OrganizationID: o.ID, Role: rbac.SystemAdmin, UserID: u.ID, Email: u.Email, SessionID: s.ID}
		if err != nil || actor != want {
			t.Errorf("Authenticate = %+v, %v; want %+v", actor, err, want)
		}
		if n := w.count("SELECT COUNT(*) FROM sessions WHERE token_hash = $1", []byte(s.Token)); n != 0 {
			t.Error("the token is stored as it is")
		}

		second, _, err := w.SignIn(t.Context(), SignIn{Email: "ada@example.com", Password: adaPassword, Address: address, Previous: s.Token})
		if err != nil || second.Token == s.Token {
			t.Fatalf("second sign-in: %v", err)
		}
		_, err = w.Authenticate(t.Context(), s.Token)
		w.refused(err, errSession) // the session that the browser held was ended
	})
}

// A stranger and a wrong password look the same from outside; inside, the one is
// in the installation's log and the other in the user's organization's.
func TestSignInRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		_, wrong := w.signIn("ada@example.com", "not the password")
		_, unknown := w.signIn("nobody@example.com", "not the password")
		w.refused(wrong, errSignIn)
		if wrong.Error() != unknown.Error() {
			t.Errorf("%q is not %q", wrong, unknown)
		}
		for _, password := range []string{"", "\x00", strings.Repeat("x", 1<<20), adaPassword + " ", strings.ToUpper(adaPassword)} {
			_, err := w.signIn("ada@example.com", password)
			w.refused(err, errSignIn)
		}
		for _, email := range []string{"", "ada", "ada@example.com\x00", strings.Repeat("x", 1<<20)} {
			_, err := w.signIn(email, adaPassword)
			w.refused(err, errEmail)
		}
		if e := w.audited(o.ID, audit.SessionSignInFailed, audit.UserCreated)[0]; e.ActorID != "" || e.TargetID != u.ID || e.Result != audit.Failed {
			t.Errorf("recorded as %+v", e)
		}
		if e := w.audited("", audit.SessionSignInFailed)[0]; e.TargetID != "nobody@example.com" {
			t.Errorf("recorded as %+v", e)
		}
		if n := w.count("SELECT COUNT(*) FROM sessions"); n != 0 {
			t.Errorf("%d sessions", n)
		}
	})
}

func TestSignInLimitOfAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, _ := w.ada()
		for _, email := range []string{"ada@example.com", "nobody@example.com"} { // one answer for both
			for range perAccount.burst {
				_, err := w.signIn(email, "not the password")
				w.refused(err, errSignIn)
			}
			_, err := w.signIn(strings.ToUpper(email), adaPassword)
			w.refused(err, errLimited)
			if f := fault.From(err); f.RetryAfter <= 0 || f.RetryAfter > perAccount.interval() || !strings.Contains(f.Fix, "seconds") {
				t.Errorf("wait %s: %s", f.RetryAfter, f.Fix)
			}
		}
		w.audited(o.ID, audit.SessionSignInLimited, audit.SessionSignInFailed)

		w.move(perAccount.interval())
		if _, err := w.signIn("ada@example.com", adaPassword); err != nil {
			t.Fatalf("after the wait: %v", err)
		}
		for range perAccount.burst { // the success has emptied the account's bucket
			_, err := w.signIn("ada@example.com", "not the password")
			w.refused(err, errSignIn)
		}
		if err := w.ResetPassword(t.Context(), "ada@example.com", adaPassword+"2"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.signIn("ada@example.com", adaPassword+"2"); err != nil {
			t.Errorf("after a reset from the command line: %v", err)
		}
	})
}

func TestSignInLimitOfAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ada()
		try := func(email, password, from string) error {
			_, _, err := w.SignIn(t.Context(), SignIn{Email: email, Password: password, Address: from})
			return err
		}
		for i := range perAddress.burst { // one network, many hosts and accounts, a success between
			from := fmt.Sprintf("2001:db8:1:2::%x", i+1)
			w.refused(try(fmt.Sprintf("user%d@example.com", i), "some password", from), errSignIn)
			if i == 20 {
				if err := try("ada@example.com", adaPassword, from); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.refused(try("ada@example.com", adaPassword, "2001:db8:1:2:ffff::1"), errLimited)
		if err := try("ada@example.com", adaPassword, "2001:db8:1:3::1"); err != nil {
			t.Errorf("from another network: %v", err)
		}
	})
}

// Of many guesses at once no more are judged than one after another.
func TestSignInLimitHoldsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, _ := w.ada()
		var judged, sentAway atomic.Int64
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				_, _, err := w.SignIn(context.Background(), SignIn{Email: "ada@example.com", Password: "not the password", Address: address})
				switch {
				case errors.Is(err, errSignIn):
					judged.Add(1)
				case errors.Is(err, errLimited):
					sentAway.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if judged.Load() != int64(perAccount.burst) || sentAway.Load() != 30 {
			t.Errorf("%d judged, %d sent away", judged.Load(), sentAway.Load())
		}
		entries := 0
		for _, e := range audittest.Entries(t, w.log, o.ID) {
			if strings.HasPrefix(e.Action, "session.") {
				entries++
			}
		}
		if entries != 2 { // one of failures, one of limits; the repeats are counted
			t.Errorf("%d entries", entries)
		}
	})
}

// Many who know the password may come at once.
func TestSignInAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ada()
		w.hasher.cost.passes = 2 // so that all want to renew the hash, too
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				_, _, err := w.SignIn(context.Background(), SignIn{Email: "ada@example.com", Password: adaPassword, Address: address})
				if err != nil && !errors.Is(err, errBusy) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := w.count("SELECT COUNT(*) FROM users WHERE password LIKE $1", "$argon2id$v=19$m=8,t=2,p=1$%"); n != 1 {
			t.Error("the hash was not renewed at the new cost")
		}
		if _, err := w.signIn("ada@example.com", adaPassword); err != nil {
			t.Error(err)
		}
	})
}

func TestSessionsOfOneUserAreBounded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		_, u := w.ada()
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			rows := make([][]any, sessionsMost+3)
			for i := range rows {
				rows[i] = []any{fmt.Sprintf("ses_%03d", i), hashToken(strconv.Itoa(i)), u.ID, db.Micros(w.now()), db.Micros(w.now()), "", ""}
			}
			return tx.InsertMany(t.Context(), "sessions", []db.Col{
				{Name: "id", Type: db.Text}, {Name: "token_hash", Type: db.Bytes}, {Name: "user_id", Type: db.Text},
				{Name: "created_at", Type: db.Int}, {Name: "seen_at", Type: db.Int}, {Name: "address", Type: db.Text}, {Name: "user_agent", Type: db.Text},
			}, rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.signIn("ada@example.com", adaPassword); err != nil {
			t.Fatal(err)
		}
		if n, old := w.count("SELECT COUNT(*) FROM sessions"), w.count("SELECT COUNT(*) FROM sessions WHERE id <= $1", "ses_003"); n != sessionsMost || old != 0 {
			t.Errorf("%d sessions, %d of the oldest", n, old)
		}
	})
}

// A right password that was being verified while the last allowed failure was
// counted is refused like one that comes after it: who guesses many at once must
// not learn which was right.
func TestRightPasswordAfterTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ada()
		u, err := db.One(t.Context(), d, scanSecretUser, secretUserQuery+"u.email = $1", "ada@example.com")
		if err != nil {
			t.Fatal(err)
		}
		in := SignIn{Email: "ada@example.com", Password: adaPassword, Address: address}
		a := signInAttempt(in, "ada@example.com", u)
		if err := w.guard(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		for range perAccount.burst {
			w.refused(w.fail(t.Context(), a, errSignIn), errSignIn)
		}
		_, err = w.open(t.Context(), in, a, u, "")
		w.refused(err, errLimited)
		if n := w.count("SELECT COUNT(*) FROM sessions"); n != 0 {
			t.Errorf("%d sessions", n)
		}
	})
}
