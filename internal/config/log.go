package config

import (
	"io"
	"log/slog"
)

// Log says how the program's log looks. It goes to standard error.
type Log struct {
	LogFormat string `default:"text" env:"PATCHBOARD_LOG_FORMAT" example:"json" help:"Form of the log: text or json." name:"log-format" placeholder:"FORM"`
	LogLevel  string `default:"info" env:"PATCHBOARD_LOG_LEVEL" example:"debug" help:"Least level that is written: debug, info, warn or error." name:"log-level" placeholder:"LEVEL"`
}

var logLevels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// Validate checks the log's settings alone, for commands that have no others.
func (l *Log) Validate() error {
	var m mistakes
	l.check(&m)
	return m.fault()
}

func (l *Log) check(m *mistakes) {
	if l.LogFormat != "text" && l.LogFormat != "json" {
		m.add("log-format", quote(l.LogFormat)+" is neither text nor json", "json")
	}
	if _, ok := logLevels[l.LogLevel]; !ok {
		m.add("log-level", quote(l.LogLevel)+" is not one of debug, info, warn, error", "info")
	}
}

// Logger makes the program's logger. Call it after Validate.
func (l *Log) Logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: logLevels[l.LogLevel]}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
