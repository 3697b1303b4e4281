package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchboard/internal/db"
)

const testPassword = "correct horse battery staple"

// outcome is what a command left behind.
type outcome struct {
	code     int
	out, err string
}

func command(t *testing.T, in string, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, console{strings.NewReader(in), &out, &errs})
	return outcome{code, out.String(), errs.String()}
}

// succeed runs a command that prints JSON.
func succeed(t *testing.T, in string, args ...string) map[string]string {
	t.Helper()
	o := command(t, in, args...)
	m := map[string]string{}
	if err := json.Unmarshal([]byte(o.out), &m); o.code != 0 || o.err != "" || err != nil {
		t.Fatalf("%v: %+v, %v", args, o, err)
	}
	return m
}

// refuse runs a command that must fail with one line that says these words.
func refuse(t *testing.T, o outcome, words ...string) {
	t.Helper()
	if o.code != exitFailed || o.out != "" || strings.Count(o.err, "\n") != 1 || !strings.HasPrefix(o.err, "patchboard: ") {
		t.Errorf("want exit code 1 and one line, got %+v", o)
	}
	for _, w := range words {
		if !strings.Contains(o.err, w) {
			t.Errorf("no %q in %q", w, o.err)
		}
	}
}

func passwordFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAdminMakesOrganizationsAndUsers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := passwordFile(t, testPassword+"\r\nsecond line\n")

	refuse(t, command(t, "", "admin", "create-user", "--data-dir", dir, "--email", "bob@example.com", "--role", "utility_admin", "--password-file", file), "no database", "--data-dir")

	org := succeed(t, "", "admin", "create-org", "--data-dir", dir, "--name", "Acme", "--email", "ada@example.com", "--password-file", file)
	if len(org) != 3 || !strings.HasPrefix(org["organizationId"], "org_") || !strings.HasPrefix(org["userId"], "usr_") || !strings.HasPrefix(org["apiKey"], "sX_") {
		t.Errorf("create-org prints %v", org)
	}
	user := succeed(t, testPassword+"\n", "admin", "create-user", "--data-dir", dir, "--email", "bob@example.com", "--role", "utility_admin", "--password-file", "-")
	if user["organizationId"] != org["organizationId"] || !strings.HasPrefix(user["userId"], "usr_") {
		t.Errorf("create-user prints %v", user)
	}

	second := succeed(t, "", "admin", "create-org", "--data-dir", dir, "--name", "Other", "--email", "eve@example.com", "--password-file", file)
	several := []string{"admin", "create-user", "--data-dir", dir, "--email", "carl@example.com", "--role", "system_admin", "--password-file", file}
	if o := command(t, "", several...); o.code != 1 || !strings.Contains(o.err, org["organizationId"]) || !strings.Contains(o.err, "--organization") {
		t.Errorf("with two organizations: %+v", o)
	}
	if o := command(t, "", append(several, "--organization", "org_unknown")...); o.code != 1 || !strings.Contains(o.err, second["organizationId"]) {
		t.Errorf("in an unknown organization: %+v", o)
	}
	if got := succeed(t, "", append(several, "--organization", second["organizationId"])...); got["organizationId"] != second["organizationId"] {
		t.Errorf("in the second organization: %v", got)
	}

	refuse(t, command(t, "", "admin", "create-org", "--data-dir", dir, "--name", "Third", "--email", "ada@example.com", "--password-file", file), "exists already")
	if o := command(t, "", "admin", "reset-password", "--data-dir", dir, "--email", "bob@example.com", "--password-file", file); o.code != 0 || o.out != "" {
		t.Errorf("reset-password: %+v", o)
	}
	refuse(t, command(t, "", "admin", "reset-password", "--data-dir", dir, "--email", "nobody@example.com", "--password-file", file))
}

func TestPasswordsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	create := func(in, file string) outcome {
		return command(t, in, "admin", "create-org", "--data-dir", dir, "--name", "Acme", "--email", "ada@example.com", "--password-file", file)
	}
	refuse(t, create("", passwordFile(t, "")), "empty", "--password-file")
	refuse(t, create("", passwordFile(t, "\n"+testPassword)), "empty")
	refuse(t, create("", "-"), "empty")
	refuse(t, create("", filepath.Join(dir, "missing")), "missing", "no such file")
	refuse(t, create("", dir), "directory")
	refuse(t, create("short\n", "-"), "--password-file is shorter than 12 characters")
	refuse(t, command(t, testPassword, "admin", "create-org", "--data-dir", dir, "--name", "", "--email", "ada@example.com", "--password-file", "-"), "--name is empty")
	refuse(t, command(t, testPassword, "admin", "create-org", "--data-dir", dir, "--name", "A", "--email", "ada", "--password-file", "-"), "--email needs a name, an @ and a domain")
	if o := command(t, "", "audit", "verify", "--data-dir", dir, "--json"); o.code != 0 || strings.Contains(o.out, "org_") {
		t.Errorf("an organization was made: %+v", o)
	}
}

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		args  []string
		words []string
	}{
		{[]string{"nonsense"}, []string{"nonsense"}},
		{[]string{}, []string{"serve"}},
		{[]string{"admin", "create-org", "--data-dir", dir}, []string{"--name", "--email", "--password-file"}},
		{[]string{"admin", "create-user", "--data-dir", dir, "--email", "a@example.com", "--role", "king", "--password-file", "-"}, []string{"--role", "system_admin", "utility_admin"}},
		{[]string{"serve", "--data-dir", dir, "--listen", "nonsense"}, []string{"--listen", "PATCHBOARD_LISTEN", "Example"}},
		{[]string{"serve", "--data-dir", dir, "--allow-network", "nonsense"}, []string{"--allow-network", "nonsense"}},
		{[]string{"serve", "--database", "mysql://user:hunter2@host/db"}, []string{"--database", "postgres://"}},
	} {
		o := command(t, "", c.args...)
		if o.code != exitUsage || o.out != "" || strings.Contains(o.err, "hunter2") {
			t.Errorf("%v: %+v", c.args, o)
		}
		for _, w := range c.words {
			if !strings.Contains(o.err, w) {
				t.Errorf("%v: no %q in %q", c.args, w, o.err)
			}
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	if o := command(t, "", "--help"); o.code != 0 || o.err != "" || !strings.Contains(o.out, "audit verify") {
		t.Errorf("%+v", o)
	}
	if o := command(t, "", "serve", "--help"); o.code != 0 || !strings.Contains(o.out, "--retain-events-days") || strings.Contains(o.out, "api-key") {
		t.Errorf("%+v", o)
	}
	if o := command(t, "", "version"); o.code != 0 || !strings.HasPrefix(o.out, "patchboard ") || strings.Count(o.out, "\n") != 1 {
		t.Errorf("%+v", o)
	}
}

func TestAuditVerifyFindsAnEdit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	org := succeed(t, testPassword, "admin", "create-org", "--data-dir", dir, "--name", "Acme", "--email", "ada@example.com", "--password-file", "-")
	verify := func(code int, words ...string) {
		t.Helper()
		for _, form := range [][]string{nil, {"--json"}} {
			o := command(t, "", append([]string{"audit", "verify", "--data-dir", dir}, form...)...)
			if o.code != code || o.err != "" {
				t.Errorf("%+v, want exit code %d", o, code)
			}
			for _, w := range words {
				if !strings.Contains(o.out, w) {
					t.Errorf("no %q in %q", w, o.out)
				}
			}
			if form != nil {
				var v verified
				if err := json.Unmarshal([]byte(o.out), &v); err != nil || v.OK != (code == 0) || len(v.Logs) != 1 || v.Logs[0].Entries < 2 {
					t.Errorf("%+v, %v", v, err)
				}
			}
		}
	}
	verify(0, org["organizationId"])

	d, err := db.Open(context.Background(), db.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE audit_entries SET target_name = 'forged' WHERE seq = 2")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	verify(1, org["organizationId"], "altered")
}

func TestAuditAcceptAfterARestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := passwordFile(t, testPassword)
	org := succeed(t, "", "admin", "create-org", "--data-dir", dir, "--name", "Acme", "--email", "ada@example.com", "--password-file", file)
	backup := t.TempDir()
	for _, name := range []string{db.FileName, db.FileName + "-wal"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			if err := os.WriteFile(filepath.Join(backup, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	on := func(args ...string) outcome { return command(t, "", append(args, "--data-dir", dir)...) }
	refuse(t, on("audit", "accept", "--reason", "none needed"), "nothing to accept")

	succeed(t, "", "admin", "create-user", "--data-dir", dir, "--email", "bob@example.com", "--role", "utility_admin", "--password-file", file)
	for _, name := range []string{db.FileName, db.FileName + "-wal", db.FileName + "-shm"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(dir, os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	if o := on("audit", "verify"); o.code != exitFailed || !strings.Contains(o.out, "removed") || !strings.Contains(o.out, "patchboard audit accept") {
		t.Errorf("verify of the restored log: %+v", o)
	}
	if o := on("audit", "accept"); o.code != exitFailed || !strings.Contains(o.out, "are not in the database") || !strings.Contains(o.err, "--reason") {
		t.Errorf("accept without a reason: %+v", o)
	}
	if o := on("audit", "accept", "--reason", "the disk failed"); o.code != 0 || o.err != "" || !strings.Contains(o.out, org["organizationId"]+" is accepted by its entry ") {
		t.Errorf("accept: %+v", o)
	}
	if o := on("audit", "verify"); o.code != 0 || !strings.Contains(o.out, "accepted after a restore at entry ") || !strings.Contains(o.out, "the disk failed") {
		t.Errorf("verify: %+v", o)
	}
	var v verified
	if err := json.Unmarshal([]byte(on("audit", "verify", "--json").out), &v); err != nil || !v.OK || v.Logs[0].Accepted[0].Reason != "the disk failed" || len(v.Logs[0].Accepted[0].GivenUp) != 1 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestFoldersThatCannotBe(t *testing.T) {
	t.Parallel()
	refuse(t, command(t, "", "serve", "--data-dir", "/proc/none", "--listen", "localhost:0"), "--data-dir", "/proc/none", "/var/lib/patchboard")
	refuse(t, command(t, "", "demo", "--data-dir", ""), "--data-dir", ".demo")
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"":                                 "(see patchboard --help)",
		"--version":                        "unknown flag --version (see patchboard --help)",
		"serve --bogus":                    "(see patchboard serve --help)",
		"admin create-org --name A":        "--email=ADDRESS, --password-file=FILE (see patchboard admin create-org --help)",
		"audit verify extra":               "(see patchboard audit verify --help)",
		"serve --retain-events-days -1":    "--retain-events-days (PATCHBOARD_RETAIN_EVENTS_DAYS): -1 is not between 1 and 3650 days. Example: 30. Correct",
		"audit verify --data-dir":          "--data-dir (PATCHBOARD_DATA_DIR): has no value. Example: /var/lib/patchboard",
		"serve --listen foo":               `"foo" is not HOST:PORT. Example: localhost:8480. Correct`,
		"serve --metrics-token two\twords": "openssl rand -hex 16. Correct",
	} {
		o := command(t, "", strings.FieldsFunc(line, func(c rune) bool { return c == ' ' })...)
		if o.code != exitUsage || o.out != "" || !strings.HasPrefix(o.err, "patchboard: ") || !strings.Contains(o.err, want) {
			t.Errorf("%q: %+v", line, o)
		}
	}
	if o := command(t, "", "serve", "--help"); o.code != 0 || !strings.Contains(o.out, "Default: localhost:8480") {
		t.Errorf("the help has no defaults: %+v", o)
	}
	for _, address := range []string{"ftp://localhost", "localhost:8480", "http://", "://"} {
		o := command(t, "", "trigger", "contact.created", "--url", address, "--key-file", passwordFile(t, "sX_key"))
		refuse(t, o, "--url", "PATCHBOARD_URL", "http://localhost:8480")
	}
}
