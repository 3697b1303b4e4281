package webhook

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

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
	"patchboard/internal/signature"
)

func TestSecretIsReadAndRotated(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		given := w.NewSecret()
		c := w.create(t, w.key, NewWebhook{URL: r.URL, Secret: given.Reveal()})
		if c.Secret.Reveal() != given.Reveal() {
			t.Error("the given secret was not taken")
		}
		for _, a := range []func() error{
			func() error { _, err := w.Secret(ctx, w.util, c.Webhook.ID); return err },
			func() error { _, err := w.Secret(ctx, w.key, c.Webhook.ID); return err },
			func() error { _, err := w.RotateSecret(ctx, w.util, c.Webhook.ID, nil); return err },
		} {
			wantSlug(t, a(), "webhook-secret-forbidden")
		}
		got, err := w.Secret(ctx, w.sys, c.Webhook.ID)
		if err != nil || got.Secret.Reveal() != given.Reveal() || !got.PreviousUntil.IsZero() {
			t.Fatalf("%+v, %v", got, err)
		}
		for _, hours := range []int{-1, 169, 1 << 40} {
			_, err := w.RotateSecret(ctx, w.sys, c.Webhook.ID, &hours)
			wantSlug(t, err, "webhook-overlap-range")
		}
		rotated, err := w.RotateSecret(ctx, w.sys, c.Webhook.ID, nil)
		if err != nil || !rotated.PreviousUntil.Equal(w.clock.read().Add(24*time.Hour)) {
			t.Fatalf("%+v, %v", rotated, err)
		}
		send := func() received {
			t.Helper()
			r.took()
			if _, err := w.Test(ctx, w.sys, c.Webhook.ID, TestEvent{}); err != nil {
				t.Fatal(err)
			}
			return r.took()[0]
		}
		in := send()
		verify(t, given, in, w.clock.read())
		verify(t, rotated.Secret, in, w.clock.read())
		w.clock.add(24 * time.Hour)
		in = send()
		verify(t, rotated.Secret, in, w.clock.read())
		if signature.Verify(given, in.header, in.body, w.clock.read()) == nil {
			t.Error("the old secret signs after the overlap")
		}
		last, err := w.RotateSecret(ctx, w.sys, c.Webhook.ID, new(0))
		if err != nil || !last.PreviousUntil.IsZero() {
			t.Fatalf("%+v, %v", last, err)
		}
		in = send()
		verify(t, last.Secret, in, w.clock.read())
		if signature.Verify(rotated.Secret, in.header, in.body, w.clock.read()) == nil {
			t.Error("the old secret signs in spite of no overlap")
		}
		if got := w.get(t, c.Webhook.ID); got.Version != 3 {
			t.Errorf("version %d", got.Version)
		}
		want := []string{"webhook.secret_read ok", "webhook.secret_rotated ok", "webhook.secret_rotated ok"}
		have := slices.DeleteFunc(w.actions(t), func(a string) bool { return !slices.Contains(want, a) })
		wantList(t, "audit", have, want...)
	})
}

func TestCustomHeaders(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, r := newWorld(t, d), newReceiver(t)
		ctx := t.Context()
		_, err := w.Create(ctx, w.util, NewWebhook{URL: r.URL, Events: []string{"email.sent"}, Headers: map[string]string{"X-A": "b"}})
		wantSlug(t, err, "webhook-headers-forbidden")
		_, err = w.Create(ctx, w.key, NewWebhook{URL: r.URL, Events: []string{"email.sent"}, Headers: map[string]string{"X-A": "b"}})
		wantSlug(t, err, "webhook-headers-forbidden")
		c := w.create(t, w.sys, NewWebhook{URL: r.URL, Headers: map[string]string{"x-token": "sesame-1", "Authorization": "Bearer sesame-2"}})
		id := c.Webhook.ID
		wantList(t, "names", c.Webhook.HeaderNames, "Authorization", "X-Token")
		if in := r.took(); in[0].header.Get("X-Token") != "sesame-1" {
			t.Errorf("%+v", in[0].header)
		}

		_, err = w.Update(ctx, w.util, id, Patch{Headers: map[string]*string{}})
		wantSlug(t, err, "webhook-headers-forbidden")
		_, err = w.Update(ctx, w.key, id, Patch{URL: new(r.URL + "/x")})
		wantSlug(t, err, "webhook-url-forbidden")
		if fault.KindOf(err) != fault.Forbidden || len(r.took()) != 0 {
			t.Errorf("%v", err)
		}
		if _, err = w.Update(ctx, w.util, id, Patch{URL: new(r.URL), Events: &[]string{"email.sent"}}); err != nil {
			t.Errorf("other changes: %v", err)
		}
		u, err := w.Update(ctx, w.sys, id, Patch{Headers: map[string]*string{"X-TOKEN": nil, "X-New": new("n")}})
		if err != nil {
			t.Fatal(err)
		}
		wantList(t, "names", u.HeaderNames, "X-New", "X-Token")
		same, err := w.Update(ctx, w.sys, id, Patch{Headers: map[string]*string{"x-token": new("sesame-1"), "X-New": nil}})
		if err != nil || same.Version != u.Version {
			t.Errorf("the same headers made version %d, not %d: %v", same.Version, u.Version, err)
		}
		if _, err := w.Update(ctx, w.sys, id, Patch{URL: new(r.URL + "/y")}); err != nil {
			t.Fatal(err)
		}
		if in := r.took(); in[0].header.Get("X-Token") != "sesame-1" || in[0].header.Get("Authorization") != "" || in[0].header.Get("X-New") != "n" {
			t.Errorf("%+v", in[0].header)
		}
		if u, err = w.Update(ctx, w.sys, id, Patch{Headers: map[string]*string{}}); err != nil || u.HasHeaders() {
			t.Errorf("%+v, %v", u, err)
		}
		if _, err := w.Update(ctx, w.util, id, Patch{URL: new(r.URL)}); err != nil {
			t.Errorf("without headers: %v", err)
		}
		denied := slices.DeleteFunc(w.actions(t), func(a string) bool { return !strings.Contains(a, "denied") })
		if len(denied) != 4 {
			t.Errorf("denials: %q", denied)
		}
	})
}

func TestSecretsAreNowhereInTheClear(t *testing.T) {
	t.Parallel()
	d := dbtest.OpenConfig(t, dbtest.Fresh(t, dbtest.SQLite))
	w, r := newWorld(t, d), newReceiver(t)
	ctx := t.Context()
	c := w.create(t, w.sys, NewWebhook{URL: r.URL, Headers: map[string]string{"X-Token": "open-sesame-4711"}})
	rotated, err := w.RotateSecret(ctx, w.sys, c.Webhook.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Test(ctx, w.sys, c.Webhook.ID, TestEvent{}); err != nil {
		t.Fatal(err)
	}
	_, err = w.Update(ctx, w.sys, c.Webhook.ID, Patch{Headers: map[string]*string{"X-Token": new("open-sesame-4711\n")}})
	wantSlug(t, err, "webhook-header-value")
	secrets := []string{"open-sesame-4711", strings.TrimPrefix(c.Secret.Reveal(), "whsec_"), strings.TrimPrefix(rotated.Secret.Reveal(), "whsec_")}
	said := fmt.Sprintf("%+v %#v %v", fault.From(err), c, rotated)
	path, err := db.Value[string](ctx, d, `SELECT file FROM pragma_database_list WHERE name = 'main'`)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range secrets {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("%s holds a secret", filepath.Base(f))
			}
		}
	}
	for _, s := range secrets {
		if strings.Contains(said, s) {
			t.Errorf("printed: a secret")
		}
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	e := &Endpoint{secret: signature.NewSecret(), custom: http.Header{"X-A": {"b"}, "Content-Type": {"text/evil"}}}
	at := time.Unix(1_700_000_000, 999)
	q := e.Request("evt_1", at, []byte(`{"a":1}`))
	if err := signature.Verify(e.secret, q.Header, q.Body, at); err != nil {
		t.Error(err)
	}
	if q.Header.Get("Content-Type") != "application/json" || q.Header.Get("X-A") != "b" || q.Header.Get("Webhook-Timestamp") != "1700000000" {
		t.Errorf("%v", q.Header)
	}
}

// Not parallel: it counts allocations.
func TestHotPathsAllocateLittle(t *testing.T) { //nolint:paralleltest // see above
	e := &Endpoint{secret: signature.NewSecret(), custom: http.Header{"X-A": {"b"}}}
	body, at := []byte(`{"a":1}`), time.Unix(1_700_000_000, 0)
	if n := testing.AllocsPerRun(100, func() { e.Request("evt_1", at, body) }); n > 8 {
		t.Errorf("%v allocations for one request", n)
	}
	set := &Set{byType: map[string][]Target{"a": {{Num: 1}}}}
	if n := testing.AllocsPerRun(100, func() { set.Match("a") }); n != 0 {
		t.Errorf("%v allocations for one match", n)
	}
}
