package salesforce_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/connector/salesforce"
	"patchboard/internal/health"
	"patchboard/internal/sandbox"
	"patchboard/internal/sandbox/sandboxtest"
)

// provider trusts the sandbox's hosts, and lets no time pass.
func provider() salesforce.Salesforce {
	return salesforce.Salesforce{
		Suffixes: []string{sandbox.SalesforceSuffix},
		Wait:     func(context.Context, time.Duration) error { return nil },
	}
}

func connect(w *sandboxtest.World, settings string) *connector.Session {
	s, _ := w.Connect(provider(), sandboxtest.Salesforce(w), settings)
	return s
}

// press presses a button of the panel: press(w, "contact", "last", "Rossi").
func press(w *sandboxtest.World, button string, pairs ...string) {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	w.Press("/salesforce/"+button, form)
}

// known is what whoever reads all pages knows, as package record does.
type known struct {
	changes map[string]connector.Change // by kind and id
	pages   int
	same    int // rows that came again as they were
	partial []string
	off     []string
	loads   map[string]bool
	seen    map[string]map[string]bool // by load
}

func newKnown() *known {
	return &known{changes: map[string]connector.Change{}, loads: map[string]bool{}, seen: map[string]map[string]bool{}}
}

func (k *known) add(p *connector.Page) {
	k.pages++
	k.partial = append(k.partial, p.Partial...)
	for _, part := range p.Off {
		if !slices.Contains(k.off, part) {
			k.off = append(k.off, part)
		}
	}
	for _, c := range p.Changes {
		name := string(c.Kind) + " " + c.ID
		if p.Load != nil {
			if k.seen[p.Load.ID] == nil {
				k.seen[p.Load.ID] = map[string]bool{}
			}
			k.seen[p.Load.ID][name] = true
		}
		if c.Removed {
			delete(k.changes, name)
			continue
		}
		if old, there := k.changes[name]; there && old.Version == c.Version {
			k.same++
		}
		k.changes[name] = c
	}
	if p.Load != nil && p.Load.Done {
		k.loads[p.Load.ID] = true
		maps.DeleteFunc(k.changes, func(name string, _ connector.Change) bool { return !k.seen[p.Load.ID][name] })
	}
}

// read reads until there is no more.
func (k *known) read(t *testing.T, s *connector.Session, cursor json.RawMessage) json.RawMessage {
	t.Helper()
	for more := true; more; {
		p, err := provider().Next(t.Context(), s, cursor)
		if err != nil {
			t.Fatal(err)
		}
		k.add(p)
		cursor, more = p.Cursor, p.More
	}
	return cursor
}

func (k *known) contact(email string) *connector.Contact {
	for _, c := range k.changes {
		if c.Contact != nil && c.Contact.Email == email {
			return c.Contact
		}
	}
	return nil
}

func (k *known) opportunity(name string) *connector.Opportunity {
	for _, c := range k.changes {
		if c.Opportunity != nil && c.Opportunity.Name == name {
			return c.Opportunity
		}
	}
	return nil
}

// idOf gives the id of a row by what the panel shows.
func idOf(t *testing.T, w *sandboxtest.World, title string) string {
	t.Helper()
	return idIn(t, w.Read("/salesforce"), title)
}

func idIn(t *testing.T, page, title string) string {
	t.Helper()
	end := strings.Index(page, title)
	if end < 0 {
		t.Fatalf("the panel has no %s", title)
	}
	_, after, _ := strings.Cut(page[strings.LastIndex(page[:end], `name="id"`):], `value="`)
	rowID, _, _ := strings.Cut(after, `"`)
	return rowID
}

func wantClass(t *testing.T, err error, class health.Class, code string) *connector.Failure {
	t.Helper()
	f, ok := errors.AsType[*connector.Failure](err)
	if !ok || f.Class != class || f.Code != code {
		t.Fatalf("%v, want %s %s", err, class, code)
	}
	return f
}
