package slack_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/connector/slack"
	"patchboard/internal/health"
	"patchboard/internal/sandbox/sandboxtest"
)

func failure(t *testing.T, err error) *connector.Failure {
	t.Helper()
	f, ok := errors.AsType[*connector.Failure](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	return f
}

func TestSlack(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, grant := w.Connect(slack.Slack{}, sandboxtest.Slack(w), "")
	if s.Account != (connector.Account{ID: "T0TEAM1", Name: "Acme"}) {
		t.Errorf("%+v", s.Account)
	}
	if err := (slack.Slack{}).Check(t.Context(), s); err != nil {
		t.Error(err)
	}
	all, err := slack.Slack{}.Choices(t.Context(), s)
	if list := all["rules"]; err != nil || len(list) != 3 || list[2].Label != "#deals" || list[2].Hint != "private" {
		t.Errorf("%+v (%v)", all, err)
	}
	m := connector.Message{Channel: "C0SALES", Event: "evt_1", Title: "Contact <!channel> & more", Lines: []string{"Bo <bo@acme.test>"}}
	got, err := slack.Slack{}.Post(t.Context(), s, m)
	if err != nil || got.ID == "" {
		t.Errorf("%+v (%v)", got, err)
	}
	if page := w.Read("/slack"); !strings.Contains(page, "Contact &amp;lt;!channel&amp;gt; &amp;amp; more") {
		t.Error(page)
	}
	for channel, code := range map[string]string{"C0OLD": "is_archived", "C0BOARD": "channel_not_found"} {
		_, err := slack.Slack{}.Post(t.Context(), s, connector.Message{Channel: channel, Title: "Hello"})
		if f := failure(t, err); !f.Destination || f.Class != health.None || f.Code != code || len(slack.Slack{}.Guide(f).Steps) == 0 {
			t.Errorf("%+v", f)
		}
	}
	trouble := func(name string) { w.Press("/slack/trouble", url.Values{"trouble": {name}}) }
	for name, class := range map[string]health.Class{"outage": health.ProviderDown, "rate-limit": health.RateLimited, "dns": health.NetworkDNS, "tls": health.TLS} {
		trouble(name)
		f := failure(t, slack.Slack{}.Check(t.Context(), s))
		if f.Class != class || (class == health.RateLimited) != (f.RetryAfter == 30*time.Second) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	trouble("")
	for range 2 {
		if err := (slack.Slack{}).Revoke(t.Context(), s, grant); err != nil {
			t.Error(err)
		}
	}
	if f := failure(t, slack.Slack{}.Check(t.Context(), s)); f.Class != health.TokenRevoked || f.Code != "invalid_auth" {
		t.Errorf("%+v", f)
	}
}

// A message that is refused for its form is posted as plain text.
func TestPlainText(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(slack.Slack{}, sandboxtest.Slack(w), "")
	w.Press("/slack/refuse", url.Values{"error": {"invalid_blocks"}})
	m := connector.Message{Channel: "C0SALES", Title: "Long", Lines: []string{strings.Repeat("ü", 5_000)}}
	if got, err := (slack.Slack{}).Post(t.Context(), s, m); err != nil || got.ID == "" {
		t.Errorf("%+v (%v)", got, err)
	}
	if page := w.Read("/slack"); !strings.Contains(page, "*Long*") {
		t.Error("it is not there")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	if got, err := (slack.Slack{}).Settings(nil); err != nil || string(got) != `{"rules":[]}` {
		t.Errorf("%s (%v)", got, err)
	}
	const good = `{"events":["contact.created"],"channel":"C0SALES","title":"New: {{data.email}}","text":""}`
	if got, err := (slack.Slack{}).Settings([]byte(`{"rules":[` + good + `]}`)); err != nil || len((slack.Slack{}).Rules(got)) != 1 {
		t.Errorf("%s (%v)", got, err)
	}
	for _, bad := range []string{
		`[]`, `{"rules":[{}]}`, `{"rules":[` + good + `],"more":1}`, `{"rules":"all"}`, `{} {}`,
		strings.Replace(`{"rules":[`+good+`]}`, "C0SALES", "#sales", 1),
		strings.Replace(`{"rules":[`+good+`]}`, "New", strings.Repeat("x", 300), 1),
		strings.Replace(`{"rules":[`+good+`]}`, `"title"`, `"heading"`, 1),
		`{"rules":[` + strings.Repeat(good+",", 50) + good + `]}`,
	} {
		if got, err := (slack.Slack{}).Settings([]byte(bad)); err == nil {
			t.Errorf("%.80s is taken: %s", bad, got)
		}
	}
}

// Each error that Slack's documentation names, as a check or a post meets it.
func TestErrors(t *testing.T) {
	t.Parallel()
	w := sandboxtest.Start(t)
	s, _ := w.Connect(slack.Slack{}, sandboxtest.Slack(w), "")
	for class, codes := range map[health.Class]string{
		health.TokenExpired:   "token_expired",
		health.TokenRevoked:   "token_revoked account_inactive invalid_auth not_authed invalid_refresh_token",
		health.ScopeMissing:   "missing_scope no_permission not_allowed_token_type team_access_not_granted",
		health.RateLimited:    "rate_limited",
		health.QuotaExhausted: "message_limit_exceeded",
		health.ProviderDown:   "internal_error fatal_error service_unavailable request_timeout team_added_to_org org_login_required",
		health.MisconfiguredApp: "bad_client_secret invalid_client_id bad_redirect_uri oauth_authorization_url_mismatch no_scopes pkce_not_allowed invalid_code_verifier " +
			"accesslimited access_denied ekm_access_denied enterprise_is_restricted two_factor_setup_required cannot_install_an_org_installed_app user_email_unverified",
		health.Unknown: "invalid_code deprecated_endpoint invalid_arguments invalid_arg_name invalid_json invalid_blocks invalid_blocks_format no_text msg_too_long " +
			"msg_blocks_too_long too_many_attachments metadata_too_large",
		health.None: "channel_not_found not_in_channel is_archived restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel " +
			"messages_tab_disabled team_not_found",
	} {
		for code := range strings.FieldsSeq(codes) {
			w.Press("/slack/refuse", url.Values{"error": {code}})
			f := failure(t, slack.Slack{}.Check(t.Context(), s))
			if f.Class != class || f.Code != code || f.Destination != (class == health.None) {
				t.Errorf("%s: %+v", code, f)
			}
			if g := (slack.Slack{}).Guide(f); g.Cause == "" || g.Who == "" {
				t.Errorf("%s: %+v", code, g)
			}
		}
	}
}
