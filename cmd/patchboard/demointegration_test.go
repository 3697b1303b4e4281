package main

import (
	"slices"
	"testing"

	"patchboard/internal/integration"
	"patchboard/internal/rbac"
)

// Salesforce waits for somebody who connects it, and then works.
func TestDemoConnectsSalesforce(t *testing.T) {
	t.Parallel()
	d, _ := startTestDemo(t, t.TempDir(), false)
	all, err := d.server.Account.Organizations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	program := rbac.Actor{OrganizationID: all[0].ID, Role: rbac.Program}
	there, err := d.users(t.Context(), program)
	if err != nil {
		t.Fatal(err)
	}
	u := there[demoSystemAdmin]
	admin := rbac.Actor{OrganizationID: all[0].ID, Role: u.Role, UserID: u.ID, Email: u.Email, SessionID: "test"}
	cards, err := d.server.Integration.List(t.Context(), program)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(cards, func(c integration.Card) bool { return c.About.Slug == "salesforce" })
	if i < 0 || cards[i].Connection.Word() != integration.WordAvailable {
		t.Fatalf("%+v", cards)
	}
	if err := d.connect(t.Context(), admin, &cards[i]); err != nil {
		t.Fatal(err)
	}
	c, err := d.server.Integration.Check(t.Context(), admin, "salesforce")
	if err != nil || c.Failure != nil || c.Connection.Word() != integration.WordConnected || c.Connection.Account.Name != "Acme (00D5g000000AbCdEAK)" {
		t.Errorf("%+v %+v (%v)", c.Connection, c.Failure, err)
	}
}
