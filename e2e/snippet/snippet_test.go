// Package snippet runs what docs/verify tells receivers to do, in each language,
// against signatures that Patchboard makes. What it runs is what the console
// shows.
package snippet

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchboard/internal/signature"
)

const folder = "../../docs/verify"

// language is one snippet: its file and how it is run beside its harness.
type language struct {
	file    string // in docs/verify
	as      string // its name when it is run, if another
	harness string // in testdata
	needs   []string
	install string // what to do when one of needs is missing
	build   []string
	run     []string
}

func languages(t *testing.T) []language {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return []language{
		// The library's version is the one in Patchboard's go.mod.
		{file: "verify.go.txt", as: "verify.go", harness: "harness.go", needs: []string{"go"}, install: "Go",
			build: []string{"go", "-C", root, "build", "-o", "DIR/receiver", "DIR/verify.go", "DIR/harness.go"}, run: []string{"DIR/receiver"}},
		{file: "verify.mjs", harness: "harness.mjs", needs: []string{"node", "../node_modules/standardwebhooks"}, install: "Node 20 or newer, then npm ci --prefix e2e",
			build: []string{"ln", "-s", filepath.Join(root, "e2e/node_modules"), "DIR/node_modules"}, run: []string{"node", "DIR/harness.mjs"}},
		{file: "verify.py", harness: "harness.py", needs: []string{"python3"}, install: "python3", run: []string{"python3", "-I", "-c",
			"import sys, runpy; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[1] + '/harness.py')", "DIR"}},
		{file: "verify.rb", harness: "harness.rb", needs: []string{"ruby"}, install: "ruby", run: []string{"ruby", "-W", "DIR/harness.rb"}},
		{file: "verify.php", harness: "harness.php", needs: []string{"php"}, install: "php-cli", run: []string{"php", "-d", "error_reporting=-1", "-d", "display_errors=stderr", "DIR/harness.php"}},
		{file: "Verify.java", harness: "Harness.java", needs: []string{"javac", "java"}, install: "default-jdk-headless",
			build: []string{"javac", "-Werror", "-Xlint:all", "-d", "DIR", "DIR/Verify.java", "DIR/Harness.java"}, run: []string{"java", "-cp", "DIR", "Harness"}},
	}
}

// message is what a receiver gets, and whether it must take it.
type message struct {
	name, secret, id, timestamp, signatures string
	body                                    string
	genuine                                 bool
}

const missing = "\x00"

func messages() []message {
	secret, other := signature.NewSecret(), signature.NewSecret()
	now := time.Now()
	id, body := "evt_01h455vb4pex5vsknk084sn02q", `{"type":"contact.created","timestamp":"2026-01-02T03:04:05Z","data":{"name":"Zoë <ø> \u2028 €😀"}}`
	at := func(age time.Duration) string { return strconv.FormatInt(now.Add(-age).Unix(), 10) }
	sign := func(age time.Duration, secrets ...signature.Secret) string {
		return string(signature.Sign(nil, secrets, id, now.Add(-age), []byte(body)))
	}
	good := message{"a good one", secret.Reveal(), id, at(0), sign(0, secret), body, true}
	with := func(name string, genuine bool, change func(*message)) message {
		m := good
		m.name, m.genuine = name, genuine
		change(&m)
		return m
	}
	aged := func(name string, genuine bool, age time.Duration) message {
		return with(name, genuine, func(m *message) { m.timestamp, m.signatures = at(age), sign(age, secret) })
	}
	keyless := hmac.New(sha256.New, nil)
	keyless.Write([]byte(id + "." + at(0) + "." + body))
	forged := "v1," + base64.StdEncoding.EncodeToString(keyless.Sum(nil))
	return []message{
		good,
		with("a long body", true, func(m *message) {
			m.body = `"` + strings.Repeat("long ", 40_000) + `"`
			m.signatures = string(signature.Sign(nil, []signature.Secret{secret}, id, now, []byte(m.body)))
		}),
		aged("four minutes old", true, 4*time.Minute),
		aged("four minutes ahead", true, -4*time.Minute),
		aged("an old timestamp", false, 6*time.Minute),
		aged("a timestamp ahead", false, -6*time.Minute),
		with("a rotation, the receiver has the new secret", true, func(m *message) { m.signatures = sign(0, secret, other) }),
		with("a rotation, the receiver has the old secret", true, func(m *message) { m.signatures = sign(0, other, secret) }),
		with("beside values of other versions", true, func(m *message) { m.signatures = "v1a,abc v2,abc v1 v1, " + m.signatures }),
		with("beside what is no ASCII", true, func(m *message) { m.signatures = "v1,\xe9\xff " + m.signatures }),
		with("a tampered body", false, func(m *message) { m.body = strings.Replace(body, "created", "deleted", 1) }),
		with("a body with one more byte", false, func(m *message) { m.body += " " }),
		with("another id", false, func(m *message) { m.id += "x" }),
		with("a newer timestamp", false, func(m *message) { m.signatures = sign(6*time.Minute, secret) }),
		with("another secret", false, func(m *message) { m.secret = other.Reveal() }),
		with("the value under another version", false, func(m *message) { m.signatures = "v2" + strings.TrimPrefix(m.signatures, "v1") }),
		with("the value without a version", false, func(m *message) { m.signatures = strings.TrimPrefix(m.signatures, "v1,") }),
		with("no id", false, func(m *message) { m.id = missing }),
		with("no timestamp", false, func(m *message) { m.timestamp = missing }),
		with("no signature", false, func(m *message) { m.signatures = missing }),
		with("a timestamp in words", false, func(m *message) { m.timestamp = "now" }),
		with("a timestamp that no number holds", false, func(m *message) { m.timestamp = strings.Repeat("9", 5000) }),
		// A receiver without its secret must not fall for a signature without a key.
		with("no secret", false, func(m *message) { m.secret, m.signatures = "", forged }),
	}
}

func (m *message) line() string {
	fields := []string{m.secret, m.id, m.timestamp, m.signatures, m.body}
	for i, f := range fields {
		if f == missing {
			fields[i] = "-"
		} else {
			fields[i] = base64.StdEncoding.EncodeToString([]byte(f))
		}
	}
	return strings.Join(fields, "\t") + "\n"
}

func TestEverySnippetVerifiesWhatPatchboardSigns(t *testing.T) {
	t.Parallel()
	for _, l := range languages(t) {
		t.Run(l.file, func(t *testing.T) {
			t.Parallel()
			l.needed(t)
			all := messages()
			var in strings.Builder
			for i := range all {
				in.WriteString(all[i].line())
			}
			answers := strings.Fields(l.answer(t, in.String()))
			if len(answers) != len(all) {
				t.Fatalf("%d answers to %d messages: %q", len(answers), len(all), answers)
			}
			for i, m := range all {
				if want := strconv.FormatBool(m.genuine); answers[i] != want {
					t.Errorf("%s: it says %s, want %s", m.name, answers[i], want)
				}
			}
		})
	}
}

// needed leaves a language out, loudly, or fails it where every one must run.
func (l *language) needed(t *testing.T) {
	t.Helper()
	for _, n := range l.needs {
		var err error
		if strings.Contains(n, "/") {
			_, err = os.Stat(n)
		} else {
			_, err = exec.LookPath(n)
		}
		switch {
		case err == nil:
		case os.Getenv("REQUIRE_SNIPPETS") == "1":
			t.Fatalf("%s must run here, but %s is missing (install %s)", l.file, n, l.install)
		default:
			t.Skipf("SKIPPED: %s was not run: %s is missing (install %s)", l.file, n, l.install)
		}
	}
}

// answer puts snippet and harness into a folder, builds them if need be, and
// gives what comes back for the input.
func (l *language) answer(t *testing.T, in string) string {
	t.Helper()
	dir := t.TempDir()
	as := l.file
	if l.as != "" {
		as = l.as
	}
	for from, to := range map[string]string{filepath.Join(folder, l.file): as, filepath.Join("testdata", l.harness): l.harness} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if l.build != nil {
		runIn(t, dir, l.build, "")
	}
	return runIn(t, dir, l.run, in)
}

func runIn(t *testing.T, dir string, command []string, in string) string {
	t.Helper()
	args := make([]string, len(command))
	for i, a := range command {
		args[i] = strings.ReplaceAll(a, "DIR", dir)
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Stdin = strings.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("%v: %v\n%s%s", args, err, out.String(), errs.String())
	}
	return out.String()
}

// Every snippet is in the page that lists them, and the other way round.
func TestThePageListsEverySnippet(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"README.md": true}
	for _, l := range languages(t) {
		known[l.file] = true
		if !bytes.Contains(page, []byte("("+l.file+")")) {
			t.Errorf("README.md does not list %s", l.file)
		}
	}
	for _, f := range files {
		if !known[f.Name()] {
			t.Errorf("%s is run by no test", f.Name())
		}
	}
}
