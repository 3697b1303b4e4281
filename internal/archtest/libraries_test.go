package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// allowed names the folders and files beside the rule's own packages that may
// do what the rule forbids, each with its reason.
type allowed map[string]string

func (a allowed) has(s source) bool {
	for place := range a {
		if s.within(place) {
			return true
		}
	}
	return false
}

var driverUsers = map[string][]string{
	"modernc.org/sqlite":                       {"internal/db"},
	"github.com/jackc/pgx":                     {"internal/db"},
	"github.com/lib/pq":                        {"internal/db"},
	"github.com/mattn/go-sqlite":               {"internal/db"},
	"github.com/ncruces/go-sqlite3":            {"internal/db"},
	"github.com/riverqueue/river/riverdriver/": {"internal/db", "internal/job"},
}

// databaseDrivers: the two engines are known to package db alone. River brings
// drivers of its own, which package job hands to it.
func databaseDrivers(r *repo) (wrong []string) {
	for _, s := range r.sources {
		if s.test {
			continue
		}
		for target := range s.imports() {
			for driver, users := range driverUsers {
				if strings.HasPrefix(target, driver) && !s.within(users...) {
					wrong = append(wrong, fmt.Sprintf("%s imports %s, which only %s may", s.path, target, strings.Join(users, " and ")))
				}
			}
		}
	}
	return wrong
}

// engineBranches: what differs between the engines is a method of package db.
func engineBranches(r *repo) (wrong []string) {
	for _, s := range r.sources {
		if s.test || s.within("internal/db", "bench") {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			var compared []ast.Expr
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op == token.EQL || n.Op == token.NEQ {
					compared = []ast.Expr{n.X, n.Y}
				}
			case *ast.SwitchStmt:
				compared = []ast.Expr{n.Tag}
			}
			if slices.ContainsFunc(compared, namesEngine) {
				wrong = append(wrong, r.at(n)+": branches on the database engine outside package db")
			}
			return true
		})
	}
	return wrong
}

func namesEngine(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return strings.EqualFold(e.Name, "engine") || strings.EqualFold(e.Name, "dialect")
	case *ast.SelectorExpr:
		return namesEngine(e.Sel)
	case *ast.CallExpr:
		return namesEngine(e.Fun)
	}
	return false
}

var (
	clientNames = []string{"Client", "Transport", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"}
	serverNames = []string{"Server", "ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS"}
)

var clientsElsewhere = allowed{
	"bench":                     "its bare loop is the yardstick, which must not be our own client",
	"cmd/patchboard/trigger.go": "talks to Patchboard itself, at the address that the caller names",
}

// httpClients: one policy for outbound requests, so one place that makes them.
// A parameter or field of type *http.Client is no client made.
func httpClients(r *repo) []string {
	return r.makersOf("net/http", clientNames, "internal/egress", clientsElsewhere)
}

var serversElsewhere = allowed{
	"internal/ui":      "serves the console",
	"internal/metrics": "has a listener of its own",
	"internal/sandbox": "plays the providers and the webhook inbox",
	"bench":            "its sink receives what is measured",
}

// httpServers: servers are made, with their time-outs, by those who serve.
// Package app holds them as *http.Server, to start and stop them.
func httpServers(r *repo) []string {
	return r.makersOf("net/http", serverNames, "internal/api", serversElsewhere)
}

func (r *repo) makersOf(pkg string, names []string, home string, elsewhere allowed) (wrong []string) {
	for _, s := range r.sources {
		if s.test || s.within(home) || elsewhere.has(s) {
			continue
		}
		s.uses(pkg, func(sel *ast.SelectorExpr, pointer bool) {
			if !pointer && slices.Contains(names, sel.Sel.Name) {
				wrong = append(wrong, fmt.Sprintf("%s: http.%s is for %s", r.at(sel), sel.Sel.Name, home))
			}
		})
	}
	return wrong
}

var environmentElsewhere = allowed{
	"internal/db/dbtest": "finds the tests' Postgres by TEST_POSTGRES_URL",
	"bench":              "has no settings of the product",
	"scripts":            "run by make and CI, which speak by the environment",
}

// environment: settings come from package config, and from nowhere else.
func environment(r *repo) (wrong []string) {
	for _, s := range r.sources {
		if s.test || s.within("internal/config") || environmentElsewhere.has(s) {
			continue
		}
		s.uses("os", func(sel *ast.SelectorExpr, _ bool) {
			if slices.Contains([]string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, sel.Sel.Name) {
				wrong = append(wrong, fmt.Sprintf("%s: os.%s is for internal/config", r.at(sel), sel.Sel.Name))
			}
		})
	}
	return wrong
}
