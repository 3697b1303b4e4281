package main

import (
	"path/filepath"
	"slices"
	"testing"

	pprof "github.com/google/pprof/profile"
)

// The profile is of this program, and tells nothing of the machine that made it.
func TestProfileOfTheProgram(t *testing.T) {
	p, err := readProfile(filepath.Join("..", pgoFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range p.Mapping {
		if m.File != "" || m.BuildID != "" {
			t.Errorf("it names the binary %q (%q)", m.File, m.BuildID)
		}
	}
	for _, f := range p.Function {
		if filepath.IsAbs(f.Filename) {
			t.Errorf("it names the file %s", f.Filename)
		}
	}
	for _, name := range []string{"patchboard/internal/event.(*Service).Accept", "patchboard/internal/delivery.(*engine).send"} {
		if !slices.ContainsFunc(p.Function, func(f *pprof.Function) bool { return f.Name == name }) {
			t.Errorf("nothing of %s: after a change of its name, make pgo", name)
		}
	}
}
