package hubspot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
	"patchboard/internal/sandbox/sandboxtest"
)

const (
	acme = "62515"
	shop = "62516" // free: without marketing
	devs = "62517"
)

// world is an account, and what was read of it.
type world struct {
	*sandboxtest.World

	t       *testing.T
	hub     HubSpot
	session *connector.Session
	grant   connector.Grant
	cursor  json.RawMessage
	waited  []time.Duration

	contacts map[string]string // as sandbox.HubSpot.Contacts has them
	met      map[string]bool   // contacts that the load has named so far
	versions map[string]int    // how often each version of a contact was given
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, World: sandboxtest.Start(t), contacts: map[string]string{}, met: map[string]bool{}, versions: map[string]int{}}
	w.hub.wait = func(_ context.Context, d time.Duration) error {
		w.waited = append(w.waited, d)
		w.Pass(d)
		return nil
	}
	return w
}

// connect connects the account, whose token lasts 30 minutes.
func (w *world) connect(account, settings string) {
	w.t.Helper()
	w.session, w.grant = w.ConnectAs(account, w.hub, sandboxtest.HubSpot(w.World), settings)
}

// page reads a page, and keeps what it says.
func (w *world) page() *connector.Page {
	w.t.Helper()
	w.session.Now = w.Now()
	p, err := w.hub.Next(w.t.Context(), w.session, w.cursor)
	if err != nil {
		w.t.Fatal(err)
	}
	w.cursor = p.Cursor
	for _, c := range p.Changes {
		if c.Kind != connector.KindContact {
			continue
		}
		if c.Removed {
			delete(w.contacts, c.ID)
			continue
		}
		w.versions[c.ID+"/"+c.Version]++
		w.contacts[c.ID] = c.Contact.Email + " " + c.Contact.Title + " " + c.Version
		w.met[c.ID] = p.Load != nil || w.met[c.ID]
	}
	if p.Load != nil && p.Load.Kind == connector.KindContact && p.Load.Done {
		maps.DeleteFunc(w.contacts, func(id, _ string) bool { return !w.met[id] })
		w.met = map[string]bool{}
	}
	return p
}

// run reads until there is no more.
func (w *world) run() (pages []*connector.Page) {
	w.t.Helper()
	for more := true; more; {
		p := w.page()
		pages, more = append(pages, p), p.More
		if len(pages) > 1000 {
			w.t.Fatal("it does not end")
		}
	}
	return pages
}

// same checks what was read against what the sandbox has.
func (w *world) same() {
	w.t.Helper()
	truth := w.HubSpot().Contacts(acme)
	if maps.Equal(truth, w.contacts) {
		return
	}
	missing, wrong := 0, 0
	for id, is := range truth {
		switch got, there := w.contacts[id]; {
		case !there:
			missing++
		case got != is:
			wrong++
		}
	}
	w.t.Fatalf("%d contacts were read, there are %d: %d are missing, %d are not as they are", len(w.contacts), len(truth), missing, wrong)
}

func (w *world) press(button string, pairs ...string) {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	w.Press("/hubspot/"+button, form)
}

// told are the changes of a kind, each as a text.
func told(pages []*connector.Page, kind connector.Kind) (all []string) {
	for _, p := range pages {
		for _, c := range p.Changes {
			switch {
			case c.Kind != kind:
			case c.Removed:
				all = append(all, "removed "+c.ID)
			case c.Email != nil:
				all = append(all, fmt.Sprintf("%s %d %d %d", c.Email.Subject, *c.Email.Stats.Sent, *c.Email.Stats.Opened, *c.Email.Stats.Clicked))
			case c.Campaign != nil:
				all = append(all, c.Campaign.Name+" "+string(c.Campaign.State))
			case c.Engagement != nil:
				all = append(all, strings.TrimSpace(string(c.Engagement.Kind)+" "+c.Engagement.Recipient+" "+c.Engagement.URL))
			case c.Contact != nil:
				all = append(all, c.Contact.Email)
			}
		}
	}
	return all
}

func off(pages []*connector.Page) (all []string) {
	for _, p := range pages {
		all = append(all, p.Off...)
	}
	return all
}

func partial(pages []*connector.Page) (all []string) {
	for _, p := range pages {
		all = append(all, p.Partial...)
	}
	return all
}

func wantClass(t *testing.T, err error, class health.Class, code string) *connector.Failure {
	t.Helper()
	f, ok := errors.AsType[*connector.Failure](err)
	if !ok || f.Class != class || f.Code != code {
		t.Fatalf("%v, want %s %s", err, class, code)
	}
	return f
}
