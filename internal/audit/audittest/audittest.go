// Package audittest gives tests of other packages an audit log on their test
// database, and reads what it holds.
package audittest

import (
	"crypto/ed25519"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// New makes a log whose heads go to a directory of the test. Nothing runs in
// the background.
func New(t testing.TB, d *db.DB) *audit.Log {
	t.Helper()
	l, err := audit.New(audit.Config{DB: d, Clock: time.Now, Key: Key(), Heads: t.TempDir(), Node: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Key is a key for tests, always the same.
func Key() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("a key for tests, never used else"))
}

// Entries gives the newest entries of an organization, newest first.
func Entries(t testing.TB, l *audit.Log, org string) []audit.Record {
	t.Helper()
	p, err := l.List(t.Context(), rbac.Actor{OrganizationID: org, Role: rbac.SystemAdmin, UserID: "usr_reader"}, audit.Filter{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	return p.Items
}

// Actions gives the actions of Entries.
func Actions(t testing.TB, l *audit.Log, org string) []string {
	t.Helper()
	var actions []string
	for _, r := range Entries(t, l, org) {
		actions = append(actions, r.Action)
	}
	return actions
}
