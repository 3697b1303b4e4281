// Package google holds what Gmail and Google Calendar share: how access is
// granted, what the answers of Google's APIs mean when they refuse, and what to do
// about it.
package google

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/api/googleapi"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// Prefix stands before the names of Google's scopes.
const Prefix = "https://www.googleapis.com/auth/"

// Where an administrator sets the application up, Google's page about outages, and
// where a person sees and ends grants.
const (
	Console = "https://console.cloud.google.com/apis/credentials"
	Status  = "https://www.google.com/appsstatus/dashboard/"
	Account = "https://myaccount.google.com/connections"
)

// OAuth is Google's, for an API at an address. access_type and prompt together make
// sure of a refresh token: without the second one comes only with the first consent.
//
// https://developers.google.com/identity/protocols/oauth2/web-server
func OAuth(api string) connector.OAuth {
	return connector.OAuth{
		Addresses: connector.Addresses{
			Auth: "https://accounts.google.com/o/oauth2/v2/auth", Token: "https://oauth2.googleapis.com/token",
			Revoke: "https://oauth2.googleapis.com/revoke", API: api,
		},
		PKCE: true, Refresh: true, Shared: true, Hint: "login_hint",
		Errors: map[string]health.Class{"admin_policy_enforced": health.MisconfiguredApp, "org_internal": health.MisconfiguredApp},
		Params: map[string]string{"access_type": "offline", "prompt": "consent"},
	}
}

// Granted are the scopes of a token's answer: people may untick some.
func Granted(extra func(name string) any) []string {
	text, _ := extra("scope").(string) // none at all is none granted
	return connector.ScopesIn(text)
}

// reasons are the classes of the reasons that Google's APIs give.
//
// https://developers.google.com/workspace/gmail/api/guides/handle-errors
// https://developers.google.com/workspace/calendar/api/guides/errors
var reasons = map[string]health.Class{
	"authError":                       health.TokenExpired,
	"insufficientPermissions":         health.ScopeMissing,
	"ACCESS_TOKEN_SCOPE_INSUFFICIENT": health.ScopeMissing,
	"accessNotConfigured":             health.MisconfiguredApp,
	"SERVICE_DISABLED":                health.MisconfiguredApp,
	"domainPolicy":                    health.MisconfiguredApp,
	"failedPrecondition":              health.MisconfiguredApp,
	"rateLimitExceeded":               health.RateLimited,
	"userRateLimitExceeded":           health.RateLimited,
	"dailyLimitExceeded":              health.QuotaExhausted,
	"quotaExceeded":                   health.QuotaExhausted,
	"backendError":                    health.ProviderDown,
}

// detail is the part of an error's details that is read.
type detail struct {
	Reason   string `json:"reason"`
	Metadata struct {
		Activation string `json:"activationUrl"`
	} `json:"metadata"`
}

// FailureOf names an error of Google's clients; nil is none. now is for the time
// that a rate limit names.
func FailureOf(err error, now time.Time) error {
	refused, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return connector.FailureOf(err)
	}
	f := &connector.Failure{Detail: refused.Message, Err: err}
	for _, reason := range reasonsOf(refused, f) {
		if f.Code == "" {
			f.Code = reason
		}
		if c, known := reasons[reason]; known {
			f.Code, f.Class = reason, c
			break
		}
	}
	if f.Class == health.None {
		f.Class = health.Answer(refused.Code, refused.Header, false)
	}
	if f.Class == health.None { // a page where JSON was asked for
		f.Class = health.Unknown
	}
	switch f.Class { //nolint:exhaustive // the others have no time
	case health.RateLimited:
		f.RetryAfter = retryAfter(refused.Message, now)
	case health.QuotaExhausted:
		f.RetryAfter = untilReset(now)
	}
	return f
}

// reasonsOf gives the reasons of an error, the most telling first, and notes the
// link that some of them carry.
func reasonsOf(refused *googleapi.Error, f *connector.Failure) []string {
	var all []string
	for _, e := range refused.Errors {
		all = append(all, e.Reason)
	}
	for _, one := range refused.Details {
		text, err := json.Marshal(one)
		var d detail
		if err != nil || json.Unmarshal(text, &d) != nil {
			continue // a detail of another kind
		}
		all = append(all, d.Reason)
		if strings.HasPrefix(d.Metadata.Activation, "https://") {
			f.Link = d.Metadata.Activation
		}
	}
	return slices.DeleteFunc(all, func(reason string) bool { return reason == "" })
}

// pacific is the zone of Google's quotas without its summer time, which at worst makes
// a wait an hour too long.
var pacific = time.FixedZone("PST", -8*60*60)

// untilReset is how long a daily quota stays used up: until midnight there.
func untilReset(now time.Time) time.Duration {
	there := now.In(pacific)
	return time.Date(there.Year(), there.Month(), there.Day()+1, 0, 0, 0, 0, pacific).Sub(now)
}

// retryAfter reads the time within the message of a rate limit.
func retryAfter(message string, now time.Time) time.Duration {
	_, text, found := strings.Cut(message, "Retry after ")
	if !found {
		return 0
	}
	text, _, _ = strings.Cut(text, " ")
	at, err := time.Parse(time.RFC3339, strings.TrimRight(text, "."))
	if err != nil || !at.After(now) {
		return 0
	}
	return at.Sub(now)
}

// byCode is what to do about a reason that Google gives. API is the name of the API.
var byCode = map[string]connector.Guidance{
	"accessNotConfigured": {
		Cause: "API is not enabled in the Google Cloud project of the client id.", Who: connector.Operator,
		Steps: []string{
			"Open Google Cloud, APIs & Services, Library, in the project of the client id.",
			"Enable API. Each API is enabled by itself.", "Wait some minutes.",
		},
	},
	"domainPolicy": {
		Cause: "The Google Workspace administrator has blocked this application.", Who: connector.Workspace,
		Steps: []string{"Ask the Workspace administrator to open Security, API controls, App access control.", "Let them trust this client id."},
	},
	"no_refresh_token": {
		Cause: "Google gave no refresh token, as this account has allowed the application before.", Who: connector.Administrator, Link: Account,
		Steps: []string{"Remove the application at Google, under Third-party apps and services of the account.", "Connect again."},
	},
	"redirect_uri_mismatch": {
		Cause: "Google does not know the callback address.", Who: connector.Operator, Link: Console,
		Steps: []string{
			"Copy the callback address that is shown here, character for character.",
			"Add it in Google Cloud, Credentials, the client, Authorized redirect URIs.", "Wait some minutes: changes take time.",
		},
	},
}

// byClass is what to do about a class, where Google has more to say than others.
var byClass = map[health.Class]connector.Guidance{
	health.TokenRevoked: {
		Cause: "Google does not accept the grant any more: access was removed, the password was changed, or the application is in testing, where a grant lasts 7 days.",
		Who:   connector.Administrator,
		Steps: []string{"Connect again.", "If it ends every 7 days: publish the application in Google Cloud, or set its user type to Internal."},
	},
	health.ScopeMissing: {Cause: "A permission was not granted.", Who: connector.Administrator, Steps: []string{"Connect again, and leave every box ticked."}},
	health.QuotaExhausted: {
		Cause: "The project’s quota of the day is used up.", Who: connector.Operator, Link: Console,
		Steps: []string{"It goes on tomorrow. If it happens often, ask Google for a higher quota."},
	},
}

// sameAs are other words for the reasons of byCode.
var sameAs = map[string]string{"SERVICE_DISABLED": "accessNotConfigured", "admin_policy_enforced": "domainPolicy"}

// Unfinished says what keeps a person from coming back: Google shows these errors on
// pages of its own.
func Unfinished() connector.Guidance {
	return connector.Guidance{
		Cause: "The sign-in at Google was not finished. Google shows some errors on its own pages and tells nobody else.", Who: connector.Administrator,
		Steps: []string{
			"If Google said redirect_uri_mismatch: add the callback address that is shown here in Google Cloud, Credentials, the client, Authorized redirect URIs, and wait some minutes.",
			"If Google said access_denied or that the app is not verified: add the account as a test user, or publish the application.",
			"If Google said admin_policy_enforced: ask the Google Workspace administrator to trust this client id.",
			"If the window was closed: connect again.",
		},
		Link: Console,
	}
}

// Guide says what to do about a failure of an API called name.
func Guide(f *connector.Failure, name string) connector.Guidance {
	code := f.Code
	if same, ok := sameAs[code]; ok {
		code = same
	}
	g, ok := byCode[code]
	if !ok {
		g, ok = byClass[f.Class]
	}
	if !ok {
		return connector.Common(f, "Google", Status)
	}
	g.Cause = strings.ReplaceAll(g.Cause, "API is", name+" is")
	g.Steps = slices.Clone(g.Steps)
	for i, step := range g.Steps {
		g.Steps[i] = strings.ReplaceAll(step, "Enable API.", "Enable "+name+".")
	}
	if f.Link != "" {
		g.Link = f.Link
	}
	return g
}
