package linkedin

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// classes are those of LinkedIn's codes. Its numbers differ between sources, so that
// they count least.
var classes = map[string]health.Class{
	"EXPIRED_ACCESS_TOKEN": health.TokenExpired,
	"REVOKED_ACCESS_TOKEN": health.TokenRevoked, "INVALID_ACCESS_TOKEN": health.TokenRevoked, "EMPTY_ACCESS_TOKEN": health.TokenRevoked,
	"ACCESS_DENIED":       health.ScopeMissing,
	"NONEXISTENT_VERSION": health.MisconfiguredApp, "VERSION_MISSING": health.MisconfiguredApp,
	"invalid_grant": health.TokenRevoked, "invalid_client": health.MisconfiguredApp, "invalid_redirect_uri": health.MisconfiguredApp,
}

const (
	accessDenied = 100 // serviceErrorCode
	noData       = "no_data"
	limitedMost  = 10 * time.Minute // after which it is the quota of the day
)

// failureOf names an error: by its code, then its message, then its status. nil is
// none.
func failureOf(err error, s *connector.Session) error {
	no, ok := errors.AsType[*refused](err)
	if !ok {
		return connector.FailureOf(err)
	}
	f := &connector.Failure{Code: no.Code, Detail: no.Message, Err: err}
	if f.Code == "" {
		f.Code = no.Word
	}
	if f.Detail == "" {
		f.Detail = no.Description
	}
	f.Class = classOf(no, f.Code)
	switch {
	case f.Class == health.RateLimited:
		limited(f, s)
	case no.Status == http.StatusNotFound && strings.Contains(strings.ToLower(no.Message), "no data found"):
		f.Code = noData
	}
	return f
}

func classOf(no *refused, code string) health.Class {
	message := strings.ToLower(no.Message + no.Description)
	if c, known := classes[code]; known {
		return c
	}
	switch {
	case strings.Contains(message, "client authentication failed"):
		return health.MisconfiguredApp
	case no.Status == http.StatusUnauthorized && strings.Contains(message, "expired"):
		return health.TokenExpired
	case no.Status == http.StatusUnauthorized && (strings.Contains(message, "revoked") || strings.Contains(message, "invalid") || strings.Contains(message, "empty")):
		return health.TokenRevoked
	case no.Status == http.StatusForbidden && (no.Service == accessDenied || strings.Contains(message, "not enough permissions")):
		return health.ScopeMissing
	case no.Status == http.StatusUpgradeRequired:
		return health.MisconfiguredApp
	}
	if c := health.Answer(no.Status, no.header, false); c != health.None {
		return c
	}
	return health.Unknown
}

// limited says how long to wait after one call too many. LinkedIn says nothing of it;
// what lasts is the quota of the day, which begins anew at midnight UTC.
func limited(f *connector.Failure, s *connector.Session) {
	lasts := s.Now.Sub(s.Limited)
	switch {
	case s.Limited.IsZero():
		f.RetryAfter = time.Minute
	case lasts <= limitedMost:
		f.RetryAfter = 5 * time.Minute
	default:
		f.Class = health.QuotaExhausted
		f.RetryAfter = s.Now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(s.Now)
	}
}

const useFile = "Contacts can be imported by file meanwhile."

// advice is what to do about some of LinkedIn's errors.
var advice = map[string]connector.Guidance{
	"unauthorized_scope_error": {
		Cause: "Your LinkedIn app lacks the product for these permissions.", Who: connector.Operator, Link: console,
		Steps: []string{
			"Open the Developer Portal, your app, Products.",
			"Add “Sign In with LinkedIn using OpenID Connect”, which is granted at once, or Member Data Portability, which LinkedIn reviews.",
			useFile,
		},
	},
	"invalid_scope_error": {
		Cause: "LinkedIn does not know the permission that was asked for.", Who: connector.Administrator, Link: console,
		Steps: []string{"Compare the permission of the settings with those of your app, under Auth, OAuth 2.0 scopes.", useFile},
	},
	"invalid_redirect_uri": {
		Cause: "LinkedIn does not know the callback address.", Who: connector.Operator, Link: console,
		Steps: []string{"Copy the callback address that is shown here.", "Add exactly this https address in the Developer Portal, your app, Auth, Authorized redirect URLs."},
	},
	"user_cancelled_login":     {Cause: "Nobody signed in at LinkedIn.", Who: connector.Administrator, Steps: []string{"Connect again.", useFile}},
	"user_cancelled_authorize": {Cause: "The permission was not given at LinkedIn.", Who: connector.Administrator, Steps: []string{"Connect again, and allow it.", useFile}},
	"invalid_request": {
		Cause: "LinkedIn did not take the code of the sign-in: it was used, or is too old.", Who: connector.Administrator, Steps: []string{"Connect again."},
	},
	"invalid_grant": {
		Cause: "LinkedIn did not take the code of the sign-in, or has ended the grant.", Who: connector.Administrator, Steps: []string{"Connect again."},
	},
	"not_in_region": {
		Cause: "LinkedIn has no consent of this member: portability works only for members whose profile is located in the EU, the EEA or Switzerland.", Who: connector.Administrator,
		Steps: []string{"Check the location of the LinkedIn profile, and connect again.", "Outside of the region, import the file of connections instead."},
	},
	"ACCESS_DENIED": {
		Cause: "The LinkedIn app lacks the product for this, or the permission was not asked for.", Who: connector.Operator, Link: console,
		Steps: []string{"Open the Developer Portal, your app, Products, and add the product.", "Connect again.", useFile},
	},
	"NONEXISTENT_VERSION": {
		Cause: "LinkedIn has retired the version of its API that is set.", Who: connector.Administrator,
		Steps: []string{"Enter a newer year and month as the version, in the settings of this page."}, Link: "https://learn.microsoft.com/linkedin/marketing/versioning",
	},
	"expires_soon": {
		Cause: "LinkedIn gives no lasting access to ordinary applications: this one ends 60 days after somebody has connected.", Who: connector.Administrator,
		Steps: []string{"Connect again before it ends. Nothing is lost."},
	},
	"expired": {
		Cause: "The access has ended, as LinkedIn has it after 60 days.", Who: connector.Administrator, Steps: []string{"Connect again."},
	},
}

// sameAs are other words for those of advice.
var sameAs = map[string]string{"VERSION_MISSING": "NONEXISTENT_VERSION", "EXPIRED_ACCESS_TOKEN": "expired"}

// byClass is what to do about a class, where LinkedIn has more to say than others.
var byClass = map[health.Class]connector.Guidance{
	health.TokenExpired: {Cause: "LinkedIn has ended the access token, and gives no other one.", Who: connector.Administrator, Steps: []string{"Connect again."}},
	health.ScopeMissing: {
		Cause: "LinkedIn does not allow this to the app.", Who: connector.Operator, Link: console,
		Steps: []string{"Open the Developer Portal, your app, Products, and look for the product.", "Connect again.", useFile},
	},
	health.QuotaExhausted: {
		Cause: "LinkedIn’s quota of the day is used up.", Who: connector.Operator, Link: console,
		Steps: []string{"It goes on after midnight UTC. The Developer Portal shows the quota, under Analytics.", useFile},
	},
}

// Guide says what to do.
func (LinkedIn) Guide(f *connector.Failure) connector.Guidance {
	code := f.Code
	if same, ok := sameAs[code]; ok {
		code = same
	}
	if g, ok := advice[code]; ok && (code != "invalid_request" || f.Class != health.MisconfiguredApp) {
		return g
	}
	if g, ok := byClass[f.Class]; ok {
		return g
	}
	return connector.Common(f, "LinkedIn", status)
}
