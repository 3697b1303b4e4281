package archtest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// rule gives what breaks it, one line each.
type rule func(*repo) []string

var rules = map[string]rule{
	"import directions": importDirections,
	"database drivers":  databaseDrivers,
	"engine branches":   engineBranches,
	"http clients":      httpClients,
	"http servers":      httpServers,
	"environment":       environment,
	"package names":     packageNames,
	"file sizes":        fileSizes,
	"package comments":  packageComments,
	"init functions":    initFunctions,
	"sleeping tests":    sleepingTests,
	"open marks":        openMarks,
	"document links":    documentLinks,
}

func TestRepository(t *testing.T) {
	t.Parallel()
	r := load(t, os.DirFS("../.."))
	if len(r.sources) < 10 {
		t.Fatalf("only %d sources found: is this the repository?", len(r.sources))
	}
	for name, check := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, w := range check(r) {
				t.Error(w)
			}
		})
	}
}

// Each rule is broken here once in each way that it knows, and must say so;
// what is beside it and right must pass.
func TestRulesCanFail(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, c := range broken {
		tried[c.rule] = true
		t.Run(c.rule+"/"+c.path, func(t *testing.T) {
			t.Parallel()
			got := rules[c.rule](load(t, fstest.MapFS{c.path: {Data: []byte(c.text)}}))
			switch {
			case c.says == "" && len(got) > 0:
				t.Errorf("refused: %q", got)
			case c.says != "" && len(got) != 1:
				t.Errorf("%d findings, want 1: %q", len(got), got)
			case c.says != "" && !strings.Contains(got[0], c.says):
				t.Errorf("%q does not say %q", got[0], c.says)
			}
		})
	}
	for name := range rules {
		if !tried[name] {
			t.Errorf("rule %q has no example that breaks it", name)
		}
	}
}

// broken are small files; says is part of the finding, or "" where the file
// is right.
var broken = []struct{ rule, path, text, says string }{
	{"import directions", "internal/webhook/a.go", `package webhook; import "patchboard/internal/event"`, "against the direction"},
	{"import directions", "internal/event/a.go", `package event; import "patchboard/internal/webhook"`, ""},
	{"import directions", "internal/event/b.go", `package event; import "patchboard/internal/delivery"`, "against the direction"},
	{"import directions", "internal/db/a.go", `package db; import "patchboard/internal/audit"`, "against the direction"},
	{"import directions", "internal/fault/a.go", `package fault; import "patchboard/internal/db"`, "against the direction"},
	{"import directions", "internal/job/a.go", `package job; import "patchboard/internal/api"`, "only app and cmd may"},
	{"import directions", "internal/app/a.go", `package app; import "patchboard/internal/api"`, ""},
	{"import directions", "internal/delivery/a.go", `package delivery; import "patchboard/internal/config"`, "only app and cmd may"},
	{"import directions", "internal/webhook/b.go", `package webhook; import "patchboard/internal/app"`, "against the direction"},
	{"import directions", "internal/webhook/c.go", `package webhook; import "patchboard/internal/db/dbtest"`, "tests only"},
	{"import directions", "internal/webhook/c_test.go", `package webhook; import "patchboard/internal/db/dbtest"`, ""},
	{"import directions", "internal/db/dbtest/a.go", `package dbtest; import "patchboard/internal/db"`, ""},
	{"import directions", "internal/connector/gmail/a.go", `package gmail; import "patchboard/internal/db"`, "does without db"},
	{"import directions", "internal/connector/gmail/b.go", `package gmail; import "patchboard/internal/connector"`, ""},
	{"import directions", "internal/novelty/a.go", `package novelty`, "no row"},
	{"import directions", "cmd/patchboard/main.go", `package main; import "patchboard/internal/app"`, ""},
	{"import directions", "internal/app/b.go", `package app; import "patchboard/cmd/patchboard"`, "only internal"},

	{"database drivers", "internal/webhook/a.go", `package webhook; import _ "modernc.org/sqlite"`, "only internal/db may"},
	{"database drivers", "internal/app/a.go", `package app; import "github.com/jackc/pgx/v5/stdlib"`, "only internal/db may"},
	{"database drivers", "internal/app/b.go", `package app; import "github.com/riverqueue/river/riverdriver/riverpgxv5"`, "internal/db and internal/job"},
	{"database drivers", "internal/db/a.go", `package db; import _ "modernc.org/sqlite"`, ""},

	{"engine branches", "internal/event/a.go", `package event; func f() { if d.Engine() == "x" {} }`, "a.go:1"},
	{"engine branches", "internal/event/b.go", `package event; func f() { switch engine {} }`, "b.go:1"},
	{"engine branches", "internal/event/c.go", `package event; func f() { switch {} ; if a == b {} }`, ""},

	{"http clients", "internal/webhook/a.go", `package webhook; import "net/http"; var c = &http.Client{}`, "http.Client"},
	{"http clients", "internal/webhook/b.go", `package webhook; import "net/http"; var c http.Client`, "http.Client"},
	{"http clients", "internal/webhook/c.go", `package webhook; import web "net/http"; var c = new(web.Transport)`, "http.Transport"},
	{"http clients", "internal/webhook/d.go", `package webhook; import "net/http"; func f() { http.Get("") }`, "http.Get"},
	{"http clients", "internal/webhook/e.go", `package webhook; import "net/http"; var c = http.DefaultClient`, "http.DefaultClient"},
	{"http clients", "internal/webhook/f.go", `package webhook; import "net/http"; func f(c *http.Client, r *http.Request) {}`, ""},
	{"http clients", "internal/egress/a.go", `package egress; import "net/http"; var c = &http.Client{}`, ""},
	{"http clients", "cmd/patchboard/serve.go", `package main; import "net/http"; var c = &http.Client{}`, "http.Client"},

	{"http servers", "internal/webhook/a.go", `package webhook; import "net/http"; var s = http.Server{}`, "http.Server"},
	{"http servers", "internal/app/a.go", `package app; import "net/http"; func f() { http.ListenAndServe("", nil) }`, "http.ListenAndServe"},
	{"http servers", "internal/app/b.go", `package app; import "net/http"; type app struct { servers []*http.Server }`, ""},
	{"http servers", "internal/api/a.go", `package api; import "net/http"; var s = http.Server{}`, ""},

	{"environment", "internal/egress/a.go", `package egress; import "os"; var p = os.Getenv("HTTPS_PROXY")`, "os.Getenv"},
	{"environment", "internal/config/a.go", `package config; import "os"; var p = os.Getenv("PATCHBOARD_KEYSET")`, ""},

	{"package names", "internal/util/a.go", `package util`, `"util"`},
	{"package names", "internal/webhook/models/a.go", `package webhook`, `"models"`},
	{"package names", "internal/webhook/a.go", `package types`, `"types"`},
	{"package names", "internal/webhook/b.go", `package webhook`, ""},

	{"file sizes", "internal/webhook/a.go", "package webhook\n" + strings.Repeat("\n", mostLines), "601 lines"},
	{"file sizes", "internal/webhook/b.go", "package webhook\n" + strings.Repeat("\n", mostLines-1), ""},
	{"file sizes", "internal/webhook/c.go", "// Code generated by hand. DO NOT EDIT.\npackage webhook\n" + strings.Repeat("\n", mostLines), ""},

	{"package comments", "internal/webhook/a.go", "package webhook", "0 package comments"},
	{"package comments", "internal/webhook/b.go", "// About hooks.\npackage webhook", "0 package comments"},
	{"package comments", "internal/webhook/c.go", "// Package webhook keeps endpoints.\npackage webhook", ""},
	{"package comments", "cmd/patchboard/main.go", "// Package main starts.\npackage main", `"Command patchboard "`},
	{"package comments", "cmd/patchboard/ok.go", "// Command patchboard starts.\npackage main", ""},
	{"package comments", "e2e/a_test.go", "// Package e2e tries the binary.\npackage e2e_test", ""},

	{"init functions", "internal/webhook/a.go", `package webhook; func init() {}`, "func init"},
	{"init functions", "internal/webhook/b.go", `package webhook; func (s *S) init() {}`, ""},

	{"sleeping tests", "internal/webhook/a_test.go", `package webhook; import "time"; func f() { time.Sleep(1) }`, "time.Sleep"},
	{"sleeping tests", "internal/webhook/a.go", `package webhook; import "time"; func f() { time.Sleep(1) }`, ""},

	{"open marks", "internal/webhook/a.go", "package webhook\n// TO" + "DO: the rest\n", "a.go:2"},
	{"open marks", "internal/db/migrations/a.sql", "-- FIX" + "ME\n", "a.sql"},
	{"open marks", "internal/webhook/b.go", "package webhook\nvar s = context.TO" + "DO()\n", ""},

	{"document links", "docs/a.md", "see [b](b.md#part)", "b.md"},
	{"document links", "docs/c.md", "see [c](c.md), [web](https://example.com), `code[0](x y)`", ""},
}
