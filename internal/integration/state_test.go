package integration

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"patchboard/internal/health"
)

func TestTheDiagramIsTheTable(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/connection-states.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "stateDiagram-v2\n")
	diagram, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("no diagram")
	}
	var drawn, table []string
	for line := range strings.Lines(diagram) {
		drawn = append(drawn, strings.TrimSpace(line))
	}
	for _, s := range Steps {
		table = append(table, fmt.Sprintf("%s --> %s: %s", s.From, s.To, s.By))
		if !strings.Contains(string(page), "**"+string(s.From)+"**") || !strings.Contains(string(page), string(s.By)) {
			t.Errorf("%s or %s is not explained", s.From, s.By)
		}
	}
	if !slices.Equal(drawn, table) {
		t.Errorf("drawn\n%s\ntable\n%s", strings.Join(drawn, "\n"), strings.Join(table, "\n"))
	}
	if to, ok := Next(Available, SwitchedOn); ok || to != Available {
		t.Error("what is not connected is resumed")
	}
	if err := (&Connection{State: Available}).move(SwitchedOff); err == nil {
		t.Error("a step that there is not")
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state  State
		health health.Status
		want   Word
	}{
		{Available, "", WordAvailable},
		{Connecting, "", WordConnecting},
		{Connected, "", WordConnected},
		{Connected, health.Healthy, WordConnected},
		{Connected, health.Degraded, WordConnected},
		{Connected, health.Failing, WordError},
		{Connected, health.Reauthorize, WordReconnect},
		{Paused, health.Reauthorize, WordPaused},
	} {
		n := Connection{State: c.state, Health: health.State{Status: c.health}}
		if got := n.Word(); got != c.want {
			t.Errorf("%s, %s: %s", c.state, c.health, got)
		}
	}
}
