package job

import (
	"context"
	"log/slog"
)

// quiet passes River's warnings and errors on, and its daily business as debug
// lines: an operator wants one line an outcome, and the outcomes are ours.
type quiet struct{ slog.Handler }

// Enabled is slog.Handler's.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return q.Handler.Enabled(ctx, lower(level))
}

// Handle is slog.Handler's.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = lower(r.Level)
	r.Message = "river: " + r.Message
	return q.Handler.Handle(ctx, r) //nolint:wrapcheck // slog.Handler's own contract
}

// WithAttrs is slog.Handler's.
func (q quiet) WithAttrs(as []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(as)} }

// WithGroup is slog.Handler's.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }

func lower(level slog.Level) slog.Level {
	if level < slog.LevelWarn {
		return slog.LevelDebug
	}
	return level
}
