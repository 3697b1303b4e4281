// Command bench measures Patchboard as its users run it: it builds the binary,
// starts it with a sink that receives webhooks and a generator that sends
// events, each a process of its own, and compares what it does with loops of the
// same run that do nothing but send. "make bench" runs it. Everything stays on
// the loopback address and in a temporary directory.
//
//	go run ./bench [flags]             measure
//	go run ./bench profile [flags]     where a server spends its time
//	go run -trimpath ./bench pgo       the profile that the program is compiled by
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		if fn := helpers[args[0]]; fn != nil && len(args) == 2 {
			return runHelper(ctx, fn, args[1])
		}
		if args[0] == "profile" {
			return profile(ctx, args[1:])
		}
		if args[0] == "pgo" && len(args) == 1 {
			return pgo(ctx)
		}
	}
	var o options
	if err := o.parse(args); err != nil {
		return err
	}
	return measure(ctx, o)
}

// options are the flags.
type options struct {
	rows    []*row
	engines []string
	quick   bool
	write   bool
	noFail  bool
	dir     string
}

const fullRuns = 5

func (o *options) parse(args []string) error {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := f.String("only", "", "measure these rows alone, separated by commas: "+strings.Join(rowNames(), ", "))
	engine := f.String("engine", "", "measure on this engine alone: sqlite or postgres; without it, on both")
	f.BoolVar(&o.quick, "quick", false, "one run of each, to see that it works; its figures say little")
	f.BoolVar(&o.write, "write", false, "put the figures into "+pageFile)
	f.BoolVar(&o.noFail, "no-fail", false, "exit with 0 though a floor is missed")
	f.StringVar(&o.dir, "dir", os.TempDir(), "where the data are kept while measuring: the disk that is measured")
	if err := f.Parse(args); err != nil {
		return err //nolint:wrapcheck // flag has told it, with the usage
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%q is no command; flags start with a dash", f.Arg(0))
	}
	if o.quick && o.write {
		return errors.New("-write is for whole runs, not for -quick: one run is no measurement")
	}
	if *engine != "" && o.write {
		return errors.New("-write is for both engines, not for -engine: the page keeps what it says of a row in one block")
	}
	switch *engine {
	case "":
		o.engines = both
	case sqlite, postgres:
		o.engines = []string{*engine}
	default:
		return fmt.Errorf("-engine %q: it is sqlite or postgres", *engine)
	}
	o.rows = rows
	if *only != "" {
		o.rows = nil
		for name := range strings.SplitSeq(*only, ",") {
			i := slices.IndexFunc(rows, func(r *row) bool { return r.name == strings.TrimSpace(name) })
			if i < 0 {
				return fmt.Errorf("-only %q: the rows are %s", name, strings.Join(rowNames(), ", "))
			}
			o.rows = append(o.rows, rows[i])
		}
	}
	return nil
}

// bench is a measurement under way.
type bench struct {
	runs    int
	dir     string
	binary  string
	places  *places
	bases   map[string]*template
	machine machine
}

// prepare makes a directory, finds Postgres and builds the program.
func prepare(ctx context.Context, parent string, runs int) (b *bench, clean func(), err error) {
	if _, err := os.Stat("cmd/patchboard"); err != nil {
		return nil, nil, errors.New("run it at the root of the repository, as make bench does")
	}
	dir, err := os.MkdirTemp(parent, "patchboard-bench-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a directory: %w", err)
	}
	b = &bench{runs: runs, dir: dir, binary: filepath.Join(dir, "patchboard"), bases: map[string]*template{}}
	if b.places, err = openPlaces(dir, os.Getenv("TEST_POSTGRES_URL")); err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	clean = func() {
		for _, t := range b.bases {
			_ = t.remove(ctx) // the directory goes below; a database is dropped or its cluster ends
		}
		_ = b.places.close()
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, "bench: remove", dir, err)
		}
	}
	if err := build(ctx, b.binary); err != nil {
		clean()
		return nil, nil, err
	}
	return b, clean, nil
}

func measure(ctx context.Context, o options) error {
	runs := fullRuns
	if o.quick {
		runs = 1
	}
	b, clean, err := prepare(ctx, o.dir, runs)
	if err != nil {
		return err
	}
	defer clean()
	if o.write && b.places.cluster == nil {
		return errors.New("-write needs Postgres, or its figures would leave the page: set TEST_POSTGRES_URL, or use make bench, which starts one")
	}
	var settings map[string]string
	if b.places.cluster != nil {
		if settings, err = b.places.settings(ctx); err != nil {
			return err
		}
		if settings["fsync"] != "on" {
			fmt.Fprintln(os.Stderr, "NOTE: this Postgres runs with fsync off: its figures are not those of a database that keeps its word. `make bench` starts one that does.")
		}
	}
	if b.machine, err = readMachine(b.dir, settings); err != nil {
		return err
	}
	for _, l := range b.machine.lines() {
		fmt.Fprintf(os.Stderr, "%-15s %s\n", l[0], l[1])
	}
	var results []result
	for _, r := range o.rows {
		results = append(results, b.one(ctx, r, o.engines))
		if ctx.Err() != nil {
			break
		}
	}
	return conclude(b, o, results)
}

// one measures a row.
func (b *bench) one(ctx context.Context, r *row, engines []string) result {
	out := result{row: r}
	began := time.Now()
	for _, engine := range engines {
		if engine == postgres && b.places.cluster == nil {
			fmt.Fprintf(os.Stderr, "%s: no Postgres (TEST_POSTGRES_URL is not set; make bench starts one): left out\n", r.name)
			continue
		}
		fmt.Fprintf(os.Stderr, "%s on %s…\n", r.name, engineNames[engine])
		within, cancel := context.WithTimeoutCause(ctx, r.limit, fmt.Errorf("the row took longer than %s", r.limit))
		figures, err := r.measure(within, b, engine)
		if err != nil {
			out.err = errors.Join(out.err, fmt.Errorf("%s: %w", engineNames[engine], err), context.Cause(within))
		}
		cancel()
		out.figures = append(out.figures, figures...)
	}
	fmt.Fprintf(os.Stderr, "%s took %s\n", r.name, time.Since(began).Round(time.Second))
	return out
}

func conclude(b *bench, o options, results []result) error {
	if err := show(os.Stdout, results); err != nil {
		return err
	}
	if o.write {
		if err := write(&b.machine, results, b.runs, time.Now()); err != nil {
			return err
		}
	}
	missed := misses(results)
	if len(missed) == 0 {
		return nil
	}
	fmt.Fprintf(os.Stderr, "\nMissed:\n  %s\n", strings.Join(missed, "\n  "))
	if o.noFail {
		return nil
	}
	return fmt.Errorf("%d missed", len(missed))
}
