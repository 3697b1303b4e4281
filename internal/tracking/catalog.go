package tracking

import (
	"regexp"
	"slices"
)

// Source says who may report an event.
type Source string

// The sources. What the server knows as a fact it does not take from a browser.
const (
	Browser Source = "browser"
	Server  Source = "server"
	Both    Source = "both" // see Property.FromBrowser
)

// Event is one line of the catalog. Every event has user_id and timestamp
// beside its properties; all of these are required, and there are no others.
type Event struct {
	Name       string
	Source     Source
	Question   string // that it answers
	Properties []Property
}

// Kind is the type of a property.
type Kind string

// The kinds.
const (
	Int  Kind = "int"  // 0 to Most
	Word Kind = "word" // one of Values
	Text Kind = "text" // matches Pattern, at most Most characters
	List Kind = "list" // at most Most different texts that match Pattern
)

// Property is the schema of one property.
type Property struct {
	Name    string
	Kind    Kind
	About   string // unit or meaning, for people
	Most    int64
	Values  []string
	Pattern *regexp.Regexp
	// FromBrowser are those of Values that a browser may report; nil: all.
	FromBrowser []string
}

// The patterns are narrow on purpose: no URL, e-mail address, API key or
// signing secret matches any of them.
var (
	typePattern   = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+){1,3}$`) // of event types
	domainPattern = regexp.MustCompile(`^$|^[\p{L}\p{M}\p{N}_-]+(\.[\p{L}\p{M}\p{N}_-]+)+$`)
	idPattern     = regexp.MustCompile(`^wh_[0-9a-z]{26}$`)
	namePattern   = regexp.MustCompile(`^[\p{L}\p{N}]+([ .&+-][\p{L}\p{N}]+)*$`) // of an integration
)

const (
	mostCount   = 1_000_000
	mostMillis  = 3_600_000 // an hour
	mostTypes   = 1000      // of one webhook
	longestType = 200
	longestName = 60
	longestHost = 253
)

var (
	healthWords = []string{"healthy", "degraded", "error", "reauthorize"}
	statusWords = []string{"Connected", "Paused", "Error", "Reconnect needed", "Available", "Connecting"}
)

func count(name, about string) Property {
	return Property{Name: name, Kind: Int, About: about, Most: mostCount}
}

func millis(name, about string) Property {
	return Property{Name: name, Kind: Int, About: "ms, " + about, Most: mostMillis}
}

func word(name, about string, values ...string) Property {
	return Property{Name: name, Kind: Word, About: about, Values: values}
}

func integration() Property {
	return Property{Name: "integration_name", Kind: Text, About: "as its card says", Pattern: namePattern, Most: longestName}
}

// Catalog is every event there is, in the order of the product's tracking plan.
var Catalog = []Event{
	{"api_key_viewed", Browser, "How frequently do admins need to access API keys?", []Property{
		count("key_masked_length", "characters"),
	}},
	{"api_key_copied", Both, "Which copy methods are most effective?", []Property{
		{Name: "copy_method", Kind: Word, About: "how it was copied", Values: []string{"button", "shortcut", "manual"}, FromBrowser: []string{manual}},
	}},
	{"api_key_regenerated", Server, "How often are API keys rotated and what triggers regeneration?", []Property{
		millis("confirmation_time", "from the dialog to Confirm"),
	}},
	{"webhook_modal_opened", Browser, "How often do admins review webhook configurations?", []Property{
		count("existing_webhook_count", "webhooks"),
	}},
	{"webhook_added", Server, "What types of webhooks are most commonly configured?", []Property{
		{Name: "url_domain", Kind: Text, About: "registrable domain of the URL; empty for an address or a local name", Pattern: domainPattern, Most: longestHost},
		{Name: "events_selected", Kind: List, About: "event types", Pattern: typePattern, Most: mostTypes},
		millis("validation_time", "that the check of the URL took"),
	}},
	{"webhook_toggled", Server, "Which webhooks are frequently enabled/disabled and why?", []Property{
		{Name: "webhook_id", Kind: Text, About: "id of the webhook", Pattern: idPattern, Most: 29},
		word("new_status", "what it was switched to", "active", "off"),
	}},
	{"integration_health_checked", Server, "How proactive are admins in monitoring integration health?", []Property{
		integration(), word("health_status", "what the check found", healthWords...),
	}},
	{"integration_dashboard_viewed", Browser, "How often do utility admins check integration status?", []Property{
		count("connected_count", "integrations"), count("available_count", "integrations"),
	}},
	{"integration_card_clicked", Browser, "Which integrations generate the most interest?", []Property{
		integration(), word("integration_status", "status word of the card", statusWords...),
	}},
	{"category_filtered", Browser, "Which integration categories are most relevant to business users?", []Property{
		word("category_name", "the filter's choice", "All", "Email", "Communication", "Marketing", "Social", "CRM", "Custom"), count("results_count", "cards"),
	}},
	{"integration_connection_attempted", Server, "What is the success rate of user-initiated connections?", []Property{
		integration(), word("success_status", "how it ended", "succeeded", "denied", "failed", "not_finished"),
	}},
	{"webhook_event_selected", Browser, "Which webhook events are most valuable for business processes?", []Property{
		{Name: "event_type", Kind: Text, About: "type of the event", Pattern: typePattern, Most: longestType},
		word("webhook_context", "where it was selected", "add", "edit"),
	}},
	{"integration_status_reviewed", Browser, "How do users respond to integration status changes?", []Property{
		word("status_type", "health or status word", slices.Concat(healthWords, statusWords)...),
		word("action_taken", "what came next", "none", "tested", "reconnected", "paused", "disconnected", "opened_guidance"),
	}},
}

// find gives the event of a name, nil if there is none.
func find(name string) *Event {
	for i := range Catalog {
		if Catalog[i].Name == name {
			return &Catalog[i]
		}
	}
	return nil
}
