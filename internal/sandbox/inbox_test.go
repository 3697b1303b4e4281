package sandbox

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchboard/internal/egress"
	"patchboard/internal/signature"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	w := start(t)
	now := w.clock.Now()
	other := signature.NewSecret()
	without := func(h http.Header, name string) http.Header { h.Del(name); return h }
	rotated := signed(other, "evt_9", body, now)
	rotated.Set(signature.HeaderSignature, rotated.Get(signature.HeaderSignature)+" "+signed(w.secret, "evt_9", body, now).Get(signature.HeaderSignature))

	for _, c := range []struct {
		name, to string
		header   http.Header
		text     string
		want     string
	}{
		{"valid", hook, signed(w.secret, "evt_1", body, now), body, "Signature valid"},
		{"the query does not matter", hook + "?a=b", signed(w.secret, "evt_2", body, now), body, "Signature valid"},
		{"the old secret and the new", hook, rotated, body, "Signature valid"},
		{"another secret", hook, signed(other, "evt_3", body, now), body, "Signature invalid: " + signature.ErrNoMatch.Error()},
		{"another body", hook, signed(w.secret, "evt_4", body, now), body + " ", "Signature invalid: " + signature.ErrNoMatch.Error()},
		{"old", hook, signed(w.secret, "evt_5", body, now.Add(-6*time.Minute)), body, "Signature invalid: " + signature.ErrTooOld.Error()},
		{"from the future", hook, signed(w.secret, "evt_6", body, now.Add(6*time.Minute)), body, "Signature invalid: " + signature.ErrTooNew.Error()},
		{"without its id", hook, without(signed(w.secret, "evt_7", body, now), signature.HeaderID), body, "Signature invalid: " + signature.ErrMissingHeader.Error()},
		{"unsigned", hook, http.Header{}, body, "No signature"},
		{"unknown address", "https://your-api.com/x", signed(other, "evt_8", body, now), body, "Signature not checked: no webhook is saved for this address"},
		{"unknown address, old", "https://your-api.com/x", signed(other, "evt_8", body, now.Add(-time.Hour)), body, "Signature invalid: " + signature.ErrTooOld.Error()},
		{"empty", hook, signed(w.secret, "evt_10", "", now), "", "Signature valid"},
		{"not JSON", hook, signed(w.secret, "evt_11", "\x00\xff", now), "\x00\xff", "Signature valid"},
	} {
		if res := w.send(c.to, c.header, c.text, 0); res.Status != http.StatusOK {
			t.Fatalf("%s: %s %s", c.name, res.Class, res.Detail)
		}
		if got := w.inbox.list()[0].Verdict.String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestMessageIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.deliver("evt_1")
	w.deliver("evt_2")
	w.deliver("evt_1")
	m := w.inbox.list()[0]
	if m.Number != 3 || m.Arrival != 2 || m.Host != "api.example.com" || m.Path != "/webhooks/contacts" || m.EventType != "contact.created" ||
		m.WebhookID != "evt_1" || string(m.Body) != body || m.Answer != "Answered 200" || m.Header.Get(signature.HeaderSignature) == "" {
		t.Errorf("%+v", m)
	}
}

// The check of a webhook comes before it is saved, with a secret of its own.
func TestJudgedAgainOnceSaved(t *testing.T) {
	t.Parallel()
	w := start(t)
	fresh := signature.NewSecret()
	const to = "https://your-api.com/hooks"
	w.send(to, signed(fresh, "evt_1", body, w.clock.Now()), body, 0)
	w.send(to, signed(signature.NewSecret(), "evt_2", body, w.clock.Now()), body, 0)
	_, changed := w.inbox.state()
	w.Trust(func(context.Context, string, string) ([]signature.Secret, error) {
		return []signature.Secret{fresh}, nil
	})
	<-changed // within a second
	w.inbox.recheck(t.Context())
	list := w.inbox.list()
	if got := list[1].Verdict; got.State != Valid {
		t.Errorf("the one signed with its secret: %s", got)
	}
	if got := list[0].Verdict; got.State != Invalid {
		t.Errorf("the one signed with another: %s", got)
	}
}

func TestNotJudgedAgainForEver(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Trust(func(context.Context, string, string) ([]signature.Secret, error) {
		return nil, errors.New("the database is away")
	})
	w.send(hook, signed(w.secret, "evt_1", body, w.clock.Now()), body, 0)
	if got := w.inbox.list()[0].Verdict.String(); got != "Signature not checked: the secrets could not be read: the database is away" {
		t.Errorf("%s", got)
	}
	w.clock.add(recheckFor + time.Second)
	w.Trust(w.knows)
	w.inbox.recheck(t.Context())
	if got := w.inbox.list()[0].Verdict.State; got != Unchecked {
		t.Errorf("judged long after: %s", got)
	}
}

func TestNobodyHasToldSecrets(t *testing.T) {
	t.Parallel()
	b := newInbox(newClock().Now)
	m := &Message{Header: signed(signature.NewSecret(), "evt_1", body, time.Now())}
	b.add(t.Context(), m)
	if m.Verdict.State != Unchecked {
		t.Errorf("%s", m.Verdict)
	}
}

func TestLargestBody(t *testing.T) {
	t.Parallel()
	w := start(t)
	large := `{"type":"a","data":"` + strings.Repeat("x", maxBody-22) + `"}`
	if len(large) != maxBody {
		t.Fatal(len(large))
	}
	if res := w.send(hook, signed(w.secret, "evt_1", large, w.clock.Now()), large, 0); res.Status != http.StatusOK {
		t.Fatalf("%s %s", res.Class, res.Detail)
	}
	if m := w.inbox.list()[0]; m.Verdict.State != Valid || len(m.Body) != maxBody {
		t.Errorf("%s, %d bytes", m.Verdict, len(m.Body))
	}
	large += " "
	if res := w.send(hook, signed(w.secret, "evt_2", large, w.clock.Now()), large, 0); res.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("one more: %d %s", res.Status, res.Detail)
	}
	if m := w.inbox.list()[0]; m.Verdict != (Verdict{Unchecked, reasonTooLarge}) || m.Body != nil || m.Size != maxBody+1 || m.Answer != "Answered 413" {
		t.Errorf("one more: %s, %d bytes, %s", m.Verdict, m.Size, m.Answer)
	}
}

func TestKeepsTheLast(t *testing.T) {
	t.Parallel()
	b := newInbox(newClock().Now)
	for range keptMessages + 10 {
		b.add(t.Context(), &Message{})
	}
	all := b.list()
	if len(all) != keptMessages || all[0].Number != keptMessages+10 || all[len(all)-1].Number != 11 {
		t.Errorf("%d messages, %d to %d", len(all), all[0].Number, all[len(all)-1].Number)
	}
	for range 20 {
		b.add(t.Context(), &Message{Body: make([]byte, 4<<20)})
	}
	if all := b.list(); len(all) != 7 || b.bytes > keptBytes {
		t.Errorf("%d messages of 4 MiB in %d bytes", len(all), b.bytes)
	}
	b.clear()
	if b.add(t.Context(), &Message{}); b.list()[0].Number != keptMessages+31 || b.bytes != b.list()[0].bytes() {
		t.Errorf("after emptying: number %d, %d bytes", b.list()[0].Number, b.bytes)
	}
}

func TestBehaviours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		behaviour Behaviour
		class     egress.Class
		status    int
	}{
		{Accept, egress.ClassOK, 200},
		{Fail, egress.ClassStatus5xx, 500},
		{Limit, egress.ClassStatus4xx, 429},
		{Hang, egress.ClassTimeout, 0},
		{Drip, egress.ClassTimeout, 200},
		{Redirect, egress.ClassStatus3xx, 307},
		{Break, egress.ClassProtocol, 200},
		{Gone, egress.ClassStatus4xx, 410},
	} {
		t.Run(string(c.behaviour), func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.inbox.behave(plan{c.behaviour, true})
			timeout := time.Duration(0)
			if c.class == egress.ClassTimeout {
				timeout = 300 * time.Millisecond
			}
			res := w.send(hook, signed(w.secret, "evt_1", body, w.clock.Now()), body, timeout)
			if res.Class != c.class || res.Status != c.status {
				t.Errorf("%s %d, want %s %d: %s", res.Class, res.Status, c.class, c.status, res.Detail)
			}
			if c.behaviour == Limit && res.RetryAfter != retryAfter*time.Second {
				t.Errorf("Retry-After %s", res.RetryAfter)
			}
			w.deliver("evt_1") // once is once
			list := w.inbox.list()
			if len(list) != 2 {
				t.Fatalf("%d messages: a redirect was followed, or a request came twice", len(list))
			}
			if m := list[1]; m.Verdict.State != Valid || m.Answer != c.behaviour.answer() || m.Answer == "" {
				t.Errorf("%s, %s", m.Verdict, m.Answer)
			}
		})
	}
}

func TestBehavesUntilChanged(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.inbox.behave(plan{Behaviour: Fail})
	for range 3 {
		if res := w.send(hook, signed(w.secret, "evt_1", body, w.clock.Now()), body, 0); res.Status != 500 {
			t.Fatalf("%d %s", res.Status, res.Detail)
		}
	}
	w.Calm()
	w.deliver("evt_1")
}

// Whoever stops the demo does not wait for the time-out of an answer that hangs.
func TestCalmEndsWhatHangs(t *testing.T) {
	t.Parallel()
	for _, b := range []Behaviour{Hang, Drip} {
		t.Run(string(b), func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.inbox.behave(plan{Behaviour: b})
			_, arrived := w.inbox.state()
			done := make(chan egress.Result)
			go func() { done <- w.send(hook, signed(w.secret, "evt_1", body, w.clock.Now()), body, 0) }()
			<-arrived
			w.Calm()
			if res := <-done; res.Timing.Total > 5*time.Second {
				t.Errorf("ended after %s: %s", res.Timing.Total, res.Detail)
			}
		})
	}
}

func TestReceiverTakesPostOnly(t *testing.T) {
	t.Parallel()
	w := start(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/webhooks/contacts", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.client.HTTPClient().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != http.MethodPost || len(w.inbox.list()) != 0 {
		t.Errorf("%d, Allow %q, %d messages", resp.StatusCode, resp.Header.Get("Allow"), len(w.inbox.list()))
	}
}

func TestPretty(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"b":1e400,"a":"<&\u2028","a":01}`: `{"b":1e400,"a":"<&\u2028","a":01}`, // no JSON: as it is
		`{"b":1e400,"a":"<&","a":[]}`:       "{\n  \"b\": 1e400,\n  \"a\": \"<&\",\n  \"a\": []\n}",
		"\xff\x00":                          "\uFFFD\x00",
		"":                                  "",
	} {
		if got := pretty([]byte(in)); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000); pretty([]byte(deep)) != deep {
		t.Error("deep nesting is laid out")
	}
}
