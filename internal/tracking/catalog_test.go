package tracking

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the console's types and the table of docs/tracking.md anew")

const (
	consoleTypes = "../../web/src/track/catalog.ts"
	page         = "../../docs/tracking.md"
	tableStart   = "<!-- The table is generated from internal/tracking by \"make generate\". -->\n"
	tableEnd     = "<!-- End of the table. -->\n"
)

// The names are the product's tracking plan, letter by letter.
func TestCatalogIsTheTrackingPlan(t *testing.T) {
	t.Parallel()
	want := []string{
		"api_key_viewed: key_masked_length",
		"api_key_copied: copy_method (button, shortcut, manual)",
		"api_key_regenerated: confirmation_time",
		"webhook_modal_opened: existing_webhook_count",
		"webhook_added: url_domain, events_selected, validation_time",
		"webhook_toggled: webhook_id, new_status (active, off)",
		"integration_health_checked: integration_name, health_status (healthy, degraded, error, reauthorize)",
		"integration_dashboard_viewed: connected_count, available_count",
		"integration_card_clicked: integration_name, integration_status (Connected, Paused, Error, Reconnect needed, Available, Connecting)",
		"category_filtered: category_name (All, Email, Communication, Marketing, Social, CRM, Custom), results_count",
		"integration_connection_attempted: integration_name, success_status (succeeded, denied, failed, not_finished)",
		"webhook_event_selected: event_type, webhook_context (add, edit)",
		"integration_status_reviewed: status_type (healthy, degraded, error, reauthorize, Connected, Paused, Error, Reconnect needed, Available, Connecting), " +
			"action_taken (none, tested, reconnected, paused, disconnected, opened_guidance)",
	}
	got := make([]string, len(Catalog))
	for i, e := range Catalog {
		properties := make([]string, len(e.Properties))
		for k, p := range e.Properties {
			properties[k] = p.Name
			if p.Values != nil {
				properties[k] += " (" + strings.Join(p.Values, ", ") + ")"
			}
		}
		got[i] = e.Name + ": " + strings.Join(properties, ", ")
		if e.Question == "" || find(e.Name) != &Catalog[i] {
			t.Errorf("%s has no question, or a name that another has", e.Name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The console's types and the page are written from the catalog.
func TestWhatIsGeneratedIsCurrent(t *testing.T) {
	t.Parallel()
	types, table := typeScript(), markdown()
	text := read(t, page)
	before, rest, ok := strings.Cut(text, tableStart)
	old, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		t.Fatalf("%s has lost the marks around its table", page)
	}
	if *update {
		write(t, consoleTypes, types)
		write(t, page, before+tableStart+table+tableEnd+after)
		return
	}
	if read(t, consoleTypes) != types {
		t.Errorf("%s is stale; run: make generate", consoleTypes)
	}
	if old != table {
		t.Errorf("the table of %s is stale; run: make generate", page)
	}
}

func typeScript() string {
	var b strings.Builder
	b.WriteString(`// Generated from internal/tracking by "make generate". Edit the catalog there, not this file.

// TrackedEvents is what a browser reports, with the properties of each. What
// the server sees happen (webhook_added, webhook_toggled and so on) it records
// itself, and does not take from here.
export interface TrackedEvents {
`)
	for _, e := range Catalog {
		if e.Source == Server {
			continue
		}
		fmt.Fprintf(&b, "  // %s\n  %s: {\n", e.Question, e.Name)
		for _, p := range e.Properties {
			fmt.Fprintf(&b, "    %s: %s; // %s\n", p.Name, typeOf(p), p.About)
		}
		b.WriteString("  };\n")
	}
	b.WriteString("}\n\nexport type TrackedEvent = keyof TrackedEvents;\n")
	return b.String()
}

func typeOf(p Property) string {
	switch p.Kind {
	case Int:
		return "number"
	case Word:
		values := p.Values
		if p.FromBrowser != nil {
			values = p.FromBrowser
		}
		return "'" + strings.Join(values, "' | '") + "'"
	case List:
		return "string[]"
	case Text:
	}
	return "string"
}

func markdown() string {
	var b strings.Builder
	b.WriteString("| event | recorded by | properties | question it answers |\n|---|---|---|---|\n")
	by := map[Source]string{Browser: "console", Server: "server", Both: "both, see below"}
	for _, e := range Catalog {
		properties := make([]string, len(e.Properties))
		for i, p := range e.Properties {
			kind := string(p.Kind)
			if p.Kind == Word {
				kind = strings.Join(p.Values, ", ")
			}
			properties[i] = fmt.Sprintf("`%s` (%s: %s)", p.Name, p.About, kind)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", e.Name, by[e.Source], strings.Join(properties, "<br>"), e.Question)
	}
	return b.String()
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
