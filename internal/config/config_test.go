package config

import (
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"patchboard/internal/fault"
)

// program stands for cmd/patchboard: a serve command, and one that embeds the
// storage alone.
type program struct {
	Serve struct{ Serve }   `cmd:""`
	Audit struct{ Storage } `cmd:""`
}

func parse(t *testing.T, args ...string) (program, error) {
	t.Helper()
	var p program
	k, err := kong.New(&p, append(Options(), kong.Exit(func(int) { t.Fatal("kong exits") }))...)
	if err != nil {
		t.Fatal(err)
	}
	args = Arguments(args)
	_, err = k.Parse(args)
	return p, Explain(err, args)
}

func TestDefaultIsWhatTheFlagsSay(t *testing.T) {
	t.Parallel()
	p, err := parse(t, "serve")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	if err := want.Validate(); err != nil {
		t.Fatal(err)
	}
	if got := p.Serve.Serve; !reflect.DeepEqual(got, want) {
		t.Errorf("flags give\n%+v\nDefault gives\n%+v", got, want)
	}
	if want.KeysetFile != "patchboard-data/keyset.json" || want.AuditHeadDir != "patchboard-data/audit-heads" {
		t.Errorf("places: %q, %q", want.KeysetFile, want.AuditHeadDir)
	}
}

// The environment is the process's, so these tests are not parallel.
func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	file := write(t, `{
		"listen": "file:1", "public-url": "http://file", "log-level": "error", "log-format": "json",
		"allow-network": ["10.1.0.0/16", "10.2.0.0/16"], "trusted-proxy": ["192.0.2.0/24"],
		"allow-http": true, "tracking": false, "retain-events-days": 7, "retain-bytes": "2GiB", "metrics-token": "from-the-file-0123"
	}`)
	t.Setenv("PATCHBOARD_CONFIG", file)
	t.Setenv("PATCHBOARD_LISTEN", "env:2")
	t.Setenv("PATCHBOARD_PUBLIC_URL", "http://env/")
	t.Setenv("PATCHBOARD_TRUSTED_PROXY", "198.51.100.0/24,203.0.113.0/24")
	t.Setenv("PATCHBOARD_KEYSET", `{"primaryKeyId":1}`)
	p, err := parse(t, "serve", "--listen", "flag:3")
	if err != nil {
		t.Fatal(err)
	}
	s := p.Serve
	for _, c := range []struct{ name, got, want string }{
		{"flag over env and file", s.Listen, "flag:3"},
		{"env over file", s.PublicURL, "http://env"},
		{"file over default", s.LogLevel, "error"},
		{"list in file", joined(s.AllowNetwork), "10.1.0.0/16 10.2.0.0/16"},
		{"list in env replaces the file's", joined(s.TrustedProxy), "198.51.100.0/24 203.0.113.0/24"},
		{"secret in file", s.MetricsToken.Reveal(), "from-the-file-0123"},
		{"keyset", s.Keyset.Reveal(), `{"primaryKeyId":1}`},
		{"no keyset file beside a keyset", s.KeysetFile, ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
	if !s.AllowHTTP || s.Tracking || s.RetainTrackingDays != 400 || s.RetainEventsDays != 7 || s.RetainBytes != 2*gibibyte || s.RetainDeliveriesDays != 30 {
		t.Errorf("%+v", s.Serve)
	}
}

func TestFileServesEveryCommand(t *testing.T) {
	t.Parallel()
	p, err := parse(t, "audit", "--config", write(t, `{"listen": "localhost:1", "data-dir": "/nowhere/data"}`))
	if err != nil {
		t.Fatal(err)
	}
	if p.Audit.DataDir != "/nowhere/data" || p.Audit.KeysetFile != "/nowhere/data/keyset.json" {
		t.Errorf("%+v", p.Audit)
	}
}

func TestBadValueIsRefusedWithItsNameAndAnExample(t *testing.T) {
	t.Parallel()
	afile := write(t, "no certificate")
	for _, c := range []struct{ args, name, wrong, example string }{
		{"--listen 8480", "--listen", `"8480" is not HOST:PORT`, "localhost:8480"},
		{"--listen localhost:http", "--listen", "port", "localhost:8480"},
		{"--listen localhost:65536", "--listen", "port", "localhost:8480"},
		{"--listen localhost:+1", "--listen", "port", "localhost:8480"},
		{"--listen http://localhost:80", "--listen", "HOST:PORT", "localhost:8480"},
		{"--public-url patchboard.example.com", "--public-url", "http", "https://patchboard.example.com"},
		{"--public-url https://", "--public-url", "no host", "https://patchboard.example.com"},
		{"--public-url https://a.example/base", "--public-url", "root", "https://patchboard.example.com"},
		{"--public-url https://u:geheim@a.example", "--public-url", "password", "https://patchboard.example.com"},
		{"--allow-network 10.0.0.0", "--allow-network", "an address", "10.0.0.0/32"},
		{"--allow-network fe80::1%eth0", "--allow-network", "an address", "fe80::1/128"},
		{"--allow-network intranet", "--allow-network", "not a network", "10.20.0.0/16"},
		{"--allow-network 0.0.0.0/0", "--allow-network", "every address", "10.20.0.0/16"},
		{"--allow-network 10.1.2.3/8", "--allow-network", "bits", "10.0.0.0/8"},
		{"--trusted-proxy ::/0", "--trusted-proxy", "every address", "10.20.0.0/16"},
		{"--trusted-ca /no/such.pem", "--trusted-ca", "no such file", "/etc/patchboard/ca.pem"},
		{"--trusted-ca /dev/zero", "--trusted-ca", "not a file", "/etc/patchboard/ca.pem"},
		{"--trusted-ca " + afile, "--trusted-ca", "no certificate", "/etc/patchboard/ca.pem"},
		{"--data-dir " + afile, "--data-dir", "is a file", "/var/lib/patchboard"},
		{"--keyset-file /tmp", "--keyset-file", "is a directory", "keyset.json"},
		{"--audit-head-dir " + afile, "--audit-head-dir", "is a file", "/var/lib/patchboard/audit-heads"},
		{"--database mysql://geheim@h/d", "--database", "postgres://", "postgres://patchboard@"},
		{"--database postgres://geheim:%@h/d", "--database", "URL", "postgres://patchboard@"},
		{"--database postgres:///d", "--database", "no host", "postgres://patchboard@"},
		{"--database postgres://h/", "--database", "no database", "postgres://patchboard@"},
		{"--metrics-listen x", "--metrics-listen", "HOST:PORT", "localhost:9480"},
		{"--metrics-listen localhost:8480", "--metrics-listen", "same address", "localhost:9480"},
		{"--metrics-token geheim", "--metrics-token", "16 characters", "openssl"},
		{"--log-format xml", "--log-format", `"xml"`, "json"},
		{"--log-level loud", "--log-level", `"loud"`, "info"},
		{"--retain-deliveries-days 0", "--retain-deliveries-days", "between", "30"},
		{"--retain-deliveries-days week", "--retain-deliveries-days", "number of days", "30"},
		{"--retain-events-days 99999", "--retain-events-days", "between", "30"},
		{"--retain-tracking-days 0", "--retain-tracking-days", "between", "30"},
		{"--tracking=perhaps", "--tracking", "neither true nor false", "false"},
		{"--tracking false", "--tracking", "too many", "false"},
		{"--retain-bytes 10", "--retain-bytes", "1MiB", "10GiB"},
		{"--retain-bytes=-1", "--retain-bytes", "not a size", "10GiB"},
		{"--retain-bytes lots", "--retain-bytes", "not a size", "10GiB"},
		{"--retain-bytes NaN", "--retain-bytes", "not a size", "10GiB"},
		{"--retain-bytes 9999999TiB", "--retain-bytes", "not a size", "10GiB"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, append([]string{"serve"}, strings.Fields(c.args)...)...)
			mustSay(t, err, c.name, c.wrong, "Example: ", c.example)
			if err != nil && strings.Contains(err.Error(), "geheim") {
				t.Errorf("the message shows a secret: %v", err)
			}
		})
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	t.Parallel()
	_, err := parse(t, "serve", "--listen", "x", "--log-level", "y")
	mustSay(t, err, "--listen (PATCHBOARD_LISTEN)", "--log-level (PATCHBOARD_LOG_LEVEL)")
	f := fault.From(err)
	if f.Kind != fault.Invalid || len(f.Fields) != 2 || f.Fix == "" {
		t.Errorf("fault %+v", f)
	}
}

func TestDatabaseNeedsAPlaceForKeysAndHeads(t *testing.T) {
	const url = "postgres://patchboard@db/patchboard"
	for _, command := range []string{"serve", "audit"} {
		_, err := parse(t, command, "--database", url)
		mustSay(t, err, "--keyset-file", "PATCHBOARD_KEYSET", "--audit-head-dir", "install -d -m 0700")
	}
	for _, args := range [][]string{
		{"--data-dir", "/nowhere"},
		{"--keyset-file", "/nowhere/k.json", "--audit-head-dir", "/nowhere/heads"},
	} {
		p, err := parse(t, append([]string{"serve", "--database", url}, args...)...)
		if err != nil || p.Serve.KeysetFile == "" || p.Serve.AuditHeadDir == "" {
			t.Errorf("%v: %+v, %v", args, p.Serve.Storage, err)
		}
	}
	t.Setenv("PATCHBOARD_KEYSET", "{}")
	p, err := parse(t, "serve", "--database", url, "--audit-head-dir", "/nowhere/heads")
	if err != nil || p.Serve.DataDir != "" || p.Serve.KeysetFile != "" {
		t.Errorf("%+v, %v", p.Serve.Storage, err)
	}
	_, err = parse(t, "serve", "--keyset-file", "/nowhere/k.json")
	mustSay(t, err, "--keyset-file", "PATCHBOARD_KEYSET", "both")
}

func TestFileIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, wrong string }{
		{"empty", ``, "not a JSON object"},
		{"list", `[]`, "not a JSON object"},
		{"cut off", `{"listen": "localhost:1"`, "not JSON"},
		{"no JSON", `{listen: 1}`, "not JSON"},
		{"two objects", `{} {}`, "after its end"},
		{"unknown", `{"colour": "red"}`, `"colour" is unknown; known are data-dir, `},
		{"other spelling", `{"data_dir": "/x"}`, `"data_dir" is unknown; it is written "data-dir"`},
		{"nested", `{"log-level": {"inner": 1}}`, `"log-level" holds "inner"`},
		{"nested unknown", `{"metrics": {"listen": ":1"}}`, `"metrics" is unknown`},
		{"null", `{"listen": null}`, `"listen" has no value`},
		{"bool for text", `{"listen": true}`, `"listen" holds true`},
		{"bool for number", `{"retain-events-days": false}`, `"retain-events-days" holds false`},
		{"list for one", `{"data-dir": ["a", "b"]}`, `"data-dir" holds a list`},
		{"negative", `{"retain-events-days": -1}`, "--retain-events-days (PATCHBOARD_RETAIN_EVENTS_DAYS): -1 is not between 1 and 3650 days. Example: 30"},
		{"fraction", `{"retain-events-days": 1.5}`, `--retain-events-days (PATCHBOARD_RETAIN_EVENTS_DAYS): "1.5" is not a number of days. Example: 30`},
		{"empty text", `{"public-url": ""}`, "--public-url (PATCHBOARD_PUBLIC_URL): is empty"},
		{"empty secret", `{"database": ""}`, "--database (PATCHBOARD_DATABASE): is empty"},
		{"list with a gap", `{"trusted-ca": [""]}`, `"trusted-ca" holds a list`},
		{"list of numbers", `{"trusted-ca": [1]}`, `"trusted-ca" holds a list`},
		{"twice", `{"listen": "a:1", "listen": "b:2"}`, `"listen" is given twice`},
		{"keyset", `{"keyset": "{}"}`, "PATCHBOARD_KEYSET"},
		{"config", `{"config": "other.json"}`, `"config" cannot be in the file`},
		{"bad network", `{"allow-network": ["10.0.0.0"]}`, "--allow-network"},
		{"bad bool", `{"allow-http": "maybe"}`, "--allow-http"},
		{"bad value", `{"listen": 8480}`, "--listen (PATCHBOARD_LISTEN): \"8480\" is not HOST:PORT"},
		{"too large", `{"listen":"` + strings.Repeat("x", 1<<20) + `"}`, "larger than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, "serve", "--config", write(t, c.text))
			mustSay(t, err, c.wrong)
		})
	}
	_, err := parse(t, "serve", "--config", "/no/such.json")
	mustSay(t, err, "--config (PATCHBOARD_CONFIG)", "/no/such.json", "no such file")
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ listen, public, want string }{
		{"localhost:0", "", "http://localhost:4711"},
		{":8480", "", "http://localhost:4711"},
		{"127.0.0.1:0", "", "http://localhost:4711"},
		{"[::]:0", "", "http://localhost:4711"},
		{"192.0.2.7:0", "", "http://192.0.2.7:4711"},
		{"desk.example:80", "", "http://desk.example:4711"},
		{"localhost:0", "https://desk.example", "https://desk.example"},
	} {
		n := Network{Listen: c.listen, PublicURL: c.public}
		if got := n.Origin(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711}); got != c.want {
			t.Errorf("%+v: %s, want %s", c, got, c.want)
		}
	}
}

func mustSay(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("accepted; want a refusal with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%q is not in the message:\n%v", p, err)
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "patchboard.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func joined[T interface{ String() string }](list []T) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = v.String()
	}
	return strings.Join(texts, " ")
}

// The settings of the machine that runs the tests are none of theirs.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "PATCHBOARD_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}
