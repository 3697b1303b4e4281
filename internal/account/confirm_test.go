package account

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/rbac"
)

func (w *world) consume(actor rbac.Actor, token, purpose string) error {
	return w.db.Write(context.Background(), func(tx *db.Tx) error {
		return w.ConsumeConfirmation(context.Background(), tx, actor, token, purpose)
	})
}

func (w *world) confirmed(actor rbac.Actor) string {
	w.t.Helper()
	token, _, err := w.Confirm(w.t.Context(), actor, ConfirmKeyRegenerate, adaPassword)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		w.user(admin(o, u), "grace@example.com", rbac.SystemAdmin)
		actor, _ := w.session("ada@example.com")
		again, _ := w.session("ada@example.com")
		grace, _ := w.session("grace@example.com")
		token, expires, err := w.Confirm(t.Context(), actor, ConfirmKeyRegenerate, adaPassword)
		if err != nil || expires.Sub(w.now()) != confirmLife {
			t.Fatalf("Confirm = %v until %s", err, expires)
		}
		w.audited(o.ID, audit.SessionConfirmed)
		if n := w.count("SELECT COUNT(*) FROM confirmations WHERE token_hash = $1", []byte(token)); n != 0 {
			t.Error("the token is stored as it is")
		}
		w.refused(w.consume(again, token, ConfirmKeyRegenerate), errConfirmation) // another session of hers
		w.refused(w.consume(grace, token, ConfirmKeyRegenerate), errConfirmation)
		w.refused(w.consume(actor, token, "another.purpose"), errConfirmation)
		for _, bad := range []string{"", "x", "\x00", token + "x"} {
			w.refused(w.consume(actor, bad, ConfirmKeyRegenerate), errConfirmation)
		}
		failed := errors.New("the change failed")
		err = w.db.Write(t.Context(), func(tx *db.Tx) error {
			if err := w.ConsumeConfirmation(t.Context(), tx, actor, token, ConfirmKeyRegenerate); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if err := w.consume(actor, token, ConfirmKeyRegenerate); err != nil {
			t.Errorf("after a change that failed: %v", err)
		}
		w.refused(w.consume(actor, token, ConfirmKeyRegenerate), errConfirmation) // a replay

		token = w.confirmed(actor)
		w.move(confirmLife)
		w.refused(w.consume(actor, token, ConfirmKeyRegenerate), errConfirmation)

		token = w.confirmed(actor)
		if err := w.SignOut(t.Context(), actor); err != nil {
			t.Fatal(err)
		}
		w.refused(w.consume(actor, token, ConfirmKeyRegenerate), errConfirmation)
		_, _, err = w.Confirm(t.Context(), actor, ConfirmKeyRegenerate, adaPassword)
		w.refused(err, errSession)
	})
}

func TestConfirmRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		o, u := w.ada()
		w.user(admin(o, u), "bob@example.com", rbac.UtilityAdmin)
		actor, _ := w.session("ada@example.com")
		bob, _ := w.session("bob@example.com")
		_, _, err := w.Confirm(t.Context(), actor, "users.delete", adaPassword)
		w.refused(err, errPurpose)
		_, _, err = w.Confirm(t.Context(), bob, ConfirmKeyRegenerate, adaPassword)
		w.refused(err, errPurposeForbidden)
		_, _, err = w.Confirm(t.Context(), rbac.Actor{OrganizationID: o.ID, Role: rbac.Machine, KeyID: "key_x"}, ConfirmKeyRegenerate, adaPassword)
		w.refused(err, errSession)

		for range perAccount.burst { // they count as failed sign-ins
			_, _, err = w.Confirm(t.Context(), actor, ConfirmKeyRegenerate, "not the password")
			w.refused(err, errWrongPassword)
		}
		_, _, err = w.Confirm(t.Context(), actor, ConfirmKeyRegenerate, adaPassword)
		w.refused(err, errLimited)
		_, err = w.signIn("ada@example.com", adaPassword)
		w.refused(err, errLimited)
		if e := w.audited(o.ID, audit.SessionSignInLimited, audit.SessionConfirmLimited, audit.SessionConfirmFailed)[2]; e.ActorID != u.ID {
			t.Errorf("recorded as %+v", e)
		}
	})
}

// One confirmation is used once, however many use it at the same moment; many
// confirmations at once are no harm.
func TestConfirmAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ada()
		actor, _ := w.session("ada@example.com")
		token := w.confirmed(actor)
		var used atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if err := w.consume(actor, token, ConfirmKeyRegenerate); err == nil {
					used.Add(1)
				} else if !errors.Is(err, errConfirmation) {
					t.Error(err)
				}
			})
			all.Go(func() {
				if _, _, err := w.Confirm(context.Background(), actor, ConfirmKeyRegenerate, adaPassword); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if used.Load() != 1 {
			t.Errorf("used %d times", used.Load())
		}
	})
}
