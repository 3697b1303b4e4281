package vault_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"patchboard/internal/vault"
)

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	s := vault.Secret("hunter2")
	var out bytes.Buffer
	held := struct{ S vault.Secret }{s}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&out, verb+verb, s, held)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", s, "held", held)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", s, "held", held)
	if err := json.NewEncoder(&out).Encode(map[string]any{"s": s, "held": held}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"hunter2", "68756e746572", "68756E746572"} {
		if strings.Contains(out.String(), bad) {
			t.Errorf("printed: %s", out.String())
		}
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal does not reveal")
	}
}
