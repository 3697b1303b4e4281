package salesforce

import (
	"patchboard/internal/connector"
	"patchboard/internal/health"
)

const fiveApprovals = "If it ends again and again: a user can allow this app five times, and with the sixth Salesforce silently ends the oldest. " +
	"Give each installation of Patchboard a user or an app of its own."

// advice is what to do about some of Salesforce's errors, by code.
var advice = map[string]connector.Guidance{
	"inactive_user": {
		Cause: "The user who connected is deactivated in Salesforce.", Who: connector.Workspace,
		Steps: []string{"Activate the user in Setup, Users.", "Or connect again with another one; a user for integrations is best."},
	},
	"inactive_org": {
		Cause: "The Salesforce organization is closed or suspended.", Who: connector.Workspace, Steps: []string{"Ask Salesforce.", "Connect again when it is open."},
	},
	"authentication_failure": {
		Cause: "Salesforce does not let the user in: deactivated, frozen, or the password has to be changed.", Who: connector.Workspace,
		Steps: []string{"Look at the user’s login history in Setup.", "Connect again."},
	},
	"not_approved": {
		Cause: "The user’s approval of the app is gone.", Who: connector.Administrator, Steps: []string{"Connect again.", fiveApprovals},
	},
	"code_expired": {
		Cause: "Salesforce did not take the code that came back: it was too old, or used before.", Who: connector.Administrator, Steps: []string{"Connect again."},
	},
	"ip_restricted": {
		Cause: "The app’s or the profile’s IP rules do not let this server in.", Who: connector.Workspace, Link: console,
		Steps: []string{"In the External Client App’s policies, relax IP restrictions.", "Or add this server’s address to the profile’s login IP ranges.", "Connect again."},
	},
	"login_rate_exceeded": {Cause: "There were too many sign-ins in a short time. It goes on by itself.", Who: connector.Nobody},
	"invalid_client": {
		Cause: "Salesforce refuses the secret.", Who: connector.Operator, Link: console,
		Steps: []string{"Open the External Client App, Settings, OAuth Settings, Consumer Key and Secret.", "Enter both anew."},
	},
	"invalid_client_id": appElsewhere, "OAUTH_EC_APP_NOT_FOUND": appElsewhere,
	"redirect_uri_mismatch": {
		Cause: "Salesforce does not know the callback address.", Who: connector.Operator, Link: console,
		Steps: []string{"Put exactly the callback address that is shown here into the External Client App’s OAuth settings.", "Wait up to 10 minutes: changes take time."},
	},
	"unsupported_grant_type": {
		Cause: "The app does not allow the web server flow.", Who: connector.Operator, Link: console,
		Steps: []string{"Enable the Authorization Code flow in the External Client App’s OAuth settings, with secrets required for the web server and the refresh token flow."},
	},
	"invalid_scope": appScopes,
	"invalid_request": {
		Cause: "Salesforce takes the request for incomplete.", Who: connector.Operator, Link: console,
		Steps: []string{"Check the External Client App: Require Proof Key for Code Exchange (PKCE) may be on, other flows off.", "Connect again."},
	},
	"OAUTH_APP_ACCESS_DENIED": {
		Cause: "The user is not approved by an administrator to use this app.", Who: connector.Workspace, Link: console,
		Steps: []string{"In Setup, External Client App policies: let all users authorize themselves.", "Or assign the user’s profile or a permission set to the app.", "Connect again."},
	},
	"OAUTH_APP_BLOCKED": {
		Cause: "An administrator has blocked this app in Salesforce.", Who: connector.Workspace, Steps: []string{"Unblock it in Setup, Connected Apps OAuth Usage.", "Connect again."},
	},
	"OAUTH_APPROVAL_ERROR_GENERIC": {
		Cause: "Salesforce does not let this user approve the app.", Who: connector.Workspace, Link: console,
		Steps: []string{
			"Apps that are not installed in the organization are blocked for normal users: have an administrator install or approve it, or grant “Approve Uninstalled Connected Apps”.",
			"An API-only integration user cannot sign in by a browser: connect with another one.",
			"The app has to list the scopes api and refresh_token, offline_access.",
		},
	},
	"no_refresh_token": {
		Cause: "Salesforce gave no refresh token: the app’s policy lets it expire at once, or the app lacks the scope.", Who: connector.Operator, Link: console,
		Steps: []string{
			"In the External Client App’s policies, set the refresh token to be valid until revoked, or for long.", "Add the scope refresh_token, offline_access.", "Connect again.",
		},
	},
	"access_denied": {Cause: "The user declined.", Who: connector.Administrator, Steps: []string{"Connect again, and allow access."}},
	"session_not_for_api": {
		Cause: "Salesforce does not take this user’s sessions for its API.", Who: connector.Workspace,
		Steps: []string{"Give the user the permission “API Enabled”.", "Check that the app has the scope api.", "Connect again."},
	},
	"app_not_attached": {
		Cause: "The app is not attached to what it is used for in Salesforce.", Who: connector.Workspace, Link: console, Steps: []string{"Check the External Client App’s settings.", "Connect again."},
	},
	"API_DISABLED_FOR_ORG": noAPI, "API_CURRENTLY_DISABLED": noAPI,
	"INSUFFICIENT_ACCESS": noAccess, "INSUFFICIENT_ACCESS_OR_READONLY": noAccess, "INVALID_FIELD": noAccess, "INVALID_TYPE": noAccess, "nothing_readable": noAccess,
	"REQUEST_LIMIT_EXCEEDED": {
		Cause: "All API calls that the organization has in 24 hours are used up, by all programs together. It goes on as they come free.", Who: connector.Workspace,
		Steps: []string{"See in Setup, Company Information, what uses them.", "Ask Salesforce for more calls, or read less often here."},
	},
	"CONCURRENT_LIMIT_EXCEEDED": {Cause: "Too many long calls go on in the organization at this time. It goes on by itself.", Who: connector.Nobody},
	"budget_used": {
		Cause: "The share of the daily API calls that Patchboard may use is used up. Reading goes on by itself as they come free.", Who: connector.Administrator,
		Steps: []string{"If that is too late: raise the share in the settings, or read less often."},
	},
	"organization_busy": {
		Cause: "More than 80 % of the organization’s daily API calls are used, most of them by other programs. Patchboard leaves the rest to them, and goes on later.",
		Who:   connector.Workspace, Steps: []string{"See in Setup, Company Information, what uses them.", "Ask Salesforce for more calls."},
	},
	"QUERY_TIMEOUT": {
		Cause: "Salesforce takes too long to find the changes, also of a short time. It is tried again by itself.", Who: connector.Nobody, Link: status,
	},
	"NOT_FOUND": noVersion, "UNSUPPORTED_API_VERSION": noVersion,
	"instance_moved": elsewhere, "instance_gone": elsewhere,
	"untrusted_place": {
		Cause: "Salesforce named an address for its calls that is not known as one of its own.", Who: connector.Operator,
		Steps: []string{"For a special cloud, name the end of its hosts by --connector-salesforce-host-suffixes.", "Connect again."},
	},
}

var (
	appElsewhere = connector.Guidance{
		Cause: "The app does not exist in the organization where you signed in.", Who: connector.Operator, Link: console,
		Steps: []string{
			"Choose My Domain of the organization that owns the External Client App, and log out of other organizations.",
			"A user of a sandbox, with a name like ana@acme.com.uat, signs in at Sandbox, or at the sandbox’s My Domain.",
			"A new app needs some minutes.",
		},
	}
	appScopes = connector.Guidance{
		Cause: "The app lacks a scope that is asked for.", Who: connector.Operator, Link: console,
		Steps: []string{"Add the scopes api and refresh_token, offline_access to the External Client App.", "Connect again after some minutes."},
	}
	noAPI = connector.Guidance{
		Cause: "The organization or the user has no API.", Who: connector.Workspace,
		Steps: []string{"Check that the edition has it: Starter has none, Professional as an add-on.", "Give the user the permission “API Enabled”."},
	}
	noAccess = connector.Guidance{
		Cause: "The user who connected may not read what is asked for.", Who: connector.Workspace,
		Steps: []string{
			"Give the user’s profile or permission set read access to Contact, Account and Opportunity, and to their fields.",
			"Sharing rules also limit which rows are seen.",
		},
	}
	noVersion = connector.Guidance{
		Cause: "The organization does not have the version of the API, or the resource, that is asked for.", Who: connector.Operator,
		Steps: []string{"Test the connection again.", "If it stays so, disconnect and connect again; an address of the API that was set here may be wrong."},
	}
	elsewhere = connector.Guidance{
		Cause: "The organization is not where it was: it has moved, its My Domain was renamed, or the sandbox was deleted.", Who: connector.Administrator,
		Steps: []string{"Check its My Domain in Setup, and choose it in the settings.", "Connect again."},
	}
)

// byClass is what to do about a class, where Salesforce has more to say than others.
var byClass = map[health.Class]connector.Guidance{
	health.TokenRevoked: {
		Cause: "Salesforce does not accept the grant any more: it was revoked, the app’s refresh-token policy has ended it, or newer approvals have pushed it out.",
		Who:   connector.Administrator,
		Steps: []string{"Connect again.", "If it stops after hours or days: the app’s refresh-token policy is too short.", fiveApprovals},
	},
	health.ScopeMissing: {
		Cause: "A permission is missing.", Who: connector.Administrator,
		Steps: []string{"Connect again.", "The app has to list the scopes api and refresh_token, offline_access."},
	},
}

// Guide says what to do.
func (Salesforce) Guide(f *connector.Failure) connector.Guidance {
	if g, ok := advice[f.Code]; ok {
		return g
	}
	if g, ok := byClass[f.Class]; ok {
		return g
	}
	return connector.Common(f, "Salesforce", status)
}

// Unfinished says what keeps a person from coming back: Salesforce shows these errors
// on pages of its own.
func (Salesforce) Unfinished() connector.Guidance {
	return connector.Guidance{
		Cause: "The sign-in at Salesforce was not finished. Salesforce shows some errors on its own pages and tells nobody else.", Who: connector.Administrator,
		Steps: []string{
			"If the sign-in failed for a name like ana@acme.com.uat: that is a user of a sandbox. Choose Sandbox, or the sandbox’s My Domain.",
			"If Salesforce said OAUTH_EC_APP_NOT_FOUND or invalid_client_id: choose My Domain of the organization that owns the app; a new app needs some minutes.",
			"If Salesforce said redirect_uri_mismatch: put exactly the callback address that is shown here into the app’s OAuth settings.",
			"If Salesforce said OAUTH_APPROVAL_ERROR_GENERIC: have an administrator install or approve the app.",
			"If the window was closed: connect again.",
		},
		Link: console,
	}
}
