package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	flags "flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

var writeGolden = flags.Bool("update", false, "write the golden files")

// bodies are events that a receiver's form must get over.
var bodies = map[string]string{
	"example": `{"type":"contact.created","timestamp":"2026-11-23T09:30:00Z","data":{"id":"con_1042","email":"ada@example.com","firstName":"Ada","company":null,"tags":["newsletter"],"score":1e400,"vip":true}}`,
	"hostile": `{"type":"invoice_line.paid","timestamp":"2026-11-23T09:30:00Z","data":{"# title":"<!channel> <@U123> @everyone & <https://evil.example|click>","- list":"**bold** _it_ ~~no~~ ` + "`code`" + ` ||spoiler|| [a](https://b.example)",` +
		`"lines":"one\ntwo\u0000\r\n> three","{{DATE(2026-11-23T09:30:00Z)}}":"{{TIME(2026-11-23T09:30:00Z)}}","turned":"abc\u202Ecba","html":"<script>alert(\"1\")</script>"}}`,
	"long":  `{"type":"contact.updated","timestamp":"2026-11-23T09:30:00Z","data":{` + manyFields(60) + `}}`,
	"empty": `{"type":"contact.deleted","timestamp":"2026-11-23T09:30:00Z","data":{}}`,
	"test":  `{"type":"webhook.test","timestamp":"2026-11-23T09:30:00Z","data":{"message":"This is a test event from Patchboard."}}`,
}

func manyFields(n int) string {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"field_%02d":%q`, i, strings.Repeat("*😀&", 200))
	}
	return strings.Join(fields, ",")
}

func TestRenderIsTheGoldenFile(t *testing.T) {
	t.Parallel()
	for name, body := range bodies {
		for _, format := range Formats()[1:] {
			got := append(Render(format, "evt_01h455vb4pex5vsknk084sn02q", []byte(body)), '\n')
			golden := filepath.Join("testdata", "format", name+"."+format+".json")
			if *writeGolden {
				if err := os.WriteFile(golden, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is stale, got\n%s", golden, got)
			}
			checkMessage(t, format, got)
		}
		if got := Render(FormatStandard, "evt_x", []byte(body)); string(got) != body {
			t.Errorf("the standard body of %s has changed: %s", name, got)
		}
	}
}

// checkMessage holds what receivers ask for.
func checkMessage(t *testing.T, format string, body []byte) {
	t.Helper()
	var m struct {
		Text     string `json:"text"`
		Content  string `json:"content"`
		Mentions *struct {
			Parse []string `json:"parse"`
		} `json:"allowed_mentions"`
		Type string `json:"type"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("%s: %v: %s", format, err, body)
	}
	switch format {
	case FormatSlack:
		if n := len(utf16.Encode([]rune(m.Text))); n == 0 || n > slackMost || strings.ContainsAny(m.Text, "<>") {
			t.Errorf("slack: %d units: %s", n, m.Text)
		}
	case FormatDiscord:
		if n := len(utf16.Encode([]rune(m.Content))); n == 0 || n > 2000 {
			t.Errorf("discord: %d units", n)
		}
		if m.Mentions == nil || m.Mentions.Parse == nil || len(m.Mentions.Parse) > 0 {
			t.Errorf("discord: mentions are parsed: %s", body)
		}
		for i := range len(m.Content) {
			if strings.IndexByte("*_~`|<>[]()#", m.Content[i]) >= 0 && (i == 0 || m.Content[i-1] != '\\') {
				t.Errorf("discord: %q is not escaped in %s", m.Content[i], m.Content)
			}
		}
	case FormatTeams:
		if len(body) > 28_000 || m.Type != "message" || bytes.Contains(body, []byte("{{")) {
			t.Errorf("teams: %d bytes: %s", len(body), body)
		}
	}
}

func FuzzRender(f *testing.F) {
	for _, body := range bodies {
		f.Add([]byte(body))
	}
	f.Add([]byte(`{"type":"a.b","data":[1,2]}`))
	f.Add([]byte(`{"type":"a.b","data":{"a":"{{{"}}`))
	f.Add([]byte("{\"type\":\"a.b\",\"data\":{\"\xff\":\"\xff\"}}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) {
			return
		}
		for _, format := range Formats()[1:] {
			checkMessage(t, format, Render(format, "evt_x", body))
		}
	})
}

// Every check, test and change goes out in the webhook's format, signed.
func TestChecksSpeakTheFormat(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		for _, format := range Formats()[1:] {
			c := w.create(t, w.util, NewWebhook{URL: r.URL + "/" + format, Format: format})
			w.mustSay(t, r, c, format)
			if v, err := w.Validate(ctx, w.util, Candidate{URL: r.URL, Reach: true, WebhookID: c.Webhook.ID}); err != nil || !v.OK {
				t.Error(v, err)
			}
			w.mustSay(t, r, c, format) // the stored format, where none is given
			if v, err := w.Validate(ctx, w.util, Candidate{URL: r.URL, Reach: true, Format: FormatStandard, WebhookID: c.Webhook.ID}); err != nil || !v.OK {
				t.Error(v, err)
			}
			w.mustSay(t, r, c, FormatStandard)
			got, err := w.Test(ctx, w.sys, c.Webhook.ID, TestEvent{})
			if err != nil || !got.Verdict.OK || !strings.Contains(string(got.RequestBody), "Patchboard test") {
				t.Errorf("%+v %v", got, err)
			}
			w.mustSay(t, r, c, format)
		}
		_, err := w.Create(ctx, w.util, NewWebhook{URL: r.URL, Events: []string{"contact.created"}, Format: "Slack"})
		wantSlug(t, err, "webhook-format-unknown")
	})
}

// mustSay takes the only request, and holds it against the format.
func (w *world) mustSay(t *testing.T, r *receiver, c *Created, format string) {
	t.Helper()
	got := r.took()
	if len(got) != 1 {
		t.Fatalf("%d requests", len(got))
	}
	verify(t, c.Secret, got[0], w.clock.read())
	if said := string(got[0].body); format == FormatStandard == strings.Contains(said, "Patchboard test") {
		t.Errorf("%s: %s", format, said)
	}
	checkMessage(t, format, got[0].body)
}

func TestANewFormatIsCheckedLikeANewURL(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		c := w.create(t, w.util, NewWebhook{URL: r.URL})
		r.took()
		r.answer(http.StatusBadRequest)
		_, err := w.Update(t.Context(), w.util, c.Webhook.ID, Patch{Format: new(FormatSlack)})
		wantSlug(t, err, "webhook-unreachable")
		if got := w.get(t, c.Webhook.ID); got.Format != FormatStandard || got.Version != 1 {
			t.Errorf("%+v", got)
		}
		r.took()
		r.answer(http.StatusOK)
		u, err := w.Update(t.Context(), w.util, c.Webhook.ID, Patch{Format: new(FormatSlack)})
		if err != nil || u.Format != FormatSlack || u.Version != 2 || u.Health.Verdict == nil || !u.Health.Verdict.OK {
			t.Fatalf("%+v %v", u, err)
		}
		w.mustSay(t, r, c, FormatSlack)
		if e, err := w.Endpoint(t.Context(), c.Webhook.Num); err != nil || e.Format != FormatSlack {
			t.Errorf("the endpoint is old: %+v %v", e, err)
		}
		if u, err = w.Update(t.Context(), w.util, c.Webhook.ID, Patch{Format: new(FormatSlack)}); err != nil || u.Version != 2 {
			t.Errorf("the same format again: %+v %v", u, err)
		}
		off := false
		if _, err = w.Update(t.Context(), w.util, c.Webhook.ID, Patch{Enabled: &off, Format: new(FormatTeams)}); err != nil || len(r.took()) != 0 {
			t.Errorf("switched off, and yet asked: %v", err)
		}
		_, err = w.Update(t.Context(), w.util, c.Webhook.ID, Patch{Format: new("soap")})
		wantSlug(t, err, "webhook-format-unknown")
	})
}

func TestATestOfAnyEvent(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		w.SampleBody = func(_ context.Context, org, typ string, data json.RawMessage, at time.Time) ([]byte, error) {
			if org != w.org || at.IsZero() {
				t.Errorf("%s at %v", org, at)
			}
			if data == nil {
				data = json.RawMessage(`{"id":"example"}`)
			}
			return fmt.Appendf(nil, `{"type":%q,"data":%s}`, typ, data), nil
		}
		c := w.create(t, w.util, NewWebhook{URL: r.URL})
		r.took()
		got, err := w.Test(ctx, w.sys, c.Webhook.ID, TestEvent{Type: "email.sent"})
		if err != nil || got.Type != "email.sent" || string(got.RequestBody) != `{"type":"email.sent","data":{"id":"example"}}` {
			t.Fatalf("%+v %v", got, err)
		}
		in := r.took()
		verify(t, c.Secret, in[0], w.clock.read())
		if string(in[0].body) != string(got.RequestBody) {
			t.Errorf("%s", in[0].body)
		}
		r.answer(http.StatusUnprocessableEntity)
		got, err = w.Test(ctx, w.util, c.Webhook.ID, TestEvent{Type: "email.sent", Data: json.RawMessage(`{"id":7}`)})
		if err != nil || got.Verdict.OK || got.Status != 422 || got.Full || got.RequestBody != nil {
			t.Errorf("%+v %v", got, err)
		}
		if in = r.took(); string(in[0].body) != `{"type":"email.sent","data":{"id":7}}` {
			t.Errorf("%s", in[0].body)
		}
		if h := w.get(t, c.Webhook.ID); h.Status() != StatusActive || !h.Health.Verdict.OK {
			t.Errorf("a payload of one's own has changed the health: %+v", h.Health.Verdict)
		}
		if _, err = w.Test(ctx, w.util, c.Webhook.ID, TestEvent{Type: "email.sent"}); err != nil || w.get(t, c.Webhook.ID).Status() != StatusFailing {
			t.Errorf("an example that is refused says nothing: %v", err)
		}
		r.took()
		for _, e := range []TestEvent{{Data: json.RawMessage(`{}`)}, {Type: TestType, Data: json.RawMessage(`{}`)}} {
			_, err = w.Test(ctx, w.util, c.Webhook.ID, e)
			wantSlug(t, err, "test-type-missing")
		}
		if len(r.took()) != 0 {
			t.Error("something was sent")
		}
	})
}

func TestTemplatesFit(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, x := range Templates() {
		if seen[x.Slug] || x.Slug == "" || x.Name == "" || !strings.HasSuffix(x.Description, ".") || len(x.Steps) == 0 || len(x.Sources) == 0 || x.URL.Hint == "" {
			t.Errorf("%+v", x)
		}
		seen[x.Slug] = true
		if err := checkEvents(x.Events, eight); err != nil {
			t.Errorf("%s: %v", x.Slug, err)
		}
		if f, err := checkFormat(x.Format); err != nil || f != x.Format {
			t.Errorf("%s: %v", x.Slug, err)
		}
		if !strings.HasPrefix(x.URL.Example, x.URL.Prefix) {
			t.Errorf("%s: %+v", x.Slug, x.URL)
		}
		for _, s := range x.Sources {
			if !strings.HasPrefix(s, "https://") {
				t.Errorf("%s: %s", x.Slug, s)
			}
		}
	}
	for _, slug := range []string{"own-server", "zapier", "make", "n8n", "slack", "teams", "discord"} {
		if !seen[slug] {
			t.Errorf("%s is missing", slug)
		}
	}
}
