package api_test

import (
	"crypto/ed25519"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchboard/internal/api"
	"patchboard/internal/audit"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// The rest of the System page does not go with a part of it.
func TestSystemWithoutHeads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, func(deps *api.Deps) {
			heads := filepath.Join(t.TempDir(), "heads")
			must(t, os.WriteFile(heads, nil, 0o600)) // no directory
			log, err := audit.New(audit.Config{DB: d, Clock: deps.Clock, Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Heads: heads, Node: "test", Log: deps.Log})
			must(t, err)
			deps.Audit = log
		})
		a := w.do(system, "GET", "system", nil)
		for _, want := range []string{`"headsUnreadable":true`, `"anchoredTo":0`, `"databaseBytes":`, `"self":true`} {
			if a.status != http.StatusOK || !strings.Contains(a.body, want) {
				t.Errorf("%d, without %s: %s", a.status, want, a.body)
			}
		}
		if strings.Contains(a.body, "not a directory") || !strings.Contains(w.logs.String(), "not a directory") {
			t.Errorf("the cause belongs in the log alone: %s", a.body)
		}
	})
}
