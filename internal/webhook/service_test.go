package webhook

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/signature"
)

func TestCreateListUpdateDelete(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		c := w.create(t, w.util, NewWebhook{URL: r.URL + "/hook?x=1", Description: "первый"})
		got := r.took()
		if len(got) != 1 {
			t.Fatalf("%d requests before saving, want 1", len(got))
		}
		verify(t, c.Secret, got[0], w.clock.read())
		var body struct {
			Type      string `json:"type"`
			Timestamp string `json:"timestamp"`
			Data      struct {
				Message   string `json:"message"`
				WebhookID string `json:"webhookId"`
			} `json:"data"`
		}
		if err := json.Unmarshal(got[0].body, &body); err != nil || body.Type != TestType || body.Data.WebhookID != c.Webhook.ID || body.Data.Message == "" {
			t.Errorf("body %s, %v", got[0].body, err)
		}
		if _, err := time.Parse(time.RFC3339, body.Timestamp); err != nil || !strings.HasPrefix(got[0].header.Get(signature.HeaderID), "test_") {
			t.Errorf("timestamp %q, id %q", body.Timestamp, got[0].header.Get(signature.HeaderID))
		}
		all, err := w.List(t.Context(), w.util)
		if err != nil || len(all) != 1 || all[0].ID != c.Webhook.ID || all[0].Status() != StatusActive || all[0].Health.Verdict == nil || !all[0].Health.Verdict.OK {
			t.Fatalf("list: %+v, %v", all, err)
		}
		if len(w.targets(t, w.Service).Match("contact.created")) != 1 {
			t.Error("the new webhook is no target")
		}

		u, err := w.Update(t.Context(), w.util, c.Webhook.ID, Patch{Events: &[]string{"email.sent"}, Description: new("zweiter"), IfMatch: new(int64(1))})
		if err != nil || u.Version != 2 || u.Description != "zweiter" || !slices.Equal(u.Events, []string{"email.sent"}) {
			t.Fatalf("update: %+v, %v", u, err)
		}
		if same := w.get(t, c.Webhook.ID); same.Version != 2 || same.Description != "zweiter" {
			t.Errorf("stored: %+v", same)
		}
		set := w.targets(t, w.Service)
		if len(set.Match("contact.created")) != 0 || len(set.Match("email.sent")) != 1 {
			t.Error("the set is old")
		}
		if len(r.took()) != 0 {
			t.Error("an update without a new URL made a request")
		}

		if err := w.Delete(t.Context(), w.util, c.Webhook.ID); err != nil {
			t.Fatal(err)
		}
		wantSlug(t, w.Delete(t.Context(), w.util, c.Webhook.ID), "webhook-not-found")
		_, err = w.Get(t.Context(), w.util, c.Webhook.ID)
		wantSlug(t, err, "webhook-not-found")
		_, err = w.Endpoint(t.Context(), c.Webhook.Num)
		wantSlug(t, err, "webhook-not-found")
		if gone, err := w.Find(t.Context(), w.org, c.Webhook.ID); err != nil || gone.Deleted.IsZero() {
			t.Errorf("the log has lost its webhook: %+v, %v", gone, err)
		}
		if n := len(w.targets(t, w.Service).Match("email.sent")); n != 0 {
			t.Errorf("a deleted webhook is %d targets", n)
		}
		sealed, err := db.Value[int64](t.Context(), d, `SELECT COUNT(*) FROM webhooks WHERE secret IS NOT NULL`)
		if err != nil || sealed != 0 {
			t.Errorf("a deleted webhook keeps its secret (%v)", err)
		}
		wantList(t, "audit", w.actions(t), "webhook.created ok", "webhook.updated ok", "webhook.deleted ok")
		wantList(t, "hooks", w.took(&w.events), "change 1", "delete-tx 1", "delete 1")
		if n := len(w.took(&w.published)); n != 3 {
			t.Errorf("%d live messages, want 3", n)
		}
	})
}

func TestOtherOrganizationsFindNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		id := w.create(t, w.sys, NewWebhook{URL: "https://example.com/", Off: true}).Webhook.ID
		for _, webhookID := range []string{id, "wh_01h455vb4pex5vsknk084sn02q", "", "wh_", "evt_01h455vb4pex5vsknk084sn02q", "a\x00b", strings.Repeat("x", 1<<16), "' OR 1=1"} {
			_, err := w.Get(ctx, w.other, webhookID)
			wantSlug(t, err, "webhook-not-found")
			_, err = w.Find(ctx, "org_b", webhookID)
			wantSlug(t, err, "webhook-not-found")
			_, err = w.Update(ctx, w.other, webhookID, Patch{Enabled: new(true)})
			wantSlug(t, err, "webhook-not-found")
			_, err = w.Update(ctx, w.other, webhookID, Patch{Headers: map[string]*string{}})
			wantSlug(t, err, "webhook-not-found")
			wantSlug(t, w.Delete(ctx, w.other, webhookID), "webhook-not-found")
			_, err = w.Secret(ctx, w.other, webhookID)
			wantSlug(t, err, "webhook-not-found")
			_, err = w.RotateSecret(ctx, w.other, webhookID, nil)
			wantSlug(t, err, "webhook-not-found")
			_, err = w.Test(ctx, w.other, webhookID, TestEvent{})
			wantSlug(t, err, "webhook-not-found")
			if webhookID != "" {
				_, err = w.Validate(ctx, w.other, Candidate{URL: "https://example.com/", WebhookID: webhookID})
				wantSlug(t, err, "webhook-not-found")
			}
		}
		if all, err := w.List(ctx, w.other); err != nil || len(all) != 0 {
			t.Errorf("%v, %v", all, err)
		}
		wantList(t, "audit", w.actions(t), "webhook.created ok")
	})
}

func TestVerdictsOfSaving(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		plain := newPlainServer(t)
		foreign := newForeignServer(t)
		tests := []struct {
			url              string
			status           int
			slug, cause, say string
		}{
			{"", 204, "webhook-url-invalid", "format", "empty"},
			{"http://example.com/", 204, "webhook-url-invalid", "format", "https"},
			{"https://user:secretpassword@example.com/", 204, "webhook-url-invalid", "format", "password"},
			{"https://example.com/#x", 204, "webhook-url-invalid", "format", "fragment"},
			{"https://\x00example.com/", 204, "webhook-url-invalid", "format", "NUL"},
			{"https://169.254.169.254/latest", 204, "webhook-address-refused", "address_refused", "public"},
			{"https://private.example.org/", 204, "webhook-address-refused", "address_refused", ""},
			{"https://nowhere.example.co.uk/", 204, "webhook-unreachable", "dns", "resolve"},
			{"https://127.0.0.1:1/", 204, "webhook-unreachable", "connect", "refused"},
			{plain, 204, "webhook-unreachable", "tls", ""},
			{foreign, 204, "webhook-unreachable", "tls", ""},
			{r.URL, 500, "webhook-unreachable", "status", "500"},
			{r.URL, 302, "webhook-unreachable", "status", "redirect"},
			{r.URL, 401, "webhook-unreachable", "status", "reached, but it refused the request"},
			{r.URL, 403, "webhook-unreachable", "status", "reached, but it refused the request"},
		}
		for _, tt := range tests {
			r.answer(tt.status)
			_, err := w.Create(t.Context(), w.util, NewWebhook{URL: tt.url, Events: []string{"email.sent"}})
			wantSlug(t, err, tt.slug)
			var f *fault.Error
			if !errors.As(err, &f) {
				continue
			}
			message := "Webhook endpoint unreachable"
			if tt.cause == "format" {
				message = "Invalid webhook URL format"
			}
			if f.Kind != fault.Invalid || f.Extra["message"] != message || f.Extra["cause"] != tt.cause || !strings.Contains(f.Message, tt.say) || f.Fix == "" {
				t.Errorf("%s: %+v", tt.url, f)
			}
		}
		if all, err := w.List(t.Context(), w.sys); err != nil || len(all) != 0 {
			t.Errorf("stored in spite of the verdict: %v, %v", all, err)
		}
		verdicts := w.verdicts(t)
		if len(verdicts) != len(tests) || verdicts[7] != "save 0 dns example.co.uk" {
			t.Errorf("verdicts %q", verdicts)
		}
		for _, a := range w.actions(t) {
			if !strings.HasPrefix(a, "webhook.created failed") {
				t.Errorf("audit entry %q", a)
			}
		}
		if entry, err := db.Column[string](t.Context(), d, `SELECT target_name || after_json || detail_json FROM audit_entries`); err != nil || strings.Contains(strings.Join(entry, ""), "secretpassword") {
			t.Errorf("a password in the audit log: %q, %v", entry, err)
		}
	})
}

func TestSavedSwitchedOff(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		c := w.create(t, w.key, NewWebhook{URL: r.URL, Off: true})
		if len(r.took()) != 0 || c.Webhook.Status() != StatusOff || c.Webhook.Health.Verdict != nil || c.Secret.IsZero() {
			t.Errorf("%+v", c)
		}
		if m := w.targets(t, w.Service).Match("contact.created"); len(m) != 1 || !m[0].Hold {
			t.Errorf("what comes while it is off is not held: %+v", m)
		}
		unknown := w.create(t, w.util, NewWebhook{URL: "https://nowhere.example.com/", Off: true})
		if !strings.Contains(unknown.Verdict.Detail, "resolve") {
			t.Errorf("nothing said about the name: %+v", unknown.Verdict)
		}
		_, err := w.Create(ctx, w.util, NewWebhook{URL: "https://private.example.org/", Off: true, Events: []string{"email.sent"}})
		wantSlug(t, err, "webhook-address-refused")
		_, err = w.Create(ctx, w.util, NewWebhook{URL: "nonsense", Off: true, Events: []string{"email.sent"}})
		wantSlug(t, err, "webhook-url-invalid")
		wantList(t, "verdicts", w.verdicts(t), "save 1", "save 1  example.com", "save 0 address_refused example.org", "save 0 format")
		u, err := w.Update(ctx, w.util, c.Webhook.ID, Patch{URL: new("https://127.0.0.1:1/")})
		if err != nil || u.URL != "https://127.0.0.1:1/" {
			t.Errorf("a webhook that is off cannot be led elsewhere: %v", err)
		}
		_, err = w.Update(ctx, w.util, c.Webhook.ID, Patch{URL: new("https://127.0.0.1:2/"), Enabled: new(true)})
		wantSlug(t, err, "webhook-unreachable")
		u, err = w.Update(ctx, w.util, c.Webhook.ID, Patch{URL: new(r.URL), Enabled: new(true)})
		if err != nil || u.State != Active || len(r.took()) != 1 {
			t.Errorf("%+v, %v", u, err)
		}
	})
}

func TestRefusedInput(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx := t.Context()
		base := NewWebhook{URL: "https://example.com/", Events: []string{"email.sent"}, Off: true}
		for want, change := range map[string]func(*NewWebhook){
			"webhook-events-empty":           func(n *NewWebhook) { n.Events = nil },
			"webhook-event-unknown":          func(n *NewWebhook) { n.Events = []string{"email.sentt"} },
			"webhook-events-duplicate":       func(n *NewWebhook) { n.Events = []string{"email.sent", "email.sent"} },
			"webhook-description-too-long":   func(n *NewWebhook) { n.Description = strings.Repeat("é", 501) },
			"webhook-description-characters": func(n *NewWebhook) { n.Description = "a\x00" },
			"webhook-format-unknown":         func(n *NewWebhook) { n.Format = "soap" },
			"webhook-secret-invalid":         func(n *NewWebhook) { n.Secret = "whsec_c2hvcnQ=" },
			"webhook-header-reserved":        func(n *NewWebhook) { n.Headers = map[string]string{"Host": "a"} },
		} {
			in := base
			change(&in)
			_, err := w.Create(ctx, w.sys, in)
			wantSlug(t, err, want)
		}
		c := w.create(t, w.sys, base)
		for want, p := range map[string]Patch{
			"webhook-events-empty":           {Events: &[]string{}},
			"webhook-event-unknown":          {Events: &[]string{"x"}},
			"webhook-description-characters": {Description: new("\x01")},
			"webhook-format-unknown":         {Format: new("x")},
			"webhook-reason-unknown":         {Enabled: new(false), Reason: "because"},
			"webhook-reason-alone":           {Reason: "maintenance"},
			"webhook-header-name":            {Headers: map[string]*string{"a b": new("c")}},
			"webhook-header-missing":         {Headers: map[string]*string{"X-A": nil}},
			"webhook-url-invalid":            {URL: new("")},
			"webhook-changed":                {IfMatch: new(int64(7))},
		} {
			_, err := w.Update(ctx, w.sys, c.Webhook.ID, p)
			wantSlug(t, err, want)
		}
		if got := w.get(t, c.Webhook.ID); got.Version != 1 {
			t.Errorf("a refused change was stored: %+v", got)
		}
		u, err := w.Update(ctx, w.sys, c.Webhook.ID, Patch{Description: new(""), Events: &[]string{"email.sent"}, Enabled: new(false), URL: new("https://example.com/"), Format: new(FormatStandard)})
		if err != nil || u.Version != 1 {
			t.Errorf("a change of nothing made version %d, %v", u.Version, err)
		}
	})
}

func TestStaleVersionSaysWhatChanged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		id := w.create(t, w.sys, NewWebhook{URL: "https://example.com/", Off: true}).Webhook.ID
		for i := range changesKept + 5 {
			if _, err := w.Update(t.Context(), w.key, id, Patch{Description: new(strings.Repeat("x", i+1))}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Update(t.Context(), w.util, id, Patch{Events: &[]string{"email.sent"}, Description: new("y")}); err != nil {
			t.Fatal(err)
		}
		last := int64(changesKept + 7)
		_, err := w.Update(t.Context(), w.sys, id, Patch{IfMatch: new(last - 2), Description: new("z")})
		f := fault.From(err)
		changed, ok := f.Extra["changed"].([]change)
		if f.Kind != fault.Stale || f.Extra["version"] != last || !ok || len(changed) != 2 {
			t.Fatalf("%+v", f)
		}
		if c := changed[1]; c.Version != last || c.By != "util@example.com" || !slices.Equal(c.Fields, []string{"events", "description"}) {
			t.Errorf("%+v", c)
		}
		if changed[0].By != "the API key" {
			t.Errorf("%+v", changed[0])
		}
		_, err = w.Update(t.Context(), w.sys, id, Patch{IfMatch: new(int64(1)), Description: new("z")})
		if changed, _ = fault.From(err).Extra["changed"].([]change); len(changed) != changesKept-1 { // one more is the first, which says who switched it on
			t.Errorf("%d changes kept", len(changed))
		}
	})
}

func TestTestShowsTheExchange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		c := w.create(t, w.sys, NewWebhook{URL: r.URL, Headers: map[string]string{"authorization": "Bearer sesame"}})
		r.took()
		r.answer(http.StatusOK)
		got, err := w.Test(ctx, w.sys, c.Webhook.ID, TestEvent{})
		if err != nil {
			t.Fatal(err)
		}
		in := r.took()
		if len(in) != 1 || in[0].header.Get("Authorization") != "Bearer sesame" {
			t.Fatalf("%+v", in)
		}
		verify(t, c.Secret, in[0], w.clock.read())
		if !got.Verdict.OK || !got.Full || got.Status != 200 || string(got.ResponseBody) != "thanks" || string(got.RequestBody) != string(in[0].body) || got.RemoteAddr == "" || got.Timing.Total == 0 {
			t.Errorf("%+v", got)
		}
		if got.RequestHeader.Get("Authorization") != "***" || got.RequestHeader.Get(signature.HeaderSignature) != in[0].header.Get(signature.HeaderSignature) {
			t.Errorf("%+v", got.RequestHeader)
		}
		for name, values := range in[0].header {
			if name != "Authorization" && !slices.Equal(got.RequestHeader[name], values) {
				t.Errorf("%s: %q arrived, %q is shown", name, values, got.RequestHeader[name])
			}
		}
		if got.RequestHeader.Get("Host") == "" || len(got.RequestHeader) != len(in[0].header)+1 { // the receiver keeps Host apart
			t.Errorf("arrived %v, shown %v", in[0].header, got.RequestHeader)
		}
		r.answer(http.StatusInternalServerError)
		got, err = w.Test(ctx, w.util, c.Webhook.ID, TestEvent{})
		if err != nil || got.Full || got.RequestBody != nil || got.ResponseHeader != nil || got.RequestHeader != nil || got.Status != 500 || got.Verdict.OK || got.Guidance == "" {
			t.Errorf("a utility admin's view: %+v, %v", got, err)
		}
		if h := w.get(t, c.Webhook.ID); h.Status() != StatusFailing || h.Health.Verdict.Kind != Test || h.Version != 1 {
			t.Errorf("%+v", h)
		}
		wantList(t, "audit", w.actions(t), "webhook.created ok", "webhook.tested ok", "webhook.tested ok")
		wantList(t, "verdicts", w.verdicts(t), "save 1", "test 1", "test 0 status")
	})
}

func TestValidate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		c := w.create(t, w.sys, NewWebhook{URL: r.URL, Headers: map[string]string{"X-Token": "sesame"}})
		r.took()
		form, err := w.Validate(ctx, w.util, Candidate{URL: "https://nowhere.example.com/"})
		if err != nil || !form.OK {
			t.Errorf("form: %+v, %v", form, err)
		}
		if form, err = w.Validate(ctx, w.util, Candidate{URL: "https:/"}); err != nil || form.OK || form.Message != "Invalid webhook URL format" {
			t.Errorf("form: %+v, %v", form, err)
		}
		_, err = w.Validate(ctx, w.util, Candidate{URL: "https://nowhere.example.com/", Format: "soap"})
		wantSlug(t, err, "webhook-format-unknown")
		secret := w.NewSecret()
		v, err := w.Validate(ctx, w.key, Candidate{URL: r.URL, Reach: true, Secret: secret.Reveal()})
		if err != nil || !v.OK {
			t.Fatalf("reach: %+v, %v", v, err)
		}
		got := r.took()
		verify(t, secret, got[0], w.clock.read())
		if got[0].header.Get("X-Token") != "" || strings.Contains(string(got[0].body), "webhookId") {
			t.Errorf("%s %v", got[0].body, got[0].header)
		}
		if v, err = w.Validate(ctx, w.util, Candidate{URL: r.URL, Reach: true, WebhookID: c.Webhook.ID}); err != nil || !v.OK {
			t.Fatalf("with stored parts: %+v, %v", v, err)
		}
		got = r.took()
		verify(t, c.Secret, got[0], w.clock.read())
		if got[0].header.Get("X-Token") != "sesame" {
			t.Error("the stored header was not sent")
		}
		elsewhere := Candidate{URL: r.URL + "/elsewhere", Reach: true, WebhookID: c.Webhook.ID}
		_, err = w.Validate(ctx, w.util, elsewhere)
		wantSlug(t, err, "webhook-url-forbidden")
		_, err = w.Validate(ctx, w.util, Candidate{URL: r.URL, Reach: true, Headers: map[string]string{"X-A": "b"}})
		wantSlug(t, err, "webhook-headers-forbidden")
		if n := len(r.took()); n != 0 {
			t.Errorf("%d requests in spite of the refusal", n)
		}
		if v, err = w.Validate(ctx, w.sys, elsewhere); err != nil || !v.OK {
			t.Errorf("%+v, %v", v, err)
		}
		_, err = w.Validate(ctx, w.sys, Candidate{URL: r.URL, Reach: true, Secret: "nonsense"})
		wantSlug(t, err, "webhook-secret-invalid")
		wantList(t, "verdicts", w.verdicts(t), "save 1", "validate 1  example.com", "validate 0 format", "validate 1", "validate 1", "validate 1")
	})
}
