package main

import (
	"context"
	"runtime/debug"

	"patchboard/internal/app"
	"patchboard/internal/config"
)

type serveCommand struct {
	config.Serve
}

// Go collects garbage each time the heap has doubled. The server's own data are
// small beside what passes through it, so it lets the heap grow threefold; who
// sets GOGC has their own number.
const (
	usualGC  = 100
	serverGC = 200
)

// Run serves until the first signal, and then stops in order.
func (s *serveCommand) Run(ctx context.Context, c console) error {
	if set := debug.SetGCPercent(serverGC); set != usualGC {
		debug.SetGCPercent(set)
	}
	a, err := app.New(ctx, app.Config{Serve: s.Serve, Version: version(), Logger: s.Logger(c.err), Out: c.out})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}
