package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// odd are data that a JSON library would not give back as they are.
var odd = map[string]string{ //nolint:gochecknoglobals // a constant table
	"HTML characters": `{"text":"<b>Tom & Jerry</b>"}`,
	"a huge number":   `{"big":1e400,"long":123456789012345678901234567890.10,"minus":-0}`,
	"duplicate names": `{"a":1,"a":2,"a":{"a":3,"a":4}}`,
	"line separators": "{\"text\":\"one\u2028two\u2029three\"}",
	"odd spaces":      "{ \"a\" :\t[ 1 ,\r\n 2 ]  ,\"b\":{ } }",
	"key order":       `{"z":1,"a":2,"m":{"y":1,"b":2}}`,
	"escapes":         `{"text":"\u003c\/\u00e9\ud83d\ude00 é😀"}`,
	"empty":           `{}`,
}

func TestTheWholeWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, in *install) {
		ca := newAuthority(t)
		in.flags = []string{"--trusted-ca", ca.file, "--allow-network", "127.0.0.0/8"}
		n := in.serve()
		r := newReceiver(t, ca)

		// A receiver that verifies is ready before the webhook is: the very first
		// test request has a signature that holds.
		var fresh struct {
			Secret string `json:"secret"`
		}
		n.key().must(http.StatusOK, http.MethodPost, "/webhooks/secret", nil, &fresh)
		r.verify(fresh.Secret)
		var h hook
		n.key().must(http.StatusCreated, http.MethodPost, "/webhooks",
			map[string]any{"url": r.URL + "/hooks", "events": []string{"contact.created", "contact.updated"}, "secret": fresh.Secret}, &h)
		if h.Secret != fresh.Secret || h.Status != "active" {
			t.Fatalf("the new webhook is %+v", h)
		}

		sent := sendOdd(t, n)
		sendBatchOdd(t, n, sent)
		trigger(t, n, r)
		for id, data := range sent {
			m := r.await(id, 10*time.Second)
			checkMessage(t, id, data, m)
		}
		n.settled(10 * time.Second)
		t.Run("npm", func(t *testing.T) { checkInNode(t, r, fresh.Secret) })
		toggles(t, n, r, h)
		replays(t, n, r, h)
		logOf(t, n, h, sent)
		b := n.settled(10 * time.Second)
		if b.failed+b.held+b.discarded != 0 || b.delivered != b.created {
			t.Errorf("at the end the books are %+v", b)
		}
		out := in.command("audit", "verify")
		if !bytes.Contains(out, []byte("nothing was altered, removed, inserted or reordered")) {
			t.Errorf("audit verify beside the server says:\n%s", out)
		}
		n.stop()
		if out := in.command("audit", "verify"); bytes.Contains(out, []byte("unanchored since")) {
			t.Errorf("audit verify after a clean stop says:\n%s", out)
		}
	})
}

// sendOdd sends every odd data by itself, byte for byte.
func sendOdd(t *testing.T, n *node) map[string]string {
	t.Helper()
	sent := map[string]string{}
	for name, data := range odd {
		var out struct {
			ID string `json:"id"`
		}
		n.key().must(http.StatusAccepted, http.MethodPost, "/events", raw(`{"type":"contact.created","data":`+data+`}`), &out)
		if !strings.HasPrefix(out.ID, "evt_") {
			t.Errorf("%s has the id %q", name, out.ID)
		}
		sent[out.ID] = data
	}
	return sent
}

// sendBatchOdd sends them once more, in one request, with ids of the sender's.
func sendBatchOdd(t *testing.T, n *node, sent map[string]string) {
	t.Helper()
	var events, data []string
	for name, d := range odd {
		events = append(events, fmt.Sprintf(`{"id":%q,"type":"contact.updated","data":%s}`, "batch-"+name, d))
		data = append(data, d)
	}
	body := raw(`{"events":[` + strings.Join(events, ",") + `]}`)
	type result struct {
		Accepted, Replayed, Refused int
		Items                       []struct{ Status, ID string }
	}
	var first, again result
	n.key().must(http.StatusAccepted, http.MethodPost, "/events/batch", body, &first)
	n.key().must(http.StatusAccepted, http.MethodPost, "/events/batch", body, &again)
	if first.Accepted != len(odd) || again.Replayed != len(odd) || again.Accepted != 0 {
		t.Fatalf("a batch and its repeat: %+v, %+v", first, again)
	}
	for i, item := range first.Items {
		sent[item.ID] = data[i]
		if again.Items[i].ID != item.ID {
			t.Errorf("item %d has the id %s, repeated %s", i, item.ID, again.Items[i].ID)
		}
	}
}

// trigger sends the catalog's example by the command line.
func trigger(t *testing.T, n *node, r *receiver) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(n.in.org.APIKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, stderr, err := run("trigger", "contact.updated", "--url", n.url, "--key-file", file)
	if err != nil {
		t.Fatalf("trigger: %v\n%s", err, stderr)
	}
	var sent struct {
		ID string `json:"id"`
	}
	answer{body: out}.decode(t, &sent)
	if m := r.await(sent.ID, 10*time.Second); !bytes.HasPrefix(m.body, []byte(`{"type":"contact.updated","timestamp":"`)) {
		t.Errorf("trigger delivered %s", m.body)
	}
	if _, stderr, err := run("trigger", "contact.updatd", "--url", n.url, "--key-file", file); err == nil || !bytes.Contains(stderr, []byte("contact.updated")) {
		t.Errorf("trigger of an unknown type: %v\n%s", err, stderr)
	}
}

func checkMessage(t *testing.T, id, data string, m message) {
	t.Helper()
	mark := []byte(`,"data":`)
	i := bytes.Index(m.body, mark)
	if i < 0 || string(m.body[i+len(mark):]) != data+"}" {
		t.Errorf("data %q arrived as %q", data, m.body)
	}
	if got := m.header.Get("webhook-id"); got != id {
		t.Errorf("webhook-id %s, want %s", got, id)
	}
	if ct := m.header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("Content-Type %s", ct)
	}
}

// toggles switches off and on: what comes meanwhile is held, stays held, and is
// sent when somebody says so.
func toggles(t *testing.T, n *node, r *receiver, h hook) {
	t.Helper()
	n.key().toggle(h.ID, false)
	before := r.quiet(100 * time.Millisecond)
	held := []string{n.send(contact(1)), n.send(contact(2))}
	if b := n.books(); b.held != 2 || b.pending != 0 {
		t.Errorf("while it is off the books are %+v", b)
	}
	n.key().toggle(h.ID, true)
	now := n.send(contact(3))
	r.await(now, 10*time.Second)
	n.settled(10 * time.Second)
	if got := r.count(); got != before+1 {
		t.Errorf("%d arrivals after switching on, want the new event's alone", got-before)
	}
	if w := n.key().webhook(h.ID); w.Waiting.Held != 2 || w.Status != "active" {
		t.Errorf("after switching on: %+v", w)
	}
	admin := n.admin()
	admin.must(http.StatusOK, http.MethodPost, "/webhooks/"+h.ID+"/held", map[string]any{"action": "send"}, nil)
	for _, id := range held {
		r.await(id, 10*time.Second)
	}
	n.settled(10 * time.Second)
}

// replays discards what is held and sends it after all.
func replays(t *testing.T, n *node, r *receiver, h hook) {
	t.Helper()
	admin, since := n.admin(), time.Now().Add(-time.Minute)
	n.key().toggle(h.ID, false)
	id := n.send(contact(4))
	admin.must(http.StatusOK, http.MethodPost, "/webhooks/"+h.ID+"/held", map[string]any{"action": "discard"}, nil)
	n.key().toggle(h.ID, true)
	if b := n.settled(10 * time.Second); b.discarded != 1 {
		t.Errorf("after discarding the books are %+v", b)
	}
	ask := map[string]any{"since": since, "states": []string{"discarded"}, "dryRun": true}
	var counted struct {
		Total  int  `json:"total"`
		DryRun bool `json:"dryRun"`
	}
	admin.must(http.StatusOK, http.MethodPost, "/webhooks/"+h.ID+"/replay", ask, &counted)
	if counted.Total != 1 || !counted.DryRun {
		t.Errorf("a dry run counts %+v", counted)
	}
	if _, came := r.got(id); came {
		t.Error("a dry run sends")
	}
	ask["dryRun"] = false
	admin.must(http.StatusOK, http.MethodPost, "/webhooks/"+h.ID+"/replay", ask, &counted)
	r.await(id, 10*time.Second)
	n.settled(10 * time.Second)
}

// logOf reads the log as both roles do: every event is there once, delivered,
// and its bodies and headers are for system administrators.
func logOf(t *testing.T, n *node, h hook, sent map[string]string) {
	t.Helper()
	admin := n.admin()
	list := admin.deliveries("webhookId=" + h.ID)
	ids := make([]string, len(list))
	for i, d := range list {
		ids[i] = d.EventID
		if d.State != "delivered" {
			t.Errorf("%s is %s", d.EventID, d.State)
		}
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Error("an event is in the log twice")
	}
	for id, data := range sent {
		if !slices.Contains(ids, id) {
			t.Errorf("%s is not in the log", id)
		}
		d := admin.deliveryTo(h.ID, id)
		if len(d.AttemptLog) != 1 || d.AttemptLog[0].Status != http.StatusOK || d.AttemptLog[0].Class != "" || d.AttemptLog[0].Timing.Total <= 0 {
			t.Fatalf("the log of %s is %+v", id, d)
		}
		full := d.AttemptLog[0]
		if full.Request == nil || !strings.Contains(full.Request.Body, data) || http.Header(full.Request.Headers).Get("Webhook-Id") != id || full.Response == nil {
			t.Errorf("the administrator sees %+v, %+v", full.Request, full.Response)
		}
		if k := n.key().deliveryTo(h.ID, id); k.AttemptLog[0].Request != nil || k.AttemptLog[0].Response != nil {
			t.Error("the key sees bodies")
		}
	}
}
