package archtest

import (
	"fmt"
	"go/ast"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

var vagueNames = []string{"util", "utils", "common", "helper", "helpers", "model", "models", "shared", "base", "type", "types", "impl", "service", "services", "misc"}

// packageNames: a folder is a noun of the product.
func packageNames(r *repo) (wrong []string) {
	seen := map[string]bool{}
	for _, s := range r.sources {
		name := strings.TrimSuffix(s.syntax.Name.Name, "_test")
		if seen[s.dir] {
			continue
		}
		for _, part := range append(strings.Split(s.dir, "/"), name) {
			if slices.Contains(vagueNames, strings.ToLower(part)) {
				seen[s.dir] = true
				wrong = append(wrong, fmt.Sprintf("%s: %q says nothing about the product", s.dir, part))
				break
			}
		}
	}
	return wrong
}

const mostLines = 600

// fileSizes: ask at 400 lines, split at 600.
func fileSizes(r *repo) (wrong []string) {
	for _, s := range r.sources {
		if !s.generated && s.lines > mostLines {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines, over %d: split it", s.path, s.lines, mostLines))
		}
	}
	return wrong
}

// packageComments: what a package owns stands at its head, once.
func packageComments(r *repo) (wrong []string) {
	comments := map[string]int{}
	starts := map[string]string{}
	for _, s := range r.sources {
		name := s.syntax.Name.Name
		if base := strings.TrimSuffix(name, "_test"); s.test && base != name {
			name = base
		}
		start := "Package " + name + " "
		if name == "main" {
			start = "Command " + path.Base(s.dir) + " "
		}
		starts[s.dir] = start
		comments[s.dir] += 0
		if s.syntax.Doc != nil && strings.HasPrefix(strings.Join(strings.Fields(s.syntax.Doc.Text()), " ")+" ", start) {
			comments[s.dir]++
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(comments)) {
		if n := comments[dir]; n != 1 {
			wrong = append(wrong, fmt.Sprintf("%s has %d package comments that start with %q, want 1", dir, n, starts[dir]))
		}
	}
	return wrong
}

// initFunctions: what happens before main is invisible, so nothing does.
func initFunctions(r *repo) (wrong []string) {
	for _, s := range r.sources {
		for _, d := range s.syntax.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				wrong = append(wrong, r.at(f)+": func init")
			}
		}
	}
	return wrong
}

// sleepingTests: a test waits for a signal, or sets the clock.
func sleepingTests(r *repo) (wrong []string) {
	for _, s := range r.sources {
		if !s.test {
			continue
		}
		s.uses("time", func(sel *ast.SelectorExpr, _ bool) {
			if sel.Sel.Name == "Sleep" {
				wrong = append(wrong, r.at(sel)+": time.Sleep in a test")
			}
		})
	}
	return wrong
}

var openMark = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)

// openMarks: work that is left is an issue, not a comment.
func openMarks(r *repo) (wrong []string) {
	for _, s := range r.sources {
		for _, group := range s.syntax.Comments {
			if mark := openMark.FindString(group.Text()); mark != "" {
				wrong = append(wrong, r.at(group)+": "+mark)
			}
		}
	}
	for _, name := range r.texts {
		text, err := fs.ReadFile(r.files, name)
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		if mark := openMark.Find(text); mark != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %s", name, mark))
		}
	}
	return wrong
}

var markdownLink = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)

// documentLinks: a page that a page names is there.
func documentLinks(r *repo) (wrong []string) {
	for _, name := range r.texts {
		if path.Ext(name) != ".md" {
			continue
		}
		text, err := fs.ReadFile(r.files, name)
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		for _, m := range markdownLink.FindAllSubmatch(text, -1) {
			target := string(m[1])
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			if _, err := fs.Stat(r.files, path.Join(path.Dir(name), target)); err != nil {
				wrong = append(wrong, fmt.Sprintf("%s links to %s, which is not there", name, target))
			}
		}
	}
	return wrong
}
