// Package dbtest gives tests a fresh, migrated database on each engine. SQLite
// is a file of the test; Postgres is a database of its own in the cluster that
// TEST_POSTGRES_URL names, made from a template that all test programs share.
package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"patchboard/internal/db"
)

// Engine names an engine in tests.
type Engine string

// The engines, which are also the names of Each's subtests.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Engines lists both.
var Engines = []Engine{SQLite, Postgres} //nolint:gochecknoglobals // a constant list

// Each runs a test on each engine, in parallel, on an empty migrated database.
// Without TEST_POSTGRES_URL the Postgres half is skipped, or fails under
// REQUIRE_POSTGRES=1.
func Each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, e := range Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, e))
		})
	}
}

// Open gives a fresh database; the test's end closes and removes it.
func Open(t testing.TB, e Engine) *db.DB {
	t.Helper()
	return OpenConfig(t, Fresh(t, e))
}

// OpenConfig opens and migrates a database as Fresh described it; a test that
// plays several nodes opens one configuration several times.
func OpenConfig(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// Fresh makes an empty database and says how to open it.
func Fresh(t testing.TB, e Engine) db.Config {
	t.Helper()
	if e == SQLite {
		return db.Config{Dir: sqliteDir(t)}
	}
	return db.Config{URL: postgresURL(t)}
}

var sqliteTemplate = sync.OnceValues(func() ([]byte, error) { //nolint:gochecknoglobals // once a test program
	dir, err := os.MkdirTemp("", "patchboard-dbtest-")
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := migrated(db.Config{Dir: dir}); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, db.FileName))
})

func sqliteDir(t testing.TB) string {
	t.Helper()
	file, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, db.FileName), file, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func migrated(c db.Config) error {
	ctx := context.Background()
	d, err := db.Open(ctx, c)
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	if err := d.Migrate(ctx); err != nil {
		_ = d.Close()
		return fmt.Errorf("template: %w", err)
	}
	return d.Close()
}

func postgresURL(t testing.TB) string {
	t.Helper()
	cluster := os.Getenv("TEST_POSTGRES_URL")
	if cluster == "" {
		if os.Getenv("REQUIRE_POSTGRES") == "1" {
			t.Fatal("REQUIRE_POSTGRES=1, but TEST_POSTGRES_URL is not set; run the tests by `make test`")
		}
		t.Skip("SKIPPED: no Postgres (TEST_POSTGRES_URL is not set; `make test` starts one)")
	}
	template, err := postgresTemplate()
	if err != nil {
		t.Fatal(err)
	}
	name := "pb_test_" + strings.ToLower(rand.Text())
	admin(t, cluster, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { admin(t, cluster, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return withDatabase(cluster, name)
}

func admin(t testing.TB, cluster, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, cluster)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// postgresTemplate makes the migrated template database, named after the
// migrations, once for all test programs that use the cluster.
var postgresTemplate = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // once a test program
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cluster := os.Getenv("TEST_POSTGRES_URL")
	name, err := templateName()
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, cluster)
	if err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }() // gives the lock back
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(7233)"); err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	if there {
		return name, nil
	}
	half := name + "_half" // renamed when whole, so that an interrupted run leaves no broken template
	for _, q := range []string{"DROP DATABASE IF EXISTS " + half + " WITH (FORCE)", "CREATE DATABASE " + half} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return "", fmt.Errorf("template: %w", err)
		}
	}
	if err := migrated(db.Config{URL: withDatabase(cluster, half)}); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+half+" RENAME TO "+name); err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	return name, nil
})

func templateName() (string, error) {
	sum := sha256.New()
	fsys := db.MigrationFiles()
	err := fs.WalkDir(fsys, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(fsys, path)
		if err != nil {
			return fmt.Errorf("read migration: %w", err)
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n", path, len(b)) // a hash takes every byte
		_, _ = sum.Write(b)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	return "pb_template_" + hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

func withDatabase(cluster, name string) string {
	u, err := url.Parse(cluster)
	if err != nil {
		return cluster
	}
	u.Path = "/" + name
	return u.String()
}
