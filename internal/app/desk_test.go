package app_test

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"patchboard/internal/account"
	"patchboard/internal/app"
	"patchboard/internal/config"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
)

// Commands change what a running server holds in memory; it sees that by itself.
func TestCommandsBesideARunningServer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e dbtest.Engine) {
		c := settings(t, e)
		a := start(t, c)
		desk, err := app.OpenDesk(t.Context(), c.Storage, true, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		_, _, key, err := desk.Account.CreateOrganization(t.Context(), account.NewOrganization{Name: "Acme", Email: "ada@example.com", Password: password})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the new key opens", func() bool {
			status, _ := call(t, a, "GET", "/api/v1/webhooks", key, "")
			return status == http.StatusOK
		})

		s, _, err := a.Account.SignIn(t.Context(), account.SignIn{Email: "ada@example.com", Password: password, Address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Account.Authenticate(t.Context(), s.Token); err != nil {
			t.Fatal(err)
		}
		if err := desk.Account.ResetPassword(t.Context(), "ada@example.com", "another staple of the battery"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the old session is over", func() bool {
			_, err := a.Account.Authenticate(t.Context(), s.Token)
			return fault.KindOf(err) == fault.Unauthenticated
		})
		if err := desk.Close(t.Context()); err != nil {
			t.Error(err)
		}
		report, err := a.Audit.Verify(t.Context())
		if err != nil || !report.OK() {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

func TestDeskDoesNotMakeADatabaseByMistake(t *testing.T) {
	t.Parallel()
	s := config.Storage{DataDir: filepath.Join(t.TempDir(), "mistyped")}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	_, err := app.OpenDesk(t.Context(), s, false, slog.New(slog.DiscardHandler))
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(s.DataDir, db.FileName)); !errors.Is(err, os.ErrNotExist) {
		t.Error("a database was made:", err)
	}
}

func TestKeysetOfAnotherDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	c := settings(t, dbtest.SQLite)
	stop(t, start(t, c))
	if err := os.Remove(c.KeysetFile); err != nil {
		t.Fatal(err)
	}
	if _, err := app.New(t.Context(), c); err == nil {
		t.Fatal("started without the keyset of its database")
	}
}
