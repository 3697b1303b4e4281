package integration

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/event"
	"patchboard/internal/fault"
	"patchboard/internal/health"
)

const salesRule = `{"rules":[{"events":["contact.created"],"channel":"C0SALES","title":"New contact: {{data.firstName}} <!channel>","text":"{{data.email}} from {{data.company.name}}\n{{type}}"}]}`

// accept takes events in, as the API does.
func (w *world) accept(typ string, data ...string) {
	w.t.Helper()
	var in []event.Input
	for _, d := range data {
		in = append(in, event.Input{Type: typ, Data: json.RawMessage(d)})
	}
	results, err := w.events.Accept(w.t.Context(), sys, in, event.Options{})
	w.must(err)
	for _, r := range results {
		if r.Fault != nil {
			w.t.Fatal(r.Fault)
		}
	}
}

func (w *world) messages() []*Message {
	w.t.Helper()
	page, err := w.Messages(w.t.Context(), sys, "slack", "", 200)
	w.must(err)
	return page.Items
}

func (w *world) count(state string) (n int) {
	for _, m := range w.messages() {
		if m.State == state {
			n++
		}
	}
	return n
}

func TestMessagesAboutEvents(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.accept("contact.created", `{"id":"0","firstName":"Too early"}`)
		w.connected("slack", salesRule)
		w.accept("contact.created", `{"id":"1","firstName":"Ada & <Bo>","email":"ada@example.com"}`)
		w.accept("contact.deleted", `{"id":"1"}`)
		w.until("it is posted", func() bool { return w.count("posted") == 1 })
		if all := w.messages(); len(all) != 1 || all[0].EventType != "contact.created" || all[0].EventID() == "" || all[0].Channel != "C0SALES" {
			t.Errorf("%+v", all)
		}
		page := w.sandbox.Read("/slack")
		// Escaped for Slack, and again for the page.
		for _, want := range []string{"New contact: Ada &amp;amp; &amp;lt;Bo&amp;gt; &amp;lt;!channel&amp;gt;", "ada@example.com from –", "contact.created"} {
			if !strings.Contains(page, want) {
				t.Errorf("%q is not on the page", want)
			}
		}
		// Paused, nothing is told of; another organization never is.
		off, on := false, true
		w.must(w.Update(t.Context(), sys, "slack", Patch{Enabled: &off}))
		w.accept("contact.created", `{"id":"2"}`)
		w.must(w.Update(t.Context(), sys, "slack", Patch{Enabled: &on}))
		w.accept("contact.created", `{"id":"3","firstName":"Third"}`)
		w.until("the next is posted", func() bool { return w.count("posted") == 2 })
		if n := len(w.messages()); n != 2 {
			t.Errorf("%d messages", n)
		}
		if page, err := w.Messages(t.Context(), other, "slack", "", 10); err != nil || len(page.Items) != 0 {
			t.Errorf("another organization's: %+v (%v)", page, err)
		}
		// What waits when it is disconnected is given up.
		w.trouble("slack", "outage")
		w.accept("contact.created", `{"id":"4"}`)
		w.until("it was tried", func() bool { return w.messages()[0].Attempts == 1 })
		second(w.Disconnect(t.Context(), sys, "slack"))
		if m := w.messages()[0]; m.State != "failed" || m.Code != "disconnected" {
			t.Errorf("%+v", m)
		}
		w.trouble("slack", "")
	})
}

// A channel that takes nothing is the channel's matter: the connection is well, other
// channels go on, and what waits is posted when it is mended.
func TestChannelErrors(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("slack", `{"rules":[
			{"events":["contact.created"],"channel":"C0SALES","title":"Sales {{data.id}}","text":""},
			{"events":["contact.created"],"channel":"C0BOARD","title":"Board {{data.id}}","text":""}]}`)
		w.accept("contact.created", `{"id":"1"}`)
		w.until("one is posted, one has failed", func() bool { return w.count("posted") == 1 && len(w.detail("slack").Places) == 1 })
		got := w.detail("slack")
		if p := got.Places[0]; p.Channel != "C0BOARD" || p.Code != "channel_not_found" || len(p.Guidance.Steps) == 0 {
			t.Errorf("%+v", p)
		}
		if got.Connection.Health.Status != health.Healthy || got.Attention != nil || len(seen(w, &w.broken)) != 0 {
			t.Errorf("%+v", got.Connection.Health)
		}
		f, err := w.Post(t.Context(), util, "slack", connector.Rule{Events: []string{"contact.created"}, Channel: "C0OLD", Title: "Hello", Text: ""}, "contact.created")
		if err != nil || f == nil || !f.Destination || f.Code != "is_archived" {
			t.Errorf("%+v (%v)", f, err)
		}
		w.sandbox.Press("/slack/invite", url.Values{"channel": {"C0BOARD"}})
		w.sandbox.Pass(time.Minute)
		w.wakePosts()
		w.until("it is posted after all", func() bool { return w.count("posted") == 2 })
		if places := w.detail("slack").Places; len(places) != 0 { // a channel that no rule names is nobody's matter
			t.Errorf("%+v", places)
		}
		if f, err := w.Post(t.Context(), util, "slack", connector.Rule{Channel: "C0SALES", Title: "Hello {{data.firstName}}"}, "contact.created"); err != nil || f != nil {
			t.Errorf("%+v (%v)", f, err)
		}
		if page := w.sandbox.Read("/slack"); !strings.Contains(page, "Test: Hello") {
			t.Error("no test message")
		}
	})
}

// Many of one kind that wait are put into one message; a limit is waited for.
func TestBurst(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("slack", `{"rules":[{"events":["contact.created","contact.deleted"],"channel":"C0SALES","title":"{{type}} {{data.id}}","text":""}]}`)
		w.trouble("slack", "rate-limit")
		w.accept("contact.created", `{"id":"0"}`)
		w.until("it was refused", func() bool { all := w.messages(); return len(all) == 1 && all[0].Code == "ratelimited" })
		var many []string
		for n := range 40 {
			many = append(many, fmt.Sprintf(`{"id":"n%d"}`, n+1))
		}
		w.accept("contact.created", many...)
		w.accept("contact.deleted", `{"id":"last"}`)
		w.trouble("slack", "")
		w.wakePosts()
		if n := w.count("posted"); n != 0 {
			t.Errorf("%d are posted before the limit is over", n)
		}
		w.sandbox.Pass(time.Minute)
		w.wakePosts()
		w.until("all are told of", func() bool { return w.count("waiting") == 0 })
		if posted, joined := w.count("posted"), w.count("collapsed"); posted != 2 || joined != 40 {
			t.Errorf("%d posted, %d collapsed", posted, joined)
		}
		page := w.sandbox.Read("/slack")
		if !strings.Contains(page, "41 × contact.created") || !strings.Contains(page, "contact.deleted last") {
			t.Error(page)
		}
	})
}

// Two nodes post each message once, and in the order of the events.
func TestMessagesOverNodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("slack", `{"rules":[{"events":["contact.created"],"channel":"C0SALES","title":"Number {{data.id}}","text":""}]}`)
		one := w.events
		two := w.node()
		twoEvents := w.events
		w.events = one
		for n := range 3 {
			w.events = []*event.Service{one, twoEvents}[n%2]
			w.accept("contact.created", fmt.Sprintf(`{"id":"%d"}`, n))
			w.wakePosts()
			two.wakePosts()
		}
		w.until("all are posted", func() bool { return w.count("posted") == 3 })
		page := w.sandbox.Read("/slack")
		var at []int
		for n := range 3 {
			text := fmt.Sprintf("Number %d", n)
			if c := strings.Count(page, text); c != 1 {
				t.Errorf("%s is there %d times", text, c)
			}
			at = append(at, strings.Index(page, text))
		}
		if slices.Reverse(at); !slices.IsSorted(at) { // the page shows the newest first
			t.Errorf("order: %v", at)
		}
	})
}

func TestRetriesOfMessages(t *testing.T) {
	t.Parallel()
	s := &Service{clock: time.Now}
	for _, c := range []struct {
		f       connector.Failure
		written bool
		tries   int64 // after which it is given up; 0: never
	}{
		{connector.Failure{Class: health.NetworkTimeout}, true, 2}, // it may have been posted
		{connector.Failure{Class: health.NetworkTimeout}, false, postTries},
		{connector.Failure{Class: health.Unknown}, true, 3},
		{connector.Failure{Class: health.ProviderDown}, true, postTries},
		{connector.Failure{Destination: true}, true, postTries},
		{connector.Failure{Class: health.RateLimited, RetryAfter: time.Minute}, false, 0},
	} {
		var last time.Duration
		for n := int64(1); n <= 20; n++ {
			state, at := s.retry(n, &c.f, c.written)
			wait := time.Until(at).Round(time.Second)
			if done := c.tries > 0 && n >= c.tries; (state == messageFailed) != done {
				t.Errorf("%+v: after %d tries it is %d", c.f, n, state)
			}
			if state == messageWaiting && (wait < last || wait < time.Second || wait > 15*time.Hour) {
				t.Errorf("%+v: after %d tries it waits %s, before %s", c.f, n, wait, last)
			}
			last = wait
			if state == messageFailed {
				break
			}
		}
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	body := []byte(`{"type":"contact.created","timestamp":"2026-11-23T12:00:00Z","data":{"a":"x\u0000y","n":1e400,"big":12345678901234567890,"o":{"p":[1,2]},"null":null,"empty":"","true":true,"ü":"ö"}}`)
	for text, want := range map[string]string{
		"":                            "",
		"no places":                   "no places",
		"{{ type }} at {{timestamp}}": "contact.created at 2026-11-23T12:00:00Z",
		"{{data.n}} {{data.big}}":     "1e400 12345678901234567890",
		"{{data.o.p}} {{data.true}}":  "[1,2] true",
		"{{data.o.p.q}}{{data.none}}": "––",
		"{{data.null}}{{data.empty}}": "––",
		"{{data.ü}}":                  "ö",
		"{{data.a}}|\x00|\n":          "xy||\n",
		"a } } {b}":                   "a } } {b}",
	} {
		tpl, err := parse(text)
		if err != nil || tpl.render(body) != want {
			t.Errorf("%q gives %q (%v)", text, tpl.render(body), err)
		}
	}
	for _, bad := range []string{"{{", "{{}}", "{{ }}", "{{data..x}}", "{{other.x}}", "{{type.x}}", "{{data.a b}}", "{{data.{{x}}}}", strings.Repeat("{{data.x}}", 200)} {
		if tpl, err := parse(bad); err == nil {
			t.Errorf("%.40q is taken: %v", bad, tpl)
		}
	}
	if tpl, err := parse("{{data.long}}"); err != nil || len([]rune(tpl.render([]byte(`{"data":{"long":"`+strings.Repeat("ü", 900)+`"}}`)))) != valueMost+1 {
		t.Error("a long value is not cut")
	}
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"{{data.x}}", "{{", "}}{{type}}", "\x00{{data.\xff}}"} {
		f.Add(seed, `{"data":{"x":1}}`)
	}
	f.Fuzz(func(t *testing.T, text, body string) {
		tpl, err := parse(text)
		if err != nil {
			return
		}
		out := tpl.render([]byte(body))
		if !strings.Contains(text, "{{") && out != text {
			t.Errorf("%q became %q", text, out)
		}
	})
}

// An event whose data hold a NUL is accepted and told of, on both databases.
func TestNULInEvents(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("slack", salesRule)
		w.accept("contact.created", `{"id":"1","firstName":"A\u0000da","email":"\u0000\u001b"}`)
		w.until("it is posted", func() bool { return w.count("posted") == 1 })
		if m := w.messages()[0]; !strings.Contains(m.Title, "Ada") {
			t.Errorf("%q", m.Title)
		}
		for _, channel := range []string{"", "#sales", "C\x00", strings.Repeat("C", 10_000)} {
			if _, err := w.Post(t.Context(), sys, "slack", connector.Rule{Channel: channel, Title: "x"}, "contact.created"); err == nil {
				t.Errorf("%.20q is posted to", channel)
			} else if f, ok := errors.AsType[*fault.Error](err); !ok || f.Type != "integration-settings-invalid" {
				t.Errorf("%.20q: %v", channel, err)
			}
		}
	})
}

// While nobody may post, nothing is tried, and nothing is lost.
func TestMessagesWaitForAGrant(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("slack", salesRule)
		w.sandbox.Press("/slack/remove", nil)
		w.sandbox.Pass(6 * time.Minute)
		if c, err := w.Check(t.Context(), sys, "slack"); err != nil || c.Connection.Word() != WordReconnect {
			t.Fatalf("%+v (%v)", c, err)
		}
		w.accept("contact.created", `{"id":"1","firstName":"Waiting"}`)
		w.sandbox.Pass(48 * time.Hour)
		w.wakePosts()
		w.must(w.RunDue(t.Context()))
		w.until("no check goes on", func() bool { return w.checking.Load() == 0 })
		if m := w.messages()[0]; m.State != "waiting" || m.Attempts != 0 {
			t.Errorf("%+v", m)
		}
		if a := w.connect("slack", ""); a.Status != AttemptSucceeded {
			t.Fatalf("%+v", a.Failure)
		}
		w.until("it is posted", func() bool { w.wakePosts(); return w.count("posted") == 1 })
	})
}

func TestPreview(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		got, err := w.Preview(t.Context(), util, "slack", connector.Rule{Title: "{{type}}", Text: "{{data.email}}"}, "contact.created")
		if err != nil || got.Title != "contact.created" || !strings.Contains(got.Text, "@") {
			t.Errorf("%+v (%v)", got, err)
		}
		for what, call := range map[string]func() error{
			"template-invalid": func() error {
				return second(w.Preview(t.Context(), util, "slack", connector.Rule{Title: "{{"}, "contact.created"))
			},
			"integration-takes-no-messages": func() error {
				return second(w.Preview(t.Context(), util, "gmail", connector.Rule{Title: "x"}, "contact.created"))
			},
		} {
			if f, ok := errors.AsType[*fault.Error](call()); !ok || f.Type != what {
				t.Errorf("%s: %v", what, call())
			}
		}
		if err := second(w.Preview(t.Context(), util, "slack", connector.Rule{Title: "x"}, "no.such")); err == nil {
			t.Error("an unknown event has a preview")
		}
	})
}
