package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"testing"
)

const module = "patchboard"

// repo is the parsed source tree.
type repo struct {
	files   fs.FS
	fset    *token.FileSet
	sources []source // all .go files, in path order
	texts   []string // all other text files that a person writes
}

// source is one .go file.
type source struct {
	path      string // "internal/webhook/service.go"
	dir       string // "internal/webhook"
	test      bool
	generated bool
	lines     int
	syntax    *ast.File
}

// Folders that hold what is not ours, or what is made.
var leftOut = map[string]bool{
	".git": true, "node_modules": true, "testdata": true, "dist": true, "bin": true, ".demo": true,
}

var written = map[string]bool{".sql": true, ".sh": true, ".md": true, ".yml": true, ".ts": true, ".tsx": true, ".css": true, "": true}

func load(t *testing.T, files fs.FS) *repo {
	t.Helper()
	r := &repo{files: files, fset: token.NewFileSet()}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && leftOut[d.Name()]:
			return fs.SkipDir
		case d.IsDir():
			return nil
		case path.Ext(name) == ".go":
			return r.parse(name)
		case written[path.Ext(name)] && d.Type().IsRegular():
			r.texts = append(r.texts, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *repo) parse(name string) error {
	text, err := fs.ReadFile(r.files, name)
	if err != nil {
		return fmt.Errorf("read source: %w", err)
	}
	syntax, err := parser.ParseFile(r.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse source: %w", err)
	}
	r.sources = append(r.sources, source{
		path: name, dir: path.Dir(name), syntax: syntax,
		test:      strings.HasSuffix(name, "_test.go"),
		generated: ast.IsGenerated(syntax),
		lines:     strings.Count(string(text), "\n"),
	})
	return nil
}

// at gives "file:line" of a node.
func (r *repo) at(n ast.Node) string {
	p := r.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// imports gives the file's imports and the name that each has there.
func (s source) imports() map[string]string {
	names := map[string]string{}
	for _, i := range s.syntax.Imports {
		target, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue // the parser has checked it
		}
		name := path.Base(target)
		if i.Name != nil {
			name = i.Name.Name
		}
		names[target] = name
	}
	return names
}

// within reports whether the file lies in one of the folders, or is one.
func (s source) within(folders ...string) bool {
	for _, f := range folders {
		if s.path == f || strings.HasPrefix(s.path, f+"/") {
			return true
		}
	}
	return false
}

// uses finds the uses of names of a package, as http.Get, with their nodes.
func (s source) uses(pkg string, visit func(sel *ast.SelectorExpr, pointer bool)) {
	local, ok := s.imports()[pkg]
	if !ok {
		return
	}
	pointed := map[ast.Expr]bool{}
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StarExpr:
			pointed[n.X] = true
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == local {
				visit(n, pointed[n])
			}
		}
		return true
	})
}
