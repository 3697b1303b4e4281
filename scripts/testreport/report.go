package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// event is a line of go test -json (go doc test2json), build events included.
type event struct {
	Action      string  `json:"Action"`
	Package     string  `json:"Package"`
	Test        string  `json:"Test"`
	Elapsed     float64 `json:"Elapsed"` // seconds
	Output      string  `json:"Output"`
	ImportPath  string  `json:"ImportPath"`
	FailedBuild string  `json:"FailedBuild"`
}

// report collects the results of all runs that it reads.
type report struct {
	out     io.Writer
	running map[string][]string // output of tests that have not ended, by name
	times   map[string]time.Duration
	skips   map[string]string // name to reason

	passed, skipped int
	failures        []string // what failed, in order
	failedInPackage map[string]int
	failedInStage   int
}

func newReport(out io.Writer) *report {
	return &report{
		out: out, running: map[string][]string{}, times: map[string]time.Duration{},
		skips: map[string]string{}, failedInPackage: map[string]int{},
	}
}

// read takes lines until the end. A line that is no event, as of a build tool
// or a heading, goes through as it is.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read test events: %w", err)
		}
	}
}

func (r *report) line(line string) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil {
		r.print(line)
		r.heading(strings.TrimSpace(line))
		return
	}
	switch {
	case e.Action == "build-output":
		r.print(e.Output)
	case e.Test != "":
		r.test(e)
	case e.Package != "":
		r.pkg(e)
	}
}

// heading counts a stage that failed before or beside its tests.
func (r *report) heading(line string) {
	if !strings.HasPrefix(line, "== ") {
		return
	}
	if strings.HasSuffix(line, ": FAILED") && r.failedInStage == 0 {
		r.fail(line)
	}
	r.failedInStage = 0
}

func (r *report) test(e event) {
	name := e.Package + "." + e.Test
	switch e.Action {
	case "run":
		r.running[name] = nil
	case "output":
		if !chatter(e.Output) {
			r.running[name] = append(r.running[name], e.Output)
		}
	case "pass":
		r.passed++
		r.ended(name, e)
	case "fail":
		r.fail(name)
		r.failedInPackage[e.Package]++
		r.failedInStage++
		r.print(r.running[name]...)
		r.ended(name, e)
	case "skip":
		r.skipped++
		r.skips[name] = reason(r.running[name])
		r.ended(name, e)
	}
}

// fail keeps what failed for the end, where all is to be seen in a few lines.
func (r *report) fail(what string) { r.failures = append(r.failures, what) }

// ended keeps the fastest time of a test that ran more than once: what the race
// detector adds is not the test's.
func (r *report) ended(name string, e event) {
	delete(r.running, name)
	took := time.Duration(e.Elapsed * float64(time.Second))
	if known, ok := r.times[name]; !ok || took < known {
		r.times[name] = took
	}
}

func (r *report) pkg(e event) {
	switch e.Action {
	case "output":
		if e.Output != "PASS\n" && e.Output != "FAIL\n" {
			r.print(e.Output)
		}
	case "fail":
		if r.failedInPackage[e.Package] == 0 { // a panic, a time-out, or no build
			r.unfinished(e.Package)
			r.fail(e.Package)
			r.failedInStage++
		}
		delete(r.failedInPackage, e.Package)
	}
}

// unfinished prints what the tests said that never ended.
func (r *report) unfinished(pkg string) {
	for name, output := range r.running {
		if strings.HasPrefix(name, pkg+".") {
			r.print(output...)
			delete(r.running, name)
		}
	}
}

func (r *report) print(lines ...string) {
	for _, line := range lines {
		r.printf("%s", line)
	}
}

// printf does not look at the writer's error: where the report cannot be
// written, nobody reads what is said about it.
func (r *report) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(r.out, format, args...)
}

// chatter is what go test prints only with -v.
func chatter(output string) bool {
	for _, start := range []string{"=== RUN", "=== PAUSE", "=== CONT", "=== NAME"} {
		if strings.HasPrefix(output, start) {
			return true
		}
	}
	return false
}

// reason gives what a skipped test said, without its place and frame.
func reason(output []string) string {
	for _, line := range output {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--- SKIP") {
			if _, said, ok := strings.Cut(line, ".go:"); ok {
				if _, said, ok = strings.Cut(said, ": "); ok {
					return said
				}
			}
			return line
		}
	}
	return "no reason given"
}

// timed is a test and how long it took.
type timed struct {
	name string
	took time.Duration
}

// slowest gives tests from slow to fast. A test whose time is that of its
// subtests is left to them.
func (r *report) slowest() []timed {
	children := map[string]time.Duration{}
	for name, took := range r.times {
		if i := strings.LastIndex(name, "/"); i > strings.LastIndex(name, ".") || i > 0 && strings.Contains(name[:i], ".Test") {
			children[name[:i]] += took
		}
	}
	const slack = 50 * time.Millisecond // go test rounds to 10 ms
	var all []timed
	for name, took := range r.times {
		if inside, ok := children[name]; !ok || took > inside+slack {
			all = append(all, timed{name, took})
		}
	}
	slices.SortFunc(all, func(a, b timed) int {
		return cmp.Or(cmp.Compare(b.took, a.took), cmp.Compare(a.name, b.name))
	})
	return all
}
