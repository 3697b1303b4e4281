package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/account"
	"patchboard/internal/alert/alerttest"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/health"
	"patchboard/internal/integration"
	"patchboard/internal/rbac"
)

// A receiver that is gone has its webhook disabled, and the administrators know
// it at once: in the console, and by a mail with a link.
func TestGoneWebhookIsMailed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e dbtest.Engine) {
		mails := alerttest.NewMailServer(t, alerttest.Plain)
		r := newReceiver(t)
		c := settings(t, e)
		r.admit(t, &c)
		c.SMTPAddress, c.SMTPFrom, c.SMTPTLS, c.PublicURL = mails.Address, "patchboard@acme.example", "none", "https://patchboard.acme.example"
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		a := start(t, c)
		org, key := organization(t, a)
		admin := rbac.Actor{OrganizationID: org, Role: rbac.SystemAdmin}
		if _, err := a.Account.CreateUser(t.Context(), admin, account.NewUser{Email: "bob@acme.example", Role: rbac.UtilityAdmin, Password: password}); err != nil {
			t.Fatal(err)
		}
		status, body := call(t, a, "POST", "/api/v1/webhooks", key, `{"url": "`+r.URL+`/hook", "events": ["contact.created"], "description": "Orders"}`)
		if status != http.StatusCreated {
			t.Fatal(status, body)
		}
		r.next(t) // the check
		r.status.Store(http.StatusGone)
		if status, body = call(t, a, "POST", "/api/v1/events", key, `{"type": "contact.created", "data": {}}`); status != http.StatusAccepted {
			t.Fatal(status, body)
		}
		r.next(t)
		answered := time.Now()
		for range 2 {
			m := mails.Next()
			if m.Subject() != "The webhook Orders was switched off" || !strings.Contains(m.Raw, "https://patchboard.acme.example/settings/webhooks/wh_") {
				t.Errorf("%s", m.Raw)
			}
		}
		if took := time.Since(answered); took > 5*time.Second { // about 50 ms; the machine may be busy
			t.Errorf("the mails took %s", took)
		}
		p, err := a.Alert.List(t.Context(), admin, "", 0)
		if err != nil || len(p.Items) != 1 || p.Items[0].Detail == "" {
			t.Errorf("%+v %v", p, err)
		}
		stop(t, a)
	})
}

// What the connections tell of arrives as alerts.
func TestConnectionsTroublesAreAlerts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e dbtest.Engine) {
		a := start(t, settings(t, e))
		org, _ := organization(t, a)
		admin := rbac.Actor{OrganizationID: org, Role: rbac.SystemAdmin, UserID: "usr_x", Email: "ada@example.com"}
		p := integration.Problem{OrganizationID: org, Slug: "gmail", Name: "Gmail", Class: health.TokenRevoked, Guidance: connector.Guidance{Cause: "Access was taken back.", Steps: []string{"Reconnect."}}}
		for _, do := range []func(tx *db.Tx) error{
			func(tx *db.Tx) error { return a.Integration.Broken(t.Context(), tx, p) },
			func(tx *db.Tx) error { return a.Integration.Recovered(t.Context(), tx, p) },
			func(tx *db.Tx) error { return a.Integration.Asked(t.Context(), tx, admin, "slack", "Slack") },
		} {
			if err := a.DB.Write(t.Context(), do); err != nil {
				t.Fatal(err)
			}
		}
		got, err := a.Alert.List(t.Context(), admin, "", 0)
		if err != nil || len(got.Items) != 2 {
			t.Fatal(got, err)
		}
		asked, broken := got.Items[0], got.Items[1]
		if asked.Title != "Slack is to be set up" || !strings.HasPrefix(asked.Detail, "ada@example.com ") {
			t.Errorf("%+v", asked)
		}
		if broken.Title != "Gmail needs to be connected again" || broken.Detail != "Access was taken back." || len(broken.Steps) != 1 || broken.Closed.IsZero() {
			t.Errorf("%+v", broken)
		}
	})
}
