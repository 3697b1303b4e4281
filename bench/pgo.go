package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	pprof "github.com/google/pprof/profile"
)

// pgoFile is the profile that the compiler optimizes the program by: "go build"
// looks for it under this name (https://go.dev/doc/pgo).
const pgoFile = "cmd/patchboard/default.pgo"

// pgoRuns are the ways that are worth it, each on both engines.
var pgoRuns = []struct {
	row   string
	batch int
}{{"end-to-end", 1}, {"end-to-end", 100}, {"drain", 1}}

const pgoWindow = 15 * time.Second

// pgo profiles the hot paths and keeps the sum in pgoFile.
func pgo(ctx context.Context) error {
	var all []*pprof.Profile
	for _, engine := range both {
		for _, r := range pgoRuns {
			p, err := pgoOne(ctx, r.row, &profiling{engine: engine, webhooks: 1, batch: r.batch, window: pgoWindow})
			if err != nil {
				return fmt.Errorf("profile %s on %s: %w", r.row, engineNames[engine], err)
			}
			all = append(all, p)
		}
	}
	sum, err := pprof.Merge(all)
	if err != nil {
		return fmt.Errorf("add the profiles: %w", err)
	}
	for _, m := range sum.Mapping {
		m.File, m.BuildID = "", "" // where the bench was built is nobody's business
	}
	return writeProfile(sum)
}

// pgoOne profiles one way from an empty database.
func pgoOne(ctx context.Context, row string, p *profiling) (*pprof.Profile, error) {
	b, clean, err := prepare(ctx, os.TempDir(), 1)
	if err != nil {
		return nil, err
	}
	defer clean()
	if p.engine == postgres && b.places.cluster == nil {
		return nil, errNoCluster
	}
	p.file = filepath.Join(b.dir, "cpu.pprof")
	if err := profiles[row](ctx, b, p); err != nil {
		return nil, err
	}
	return readProfile(p.file)
}

func readProfile(file string) (*pprof.Profile, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open the profile: %w", err)
	}
	defer func() { _ = f.Close() }() // read only
	p, err := pprof.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("read the profile: %w", err)
	}
	return p, nil
}

func writeProfile(p *pprof.Profile) error {
	f, err := os.Create(pgoFile)
	if err != nil {
		return fmt.Errorf("write %s: %w", pgoFile, err)
	}
	if err := errors.Join(p.Write(f), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", pgoFile, err)
	}
	return nil
}
