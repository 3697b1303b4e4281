package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const text = "geheim"
	s := Default()
	s.Database, s.Keyset, s.MetricsToken = NewSecret(text), NewSecret(text), NewSecret(text)
	hidden := struct{ s Secret }{NewSecret(text)}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", s.Database)
		fmt.Fprintf(&out, verb+"\n", &s.Database)
		fmt.Fprintf(&out, verb+"\n", hidden)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("start", "config", s, "database", s.Database)
	}
	if err := json.NewEncoder(&out).Encode([]any{s.Database, s.Keyset, &s.MetricsToken}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), text) || strings.Contains(out.String(), fmt.Sprintf("%x", text)) {
		t.Errorf("printed:\n%s", &out)
	}
	if got := fmt.Sprint(NewSecret(text)); got != "***" {
		t.Errorf("prints %q", got)
	}
	if NewSecret(text).Reveal() != text || !NewSecret("").IsZero() || fmt.Sprint(Secret{}) != "" {
		t.Error("reveal or zero")
	}
}

func TestLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := Log{LogFormat: "json", LogLevel: "warn"}
	if err := l.Validate(); err != nil {
		t.Fatal(err)
	}
	log := l.Logger(&out)
	log.Info("quiet")
	log.Warn("loud")
	if got := out.String(); strings.Contains(got, "quiet") || !strings.Contains(got, `"msg":"loud"`) {
		t.Errorf("log: %s", got)
	}
}
