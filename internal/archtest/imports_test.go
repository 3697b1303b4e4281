package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// layer orders the packages: a package imports from layers below its own. An
// import within a layer is an edge of the table.
type layer int

const (
	ground  layer = iota // fault, rbac, id: import nothing of ours but each other
	base                 // what nouns stand on
	noun                 // what the product talks about
	surface              // what the outside talks to
	root                 // puts everything together
	command              // starts it
)

const unlisted layer = -1

// table is the drawing of docs/architecture.md. A package that is missing here
// fails the test: give it a layer, and only those edges that it needs.
var table = map[string]struct {
	layer layer
	edges []string // imports within its own layer
}{
	"fault": {ground, nil},
	"rbac":  {ground, nil},
	"id":    {ground, []string{"fault"}},

	"config":    {base, nil},
	"db":        {base, nil},
	"signature": {base, nil},
	"egress":    {base, []string{"signature"}},
	"vault":     {base, []string{"db"}},
	"live":      {base, []string{"db"}},
	"audit":     {base, []string{"db", "vault", "live"}},

	"account":     {noun, nil},
	"apikey":      {noun, nil},
	"webhook":     {noun, nil},
	"event":       {noun, []string{"webhook"}},
	"delivery":    {noun, []string{"webhook", "event"}},
	"connector":   {noun, []string{"health"}},
	"health":      {noun, nil},
	"record":      {noun, []string{"event"}},
	"integration": {noun, []string{"connector", "record", "health"}},
	"alert":       {noun, []string{"health"}},
	"tracking":    {noun, nil},
	"insight":     {noun, []string{"tracking"}},

	"api":     {surface, nil},
	"ui":      {surface, nil},
	"job":     {surface, nil},
	"metrics": {surface, nil},
	"sandbox": {surface, nil},

	"app": {root, nil},

	"archtest": {ground, nil},
}

// importers names who alone may import a package, where the layers allow more.
var importers = map[string][]string{
	"api":    {"app", "cmd"},
	"config": {"app", "cmd"}, // settings are read in one place, and handed on as values
}

// forbidden names imports that a package must do without, though its layer
// allows them.
var forbidden = map[string][]string{
	"connector": {"db", "vault", "live", "audit"}, // a connector knows a provider, and no storage
}

// importDirections holds the imports of the program's own packages against the
// table. Tests may import what they like: Go itself refuses cycles.
func importDirections(r *repo) (wrong []string) {
	for _, s := range r.sources {
		if s.test {
			continue
		}
		for target := range s.imports() {
			if reason := importWrong(s.dir, target); reason != "" {
				wrong = append(wrong, fmt.Sprintf("%s imports %s: %s", s.path, target, reason))
			}
		}
		if name, ok := owner(s.dir); ok && !testSupport(s.dir) && layerOf(name) == unlisted {
			wrong = append(wrong, fmt.Sprintf("%s: package %s has no row in archtest's table", s.path, name))
		}
	}
	return wrong
}

func importWrong(from, target string) string {
	inside, ours := strings.CutPrefix(target, module+"/")
	if !ours {
		return ""
	}
	to, ok := owner(inside)
	if !ok {
		return "only internal packages are imported"
	}
	if testSupport(inside) && !testSupport(from) {
		return "a package for tests is imported by tests only"
	}
	name, ok := owner(from)
	if !ok { // cmd, bench and scripts stand above everything
		name = strings.SplitN(from, "/", 2)[0]
	}
	if only, limited := importers[to]; limited && name != to && !slices.Contains(only, name) && name != "bench" {
		return "only " + strings.Join(only, " and ") + " may"
	}
	switch {
	case name == to, testSupport(from):
		return ""
	case slices.Contains(forbidden[name], to):
		return name + " does without " + to
	case layerOf(name) > layerOf(to) || slices.Contains(table[name].edges, to):
		return ""
	}
	return "against the direction cmd -> app -> {api, ui, job} -> nouns -> what they stand on, and no edge of the table"
}

// owner gives the top package of a folder under internal: connector/gmail
// belongs to connector.
func owner(dir string) (string, bool) {
	inside, ok := strings.CutPrefix(dir, "internal/")
	if !ok {
		return "", false
	}
	return strings.SplitN(inside, "/", 2)[0], true
}

func layerOf(name string) layer {
	if row, ok := table[name]; ok {
		return row.layer
	}
	if name == "cmd" || name == "bench" || name == "scripts" {
		return command
	}
	return unlisted
}

// testSupport reports whether a folder holds helpers of tests, as db/dbtest.
func testSupport(dir string) bool {
	return strings.HasSuffix(path.Base(dir), "test") && path.Base(dir) != "archtest"
}
