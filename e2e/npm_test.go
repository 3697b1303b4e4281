package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// signed is what e2e/verify.mjs reads, a line each.
type signed struct {
	Secret  string            `json:"secret"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

// checkInNode gives everything that has arrived to the npm package, and one
// message that was altered.
func checkInNode(t *testing.T, r *receiver, secret string) {
	needsNode(t)
	r.mu.Lock()
	all := maps.Clone(r.first)
	r.mu.Unlock()
	var in bytes.Buffer
	e := json.NewEncoder(&in)
	var last signed
	for _, m := range all {
		last = signed{Secret: secret, Headers: map[string]string{}, Body: m.body}
		for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
			last.Headers[name] = m.header.Get(name)
		}
		if err := e.Encode(last); err != nil {
			t.Fatal(err)
		}
	}
	last.Body = append(bytes.Clone(last.Body), ' ')
	if err := e.Encode(last); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "verify.mjs")
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node verify.mjs: %v\n%s", err, out)
	}
	answers := json.NewDecoder(bytes.NewReader(out))
	for i := range len(all) + 1 {
		var a struct {
			OK    bool   `json:"ok"`
			Error string `json:"error"`
		}
		if err := answers.Decode(&a); err != nil {
			t.Fatalf("answer %d of verify.mjs: %v", i, err)
		}
		switch altered := i == len(all); {
		case altered && a.OK:
			t.Error("the npm package takes an altered message")
		case !altered && !a.OK:
			t.Errorf("the npm package refuses message %d: %s", i, a.Error)
		}
	}
}

// needsNode leaves a test out, loudly, or fails it where everything must run.
func needsNode(t *testing.T) {
	t.Helper()
	why := ""
	if _, err := exec.LookPath("node"); err != nil {
		why = "there is no node on this machine (install Node 20 or newer)"
	} else if _, err := os.Stat("node_modules/standardwebhooks"); err != nil {
		why = "the package standardwebhooks is not installed (npm ci --prefix e2e)"
	}
	switch {
	case why == "":
	case os.Getenv("REQUIRE_BROWSER") == "1", os.Getenv("CI") != "":
		t.Fatalf("the check by the npm package must run here, but %s", why)
	default:
		t.Skipf("SKIPPED: the check by the npm package: %s", why)
	}
}

// TestLockFileNamesNoRegistry keeps the lock file usable behind any mirror, and
// every version exact.
func TestLockFileNamesNoRegistry(t *testing.T) {
	t.Parallel()
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(lock, []byte(`"resolved"`)) || bytes.Contains(lock, []byte("://")) {
		t.Error("package-lock.json names a registry; run npm within e2e/, whose .npmrc leaves it out")
	}
	text, err := os.ReadFile("package.json")
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	answer{body: text}.decode(t, &p)
	exact := regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
	for name, version := range p.Dependencies {
		if !exact.MatchString(version) {
			t.Errorf("%s is wanted as %q, which is no exact version", name, version)
		}
	}
}
