package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ev writes an event as go test does.
func ev(action, pkg, test string, more ...string) string {
	s := fmt.Sprintf(`{"Action":%q,"Package":"patchboard/%s"`, action, pkg)
	if test != "" {
		s += fmt.Sprintf(`,"Test":%q`, test)
	}
	return strings.Join(append([]string{s}, more...), ",") + "}\n"
}

func output(text string) string { return fmt.Sprintf(`"Output":%q`, text) }

func passes(pkg, test, seconds string) string {
	return ev("run", pkg, test) + ev("pass", pkg, test, `"Elapsed":`+seconds)
}

var cases = []struct {
	name     string
	in       string
	reasons  map[string]string
	complete bool
	good     bool
	says     []string
	not      []string
}{
	{
		name: "passed, quiet",
		in: "== unit\n" + ev("run", "a", "TestA") + ev("output", "a", "TestA", output("=== RUN   TestA\n")) +
			ev("output", "a", "TestA", output("    a_test.go:1: said\n")) + ev("pass", "a", "TestA", `"Elapsed":1.5`) +
			ev("output", "a", "", output("PASS\n")) + ev("output", "a", "", output("ok  \tpatchboard/a\t1.5s\n")) + ev("pass", "a", ""),
		good: true,
		says: []string{"== unit\n", "ok  \tpatchboard/a\t1.5s\n", "   1.50s  a.TestA\n", "\n1 passed, 0 failed, 0 skipped\n"},
		not:  []string{"RUN", "said", "PASS", "Failed"},
	},
	{
		name: "failed, with its output",
		in: ev("run", "a", "TestA") + ev("output", "a", "TestA", output("    a_test.go:1: wrong\n")) +
			ev("output", "a", "TestA", output("--- FAIL: TestA (0.00s)\n")) + ev("fail", "a", "TestA") +
			ev("output", "a", "", output("FAIL\n")) + ev("output", "a", "", output("FAIL\tpatchboard/a\t0.1s\n")) + ev("fail", "a", ""),
		says: []string{"a_test.go:1: wrong\n--- FAIL: TestA", "FAIL\tpatchboard/a", "\nFailed:\n  a.TestA\n\n0 passed, 1 failed, 0 skipped"},
	},
	{
		name: "panic: what the unfinished test said, and a count",
		in: passes("a", "TestB", "0") + ev("run", "a", "TestA") + ev("output", "a", "TestA", output("panic: boom\n")) +
			ev("output", "a", "", output("FAIL\tpatchboard/a\t0.1s\n")) + ev("fail", "a", ""),
		says: []string{"panic: boom", "Failed:\n  a\n", "1 passed, 1 failed"},
	},
	{
		name: "no build",
		in: `{"ImportPath":"patchboard/a","Action":"build-output","Output":"a.go:1:1: syntax error\n"}` + "\n" +
			`{"ImportPath":"patchboard/a","Action":"build-fail"}` + "\n" + ev("start", "a", "") +
			ev("output", "a", "", output("FAIL\tpatchboard/a [build failed]\n")) + ev("fail", "a", "", `"FailedBuild":"patchboard/a"`) + "== unit: FAILED\n",
		says: []string{"syntax error", "[build failed]", "0 passed, 1 failed"},
	},
	{
		name: "stage failed beside its tests",
		in:   "== e2e\n" + passes("a", "TestA", "0") + "npm error\n== e2e: FAILED\n",
		says: []string{"npm error", "Failed:\n  == e2e: FAILED\n", "1 passed, 1 failed"},
	},
	{
		name: "slow, no reason", in: passes("a", "TestA", "20.5"),
		says: []string{"FAIL: a.TestA takes over 20 s", "1 passed, 0 failed"},
	},
	{
		name: "slow, reason", in: passes("a", "TestA", "20.5"), reasons: map[string]string{"a.TestA": "waits for a lease"},
		good: true, not: []string{"FAIL"},
	},
	{
		name: "slow subtest, reason of its parent",
		in:   passes("a", "TestA/sqlite", "21") + passes("a", "TestA", "0"), reasons: map[string]string{"a.TestA": "why"},
		good: true, says: []string{"21.00s  a.TestA/sqlite\n"},
	},
	{
		name: "parent's time is its subtests'",
		in:   passes("a/b", "TestA/x", "15") + passes("a/b", "TestA/y", "15") + passes("a/b", "TestA", "30.01"),
		good: true, not: []string{"30.01", "FAIL"},
	},
	{
		name: "slow only under the race detector",
		in:   passes("a", "TestA", "5") + passes("a", "TestA", "40"),
		good: true, says: []string{"5.00s  a.TestA"}, not: []string{"40.00"},
	},
	{
		name: "skipped",
		in:   passes("a", "TestB", "0") + ev("output", "a", "TestA", output("    a_test.go:7: no Postgres\n")) + ev("skip", "a", "TestA"),
		good: true, says: []string{"a.TestA: no Postgres\n", "1 passed, 0 failed, 1 skipped"},
	},
	{
		name: "skipped where nothing may be",
		in:   passes("a", "TestB", "0") + ev("skip", "a", "TestA"), complete: true,
		says: []string{"a.TestA: no reason given", "no test may be skipped"},
	},
	{name: "nothing", in: "", says: []string{"no test ran", "0 passed, 0 failed, 0 skipped"}},
}

func TestReport(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if good := run(strings.NewReader(c.in), &out, c.reasons, c.complete); good != c.good {
				t.Errorf("good is %v", good)
			}
			for _, s := range c.says {
				if !strings.Contains(out.String(), s) {
					t.Errorf("%q is not in the report", s)
				}
			}
			for _, s := range c.not {
				if strings.Contains(out.String(), s) {
					t.Errorf("%q is in the report", s)
				}
			}
			if t.Failed() {
				t.Logf("report:\n%s", &out)
			}
		})
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "slow")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# why\n\ne2e.TestA  starts three nodes\n")
	got, err := readReasons(file)
	if err != nil || len(got) != 1 || got["e2e.TestA"] != "starts three nodes" {
		t.Errorf("%v, %v", got, err)
	}
	for name, want := range map[string]string{
		"e2e.TestA": "starts three nodes", "e2e.TestA/sqlite": "starts three nodes", "e2e.TestB": "",
		"web/e2e/a.spec.ts.a page, dark": "loads pages", "web/e2e/b.spec.ts.a page": "",
	} {
		if why := reasonFor(name, map[string]string{"e2e.TestA": "starts three nodes", "web/e2e/a.spec.ts": "loads pages"}); why != want {
			t.Errorf("%s: %q", name, why)
		}
	}
	write("e2e.TestA\n")
	if _, err := readReasons(file); err == nil || !strings.Contains(err.Error(), "e2e.TestA has no reason") {
		t.Errorf("a line without a reason: %v", err)
	}
}
