package main

import (
	"context"
	"errors"

	"patchboard/internal/app"
	"patchboard/internal/config"
)

type serveCommand struct {
	config.Serve
}

// Run serves until the first signal, and then stops in order.
func (s *serveCommand) Run(ctx context.Context, c console) error {
	a, err := app.New(ctx, app.Config{Serve: s.Serve, Version: version(), Logger: s.Logger(c.err), Out: c.out})
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil //nolint:nilerr // stopped while it started
	}
	if err != nil {
		return err
	}
	return a.Run(ctx)
}
