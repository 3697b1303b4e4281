// Package rbac says who may do what: the actor, the roles, the permissions and
// the table of product rules that joins them. It is pure: no storage, no HTTP.
package rbac

import "slices"

// Role is what an actor is in its organization.
type Role string

// The roles. Nobody is an actor without credentials; Machine is the API key.
const (
	Nobody       Role = ""
	SystemAdmin  Role = "system_admin"
	UtilityAdmin Role = "utility_admin"
	Machine      Role = "api_key"
	Program      Role = "system" // Patchboard itself: rules, jobs, the command line
)

// PersonRoles are the roles that a person can have, in the order that help texts list them.
var PersonRoles = []Role{SystemAdmin, UtilityAdmin}

// Actor is who does something, and from where. The zero Actor is nobody.
type Actor struct {
	OrganizationID string
	Role           Role
	UserID         string // usr_…, for people
	Email          string // for people
	SessionID      string // ses_…, for people
	KeyID          string // key_…, for the API key
	Address        string // the client's IP address, trusted proxies unwrapped
	UserAgent      string
	RequestID      string
}

// Person reports whether the actor is a signed-in user.
func (a Actor) Person() bool { return a.UserID != "" }

// ID names the actor in the audit log: the user, the key, or the role.
func (a Actor) ID() string {
	switch {
	case a.UserID != "":
		return a.UserID
	case a.KeyID != "":
		return a.KeyID
	}
	return string(a.Role)
}

// Permission names one right, as "noun.verb".
type Permission string

// The permissions. Public routes need none; Session routes need any signed-in
// person. The others are rows of the table in product rules section 1.
const (
	Public  Permission = "public"
	Session Permission = "session"

	KeyRead       Permission = "key.read"       // masked display, totals, last call
	KeyCopy       Permission = "key.copy"       // the key itself
	KeyRegenerate Permission = "key.regenerate" // after a fresh authentication
	KeyUsage      Permission = "key.usage"      // calls by hour, route, status

	IntegrationRead  Permission = "integration.read"
	IntegrationWrite Permission = "integration.write" // connect, disconnect, toggle, settings, sync, check
	IntegrationApp   Permission = "integration.app"   // the client id and secret at a provider

	WebhookRead    Permission = "webhook.read"
	WebhookWrite   Permission = "webhook.write"   // add, edit, toggle, test, delete
	WebhookSecret  Permission = "webhook.secret"  // read or rotate a signing secret
	WebhookHeaders Permission = "webhook.headers" // custom headers, and the URL beside them

	DeliveryRead    Permission = "delivery.read"    // status, timing, class, guidance
	DeliveryBodies  Permission = "delivery.bodies"  // bodies and headers
	DeliveryRetry   Permission = "delivery.retry"   // one delivery
	DeliveryReplay  Permission = "delivery.replay"  // a time range
	DeliverySend    Permission = "delivery.send"    // held deliveries: send
	DeliveryDiscard Permission = "delivery.discard" // held deliveries: discard

	EventSend     Permission = "event.send"
	EventRead     Permission = "event.read"     // type, time, id, where it went
	EventPayloads Permission = "event.payloads" // the data
	TypeRead      Permission = "event_type.read"
	TypeWrite     Permission = "event_type.write"

	RecordRead  Permission = "record.read"  // of every kind
	RecordWrite Permission = "record.write" // those that come from no integration

	AuditReadOwn Permission = "audit.read_own" // own actions only
	AuditRead    Permission = "audit.read"     // every action
	AuditExport  Permission = "audit.export"

	AlertRead  Permission = "alert.read"  // the alerts, and what one is told of them oneself
	AlertRoute Permission = "alert.route" // where the organization's alerts go

	UserManage Permission = "user.manage"
	SystemRead Permission = "system.read" // the System page
	SystemMail Permission = "system.mail" // send a test mail
)

// granted is product rules section 1 as data. The API key is a utility
// administrator on webhooks, integrations and records, sends events, and nothing
// else.
var granted = map[Permission][]Role{
	Public:  {Nobody, SystemAdmin, UtilityAdmin, Machine},
	Session: {SystemAdmin, UtilityAdmin},

	KeyRead:       {SystemAdmin, UtilityAdmin},
	KeyCopy:       {SystemAdmin, UtilityAdmin},
	KeyRegenerate: {SystemAdmin},
	KeyUsage:      {SystemAdmin},

	IntegrationRead:  {SystemAdmin, UtilityAdmin, Machine},
	IntegrationWrite: {SystemAdmin, UtilityAdmin, Machine},
	IntegrationApp:   {SystemAdmin},

	WebhookRead:    {SystemAdmin, UtilityAdmin, Machine},
	WebhookWrite:   {SystemAdmin, UtilityAdmin, Machine},
	WebhookSecret:  {SystemAdmin},
	WebhookHeaders: {SystemAdmin},

	DeliveryRead:    {SystemAdmin, UtilityAdmin, Machine},
	DeliveryBodies:  {SystemAdmin},
	DeliveryRetry:   {SystemAdmin, UtilityAdmin, Machine},
	DeliveryReplay:  {SystemAdmin},
	DeliverySend:    {SystemAdmin, UtilityAdmin, Machine},
	DeliveryDiscard: {SystemAdmin},

	EventSend:     {SystemAdmin, Machine},
	EventRead:     {SystemAdmin, UtilityAdmin, Machine},
	EventPayloads: {SystemAdmin},
	TypeRead:      {SystemAdmin, UtilityAdmin, Machine},
	TypeWrite:     {SystemAdmin},

	RecordRead:  {SystemAdmin, UtilityAdmin, Machine},
	RecordWrite: {SystemAdmin, UtilityAdmin, Machine},

	AuditReadOwn: {SystemAdmin, UtilityAdmin},
	AuditRead:    {SystemAdmin},
	AuditExport:  {SystemAdmin},

	AlertRead:  {SystemAdmin, UtilityAdmin},
	AlertRoute: {SystemAdmin},

	UserManage: {SystemAdmin},
	SystemRead: {SystemAdmin},
	SystemMail: {SystemAdmin},
}

// Can reports whether a role has a permission. A permission that the table does
// not know is had by nobody.
func Can(r Role, p Permission) bool {
	return slices.Contains(granted[p], r)
}

// Known reports whether the table has the permission.
func Known(p Permission) bool {
	_, ok := granted[p]
	return ok
}

// Can reports whether the actor's role has a permission.
func (a Actor) Can(p Permission) bool { return Can(a.Role, p) }
