package webhook

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// hear notes what is told of troubles, of transactions that committed.
func (w *world) hear(into *[]string) {
	w.OnTrouble = func(_ context.Context, tx *db.Tx, t Trouble) error {
		said := fmt.Sprintf("%s: %s warned %d failures %d %s", t.What, t.Webhook.State, t.Warnings, t.Failures, t.Webhook.StateReason)
		if !t.DisableAt.IsZero() {
			said += fmt.Sprintf(" until %s", t.DisableAt.Sub(t.Since))
		}
		tx.AfterCommit(func() { w.record(into, said) })
		return nil
	}
}

func TestTroublesAreToldOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		var heard []string
		w.hear(&heard)
		c := w.create(t, w.util, NewWebhook{URL: r.URL})
		fail := func(gone bool) {
			t.Helper()
			w.note(t, Outcome{Num: c.Webhook.Num, FailureAt: w.clock.read(), Failures: 1, Gone: gone})
		}
		succeed := func() {
			t.Helper()
			w.clock.add(time.Minute)
			w.note(t, Outcome{Num: c.Webhook.Num, SuccessAt: w.clock.read()})
		}
		fail(false)
		succeed() // nobody had been told
		fail(false)
		w.clock.add(25 * time.Hour)
		fail(false)
		fail(false)
		succeed()
		succeed()
		wantList(t, "troubles", w.took(&heard), "warned: active warned 1 failures 2  until 120h0m0s", "recovered: active warned 0 failures 0 ")

		fail(true)
		fail(true)
		_, err := w.Update(t.Context(), w.util, c.Webhook.ID, Patch{Enabled: new(true)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Update(t.Context(), w.util, c.Webhook.ID, Patch{Enabled: new(false)})
		if err != nil {
			t.Fatal(err)
		}
		wantList(t, "troubles", w.took(&heard), "disabled: disabled warned 0 failures 1 gone", "switched: active warned 0 failures 0 ", "switched: off warned 0 failures 0 ")

		_, err = w.Update(t.Context(), w.util, c.Webhook.ID, Patch{URL: new(r.URL + "/new")})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Update(t.Context(), w.util, c.Webhook.ID, Patch{Description: new("Orders")})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Delete(t.Context(), w.util, c.Webhook.ID); err != nil {
			t.Fatal(err)
		}
		wantList(t, "troubles", w.took(&heard), "address_is_new: off warned 0 failures 0 ", "deleted: off warned 0 failures 0 ")
	})
}

// What cannot be told is not done.
func TestTroubleThatCannotBeTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		c := w.create(t, w.util, NewWebhook{URL: r.URL})
		no := errors.New("no")
		w.OnTrouble = func(context.Context, *db.Tx, Trouble) error { return no }
		err := w.d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := w.Outcomes(t.Context(), tx, []Outcome{{Num: c.Webhook.Num, FailureAt: w.clock.read(), Failures: 1, Gone: true}})
			return err
		})
		if !errors.Is(err, no) || w.get(t, c.Webhook.ID).State != Active {
			t.Errorf("%v", err)
		}
		if err := w.Delete(t.Context(), w.util, c.Webhook.ID); !errors.Is(err, no) || !w.get(t, c.Webhook.ID).Deleted.IsZero() {
			t.Errorf("%v", err)
		}
	})
}
