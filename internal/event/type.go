package event

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"patchboard/internal/fault"
)

// Type is a kind of event that can be sent: one of the catalog, or one that an
// organization has registered.
type Type struct {
	Type        string
	Description string
	Schema      json.RawMessage // draft 2020-12; nil checks nothing
	Example     json.RawMessage // an object; nil for none
	Strict      bool            // data that breaks the schema is refused
	BuiltIn     bool            // of the catalog: the same everywhere, not editable
	Version     int64           // grows with every change; 0 for the catalog
	CreatedAt   time.Time       // zero for the catalog
	UpdatedAt   time.Time
}

//go:embed catalog/*.json
var catalogFiles embed.FS

// catalogOrder is the order in which people see the types of the catalog.
var catalogOrder = []string{
	"contact.created", "contact.updated", "contact.deleted",
	"campaign.started", "campaign.completed",
	"email.sent", "email.clicked", "email.opened",
}

// Catalog gives the types that every organization has, in their order.
func Catalog() []Type { return append([]Type(nil), catalog()...) }

// catalog reads the embedded files once; that they are right is a test.
var catalog = sync.OnceValue(func() []Type {
	types := make([]Type, 0, len(catalogOrder))
	for _, name := range catalogOrder {
		b, err := catalogFiles.ReadFile("catalog/" + name + ".json")
		if err != nil {
			panic(fmt.Sprintf("event catalog: %v", err))
		}
		var f struct {
			Type        string          `json:"type"`
			Description string          `json:"description"`
			Schema      json.RawMessage `json:"schema"`
			Example     json.RawMessage `json:"example"`
		}
		if err := json.Unmarshal(b, &f); err != nil || f.Type != name {
			panic(fmt.Sprintf("event catalog: %s says it is %q: %v", name, f.Type, err))
		}
		types = append(types, Type{
			Type: name, Description: f.Description, BuiltIn: true,
			Schema: compact(f.Schema), Example: compact(f.Example),
		})
	}
	return types
})

func compact(text json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return text
	}
	return b.Bytes()
}

// Example gives the catalog's example of a type, for a first try.
func Example(name string) (Input, bool) {
	for _, t := range catalog() {
		if t.Type == name {
			return Input{Type: name, Data: t.Example}, true
		}
	}
	return Input{}, false
}

// known is a type as ingest uses it: its schema is compiled when the first
// event needs it, and stays so while the type does not change.
type known struct {
	Type
	compile func() (*checker, error)
}

func newKnown(t Type) *known {
	return &known{t, sync.OnceValues(func() (*checker, error) {
		if len(t.Schema) == 0 {
			return nil, nil // no schema is no checker
		}
		return compileSchema(t.Schema)
	})}
}

// check compares an event's data with the type's schema.
func (k *known) check(in *Input) ([]Warning, error) {
	c, err := k.compile()
	if err != nil {
		return nil, fmt.Errorf("schema of %s, version %d: %w", k.Type.Type, k.Version, err)
	}
	if c == nil {
		return nil, nil
	}
	return c.check(in.Data, in.shape), nil
}

var namePattern = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+){1,3}$`)

const maxName = 100

// checkName says what is wrong with the name of a new type.
func checkName(name string) error {
	bad := ""
	switch {
	case len(name) > maxName:
		bad = fmt.Sprintf("is longer than %d characters", maxName)
	case !namePattern.MatchString(name):
		bad = "is not of the form noun.verb"
	case strings.HasPrefix(name, "webhook."):
		bad = `starts with "webhook.", which Patchboard uses itself`
	}
	if bad == "" {
		return nil
	}
	return fault.New(fault.Invalid, "event-type-name", "The name of the type "+bad+".",
		`Use two to four words of a-z, 0-9 and _, joined by dots, as in "invoice.paid".`).At("body.type", bad)
}
