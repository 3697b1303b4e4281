package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// pageFile is where -write keeps the figures, beside the words about them.
const pageFile = "bench/PERFORMANCE.md"

// result is what a row has given.
type result struct {
	row     *row
	figures []figure
	err     error
}

// show prints results as a table.
func show(w io.Writer, results []result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range results {
		_, _ = fmt.Fprintf(t, "\n%s\n", r.row.title) // what cannot be written fails in Flush
		if len(r.figures) > 0 {
			_, _ = fmt.Fprintf(t, "  %s\n", strings.Join(columns, "\t"))
		}
		for i := range r.figures {
			_, _ = fmt.Fprintf(t, "  %s\n", strings.Join(r.figures[i].cells(), "\t"))
		}
		if r.err != nil {
			_, _ = fmt.Fprintf(t, "  FAILED: %v\n", r.err)
		}
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print the figures: %w", err)
	}
	return nil
}

// misses names the floors that were not reached and the rows that failed.
func misses(results []result) []string {
	var all []string
	for _, r := range results {
		if r.err != nil {
			all = append(all, r.row.name+" could not be measured")
		}
		for i := range r.figures {
			if f := &r.figures[i]; f.missed() {
				all = append(all, fmt.Sprintf("%s: %s, %s: %s, must be %s", r.row.name, f.what, engineNames[f.engine], spread(f.judged(), ""), f.floor.String(f)))
			}
		}
	}
	return all
}

// write puts the figures of the rows that were measured into the page, each
// between its own marks, and leaves the others as they are.
func write(m *machine, results []result, runs int, now time.Time) error {
	old, err := os.ReadFile(pageFile)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	text, err := replace(string(old), "machine", machineTable(m))
	for _, r := range results {
		if err == nil && r.err == nil {
			text, err = replace(text, r.row.name, rowTable(m, r, runs, now))
		}
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(pageFile, []byte(text), 0o644); err != nil { //nolint:gosec // a page of the repository
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

func machineTable(m *machine) string {
	var b strings.Builder
	b.WriteString("| | |\n|---|---|\n")
	for _, l := range m.lines() {
		fmt.Fprintf(&b, "| %s | %s |\n", l[0], l[1])
	}
	return b.String()
}

func rowTable(m *machine, r result, runs int, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, `make bench ARGS=\"-only %s\"`, %d runs, %s.\n\n", now.Format("2 January 2006"), r.row.name, runs, m.brief())
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for i := range r.figures {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(r.figures[i].cells(), " | "))
	}
	return b.String()
}

// replace changes what stands between two marks.
func replace(text, name, block string) (string, error) {
	from, to := "<!-- bench:"+name+" -->\n", "<!-- /bench:"+name+" -->"
	before, rest, ok := strings.Cut(text, from)
	_, after, closed := strings.Cut(rest, to)
	if !ok || !closed {
		return "", errors.New(pageFile + " has no marks " + strings.TrimSpace(from) + " and " + to)
	}
	return before + from + block + to + after, nil
}
