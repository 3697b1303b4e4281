package delivery

import (
	"net/http"
	"testing"
	"time"

	"patchboard/internal/event"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/webhook"
)

func TestFateOfARow(t *testing.T) {
	t.Parallel()
	accepted := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	e := &event.Event{Key: id.KeyAt(accepted), Type: "contact.created", AcceptedAt: accepted}
	early, late := accepted.Add(-time.Hour), accepted.Add(time.Hour)
	base := func(change func(*fateRow)) fateRow {
		r := fateRow{num: 7, id: "wh_x", events: []string{"contact.created"}, state: webhook.Active, created: early, delivery: -1, updated: late}
		change(&r)
		return r
	}
	for name, tt := range map[string]struct {
		row   fateRow
		state Destiny
		cause Cause
		since time.Time
	}{
		"delivered":           {base(func(r *fateRow) { r.delivery = Delivered }), WasDelivered, "", late},
		"first try":           {base(func(r *fateRow) { r.delivery = Pending }), IsWaiting, FirstTry, late},
		"retry":               {base(func(r *fateRow) { r.delivery, r.attempts = Pending, 2 }), IsWaiting, NextTry, late},
		"held":                {base(func(r *fateRow) { r.delivery, r.state = Held, webhook.Off }), IsHeld, SwitchedOff, late},
		"held, on again":      {base(func(r *fateRow) { r.delivery = Held }), IsHeld, SwitchedOff, late},
		"disabled":            {base(func(r *fateRow) { r.delivery, r.state, r.reason = Held, webhook.Disabled, webhook.ReasonGone }), IsHeld, DisabledByRule, late},
		"about to be held":    {base(func(r *fateRow) { r.delivery, r.state, r.stateAt = Pending, webhook.Off, early }), IsHeld, SwitchedOff, early},
		"to be held, on":      {base(func(r *fateRow) { r.delivery, r.holdBefore = Pending, id.KeyAt(late) }), IsHeld, SwitchedOff, late},
		"about to be dropped": {base(func(r *fateRow) { r.delivery, r.gone = Pending, late }), WasDiscarded, WebhookDeleted, late},
		"failed":              {base(func(r *fateRow) { r.delivery, r.lastStatus = Failed, 500 }), HasFailed, UsedUp, late},
		"gone":                {base(func(r *fateRow) { r.delivery, r.lastStatus = Failed, 410 }), HasFailed, WasGone, late},
		"discarded":           {base(func(r *fateRow) { r.delivery = Discarded }), WasDiscarded, "", late},
		"other types":         {base(func(r *fateRow) { r.events = []string{"email.sent"} }), NotSubscribed, OtherTypes, time.Time{}},
		"added later":         {base(func(r *fateRow) { r.created = late }), NotSubscribed, AddedLater, time.Time{}},
		"chosen later":        {base(func(r *fateRow) { r.chosen = late }), NotSubscribed, SubscribedLater, time.Time{}},
		"no longer kept":      {base(func(r *fateRow) { r.chosen = early }), NoLongerOnBooks, "", time.Time{}},
	} {
		f := tt.row.fate(e)
		if f.State != tt.state || f.Cause != tt.cause || !f.Since.Equal(tt.since) || (f.DeliveryID == "") != (tt.row.delivery < 0) || (f.Rule != "") != (f.Cause == DisabledByRule) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// Every way that an event can go, at one moment.
func TestFatesOfAnEvent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n, good, bad, dead := w.start(), newReceiver(t), newReceiver(t), newReceiver(t)
		bad.answerWith(status(http.StatusInternalServerError))
		dead.answerWith(status(http.StatusGone))
		delivered := n.webhook(good.URL)
		waiting := n.webhook(bad.URL)
		held := n.webhook(good.URL+"/held", off)
		heldLater := n.webhook(good.URL + "/later")
		gone := n.webhook(dead.URL)
		discarded := n.webhook(good.URL+"/discarded", off)
		deleted := n.webhook(good.URL+"/deleted", off)
		others := n.webhook(good.URL+"/others", forType("contact.updated"))
		forgotten := n.webhook(good.URL+"/forgotten", off, forType("contact.updated"))
		no, yes := false, true
		change := func(actor rbac.Actor, id string, on *bool) {
			t.Helper()
			_, err := n.webhooks.Update(t.Context(), actor, id, webhook.Patch{Enabled: on})
			w.check(err)
		}
		change(w.util, heldLater.Webhook.ID, &no)
		first := n.accept(1)[0]
		dead.wait()
		n.until("disabled", func() bool {
			h, err := n.webhooks.Get(t.Context(), w.sys, gone.Webhook.ID)
			w.check(err)
			return h.State == webhook.Disabled
		})
		second := n.accept(1)[0]
		change(w.sys, discarded.Webhook.ID, &yes)
		_, err := n.Held(t.Context(), w.sys, discarded.Webhook.ID, HeldDiscard)
		w.check(err)
		w.check(n.webhooks.Delete(t.Context(), w.util, deleted.Webhook.ID))
		w.check(n.webhooks.Delete(t.Context(), w.util, forgotten.Webhook.ID))
		later := n.webhook(good.URL + "/young")
		n.until("done", func() bool {
			c := n.books()
			return c.Discarded == 4 && c.Delivered == 2 && c.Failed == 1
		})
		type want struct {
			state Destiny
			cause Cause
			by    string
			rule  string
		}
		fates := func(actor rbac.Actor, eventID string) map[string]Fate {
			t.Helper()
			e, err := n.events.Get(t.Context(), actor, eventID)
			w.check(err)
			all, more, err := n.Fates(t.Context(), actor, &e)
			if err != nil || more {
				t.Fatal(more, err)
			}
			by := map[string]Fate{}
			for _, f := range all {
				by[f.WebhookID] = f
			}
			if len(by) != len(all) {
				t.Errorf("%d fates of %d webhooks", len(all), len(by))
			}
			return by
		}
		n.until("tried", func() bool { return fates(w.util, first)[waiting.Webhook.ID].Attempts > 0 })
		hold := func(got map[string]Fate, all map[string]want) {
			t.Helper()
			if len(got) != len(all) {
				t.Errorf("%d webhooks, want %d", len(got), len(all))
			}
			for webhookID, x := range all {
				if f := got[webhookID]; f.State != x.state || f.Cause != x.cause || f.By != x.by || f.Rule != x.rule {
					t.Errorf("%s: got %+v, want %+v", f.WebhookURL, f, x)
				}
			}
		}
		sys, util := w.sys.Email, w.util.Email
		wanted := map[string]want{
			delivered.Webhook.ID: {WasDelivered, "", "", ""},
			waiting.Webhook.ID:   {IsWaiting, NextTry, "", ""},
			held.Webhook.ID:      {IsHeld, SwitchedOff, sys, ""},
			heldLater.Webhook.ID: {IsHeld, SwitchedOff, util, ""},
			gone.Webhook.ID:      {HasFailed, WasGone, "", ""},
			discarded.Webhook.ID: {WasDiscarded, ByPerson, sys, ""},
			deleted.Webhook.ID:   {WasDiscarded, WebhookDeleted, util, ""},
			others.Webhook.ID:    {NotSubscribed, OtherTypes, "", ""},
			later.Webhook.ID:     {NotSubscribed, AddedLater, "", ""},
		}
		got := fates(w.util, first)
		hold(got, wanted)
		if f := got[waiting.Webhook.ID]; f.Until.IsZero() || f.LastStatus != 500 || f.Attempts < 1 || f.LastClass == "" {
			t.Errorf("%+v", f)
		}
		if !got[deleted.Webhook.ID].Deleted || got[held.Webhook.ID].Since.IsZero() {
			t.Errorf("%+v", got)
		}
		second1 := fates(w.sys, second)[gone.Webhook.ID]
		if second1.State != IsHeld || second1.Cause != DisabledByRule || second1.Rule != webhook.ReasonGone || second1.By != "" {
			t.Errorf("%+v", second1)
		}
		// Switched on again, it is held still, and it is known who had switched it off.
		change(w.sys, heldLater.Webhook.ID, &yes)
		if f := fates(w.sys, first)[heldLater.Webhook.ID]; f.State != IsHeld || f.By != util {
			t.Errorf("%+v", f)
		}
		// The API key sees no names.
		key := rbac.Actor{OrganizationID: w.sys.OrganizationID, Role: rbac.Machine, KeyID: "key_a"}
		for _, f := range fates(key, first) {
			if f.By != "" {
				t.Errorf("the API key sees %+v", f)
			}
		}
		_, err = n.webhooks.Update(t.Context(), w.sys, others.Webhook.ID, webhook.Patch{Events: &[]string{"contact.created"}})
		w.check(err)
		if f := fates(w.sys, first)[others.Webhook.ID]; f.State != NotSubscribed || f.Cause != SubscribedLater {
			t.Errorf("%+v", f)
		}
	})
}
