package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/app"
	"patchboard/internal/config"
)

// profiles are the hot paths: sending a backlog, taking events in that no
// webhook wants, both at once, and light traffic beside 10,000 endpoints that
// refuse connections.
var profiles = map[string]func(ctx context.Context, b *bench, p *profiling) error{
	"drain":      profileDrain,
	"intake":     profileIntake,
	"end-to-end": profileEndToEnd,
	"dead":       profileDead,
}

// profiling is where one profile is kept, and of what it is.
type profiling struct {
	engine   string
	webhooks int
	batch    int
	window   time.Duration
	file     string
}

var errNoCluster = errors.New("no Postgres: name one in TEST_POSTGRES_URL, or start it by scripts/with-postgres go run ./bench profile …")

// profile runs the server inside this process, while sink and load are others,
// and prints where it spends the processor's time. The server itself needs no
// way to be profiled for that.
func profile(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("bench profile", flag.ContinueOnError)
	p := &profiling{}
	what := f.String("row", "drain", "the path: drain, intake, end-to-end or dead")
	f.StringVar(&p.engine, "engine", sqlite, "sqlite or postgres")
	f.IntVar(&p.webhooks, "webhooks", 1, "webhooks that a backlog is for")
	f.IntVar(&p.batch, "batch", 1, "events a request")
	f.DurationVar(&p.window, "for", 8*time.Second, "how long events are sent")
	f.StringVar(&p.file, "out", "", "keep the profile in this file, for go tool pprof")
	top := f.Int("top", 25, "functions to print")
	dir := f.String("dir", os.TempDir(), "where the data are kept meanwhile")
	if err := f.Parse(args); err != nil {
		return err //nolint:wrapcheck // flag has told it, with the usage
	}
	run := profiles[*what]
	if run == nil || !slices.Contains(both, p.engine) {
		return errors.New("-row is drain, intake, end-to-end or dead; -engine is sqlite or postgres")
	}
	b, clean, err := prepare(ctx, *dir, 1)
	if err != nil {
		return err
	}
	defer clean()
	if p.engine == postgres && b.places.cluster == nil {
		return errNoCluster
	}
	if p.file == "" {
		p.file = filepath.Join(b.dir, "cpu.pprof")
	}
	if err := run(ctx, b, p); err != nil {
		return err
	}
	for _, order := range []string{"-flat", "-cum"} {
		cmd := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", order, "-nodecount="+strconv.Itoa(*top), p.file) //nolint:gosec // the file that was just written
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("read the profile: %w", err)
		}
		if _, err := fmt.Fprintf(os.Stdout, "\n%s, %s, by %s:\n%s", *what, engineNames[p.engine], strings.TrimPrefix(order, "-"), out); err != nil {
			return fmt.Errorf("print the profile: %w", err)
		}
	}
	return nil
}

// record profiles this process while fn runs.
func (p *profiling) record(fn func() error) error {
	f, err := os.Create(p.file)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(fmt.Errorf("profile: %w", err), f.Close())
	}
	err = fn()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

// inside runs the program in this process, on a place.
func inside(ctx context.Context, t *template) (*app.App, *client, error) {
	c := config.Default()
	c.Listen, c.DataDir, c.LogLevel = "127.0.0.1:0", t.dir, "warn"
	if t.engine == postgres {
		c.Database = config.NewSecret(t.address())
	}
	c.AllowHTTP, c.AllowNetwork = true, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	a, err := app.New(ctx, app.Config{Serve: c, Version: "bench", Logger: c.Logger(os.Stderr)})
	if err != nil {
		return nil, nil, err
	}
	return a, newClient("http://"+a.Addr().String(), t.account), nil
}

func profileDrain(ctx context.Context, b *bench, p *profiling) error {
	s, end, err := b.newSink(ctx)
	if err != nil {
		return err
	}
	defer end()
	t, pending, err := b.backlog(ctx, s, p.engine, p.webhooks)
	if err != nil {
		return err
	}
	defer func() { _ = t.remove(ctx) }() // the directory goes in any case
	if err := s.tell(ctx, "reset", drainGroup); err != nil {
		return err
	}
	a, c, err := inside(ctx, t)
	if err != nil {
		return err
	}
	err = p.record(func() error {
		if err := s.wait(ctx, drainGroup, pending); err != nil {
			return err
		}
		return c.waitPending(ctx, 0)
	})
	return errors.Join(err, a.Close(ctx))
}

func profileIntake(ctx context.Context, b *bench, p *profiling) error {
	return b.profileLoad(ctx, p, 0)
}

func profileEndToEnd(ctx context.Context, b *bench, p *profiling) error {
	return b.profileLoad(ctx, p, loopHooks)
}

// profileLoad sends events in a closed loop, for webhooks or for nobody.
func (b *bench) profileLoad(ctx context.Context, p *profiling, webhooks int) error {
	s, end, err := b.newSink(ctx)
	if err != nil {
		return err
	}
	defer end()
	t, err := b.base(ctx, p.engine)
	if err != nil {
		return err
	}
	a, c, err := inside(ctx, t)
	if err != nil {
		return err
	}
	w := &world{client: c, sink: s}
	job := loadJob{Types: []string{"contact.created"}, Conns: loopConns, Warm: loopWarm, For: p.window, Batch: p.batch}
	if webhooks > 0 {
		if job.Types, err = w.subscribe(ctx, loopGroup, webhooks); err != nil {
			return errors.Join(err, a.Close(ctx))
		}
		job.Group, job.Backlog = loopGroup, loopBacklog
	}
	err = p.record(func() error {
		r, err := w.load(ctx, job)
		fmt.Fprintf(os.Stderr, "%s events/s taken in, %s delivered; p50 and p99 in ms: of the answer %.2f and %.2f, of the arrival %.2f and %.2f\n",
			number(r.PerSecond, ""), number(r.Delivered, ""), r.AckP50, r.AckP99, r.P50, r.P99)
		return err
	})
	return errors.Join(err, a.Close(ctx))
}

func profileDead(ctx context.Context, b *bench, p *profiling) error {
	s, end, err := b.newSink(ctx)
	if err != nil {
		return err
	}
	defer end()
	t, err := b.manyEndpoints(ctx, s, p.engine)
	if err != nil {
		return err
	}
	defer func() { _ = t.remove(ctx) }() // the directory goes in any case
	if err := s.tell(ctx, "refuse", deadGroup); err != nil {
		return err
	}
	a, c, err := inside(ctx, t)
	if err != nil {
		return err
	}
	w := &world{client: c, sink: s}
	err = p.record(func() error {
		r, err := w.deadRun(ctx)
		fmt.Fprintf(os.Stderr, "p50 and p99 in ms: without them %.2f and %.2f, at first %.2f and %.2f, later %.2f and %.2f\n",
			r.without.P50, r.without.P99, r.first.P50, r.first.P99, r.later.P50, r.later.P99)
		return err
	})
	return errors.Join(err, a.Close(ctx))
}
