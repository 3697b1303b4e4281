package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

func TestCreateOrganization(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var hooked rbac.Actor
		w.OnOrganization = func(_ context.Context, _ *db.Tx, a rbac.Actor, orgID string) (string, error) {
			if hooked = a; a.OrganizationID != orgID {
				t.Errorf("the hook's actor is of %s, not of %s", a.OrganizationID, orgID)
			}
			return "sX_key", nil
		}
		o, u, key, err := w.CreateOrganization(t.Context(), NewOrganization{Name: "  Z\u00fcrich \u754c ", Email: " Ada@Example.COM", Password: adaPassword})
		if err != nil {
			t.Fatal(err)
		}
		if o.Name != "Z\u00fcrich \u754c" || u.Email != "ada@example.com" || u.Role != rbac.SystemAdmin || key != "sX_key" || hooked.Role != rbac.Program {
			t.Errorf("made %+v, %+v, %q by %+v", o, u, key, hooked)
		}
		if got, err := w.Organization(t.Context(), o.ID); err != nil || got != o {
			t.Errorf("Organization = %+v, %v; want %+v", got, err, o)
		}
		if all, err := w.Organizations(t.Context()); err != nil || !slices.Equal(all, []Organization{o}) {
			t.Errorf("Organizations = %+v, %v", all, err)
		}
		entries := w.audited(o.ID, audit.UserCreated, audit.OrganizationCreated)
		if s := string(entries[0].After); !strings.Contains(s, "ada@example.com") || strings.Contains(s, "argon2") {
			t.Errorf("the user's entry is %s", s)
		}
		if !slices.Contains(w.published, o.ID+" users "+u.ID) {
			t.Errorf("published %v", w.published)
		}
		_, err = w.Organization(t.Context(), "org_nothing")
		w.refused(err, errNoOrganization)
	})
}

func TestCreateOrganizationRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		good := NewOrganization{Name: "Acme Incorporated", Email: "ada@example.com", Password: adaPassword}
		for _, c := range []struct {
			change func(in *NewOrganization)
			want   *fault.Error
		}{
			{func(in *NewOrganization) { in.Name = "" }, errName},
			{func(in *NewOrganization) { in.Name = "a\x00b" }, errName},
			{func(in *NewOrganization) { in.Name = strings.Repeat("x", 1<<20) }, errName},
			{func(in *NewOrganization) { in.Email = "ada" }, errEmail},
			{func(in *NewOrganization) { in.Email = "ada\x00@example.com" }, errEmail},
			{func(in *NewOrganization) { in.Password = "short" }, errPassword},
			{func(in *NewOrganization) { in.Password = "ACME incorporated" }, errPassword},
			{func(in *NewOrganization) { in.Password = "ada@example.com" }, errPassword},
			{func(in *NewOrganization) { in.Password = "nul in the middle\x00" }, errPassword},
		} {
			in := good
			c.change(&in)
			_, _, _, err := w.CreateOrganization(t.Context(), in)
			w.refused(err, c.want)
		}
		broken := errors.New("no key today")
		w.OnOrganization = func(context.Context, *db.Tx, rbac.Actor, string) (string, error) { return "", broken }
		if _, _, _, err := w.CreateOrganization(t.Context(), good); !errors.Is(err, broken) {
			t.Errorf("with a broken hook: %v", err)
		}
		if n := w.count("SELECT (SELECT COUNT(*) FROM organizations) + (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM audit_entries)"); n != 0 || len(w.published) != 0 {
			t.Errorf("%d rows and %v are left behind", n, w.published)
		}
		if needed, err := w.SetupNeeded(t.Context()); err != nil || !needed {
			t.Errorf("SetupNeeded = %v, %v after failures", needed, err)
		}
	})
}

// One address belongs to one user in the whole installation, however it is
// spelled and however many ask at once.
func TestEmailTakenAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		spelled := []string{"ada@example.com", "ADA@example.com", " Ada@Example.Com "}
		var made, taken int
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, _, _, err := w.CreateOrganization(context.Background(), NewOrganization{Name: "Acme", Email: spelled[i%3], Password: adaPassword})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made++
				} else if errors.Is(err, errEmailTaken) {
					taken++
				} else {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if made != 1 || taken != 19 {
			t.Errorf("%d made, %d told that it is taken", made, taken)
		}
		if n := w.count("SELECT COUNT(*) FROM organizations"); n != 1 {
			t.Errorf("%d organizations", n)
		}
	})
}

func TestSetup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		in := NewOrganization{Name: "Acme", Email: "ada@example.com", Password: adaPassword, Address: address, UserAgent: "browser"}
		token, needed, err := w.SetupToken(t.Context())
		if err != nil || !needed || token == "" {
			t.Fatalf("SetupToken = %q, %v, %v", token, needed, err)
		}
		if n := w.count("SELECT COUNT(*) FROM setup_tokens WHERE token_hash = $1", []byte(token)); n != 0 {
			t.Error("the token is stored as it is")
		}
		for _, bad := range []string{"", "x", token + "x", strings.ToUpper(token), "\x00", strings.Repeat("x", 1<<20)} {
			_, _, _, err := w.Setup(t.Context(), bad, in)
			w.refused(err, errSetupToken)
		}
		w.audited("", audit.SetupRefused)

		w.move(setupLife)
		_, _, _, err = w.Setup(t.Context(), token, in)
		w.refused(err, errSetupToken)

		token, _, err = w.SetupToken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		short := in
		short.Password = "short"
		_, _, _, err = w.Setup(t.Context(), token, short)
		w.refused(err, errPassword) // and the token is still good
		o, u, key, err := w.Setup(t.Context(), token, in)
		if err != nil || key != "sX_first" {
			t.Fatalf("Setup = %q, %v", key, err)
		}
		if e := w.audited(o.ID, audit.UserCreated); e[0].ActorID != u.ID || e[0].Address != address {
			t.Errorf("recorded as %+v", e[0])
		}
		_, _, _, err = w.Setup(t.Context(), token, in)
		w.refused(err, errSetupDone)
		if token, needed, err := w.SetupToken(t.Context()); err != nil || needed || token != "" {
			t.Errorf("after set-up, SetupToken = %q, %v, %v", token, needed, err)
		}
	})
}

// However many try at once, with one token or with those of several nodes,
// exactly one organization is made.
func TestSetupRaced(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var tokens []string
		for range 4 {
			token, _, err := w.SetupToken(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, token)
		}
		errs := make([]error, 20)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				_, _, _, errs[i] = w.Setup(context.Background(), tokens[i%len(tokens)],
					NewOrganization{Name: "Acme", Email: string(rune('a'+i)) + "@example.com", Password: adaPassword})
			})
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				w.refused(err, errSetupDone)
			}
		}
		if n := w.count("SELECT COUNT(*) FROM organizations"); won != 1 || n != 1 {
			t.Errorf("%d won, %d organizations", won, n)
		}
		if n := w.count("SELECT COUNT(*) FROM setup_tokens"); n != 0 {
			t.Errorf("%d tokens are left", n)
		}
	})
}

func TestSetupClosedByCommandLine(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		token, _, err := w.SetupToken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.ada()
		_, _, _, err = w.Setup(t.Context(), token, NewOrganization{Name: "Mine", Email: "eve@example.org", Password: adaPassword})
		w.refused(err, errSetupDone)
	})
}

func TestPurge(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if _, _, err := w.SetupToken(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.ada()
		actor, _ := w.session("ada@example.com")
		if _, _, err := w.Confirm(t.Context(), actor, ConfirmKeyRegenerate, adaPassword); err != nil {
			t.Fatal(err)
		}
		if _, err := w.signIn("ada@example.com", "not the password"); err == nil {
			t.Fatal("a wrong password signs in")
		}
		if n, err := w.Purge(t.Context(), w.now()); err != nil || n != 0 {
			t.Errorf("Purge of what still holds = %d, %v", n, err)
		}
		ended, err := w.WatchSession(t.Context(), actor)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := w.Purge(t.Context(), w.now().Add(time.Hour)); err != nil || n != 3 { // a confirmation, two limits
			t.Errorf("Purge after an hour = %d, %v", n, err)
		}
		if n, err := w.Purge(t.Context(), w.now().Add(sessionIdle)); err != nil || n != 1 || open(ended) {
			t.Errorf("Purge after a week = %d, %v", n, err)
		}
		const flood = 2*purgeBatch + 1
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			for i := range flood {
				if err := takeFailure(t.Context(), tx, perAccount, fmt.Sprint("account:", i), w.now()); err != nil {
					return err
				}
			}
			return nil
		})
		if n, perr := w.Purge(t.Context(), w.now().Add(time.Hour)); err != nil || perr != nil || n != flood {
			t.Errorf("Purge after a flood = %d, %v, %v", n, err, perr)
		}
	})
}
