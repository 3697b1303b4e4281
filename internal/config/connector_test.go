package config

import (
	"strings"
	"testing"
)

func TestConnectors(t *testing.T) {
	t.Setenv("PATCHBOARD_CONNECTOR_GOOGLE_CALENDAR_API_URL", "https://emulator.example.com/calendar")
	t.Setenv("PATCHBOARD_CONNECTOR_GOOGLE_CALENDAR_CLIENT_ID", "crm")
	t.Setenv("PATCHBOARD_CONNECTOR_GOOGLE_CALENDAR_CLIENT_SECRET", "very-secret")
	p, err := parse(t, "serve", "--connector-slack-auth-url", "http://localhost:9000/slack", "--allow-http")
	if err != nil {
		t.Fatal(err)
	}
	all := p.Serve.BySlug()
	if c := all["google-calendar"]; c.APIURL != "https://emulator.example.com/calendar" || c.ClientID != "crm" || c.ClientSecret.Reveal() != "very-secret" {
		t.Errorf("%+v", c)
	}
	if c := all["slack"]; c.AuthURL != "http://localhost:9000/slack" {
		t.Errorf("%+v", c)
	}
	if len(all) != 6 {
		t.Errorf("%d providers", len(all))
	}
}

func TestConnectorsThatAreRefused(t *testing.T) {
	for setting, wrong := range map[string][]string{
		"connector-gmail-api-url":           {"--connector-gmail-api-url", "http://127.0.0.1:9000"},
		"connector-slack-token-url":         {"--connector-slack-token-url", "slack.example.com"},
		"connector-gmail-auth-url":          {"--connector-gmail-auth-url", "https://user:pass@example.com/auth"},
		"connector-hubspot-revoke-url":      {"--connector-hubspot-revoke-url", "https://example.com/revoke?token=1"},
		"connector-salesforce-client-id":    {"--connector-salesforce-client-secret", "very-secret"},
		"connector-linkedin-client-secret":  {"--connector-linkedin-client-id", "crm"},
		"connector-google-calendar-api-url": {"--connector-google-calendar-api-url", "ftp://example.com"},
	} {
		_, err := parse(t, append([]string{"serve"}, wrong...)...)
		if err == nil || !strings.Contains(err.Error(), setting) || strings.Contains(err.Error(), "very-secret") || strings.Contains(err.Error(), "pass@") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
