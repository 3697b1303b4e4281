package hubspot

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// refusal is the body of an error; any member can be missing.
//
// https://developers.hubspot.com/docs/api-reference/error-handling
type refusal struct {
	Message       string `json:"message"`
	Category      string `json:"category"`
	ErrorType     string `json:"errorType"`
	Policy        string `json:"policyName"`
	Status        string `json:"status"` // "error", or the word of the token endpoint
	CorrelationID string `json:"correlationId"`
	Errors        []struct {
		Context map[string]json.RawMessage `json:"context"`
	} `json:"errors"`
}

const (
	statusMoving = 477 // the account is being moved to another data center

	lockedPause = 2 * time.Second
	usualPause  = 10 * time.Second // of most limits
)

// failure names what an answer refuses.
func (c *client) failure(r *http.Request, answer *http.Response, body []byte) *connector.Failure {
	var said refusal
	isJSON := json.Unmarshal(body, &said) == nil
	f := &connector.Failure{Code: said.code(), Detail: said.detail()}
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		f.Class = health.TokenExpired
		if f.Code != "EXPIRED_AUTHENTICATION" {
			f.Refused = health.TokenRevoked
		}
	case http.StatusForbidden:
		f.Class = health.Unknown
		if said.ofPermission() {
			f.Class = health.ScopeMissing
		}
	case http.StatusTooManyRequests:
		f.Class, f.Code, f.RetryAfter = c.limit(&said)
	case http.StatusLocked:
		f.Class, f.RetryAfter = health.RateLimited, lockedPause
	case statusMoving:
		f.Class = health.ProviderDown
		if f.Code == "" {
			f.Code = "account_moving"
		}
	case http.StatusNotFound:
		f.Class = health.Unknown
		if said.Category == "" { // no record is missing: the address is
			f.Class, f.Code = health.MisconfiguredApp, "version_retired"
			f.Detail = "HubSpot has nothing at " + r.URL.Path + "."
		}
	default:
		f.Class = health.Answer(answer.StatusCode, answer.Header, false)
	}
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
		f.RetryAfter = max(f.RetryAfter, time.Duration(seconds)*time.Second)
	}
	if f.Code == "" {
		f.Code = "http_" + strconv.Itoa(answer.StatusCode)
	}
	if !isJSON {
		f.Detail = "HubSpot answered " + strconv.Itoa(answer.StatusCode) + " with a page, without saying why."
	}
	return f
}

// code is the most telling word.
func (r *refusal) code() string {
	switch {
	case r.Category != "":
		return r.Category
	case r.ErrorType != "":
		return r.ErrorType
	case r.Status != "error":
		return r.Status
	}
	return ""
}

// detail is what HubSpot says, and by what its support finds the call.
func (r *refusal) detail() string {
	text := r.Message
	if scopes := r.scopes(); len(scopes) > 0 {
		text = strings.TrimSpace(text + " Needed: " + strings.Join(scopes, ", ") + ".")
	}
	if r.CorrelationID != "" {
		text = strings.TrimSpace(text + " (correlation id " + r.CorrelationID + ")")
	}
	return text
}

// scopes are those that a call needs and were not granted.
func (r *refusal) scopes() (all []string) {
	for _, e := range r.Errors {
		var names []string
		if json.Unmarshal(e.Context["requiredGranularScopes"], &names) == nil {
			all = append(all, names...)
		}
	}
	return all
}

func (r *refusal) ofPermission() bool {
	message := strings.ToLower(r.Message)
	return r.Category == "MISSING_SCOPES" || slices.ContainsFunc([]string{"scope", "permission", "tier", "subscription"}, func(word string) bool { return strings.Contains(message, word) })
}

// limit tells a limit of seconds from one of the day.
func (c *client) limit(said *refusal) (class health.Class, code string, after time.Duration) {
	switch said.Policy {
	case "DAILY":
		return health.QuotaExhausted, said.Policy, untilMidnight(c.now, c.zone)
	case "SECONDLY":
		return health.RateLimited, said.Policy, time.Second
	case "":
		return health.RateLimited, said.code(), usualPause
	}
	return health.RateLimited, said.Policy, usualPause
}

// untilMidnight is how long a day goes on in a zone; nil is UTC.
func untilMidnight(now time.Time, zone *time.Location) time.Duration {
	if zone == nil {
		zone = time.UTC
	}
	there := now.In(zone)
	return time.Date(there.Year(), there.Month(), there.Day()+1, 0, 0, 0, 0, zone).Sub(now)
}

// byCode is what to do about HubSpot's own words.
var byCode = map[string]connector.Guidance{
	"BAD_REFRESH_TOKEN": {
		Cause: "HubSpot does not accept the grant any more: the app was uninstalled in the account, or its access was revoked.", Who: connector.Administrator,
		Steps: []string{"Connect again.", "If it happens again, ask a super admin of the HubSpot account who uninstalls the app under Connected apps."},
	},
	"BAD_AUTH_CODE": {
		Cause: "HubSpot does not know the code that the browser came back with: it was used before, or is too old.", Who: connector.Administrator,
		Steps: []string{"Connect again, and do not reload the page on the way back."},
	},
	"BAD_CLIENT_ID": {
		Cause: "HubSpot does not know the client id.", Who: connector.Operator, Link: console,
		Steps: []string{"Compare the client id with the one on the app’s Auth page in HubSpot.", "If the app was deleted, create a new one."},
	},
	"BAD_CLIENT_SECRET": {
		Cause: "HubSpot refuses the client secret.", Who: connector.Operator, Link: console,
		Steps: []string{"Copy the secret from the app’s Auth page in HubSpot, and enter it anew."},
	},
	"BAD_REDIRECT_URI": {
		Cause: "The callback address is not one of the app’s redirect URLs.", Who: connector.Operator, Link: console,
		Steps: []string{"Add exactly this callback URL to the app’s redirect URLs.", "Connect again."},
	},
	"MISSING_SCOPES": {
		Cause: "The account did not grant a permission, or its subscription does not have it any more.", Who: connector.Administrator,
		Steps: []string{"Connect again: the account is asked anew.", "If the subscription does not have it, switch the part off in the settings here."},
	},
	"DAILY": {
		Cause: "The calls that the account has in a day are used up. It goes on after midnight in the account’s time zone.", Who: connector.Administrator,
		Steps: []string{"Look in HubSpot, under Integrations, which application makes most calls.", "If it happens often, add API calls to the subscription."},
	},
	"LOCKED":         {Cause: "HubSpot has locked what is read, as another operation goes on. It is tried again by itself.", Who: connector.Nobody},
	"account_moving": {Cause: "HubSpot is moving the account to another data center. It goes on by itself.", Who: connector.Nobody, Link: status},
	"APP_DEVELOPER": {
		Cause: "You chose the developer account: connect the account that holds the contacts.", Who: connector.Administrator,
		Steps: []string{"Connect again, and choose the account that holds the contacts."},
	},
	"version_retired": {
		Cause: "HubSpot has removed the version of its API that this Patchboard calls.", Who: connector.Operator,
		Steps: []string{"Update Patchboard."},
	},
}

// byClass is what to do about a class, where HubSpot has more to say than others.
var byClass = map[health.Class]connector.Guidance{
	health.TokenRevoked: byCode["BAD_REFRESH_TOKEN"],
	health.ScopeMissing: byCode["MISSING_SCOPES"],
	health.RateLimited:  {Cause: "The account’s calls of these seconds are used up, by this and its other applications. It goes on by itself.", Who: connector.Nobody},
}

// program is about what only a mistake of Patchboard's explains.
var program = connector.Guidance{
	Cause: "HubSpot refused what Patchboard asked for. It is a mistake of Patchboard’s, or of one record.", Who: connector.Operator,
	Steps: []string{"Test the connection again.", "If it stays so, report it with the code and the correlation id in the details."},
}

// sameAs are other words for those of byCode.
var sameAs = map[string]string{"invalid_grant": "BAD_REFRESH_TOKEN", "invalid_client": "BAD_CLIENT_SECRET", "http_423": "LOCKED"}

// Guide says what to do.
func (HubSpot) Guide(f *connector.Failure) connector.Guidance {
	code := f.Code
	if same, ok := sameAs[code]; ok {
		code = same
	}
	if g, ok := byCode[code]; ok {
		return g
	}
	if slices.Contains([]string{"VALIDATION_ERROR", "OBJECT_NOT_FOUND", "OBJECT_ALREADY_EXISTS", "http_414"}, code) {
		return program
	}
	if g, ok := byClass[f.Class]; ok {
		return g
	}
	return connector.Common(f, "HubSpot", status)
}

// Unfinished says what keeps a person from coming back: HubSpot shows these errors on
// pages of its own.
func (HubSpot) Unfinished() connector.Guidance {
	return connector.Guidance{
		Cause: "The connection at HubSpot was not finished. HubSpot shows some errors on its own pages and tells nobody else.", Who: connector.Administrator,
		Steps: []string{
			"If HubSpot said that the redirect URL doesn’t match: add exactly this callback URL to the app’s redirect URLs.",
			"If HubSpot said that scopes mismatch: the app’s scope list must contain the requested required scopes; put marketing scopes under optional.",
			"If the account could not be chosen, or a permission was missing: only a super admin, or a user who may install apps, may connect it.",
			"If the window was closed: connect again.",
		},
		Link: console,
	}
}
