package slack

import (
	"errors"
	"net/http"
	"time"

	slackapi "github.com/slack-go/slack"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// classes are those of Slack's errors, which come with status 200.
//
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
var classes = classesOf(map[health.Class][]string{
	health.TokenExpired:   {"token_expired"},
	health.TokenRevoked:   {"token_revoked", "account_inactive", "invalid_auth", "not_authed", "invalid_refresh_token"},
	health.ScopeMissing:   {"missing_scope", "no_permission", "not_allowed_token_type", "team_access_not_granted"},
	health.RateLimited:    {"ratelimited", "rate_limited"},
	health.QuotaExhausted: {"message_limit_exceeded"},
	health.ProviderDown:   {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "org_login_required"},
	health.MisconfiguredApp: {
		"bad_client_secret", "invalid_client_id", "bad_redirect_uri", "oauth_authorization_url_mismatch", "no_scopes", "pkce_not_allowed", "invalid_code_verifier",
		"accesslimited", "access_denied", "ekm_access_denied", "enterprise_is_restricted", "two_factor_setup_required", "cannot_install_an_org_installed_app",
		"user_email_unverified", "invalid_team_for_non_distributed_app",
	},
})

// destinations are the errors of one channel.
var destinations = map[string]bool{
	"channel_not_found": true, "not_in_channel": true, "is_archived": true, "restricted_action": true, "restricted_action_read_only_channel": true,
	"restricted_action_thread_only_channel": true, "messages_tab_disabled": true, "team_not_found": true,
}

func classesOf(by map[health.Class][]string) map[string]health.Class {
	out := map[string]health.Class{}
	for class, codes := range by {
		for _, code := range codes {
			out[code] = class
		}
	}
	return out
}

// failureOf names an error of slack-go; nil is none.
func failureOf(err error) error {
	if limited, ok := errors.AsType[*slackapi.RateLimitedError](err); ok {
		return &connector.Failure{Class: health.RateLimited, Code: "ratelimited", RetryAfter: max(limited.RetryAfter, time.Second), Err: err}
	}
	if said, ok := errors.AsType[slackapi.SlackErrorResponse](err); ok {
		return coded(said.Err, err)
	}
	if answer, ok := errors.AsType[slackapi.StatusCodeError](err); ok {
		return &connector.Failure{Class: health.Answer(answer.Code, http.Header{}, false), Code: answer.Status, Err: err}
	}
	return connector.FailureOf(err)
}

// coded names an error by Slack's own word for it.
func coded(code string, err error) *connector.Failure {
	if destinations[code] {
		return &connector.Failure{Destination: true, Code: code, Err: err}
	}
	if c, known := classes[code]; known {
		return &connector.Failure{Class: c, Code: code, Err: err}
	}
	return &connector.Failure{Class: health.Unknown, Code: code, Err: err}
}

// advice is what to do about some of Slack's errors.
var advice = map[string]connector.Guidance{
	"bad_redirect_uri": {
		Cause: "Slack does not know the callback address.", Who: connector.Operator, Link: console,
		Steps: []string{"Copy the callback address that is shown here.", "Add it at Slack, OAuth & Permissions, Redirect URLs, and save."},
	},
	"invalid_team_for_non_distributed_app": {
		Cause: "The Slack app belongs to another workspace and is not distributed.", Who: connector.Operator, Link: console,
		Steps: []string{"Create the app in this workspace, or activate its public distribution."},
	},
	"access_denied": {
		Cause: "The workspace has not approved the app, or the request was cancelled.", Who: connector.Workspace,
		Steps: []string{"Ask a workspace owner to approve the app.", "Connect again."},
	},
	"no_scopes": {
		Cause: "The Slack app has no bot scopes.", Who: connector.Operator, Link: console,
		Steps: []string{"Add the bot scopes that are shown here, under OAuth & Permissions.", "Connect again."},
	},
	"account_inactive": {
		Cause: "The app was removed from Slack, or the workspace is closed.", Who: connector.Administrator,
		Steps: []string{"Connect again."},
	},
	"missing_scope": {
		Cause: "The app’s scopes were changed after it was installed.", Who: connector.Administrator,
		Steps: []string{"Connect again."},
	},
	"channel_not_found": {
		Cause: "The channel is gone, or it is private and the bot is not in it.", Who: connector.Administrator,
		Steps: []string{"For a private channel, type /invite and the bot’s name in it.", "Or choose another channel."},
	},
	"not_in_channel": {
		Cause: "The bot is not in the channel.", Who: connector.Administrator,
		Steps: []string{"Type /invite and the bot’s name in the channel."},
	},
	"is_archived": {
		Cause: "The channel is archived.", Who: connector.Administrator,
		Steps: []string{"Choose another channel."},
	},
	"restricted_action": {
		Cause: "Posting in this channel is limited by its settings.", Who: connector.Workspace,
		Steps: []string{"Allow the app to post there, or choose another channel."},
	},
}

// Guide says what to do.
func (Slack) Guide(f *connector.Failure) connector.Guidance {
	if g, ok := advice[f.Code]; ok {
		return g
	}
	return connector.Common(f, "Slack", status)
}
