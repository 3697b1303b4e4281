package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Run prints one line.
func (versionCommand) Run(c console) error {
	return printLine(c.out, fmt.Sprintf("patchboard %s %s %s/%s", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH))
}

// version is what the Go tool has stamped into the program: a release's tag, or
// a commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}
