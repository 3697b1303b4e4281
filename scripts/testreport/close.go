package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	spec     = ".spec.ts" // ends the name of a file of a browser's tests
	listed   = 10
	tooSlow  = 20 * time.Second
	module   = "patchboard/"
	noReason = "takes over 20 s and has no reason in scripts/slow-tests.txt: make it faster, or write why it cannot be"
)

// close prints the end of the report and gives the verdict.
func (r *report) close(reasons map[string]string, complete bool) bool {
	good := true
	all := r.slowest()
	if len(all) > 0 {
		r.printf("\nSlowest tests:\n")
	}
	for _, t := range all[:min(listed, len(all))] {
		r.printf("  %7.2fs  %s\n", t.took.Seconds(), strings.TrimPrefix(t.name, module))
	}
	for _, t := range all {
		if name := strings.TrimPrefix(t.name, module); t.took > tooSlow && reasonFor(name, reasons) == "" {
			r.printf("FAIL: %s %s\n", name, noReason)
			good = false
		}
	}
	if r.skipped > 0 {
		r.printf("\nSkipped tests:\n")
		for _, name := range slices.Sorted(maps.Keys(r.skips)) {
			r.printf("  %s: %s\n", strings.TrimPrefix(name, module), r.skips[name])
		}
		if complete {
			r.printf("FAIL: under CI=true or REQUIRE_POSTGRES=1 no test may be skipped\n")
			good = false
		}
	}
	if r.passed+len(r.failures) == 0 {
		r.printf("FAIL: no test ran\n")
		good = false
	}
	if len(r.failures) > 0 {
		r.printf("\nFailed:\n")
	}
	for _, what := range r.failures {
		r.printf("  %s\n", strings.TrimPrefix(what, module))
	}
	r.printf("\n%d passed, %d failed, %d skipped\n", r.passed, len(r.failures), r.skipped)
	return good && len(r.failures) == 0
}

// reasonFor finds the reason of a test, or of the one that it is part of; of a
// browser's tests also that of their file.
func reasonFor(name string, reasons map[string]string) string {
	if file, _, ok := strings.Cut(name, spec+"."); ok && reasons[file+spec] != "" {
		return reasons[file+spec]
	}
	for {
		if why, ok := reasons[name]; ok {
			return why
		}
		i := strings.LastIndex(name, "/")
		if i < 0 || !strings.Contains(name[:i], ".") {
			return ""
		}
		name = name[:i]
	}
}

// readReasons reads lines of a test's name and, after it, the reason.
func readReasons(file string) (map[string]string, error) {
	reasons := map[string]string{}
	if file == "" {
		return reasons, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read reasons: %w", err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, why, _ := strings.Cut(line, " ")
		if why = strings.TrimSpace(why); why == "" {
			return nil, fmt.Errorf("%s:%d: %s has no reason", file, i+1, name)
		}
		reasons[name] = why
	}
	return reasons, nil
}
