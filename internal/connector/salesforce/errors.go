package salesforce

import (
	"strings"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// How long to leave Salesforce alone: it does not say. The window of the daily calls
// is a rolling one.
const (
	quotaPause = time.Hour
	limitPause = 30 * time.Second
)

// classes are those of the error codes of the REST API. What has more than one meaning
// is in named.
//
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
var classes = map[string]health.Class{
	"API_DISABLED_FOR_ORG":            health.MisconfiguredApp,
	"API_CURRENTLY_DISABLED":          health.MisconfiguredApp,
	"INSUFFICIENT_ACCESS":             health.ScopeMissing,
	"INSUFFICIENT_ACCESS_OR_READONLY": health.ScopeMissing,
	"INVALID_FIELD":                   health.ScopeMissing,
	"INVALID_TYPE":                    health.ScopeMissing,
	"MALFORMED_QUERY":                 health.Unknown,
	"INVALID_QUERY_FILTER_OPERATOR":   health.Unknown,
	"QUERY_TIMEOUT":                   health.RateLimited,
	"UNABLE_TO_LOCK_ROW":              health.RateLimited,
	"NOT_FOUND":                       health.MisconfiguredApp,
	"UNSUPPORTED_API_VERSION":         health.MisconfiguredApp,
	"NOT_ACCEPTABLE":                  health.ProviderDown,
	"UNKNOWN_EXCEPTION":               health.ProviderDown,
	"SERVER_UNAVAILABLE":              health.ProviderDown,
}

// named names a failure by what Salesforce says. The text after the status matters
// only where a code has several meanings.
func (c *client) named(f *connector.Failure, s said) error {
	f.Code, f.Detail = s.Code, s.Message
	if class, known := classes[s.Code]; known {
		f.Class = class
		if class == health.RateLimited {
			f.RetryAfter = limitPause
		}
		return f
	}
	message := strings.ToLower(s.Message)
	switch s.Code {
	case "INVALID_SESSION_ID":
		f.Class = health.TokenExpired
		switch {
		case message == "" || strings.Contains(message, "expired"):
		case strings.Contains(message, "not attached"):
			f.Class, f.Code = health.MisconfiguredApp, "app_not_attached"
		default: // another token would not be taken either
			f.Class, f.Code = health.ScopeMissing, "session_not_for_api"
		}
	case "REQUEST_LIMIT_EXCEEDED":
		f.Class, f.RetryAfter = health.QuotaExhausted, quotaPause
		if strings.HasPrefix(message, "concurrent") {
			f.Class, f.Code, f.RetryAfter = health.RateLimited, "CONCURRENT_LIMIT_EXCEEDED", limitPause
		}
	}
	return f
}

// reads names what the OAuth endpoints say. Some codes are Salesforce's own, and
// invalid_grant has many meanings, told apart by their description alone.
func reads(code, description string) (health.Class, string) {
	said := strings.ToLower(description)
	switch code {
	case "inactive_user", "inactive_org":
		return health.TokenRevoked, code
	case "invalid_app_access", "OAUTH_APP_ACCESS_DENIED":
		return health.MisconfiguredApp, "OAUTH_APP_ACCESS_DENIED"
	case "invalid_client_id", "invalid_request", "invalid_scope", "redirect_uri_mismatch", "OAUTH_APP_BLOCKED", "OAUTH_EC_APP_NOT_FOUND", "OAUTH_APPROVAL_ERROR_GENERIC":
		return health.MisconfiguredApp, code
	}
	if strings.Contains(said, "login rate exceeded") {
		return health.RateLimited, "login_rate_exceeded"
	}
	if code != "invalid_grant" {
		return health.None, ""
	}
	switch {
	case strings.Contains(said, "ip restricted"):
		return health.MisconfiguredApp, "ip_restricted"
	case strings.Contains(said, "approved"):
		return health.TokenRevoked, "not_approved"
	case strings.Contains(said, "authentication failure"):
		return health.TokenRevoked, "authentication_failure"
	case strings.Contains(said, "authorization code"), strings.Contains(said, "code verifier"):
		return health.TokenRevoked, "code_expired"
	}
	return health.None, ""
}
