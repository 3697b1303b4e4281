package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/rbac"
)

func TestListUsers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		w.other()
		want := []string{u.Email}
		for i := range 6 {
			want = append(want, w.user(admin(o, u), fmt.Sprintf("user%d@example.com", i), rbac.UtilityAdmin).Email)
		}
		var got []string
		cursor, pages := "", 0
		for {
			page, next, err := w.ListUsers(t.Context(), admin(o, u), cursor, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range page {
				got = append(got, u.Email)
			}
			pages++
			if cursor = next; next == "" {
				break
			}
		}
		slices.Sort(want) // ids made in one millisecond are in no order
		slices.Sort(got)
		if pages != 3 || !slices.Equal(got, want) {
			t.Errorf("%d pages: %v, want %v", pages, got, want)
		}
		for _, bad := range []string{"x", "\x00", "org_01h455vb4pex5vsknk084sn02q", strings.Repeat("x", 1<<20)} {
			_, _, err := w.ListUsers(t.Context(), admin(o, u), bad, 0)
			w.refused(err, errCursor)
		}
		if page, next, err := w.ListUsers(t.Context(), admin(o, u), "", 1<<30); err != nil || len(page) != 7 || next != "" {
			t.Errorf("a huge page: %d, %q, %v", len(page), next, err)
		}
	})
}

func TestCreateUser(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		other, eve := w.other()
		bob := w.user(admin(o, u), "Bob@example.com", rbac.UtilityAdmin)
		if e := w.audited(o.ID, audit.UserCreated)[0]; e.ActorID != u.ID || e.TargetID != bob.ID || !strings.Contains(string(e.After), `"utility_admin"`) {
			t.Errorf("recorded as %+v", e)
		}
		if !slices.Contains(w.published, o.ID+" users "+bob.ID) {
			t.Errorf("published %v", w.published)
		}
		if got, err := w.User(t.Context(), admin(o, u), bob.ID); err != nil || got != bob {
			t.Errorf("User = %+v, %v; want %+v", got, err, bob)
		}
		for _, c := range []struct {
			in   NewUser
			want *fault.Error
		}{
			{NewUser{"bob@EXAMPLE.com", rbac.SystemAdmin, adaPassword}, errEmailTaken},
			{NewUser{"eve@example.org", rbac.SystemAdmin, adaPassword}, errEmailTaken}, // in the other organization
			{NewUser{"new@example.com", rbac.Machine, adaPassword}, errRole},
			{NewUser{"new@example.com", "", adaPassword}, errRole},
			{NewUser{"new@example.com", "root\x00", adaPassword}, errRole},
			{NewUser{"new", rbac.SystemAdmin, adaPassword}, errEmail},
			{NewUser{"new.person@example.com", rbac.SystemAdmin, "NEW.person@example.com"}, errPassword},
			{NewUser{"new@example.com", rbac.SystemAdmin, "short"}, errPassword},
		} {
			_, err := w.CreateUser(t.Context(), admin(o, u), c.in)
			w.refused(err, c.want)
		}
		_, err := w.User(t.Context(), admin(other, eve), bob.ID)
		w.refused(err, errNoUser)
	})
}

func TestCreateUserAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		errs := make([]error, 20)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				_, errs[i] = w.CreateUser(context.Background(), admin(o, u), NewUser{"bob@example.com", rbac.UtilityAdmin, adaPassword})
			})
		}
		all.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else {
				w.refused(err, errEmailTaken)
			}
		}
		if n := w.count("SELECT COUNT(*) FROM users"); made != 1 || n != 2 {
			t.Errorf("%d made, %d users", made, n)
		}
	})
}

func TestUpdateUserRole(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		bob := w.user(admin(o, u), "bob@example.com", rbac.UtilityAdmin)
		actor, token := w.session("bob@example.com")
		ended, err := w.WatchSession(t.Context(), actor)
		if err != nil {
			t.Fatal(err)
		}
		role := rbac.SystemAdmin
		after, err := w.UpdateUser(t.Context(), admin(o, u), bob.ID, ChangeUser{Role: &role, Version: bob.Version})
		if err != nil || after.Role != role || after.Version != bob.Version+1 {
			t.Fatalf("UpdateUser = %+v, %v", after, err)
		}
		if a, err := w.Authenticate(t.Context(), token); err != nil || a.Role != role || open(ended) {
			t.Errorf("the next request's actor is %+v, %v", a, err)
		}
		_, err = w.WatchSession(t.Context(), actor) // the old role
		w.refused(err, errSession)
		e := w.audited(o.ID, audit.UserUpdated)[0]
		if !strings.Contains(string(e.Before), "utility_admin") || !strings.Contains(string(e.After), "system_admin") {
			t.Errorf("recorded as %s -> %s", e.Before, e.After)
		}
		_, err = w.UpdateUser(t.Context(), admin(o, u), bob.ID, ChangeUser{Role: &role, Version: bob.Version})
		w.refused(err, errStaleUser)
		same, err := w.UpdateUser(t.Context(), admin(o, u), bob.ID, ChangeUser{Role: &role})
		if err != nil || same != after {
			t.Errorf("the same role again: %+v, %v", same, err)
		}
	})
}

func TestUpdateUserPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, _ := w.ada()
		mine, token := w.session("ada@example.com")
		_, elsewhere := w.session("ada@example.com")
		password := "a new password of Ada's"
		if _, err := w.UpdateUser(t.Context(), mine, mine.UserID, ChangeUser{Password: &password}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Authenticate(t.Context(), token); err != nil {
			t.Errorf("the session that set it: %v", err)
		}
		_, err := w.Authenticate(t.Context(), elsewhere)
		w.refused(err, errSession)
		_, err = w.signIn("ada@example.com", adaPassword)
		w.refused(err, errSignIn)
		if _, err := w.signIn("ada@example.com", password); err != nil {
			t.Error(err)
		}
		for _, e := range w.audited(o.ID, audit.SessionSignedIn, audit.SessionSignInFailed, audit.UserUpdated) {
			if text := string(e.Before) + string(e.After) + string(e.Detail); strings.Contains(text, password) || strings.Contains(text, "argon2") {
				t.Errorf("the entry %s tells the password: %s", e.Action, text)
			}
		}
	})
}

func TestUpdateUserRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		other, eve := w.other()
		role, machine, short := rbac.UtilityAdmin, rbac.Machine, "short"
		for _, c := range []struct {
			actor  rbac.Actor
			userID string
			in     ChangeUser
			want   *fault.Error
		}{
			{admin(o, u), u.ID, ChangeUser{}, errNothing},
			{admin(o, u), u.ID, ChangeUser{Role: &machine}, errRole},
			{admin(o, u), u.ID, ChangeUser{Password: &short}, errPassword},
			{admin(o, u), u.ID, ChangeUser{Role: &role}, errLastAdmin},
			{admin(other, eve), u.ID, ChangeUser{Role: &role}, errNoUser},
			{admin(o, u), "usr_\x00", ChangeUser{Role: &role}, errNoUser},
			{admin(o, u), "", ChangeUser{Role: &role}, errNoUser},
		} {
			_, err := w.UpdateUser(t.Context(), c.actor, c.userID, c.in)
			w.refused(err, c.want)
		}
		w.refused(w.DeleteUser(t.Context(), admin(o, u), u.ID), errLastAdmin)
		w.refused(w.DeleteUser(t.Context(), admin(other, eve), u.ID), errNoUser)
		w.refused(w.DeleteUser(t.Context(), admin(o, u), "usr_\x00"), errNoUser)
		w.audited(o.ID, audit.UserCreated, audit.OrganizationCreated)
	})
}

// Two administrators who demote, or delete, each other at once: one stays.
func TestLastAdminStays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		everyone := []User{u}
		for i := range 7 {
			everyone = append(everyone, w.user(admin(o, u), fmt.Sprintf("admin%d@example.com", i), rbac.SystemAdmin))
		}
		role := rbac.UtilityAdmin
		errs := make([]error, len(everyone))
		var all sync.WaitGroup
		for i, victim := range everyone {
			all.Go(func() {
				if i%2 == 0 {
					_, errs[i] = w.UpdateUser(context.Background(), admin(o, u), victim.ID, ChangeUser{Role: &role})
				} else {
					errs[i] = w.DeleteUser(context.Background(), admin(o, u), victim.ID)
				}
			})
		}
		all.Wait()
		kept := 0
		for _, err := range errs {
			if errors.Is(err, errLastAdmin) {
				kept++
			} else if err != nil {
				t.Error(err)
			}
		}
		if n := w.count("SELECT COUNT(*) FROM users WHERE role = $1", string(rbac.SystemAdmin)); n != 1 || kept != 1 {
			t.Errorf("%d system administrators are left, %d refusals", n, kept)
		}
	})
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		bob := w.user(admin(o, u), "bob@example.com", rbac.SystemAdmin)
		actor, token := w.session("bob@example.com")
		w.confirmed(actor)
		ended, err := w.WatchSession(t.Context(), actor)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.DeleteUser(t.Context(), admin(o, u), bob.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Authenticate(t.Context(), token); !errors.Is(err, errSession) || open(ended) {
			t.Errorf("the session goes on: %v", err)
		}
		if n := w.count("SELECT (SELECT COUNT(*) FROM sessions) + (SELECT COUNT(*) FROM confirmations)"); n != 0 {
			t.Errorf("%d rows of the user are left", n)
		}
		if e := w.audited(o.ID, audit.UserDeleted)[0]; !strings.Contains(string(e.Before), "bob@example.com") || len(e.After) != 0 {
			t.Errorf("recorded as %+v", e)
		}
		w.refused(w.DeleteUser(t.Context(), admin(o, u), bob.ID), errNoUser)
		_, err = w.signIn("bob@example.com", adaPassword)
		w.refused(err, errSignIn)
		w.user(admin(o, u), "bob@example.com", rbac.UtilityAdmin) // the address is free again
	})
}

func TestResetPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		_, token := w.session("ada@example.com")
		password := "set on the command line"
		if err := w.ResetPassword(t.Context(), "ADA@example.com", password); err != nil {
			t.Fatal(err)
		}
		_, err := w.Authenticate(t.Context(), token)
		w.refused(err, errSession)
		if _, err := w.signIn("ada@example.com", password); err != nil {
			t.Error(err)
		}
		if e := w.audited(o.ID, audit.SessionSignedIn, audit.UserPasswordReset)[1]; e.ActorRole != rbac.Program || e.TargetID != u.ID {
			t.Errorf("recorded as %+v", e)
		}
		w.refused(w.ResetPassword(t.Context(), "nobody@example.com", password), errNoUser)
		w.refused(w.ResetPassword(t.Context(), "ada@example.com", "short"), errPassword)
		w.refused(w.ResetPassword(t.Context(), "ada@example.com", "ada@example.com"), errPassword)
	})
}

// A sign-in with the old password beside the reset is before it, and its session
// ended, or after it, and refused.
func TestResetPasswordRaced(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ada()
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				if i == 20 {
					if err := w.ResetPassword(context.Background(), "ada@example.com", "set on the command line"); err != nil {
						t.Error(err)
					}
					return
				}
				_, _, err := w.SignIn(context.Background(), SignIn{Email: "ada@example.com", Password: adaPassword, Address: fmt.Sprintf("192.0.2.%d", i)})
				if err != nil && !errors.Is(err, errSignIn) && !errors.Is(err, errLimited) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := w.count("SELECT COUNT(*) FROM sessions"); n != 0 {
			t.Errorf("%d sessions of the old password go on", n)
		}
	})
}
