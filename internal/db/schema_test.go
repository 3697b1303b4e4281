package db_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// apart says whether a table is a library's, with a schema of its own.
func apart(table string) bool {
	return strings.HasPrefix(table, "river") || strings.HasPrefix(table, "goose") || strings.HasPrefix(table, "sqlite_")
}

// class joins the names of types that hold the same values.
func class(name string) string {
	switch name = strings.ToLower(name); name {
	case "integer", "bigint":
		return "integer"
	case "blob", "bytea":
		return "bytes"
	case "real", "double precision":
		return "float"
	}
	return name
}

// schema describes the tables, views and indexes of a database, a line each.
func schema(t *testing.T, d *db.DB) []string {
	t.Helper()
	var lines []string
	if d.Name() == "SQLite" {
		lines = sqliteSchema(t, d)
	} else {
		lines = postgresSchema(t, d)
	}
	slices.Sort(lines)
	return lines
}

func sqliteSchema(t *testing.T, d *db.DB) []string {
	t.Helper()
	lines := rows(t, d, "table %s", "SELECT name FROM sqlite_master WHERE type = 'table'")
	var out []string
	for _, line := range lines {
		table := strings.TrimPrefix(line, "table ")
		if apart(table) {
			continue
		}
		out = append(out, line)
		out = append(out, rows(t, d, "column "+table+".%s %s null=%s",
			"SELECT name, type, CASE WHEN \"notnull\" = 1 OR pk > 0 THEN 'no' ELSE 'yes' END FROM pragma_table_info($1)", table)...)
		out = append(out, "key "+table+" ("+strings.Join(rows(t, d, "%s", "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk", table), ", ")+")")
		indexes := rows(t, d, "%s/%s/%s", "SELECT name, \"unique\", partial FROM pragma_index_list($1) WHERE origin <> 'pk'", table)
		for _, ix := range indexes {
			p := strings.Split(ix, "/")
			columns := strings.Join(rows(t, d, "%s%s", "SELECT COALESCE(name, '(expression)'), CASE WHEN \"desc\" = 1 THEN ' desc' ELSE '' END FROM pragma_index_xinfo($1) WHERE key = 1 ORDER BY seqno", p[0]), ", ")
			out = append(out, index(table, p[0], columns, p[1] == "1", p[2] == "1"))
		}
	}
	return classed(out)
}

func postgresSchema(t *testing.T, d *db.DB) []string {
	t.Helper()
	var out []string
	for _, line := range rows(t, d, "table %s", "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'") {
		table := strings.TrimPrefix(line, "table ")
		if apart(table) {
			continue
		}
		out = append(out, line)
		out = append(out, rows(t, d, "column "+table+".%s %s null=%s",
			"SELECT column_name, data_type, lower(is_nullable) FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1", table)...)
		const columns = `SELECT string_agg(CASE WHEN k.attnum = 0 THEN '(expression)' ELSE a.attname END || CASE WHEN i.indoption[k.ord - 1] & 1 = 1 THEN ' desc' ELSE '' END, ', ' ORDER BY k.ord)
			FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, ord) LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum`
		key := rows(t, d, "key "+table+" (%s)", "SELECT ("+columns+") FROM pg_index i WHERE i.indrelid = $1::text::regclass AND i.indisprimary", table)
		if len(key) == 0 {
			key = []string{"key " + table + " ()"}
		}
		out = append(out, key...)
		for _, ix := range rows(t, d, "%s/%s/%s/%s", "SELECT c.relname, CAST(i.indisunique AS INT), CAST(i.indpred IS NOT NULL AS INT), ("+columns+") FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1::text::regclass AND NOT i.indisprimary", table) {
			p := strings.SplitN(ix, "/", 4)
			out = append(out, index(table, p[0], p[3], p[1] == "1", p[2] == "1"))
		}
	}
	return classed(out)
}

// index describes an index. A constraint's has a name that the engine made.
func index(table, name, columns string, unique, partial bool) string {
	if strings.HasPrefix(name, "sqlite_autoindex") || regexp.MustCompile("^"+table+"_.*_key$").MatchString(name) {
		name = "(constraint)"
	}
	return fmt.Sprintf("index %s on %s (%s) unique=%t partial=%t", name, table, columns, unique, partial)
}

var columnType = regexp.MustCompile(`^(column \S+) (.*) (null=\S+)$`)

func classed(lines []string) []string {
	for i, l := range lines {
		if m := columnType.FindStringSubmatch(l); m != nil {
			lines[i] = m[1] + " " + class(m[2]) + " " + m[3]
		}
	}
	return lines
}

// rows formats the columns of every row.
func rows(t *testing.T, d *db.DB, format, query string, args ...any) []string {
	t.Helper()
	n := strings.Count(format, "%s")
	all, err := db.All(t.Context(), d, func(s db.Scanner) (string, error) {
		values, dest := make([]string, n), make([]any, n)
		for i := range values {
			dest[i] = &values[i]
		}
		err := s.Scan(dest...)
		out := make([]any, n)
		for i := range values {
			out[i] = values[i]
		}
		return fmt.Sprintf(format, out...), err
	}, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return all
}

func TestBothEnginesHaveOneSchema(t *testing.T) {
	t.Parallel()
	lite, pg := schema(t, dbtest.Open(t, dbtest.SQLite)), schema(t, dbtest.Open(t, dbtest.Postgres))
	if len(lite) < 100 {
		t.Fatalf("only %d lines: the schema is not read", len(lite))
	}
	for _, l := range lite {
		if !slices.Contains(pg, l) {
			t.Errorf("only SQLite: %s", l)
		}
	}
	for _, l := range pg {
		if !slices.Contains(lite, l) {
			t.Errorf("only Postgres: %s", l)
		}
	}
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, "+map[string]string{"SQLite": "1", "Postgres": "TRUE"}[d.Name()]+")")
		err := d.Migrate(t.Context())
		if err == nil || !strings.Contains(err.Error(), "9999") || !strings.Contains(err.Error(), "newer Patchboard") {
			t.Fatalf("Migrate on a newer database: %v", err)
		}
		if n, err := db.Value[int64](t.Context(), d, "SELECT COUNT(*) FROM goose_db_version WHERE version_id > 9999"); err != nil || n != 0 {
			t.Fatal(n, err)
		}
	})
}

func write(t *testing.T, d *db.DB, statement string) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), statement)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// empty gives a database without any table.
func empty(t *testing.T, e dbtest.Engine) db.Config {
	t.Helper()
	if e == dbtest.SQLite {
		return db.Config{Dir: t.TempDir()}
	}
	c := dbtest.Fresh(t, e)
	exec(t, c.URL, "DROP SCHEMA public CASCADE")
	exec(t, c.URL, "CREATE SCHEMA public")
	return c
}

func exec(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestServersThatMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for _, e := range dbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			c := empty(t, e)
			var wg sync.WaitGroup
			for range 4 {
				d, err := db.Open(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = d.Close() })
				for range 2 {
					wg.Go(func() {
						if err := d.Migrate(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
			}
			wg.Wait()
			fresh := schema(t, dbtest.Open(t, e))
			if got := schema(t, dbtest.OpenConfig(t, c)); !slices.Equal(got, fresh) {
				t.Errorf("%d lines of schema, want %d", len(got), len(fresh))
			}
		})
	}
}

// A node whose LISTEN is cut knows that it may miss news, and has everything
// reloaded when it listens again.
func TestALostListenerIsNoticed(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.Postgres)
	reload := make(chan struct{}, 100)
	lost := make(chan struct{}, 100)
	unsubscribe := d.Subscribe("c", func(payload string) {
		if payload == "" {
			if !d.Current() {
				lost <- struct{}{}
			}
			reload <- struct{}{}
		}
	})
	defer unsubscribe()
	until(t, "it listens", d.Current)
	for len(reload) > 0 {
		<-reload
	}
	for len(lost) > 0 {
		<-lost
	}
	n, err := db.Value[int64](t.Context(), d, "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' OR datname = current_database() AND query = '-- ping'")
	if err != nil || n == 0 {
		t.Fatalf("%d listeners, %v", n, err)
	}
	for _, c := range []chan struct{}{lost, reload} {
		select {
		case <-c:
		case <-time.After(10 * time.Second):
			t.Fatal("nobody was told to reload, or the loss was not known before")
		}
	}
	until(t, "it listens again", d.Current)
	other := dbtestNode(t, d)
	got := make(chan string, 100)
	cancel := d.Subscribe("news", func(p string) { got <- p })
	defer cancel()
	other.Notify("news", "x")
	select {
	case p := <-got:
		if p != "x" {
			t.Fatalf("got %q", p)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it hears nothing any more")
	}
}

// dbtestNode opens another node's handle on the same database.
func dbtestNode(t *testing.T, d *db.DB) *db.DB {
	t.Helper()
	other, err := db.Open(t.Context(), db.Config{URL: d.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	return other
}

// until polls for what no channel tells.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(15 * time.Second)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("timed out: ", what)
		}
	}
}

// The last notes of a node that ends reach the others.
func TestTheLastNotesAreSent(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.Postgres)
	until(t, "it listens", d.Current)
	got := make(chan string, 1000)
	cancel := d.Subscribe("news", func(p string) { got <- p })
	defer cancel()
	for i := range 10 {
		other, err := db.Open(t.Context(), db.Config{URL: d.URL()})
		if err != nil {
			t.Fatal(err)
		}
		other.Notify("news", fmt.Sprint("first ", i))
		other.Notify("news", fmt.Sprint("last ", i))
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		for p := ""; p != fmt.Sprint("last ", i); {
			select {
			case p = <-got:
			case <-time.After(10 * time.Second):
				t.Fatalf("the last note of node %d is missing", i)
			}
		}
	}
}

// A transaction whose process stands still is ended, and its locks with it.
func TestATransactionThatStandsStillIsEnded(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.Postgres)
	if got, err := db.Value[string](t.Context(), d, "SHOW idle_in_transaction_session_timeout"); err != nil || got != "5s" {
		t.Fatalf("idle_in_transaction_session_timeout is %q, %v", got, err)
	}
	makeTable(t, d)
	write(t, d, "INSERT INTO things (id) VALUES (1)")
	frozen, alive := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	other, err := db.Open(t.Context(), db.Config{URL: d.URL() + "?idle_in_transaction_session_timeout=300"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	go func() {
		ended <- other.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(context.Background(), "UPDATE things SET name = 'frozen'")
			close(frozen)
			<-alive
			return err
		})
	}()
	<-frozen
	write(t, d, "UPDATE things SET name = 'alive'") // without the limit it waits until its own is over
	close(alive)
	if err := <-ended; !db.IsUnavailable(err) {
		t.Errorf("the frozen one: %v", err)
	}
	if name, err := db.Value[string](t.Context(), d, "SELECT name FROM things"); err != nil || name != "alive" {
		t.Fatal(name, err)
	}
}
