package integration

import (
	"crypto/x509"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/egress"
	"patchboard/internal/health"
	"patchboard/internal/sandbox/sandboxtest"
)

// A provider, or what stands in its place, answers all kinds of nonsense: each is
// named, none fills the memory, leads anywhere else, or changes what is known.
func TestNonsenseOfAProvider(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var answer atomic.Pointer[http.HandlerFunc]
		set := func(h http.HandlerFunc) { answer.Store(&h) }
		profile := func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			body := `{"emailAddress":"ana@example.org","messagesTotal":0,"threadsTotal":0,"historyId":"5"}`
			if strings.HasSuffix(r.URL.Path, "/messages") || strings.HasSuffix(r.URL.Path, "/history") {
				body = `{"historyId":"5","resultSizeEstimate":0}`
			}
			_, _ = io.WriteString(rw, body)
		}
		set(profile)
		elsewhere := atomic.Int64{}
		private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
		t.Cleanup(private.Close)
		server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { (*answer.Load())(rw, r) }))
		t.Cleanup(server.Close)
		pool := x509.NewCertPool()
		pool.AddCert(w.sandbox.Authority().Certificate())
		pool.AddCert(server.Certificate())
		to := w.sandbox.Addresses()
		to["example.com"] = server.Listener.Addr().String() // the name in the test server's certificate
		out, err := egress.New(egress.Policy{TrustedCAs: pool, Resolve: to, Lost: w.sandbox.Lost})
		w.must(err)
		t.Cleanup(out.Close)
		w.Service = w.node(func(c *Config) {
			c.Egress = out
			c.Overrides = maps.Clone(c.Overrides)
			o := c.Overrides["gmail"]
			o.Addresses = sandboxtest.Google(w.sandbox)
			o.Addresses.API = "https://example.com"
			c.Overrides["gmail"] = o
		})
		w.connected("gmail", "")
		cursor, settings := string(w.row("gmail").cursor), string(w.row("gmail").Settings)

		var written atomic.Int64
		endless := func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(rw, `{"emailAddress":"`)
			part := strings.Repeat("a", 1<<16)
			for range 1 << 14 { // 1 GiB
				n, err := io.WriteString(rw, part)
				if written.Add(int64(n)); err != nil {
					return
				}
			}
		}
		says := func(status int, kind, body string) http.HandlerFunc {
			return func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", kind)
				rw.WriteHeader(status)
				_, _ = io.WriteString(rw, body)
			}
		}
		redirect := func(to string) http.HandlerFunc {
			return func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, to, http.StatusFound) }
		}
		for _, c := range []struct {
			name string
			h    http.HandlerFunc
			want health.Class
		}{
			{"a page instead of JSON", says(200, "text/html", "<html>Sign in to the network</html>"), health.Unknown},
			{"a page with status 502", says(502, "text/html", "<html>Bad gateway</html>"), health.ProviderDown},
			{"half an object", says(200, "application/json", `{"emailAddress":"ana@exa`), health.Unknown},
			{"another type", says(200, "application/json", `{"emailAddress":[1,2]}`), health.Unknown},
			{"nothing", says(200, "application/json", ``), health.Unknown},
			{"deep nesting", says(200, "application/json", strings.Repeat("[", 1<<20)), health.Unknown},
			{"an endless answer", endless, health.Unknown},
			{"a redirect to a private address", redirect(private.URL), health.Unknown},
			{"a redirect to the cloud's own", redirect("http://169.254.169.254/latest/meta-data"), health.Unknown},
			{"NUL and bytes that are no text", says(403, "application/json", "{\"error\":{\"code\":403,\"message\":\"\\u0000 \xff\",\"errors\":[{\"reason\":\"\\u0000\"}]}}"), health.Unknown},
			{"another account", says(200, "application/json", `{"emailAddress":"eve@example.org","historyId":"5"}`), health.TokenRevoked},
		} {
			set(c.h)
			w.sandbox.Pass(time.Second)
			got, err := w.Check(t.Context(), sys, "gmail")
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if got.Failure == nil || got.Failure.Class != c.want {
				t.Errorf("%s: %+v", c.name, got.Failure)
			}
			if r := w.row("gmail"); string(r.cursor) != cursor || string(r.Settings) != settings || len(r.token) == 0 {
				t.Errorf("%s: something was lost", c.name)
			}
			set(profile)
			w.sandbox.Pass(time.Second)
			if got, err := w.Check(t.Context(), sys, "gmail"); err != nil || got.Failure != nil {
				t.Errorf("after %s: %+v (%v)", c.name, got, err)
			}
		}
		if n := written.Load(); n < 16<<20 || n > 64<<20 {
			t.Errorf("%d bytes of an endless answer were taken", n)
		}
		if elsewhere.Load() != 0 {
			t.Error("a redirect was followed")
		}
	})
}

// An address of a provider that leads into the private network is not called, unless
// the operator has opened it.
func TestPrivateAddressOfAProvider(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.connected("gmail", "")
		inside := w.node(func(c *Config) {
			c.Overrides = maps.Clone(c.Overrides)
			o := c.Overrides["gmail"]
			o.Addresses.API = "https://10.1.2.3"
			c.Overrides["gmail"] = o
		})
		w.sandbox.Pass(time.Second)
		got, err := inside.Check(t.Context(), sys, "gmail")
		if err != nil || got.Failure == nil || got.Steps[0].State != StepFailed || !strings.Contains(got.Steps[0].Detail, "10.1.2.3") {
			t.Errorf("%+v (%v)", got, err)
		}
	})
}
