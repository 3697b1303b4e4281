package job

import (
	"context"
	"log/slog"
)

// quiet passes River's warnings and errors on, and its daily business as debug
// lines: an operator wants one line an outcome, and the outcomes are ours. An
// error of River's is a fault of the engine.
type quiet struct {
	slog.Handler

	fault func()
}

// Enabled is slog.Handler's.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError || q.Handler.Enabled(ctx, lower(level))
}

// Handle is slog.Handler's.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		q.fault()
	}
	r.Level = lower(r.Level)
	if !q.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	r.Message = "river: " + r.Message
	return q.Handler.Handle(ctx, r) //nolint:wrapcheck // slog.Handler's own contract
}

// WithAttrs is slog.Handler's.
func (q quiet) WithAttrs(as []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(as), q.fault} }

// WithGroup is slog.Handler's.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name), q.fault} }

func lower(level slog.Level) slog.Level {
	if level < slog.LevelWarn {
		return slog.LevelDebug
	}
	return level
}
