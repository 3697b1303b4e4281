package audit

import "slices"

// The actions that are audited, as "noun.what_happened". They are stored, hashed
// and filtered by: one is never renamed, only added.
const (
	SessionSignedIn            = "session.signed_in"
	SessionSignInFailed        = "session.sign_in_failed"
	SessionSignInLimited       = "session.sign_in_limited"
	SessionSignedOut           = "session.signed_out"
	SessionSignedOutAll        = "session.signed_out_everywhere"
	SessionConfirmed           = "session.confirmed"
	SessionConfirmFailed       = "session.confirm_failed"
	SessionConfirmLimited      = "session.confirm_limited"
	SetupRefused               = "setup.refused"
	AccessDenied               = "access.denied"
	OrganizationCreated        = "organization.created"
	UserCreated                = "user.created"
	UserUpdated                = "user.updated"
	UserDeleted                = "user.deleted"
	UserPasswordReset          = "user.password_reset"
	APIKeyIssued               = "api_key.issued"
	APIKeyCopied               = "api_key.copied"
	APIKeyRegenerated          = "api_key.regenerated"
	WebhookCreated             = "webhook.created"
	WebhookUpdated             = "webhook.updated"
	WebhookDeleted             = "webhook.deleted"
	WebhookSwitchedOn          = "webhook.switched_on"
	WebhookSwitchedOff         = "webhook.switched_off"
	WebhookDisabled            = "webhook.disabled" // by the rule, not by a person
	WebhookFailingWarned       = "webhook.failing_warned"
	WebhookSecretRead          = "webhook.secret_read"
	WebhookSecretRotated       = "webhook.secret_rotated"
	WebhookTested              = "webhook.tested"
	DeliveryRetried            = "delivery.retried"
	DeliveryReplayed           = "delivery.replayed"
	DeliveryHeldSent           = "delivery.held_sent"
	DeliveryHeldDiscarded      = "delivery.held_discarded"
	DeliveryHeldExpired        = "delivery.held_expired"
	DeliveryHeldExpiring       = "delivery.held_expiring"
	EventTypeCreated           = "event_type.created"
	EventTypeUpdated           = "event_type.updated"
	AuditExported              = "audit.exported"
	AuditRestoreAccepted       = "audit.restore_accepted"
	AuditVerificationFailed    = "audit.verification_failed"
	EgressNetworksAllowed      = "egress.networks_allowed"
	EgressAuthoritiesTrusted   = "egress.authorities_trusted"
	IntegrationConnected       = "integration.connected"
	IntegrationConnectFailed   = "integration.connect_failed"
	IntegrationReplaced        = "integration.account_replaced"
	IntegrationDisconnected    = "integration.disconnected"
	IntegrationPaused          = "integration.paused"
	IntegrationResumed         = "integration.resumed"
	IntegrationSettingsChanged = "integration.settings_changed"
	IntegrationAppSaved        = "integration.app_saved"
	IntegrationAppRemoved      = "integration.app_removed"
	IntegrationSetupRequested  = "integration.setup_requested"
	IntegrationChecked         = "integration.checked"
	IntegrationSynced          = "integration.synced"
	IntegrationImportBegun     = "integration.import_begun"
	IntegrationImported        = "integration.imported"
	IntegrationMessageTested   = "integration.message_tested"
	IntegrationReauthorize     = "integration.reauthorize_needed"  // by the rule, not by a person
	IntegrationRegranted       = "integration.permissions_changed" // as the provider says on renewing a token
	IntegrationRevoked         = "integration.revoked"             // or not, after the last try
	AlertRoutesUpdated         = "alert.routes_updated"
	AlertTested                = "alert.tested"
)

// Actions lists every action.
var Actions = []string{ //nolint:gochecknoglobals // a constant list
	SessionSignedIn, SessionSignInFailed, SessionSignInLimited, SessionSignedOut, SessionSignedOutAll,
	SessionConfirmed, SessionConfirmFailed, SessionConfirmLimited, SetupRefused, AccessDenied, OrganizationCreated,
	UserCreated, UserUpdated, UserDeleted, UserPasswordReset,
	APIKeyIssued, APIKeyCopied, APIKeyRegenerated, WebhookCreated,
	WebhookUpdated, WebhookDeleted, WebhookSwitchedOn, WebhookSwitchedOff,
	WebhookDisabled, WebhookFailingWarned, WebhookSecretRead, WebhookSecretRotated,
	WebhookTested, DeliveryRetried, DeliveryReplayed, DeliveryHeldSent,
	DeliveryHeldDiscarded, DeliveryHeldExpired, DeliveryHeldExpiring, EventTypeCreated, EventTypeUpdated,
	AuditExported, AuditRestoreAccepted, AuditVerificationFailed, EgressNetworksAllowed, EgressAuthoritiesTrusted,
	IntegrationConnected, IntegrationConnectFailed, IntegrationReplaced, IntegrationDisconnected, IntegrationPaused, IntegrationResumed,
	IntegrationSettingsChanged, IntegrationAppSaved, IntegrationAppRemoved, IntegrationSetupRequested, IntegrationChecked, IntegrationSynced,
	IntegrationImportBegun, IntegrationImported, IntegrationMessageTested, IntegrationReauthorize, IntegrationRegranted, IntegrationRevoked,
	AlertRoutesUpdated, AlertTested,
}

func knownAction(a string) bool { return slices.Contains(Actions, a) }
