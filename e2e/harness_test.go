// Package e2e runs the built program as its users do: as a process, with its
// flags, over HTTP and TLS on loopback, on both engines, and through faults.
package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	// Nearly all the time of these tests is waiting: for leases, time-outs,
	// processes. More of them than processors run at once.
	if err := flag.Set("test.parallel", "5"); err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "patchboard-e2e-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "patchboard")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "../cmd/patchboard")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

const (
	sqlite   = "sqlite"
	postgres = "postgres"

	email    = "admin@example.com"
	password = "a long enough password"
)

// install is one installation: where its data are, and what every node of it
// is started with.
type install struct {
	t        *testing.T
	engine   string
	dir      string // data, or on Postgres keyset and audit heads
	database string // URL; empty on SQLite
	direct   string // the same without a proxy; empty: there is none
	flags    []string
	org      created

	// refusals keeps every answer with status 400 or more, for tests that look
	// for secrets in them.
	refusals syncBuffer
}

// created is what admin create-org prints.
type created struct {
	OrganizationID string `json:"organizationId"`
	UserID         string `json:"userId"`
	APIKey         string `json:"apiKey"`
}

// each runs a test on both engines, with an organization.
func each(t *testing.T, test func(t *testing.T, in *install)) {
	t.Helper()
	for _, engine := range []string{sqlite, postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, newInstall(t, engine))
		})
	}
}

// newInstall makes an organization by the command line, as an operator would.
func newInstall(t *testing.T, engine string) *install {
	t.Helper()
	in := emptyInstall(t, engine)
	in.createOrg()
	return in
}

// emptyInstall is an installation on which no command has run.
func emptyInstall(t *testing.T, engine string) *install {
	t.Helper()
	in := &install{t: t, engine: engine, dir: filepath.Join(t.TempDir(), "data")}
	if engine == postgres {
		in.database = freshDatabase(t)
	}
	if err := os.MkdirAll(in.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return in
}

func (in *install) createOrg() {
	in.t.Helper()
	out := in.command("admin", "create-org", "--name", "Example", "--email", email, "--password-file", in.passwordFile(password))
	d := json.NewDecoder(bytes.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&in.org); err != nil || in.org.OrganizationID == "" || in.org.UserID == "" || in.org.APIKey == "" {
		in.t.Fatalf("create-org printed %q: %v", out, err)
	}
	// The JSON and nothing else.
	rest := strings.TrimSpace(string(out))
	if !strings.HasPrefix(rest, "{") || !strings.HasSuffix(rest, "}") || d.More() {
		in.t.Fatalf("create-org printed more than JSON: %q", out)
	}
}

func (in *install) passwordFile(password string) string {
	in.t.Helper()
	file := filepath.Join(in.t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		in.t.Fatal(err)
	}
	return file
}

// places are the flags that say where the data are.
func (in *install) places() []string {
	if in.engine == sqlite {
		return []string{"--data-dir", in.dir}
	}
	return []string{"--database", in.database, "--keyset-file", filepath.Join(in.dir, "keyset.json"), "--audit-head-dir", filepath.Join(in.dir, "heads")}
}

// command runs a command to its end and gives its standard output.
func (in *install) command(args ...string) []byte {
	in.t.Helper()
	out, stderr, err := run(append(args, in.places()...)...)
	if err != nil {
		in.t.Fatalf("patchboard %s: %v\n%s", strings.Join(args, " "), err, stderr)
	}
	return out
}

// run runs the binary to its end.
func run(args ...string) (stdout, stderr []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = cleanEnvironment()
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err = cmd.Run()
	return o.Bytes(), e.Bytes(), err
}

// cleanEnvironment is this process's without settings of the program.
func cleanEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PATCHBOARD_") })
}

// cluster gives the tests' Postgres.
func cluster(t *testing.T) string {
	t.Helper()
	u := os.Getenv("TEST_POSTGRES_URL")
	if u == "" {
		if os.Getenv("REQUIRE_POSTGRES") == "1" {
			t.Fatal("REQUIRE_POSTGRES=1, but TEST_POSTGRES_URL is not set; run the tests by `make test`")
		}
		t.Skip("SKIPPED: no Postgres (TEST_POSTGRES_URL is not set; `make test` starts one)")
	}
	return u
}

func freshDatabase(t *testing.T) string {
	t.Helper()
	server := cluster(t)
	name := "pb_e2e_" + strings.ToLower(rand.Text())
	run := func(q string) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(ctx) }()
		if _, err := conn.Exec(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE DATABASE " + name)
	t.Cleanup(func() { run("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// column reads the database itself, beside the server: one column of all rows.
func column[T any](in *install, query string, args ...any) []T {
	in.t.Helper()
	db := in.open()
	defer func() { _ = db.Close() }()
	return columnOf[T](in.t, db, query, args...)
}

// columnOf is column over a connection that is there.
func columnOf[T any](t *testing.T, db *sql.DB, query string, args ...any) []T {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return all
}

// one is column for a query that has one row.
func one[T any](in *install, query string, args ...any) T {
	in.t.Helper()
	all := column[T](in, query, args...)
	if len(all) != 1 {
		in.t.Fatalf("%s: %d rows, want 1", query, len(all))
	}
	return all[0]
}

// open opens the installation's database as an outsider would.
func (in *install) open() *sql.DB {
	in.t.Helper()
	driver, source := "pgx", in.database
	if in.direct != "" {
		source = in.direct
	}
	if in.engine == sqlite {
		driver, source = "sqlite", "file:"+in.sqliteFile()+"?_pragma=busy_timeout(20000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		in.t.Fatal(err)
	}
	return db
}

func (in *install) sqliteFile() string { return filepath.Join(in.dir, "patchboard.db") }

// syncBuffer is a buffer that several goroutines use.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.b.Write(p)
	if err != nil {
		return n, fmt.Errorf("buffer: %w", err)
	}
	return n, nil
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// until asks again and again whether something outside this process is so.
func until(t *testing.T, what string, most time.Duration, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	end := time.After(most)
	for !cond() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %s: %s", most, what)
		}
	}
}
