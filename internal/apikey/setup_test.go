package apikey

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/vault"
)

// node is a service as one node runs it, and what it told open browsers.
type node struct {
	*Service

	db        *db.DB
	vault     *vault.Vault
	mu        sync.Mutex
	published map[string]int // by organization, guarded by mu
}

func (n *node) told(org string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.published[org]
}

var errRefused = fault.New(fault.Forbidden, "confirmation-invalid", "no", "no")

// build makes a service without starting it. The token "fresh" confirms.
func build(t testing.TB, d *db.DB, keyset string, clock id.Clock) *node {
	t.Helper()
	v, err := vault.Open(t.Context(), d, vault.Config{File: keyset})
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.New(audit.Config{DB: d, Clock: clock, Key: v.Signer("audit"), Heads: filepath.Join(t.TempDir(), "heads"), Node: "n"})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{db: d, vault: v, published: map[string]int{}}
	n.Service = New(Config{DB: d, Vault: v, Audit: log, Clock: clock})
	n.Confirm = func(_ context.Context, _ *db.Tx, _ rbac.Actor, token, purpose string) error {
		if token != "fresh" || purpose != "api_key.regenerate" {
			return errRefused
		}
		return nil
	}
	n.Publish = func(tx *db.Tx, org, topic string, _ ...string) {
		tx.AfterCommit(func() {
			if topic == "apiKey" {
				n.mu.Lock()
				n.published[org]++
				n.mu.Unlock()
			}
		})
	}
	return n
}

func start(t testing.TB, d *db.DB) *node {
	t.Helper()
	return startWith(t, d, filepath.Join(t.TempDir(), "keyset.json"), time.Now)
}

func startWith(t testing.TB, d *db.DB, keyset string, clock id.Clock) *node {
	t.Helper()
	n := build(t, d, keyset, clock)
	if err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return n
}

// organization makes one with its key, as package account does.
func (n *node) organization(t testing.TB, name string) (rbac.Actor, string) {
	t.Helper()
	org, key := id.New("org"), ""
	err := n.db.Write(t.Context(), func(tx *db.Tx) (err error) {
		if _, err = tx.Exec(t.Context(), `INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, 1)`, org, name); err != nil {
			return err
		}
		key, err = n.Issue(t.Context(), tx, rbac.Actor{Role: rbac.Program}, org)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rbac.Actor{OrganizationID: org, Role: rbac.SystemAdmin, UserID: id.New("usr"), Email: name + "@example.com"}, key
}

func (n *node) accepts(t testing.TB, key string) rbac.Actor {
	t.Helper()
	a, err := n.Verify(t.Context(), key)
	if err != nil {
		t.Fatalf("the key was refused: %v", err)
	}
	return a
}

func (n *node) refuses(t testing.TB, key string) {
	t.Helper()
	_, err := n.Verify(t.Context(), key)
	isFault(t, err, fault.Unauthenticated, "api-key-invalid")
}

func isFault(t testing.TB, err error, kind fault.Kind, slug string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || f.Type != slug || f.Message == "" || f.Fix == "" {
		t.Fatalf("got %v, want the fault %s (%s) with a message and a fix", err, slug, kind)
	}
}

// entries gives the audited actions of an organization with reason and detail.
func (n *node) entries(t testing.TB, org string) []string {
	t.Helper()
	all, err := db.All(t.Context(), n.db, func(s db.Scanner) (string, error) {
		var action, actor, reason, detail string
		err := s.Scan(&action, &actor, &reason, &detail)
		return fmt.Sprintf("%s by %s [%s] %s", action, actor, reason, detail), err
	}, `SELECT action, actor_id, reason, detail_json FROM audit_entries WHERE organization_id = $1 ORDER BY seq`, org)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (n *node) activeKeys(t testing.TB, org string) int64 {
	t.Helper()
	c, err := db.Value[int64](t.Context(), n.db, `SELECT COUNT(*) FROM api_keys WHERE organization_id = $1 AND revoked_at = 0`, org)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
