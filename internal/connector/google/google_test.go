package google_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/connector/gmail"
	"patchboard/internal/connector/google"
	"patchboard/internal/health"
	"patchboard/internal/sandbox/sandboxtest"
)

// Each refusal that Google's documentation names, as a check meets it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(gmail.Gmail{}, sandboxtest.Google(w), "")
	now := time.Date(2026, 11, 20, 9, 13, 14, 0, time.UTC)
	for _, c := range []struct {
		name  string
		class health.Class
		code  string
		who   connector.Who
	}{
		{"authError", health.TokenExpired, "authError", connector.Nobody},
		{"insufficientPermissions", health.ScopeMissing, "insufficientPermissions", connector.Administrator},
		{"accessNotConfigured", health.MisconfiguredApp, "accessNotConfigured", connector.Operator},
		{"domainPolicy", health.MisconfiguredApp, "domainPolicy", connector.Workspace},
		{"rateLimitExceeded", health.RateLimited, "rateLimitExceeded", connector.Nobody},
		{"rateLimitExceeded429", health.RateLimited, "rateLimitExceeded", connector.Nobody},
		{"userRateLimitExceeded", health.RateLimited, "userRateLimitExceeded", connector.Nobody},
		{"userRateLimitExceeded429", health.RateLimited, "userRateLimitExceeded", connector.Nobody},
		{"dailyLimitExceeded", health.QuotaExhausted, "dailyLimitExceeded", connector.Operator},
		{"quotaExceeded", health.QuotaExhausted, "quotaExceeded", connector.Operator},
		{"failedPrecondition", health.MisconfiguredApp, "failedPrecondition", connector.Operator},
		{"backendError", health.ProviderDown, "backendError", connector.Nobody},
		{"backendError503", health.ProviderDown, "backendError", connector.Nobody},
		{"notFound", health.Unknown, "notFound", connector.Administrator},
		{"forbidden", health.Unknown, "", connector.Administrator},
	} {
		name := c.name
		if name == "forbidden" { // a 403 that says nothing of permissions
			name, c.code = "metadataScope", "forbidden"
		}
		w.Press("/google/refuse", url.Values{"error": {name}})
		_, err := gmail.Gmail{}.Next(t.Context(), s, []byte(`{"history":1}`))
		if name == "notFound" { // of the history this is no failure
			w.Press("/google/refuse", url.Values{"error": {name}})
			err = gmail.Gmail{}.Check(t.Context(), s)
		}
		f, ok := errors.AsType[*connector.Failure](err)
		if !ok || f.Class != c.class || f.Code != c.code {
			t.Errorf("%s: %+v (%v)", c.name, f, err)
			continue
		}
		g := google.Guide(f, "Gmail API")
		if g.Who != c.who || g.Cause == "" || strings.Contains(g.Cause, "NAME") || (g.Who == connector.Nobody) != (len(g.Steps) == 0) {
			t.Errorf("%s: %+v", c.name, g)
		}
		if name == "accessNotConfigured" && (!strings.HasPrefix(g.Link, "https://console.developers.google.com/") || !strings.HasPrefix(g.Cause, "Gmail API is not enabled") || g.Steps[1] != "Enable Gmail API. Each API is enabled by itself.") {
			t.Errorf("%+v", g)
		}
		if strings.HasPrefix(name, "userRate") {
			if f, ok := errors.AsType[*connector.Failure](google.FailureOf(f.Unwrap(), now)); !ok || f.RetryAfter != 30*time.Second {
				t.Errorf("%s: after %+v", name, f)
			}
		}
	}
}
