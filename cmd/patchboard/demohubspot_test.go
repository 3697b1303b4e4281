package main

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchboard/internal/integration"
	"patchboard/internal/rbac"
)

// HubSpot is there to be connected, and what happens in the emulated account arrives in
// the inbox.
func TestDemoHubSpot(t *testing.T) {
	t.Parallel()
	d, _ := startTestDemo(t, filepath.Join(t.TempDir(), ".demo"), false)
	ctx, program := t.Context(), rbac.Actor{Role: rbac.Program}
	all, err := d.server.Account.Organizations(ctx)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	program.OrganizationID = all[0].ID
	there, err := d.users(ctx, program)
	if err != nil {
		t.Fatal(err)
	}
	u := there[demoSystemAdmin]
	admin := rbac.Actor{OrganizationID: program.OrganizationID, Role: u.Role, UserID: u.ID, Email: u.Email, SessionID: "test"}
	get := func() *integration.Detail {
		t.Helper()
		got, err := d.server.Integration.Get(ctx, admin, "hubspot")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := get(); got.Connection.On() {
		t.Fatalf("%+v", got)
	}
	if err := d.connect(ctx, admin, &get().Card); err != nil {
		t.Fatal(err)
	}
	tick, end := time.NewTicker(50*time.Millisecond), time.After(demoWait)
	defer tick.Stop()
	got := get()
	for ; got.Connection.LastSync.IsZero(); got = get() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("it is not read: %+v %+v", got.Running, got.Last)
		}
	}
	if got.Records.Contacts < 100 || got.Records.Campaigns != 3 || got.Records.Emails != 7 {
		t.Errorf("%+v", got.Records)
	}
	form := url.Values{"email": {"new.lead@acme.test"}}
	req, err := http.NewRequest(http.MethodPost, d.page+"/hubspot/add", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, body := answer(t, req); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if _, err := d.server.Integration.Sync(ctx, admin, "hubspot", integration.Order{}); err != nil {
		t.Fatal(err)
	}
	await(t, d, "the contact", func(m arrived) bool {
		return m.EventType == "contact.created" && m.Verdict == "Signature valid" && strings.Contains(m.Body, "new.lead@acme.test")
	})
}
