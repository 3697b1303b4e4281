package alert

import (
	"slices"
	"strings"

	"patchboard/internal/rbac"
)

// Kind is what sort of thing an alert tells of, as "noun.what".
type Kind string

// The kinds. They are stored and routed by: one is never renamed, only added.
const (
	IntegrationBroken    Kind = "integration.broken"
	IntegrationDied      Kind = "integration.died"
	IntegrationExpiring  Kind = "integration.expiring"
	IntegrationRecovered Kind = "integration.recovered"
	IntegrationRequested Kind = "integration.setup_requested"
	WebhookFailing       Kind = "webhook.failing"
	WebhookDisabled      Kind = "webhook.disabled"
	WebhookHeldExpiring  Kind = "webhook.held_expiring"
	WebhookRecovered     Kind = "webhook.recovered"
	APIKeyRegenerated    Kind = "api_key.regenerated"
)

// Severity is how much an alert asks of people.
type Severity string

// The severities.
const (
	Problem Severity = "problem" // something does not work
	Warning Severity = "warning" // something will be lost unless somebody acts
	Notice  Severity = "notice"  // news: nothing to do
)

// info is what the program knows of a kind. %s in a title is the subject's name.
type info struct {
	kind     Kind
	severity Severity
	title    string
	recovery bool // it ends other alerts, and goes to whom they went
	link     string
	route    Route // without a choice of the organization's
}

// catalog is every kind, in the order of the settings page.
var catalog = []info{
	{kind: IntegrationBroken, severity: Problem, title: "%s does not work", link: integrations, route: both},
	{kind: IntegrationDied, severity: Problem, title: "%s has not worked for days", link: integrations, route: both},
	{kind: IntegrationExpiring, severity: Warning, title: "%s has to be connected again soon", link: integrations, route: both},
	{kind: IntegrationRequested, severity: Notice, title: "%s is to be set up", link: integrations, route: Route{MailSystemAdmins: true}},
	{kind: WebhookFailing, severity: Warning, title: "The webhook %s is failing", link: integrations, route: both},
	{kind: WebhookDisabled, severity: Problem, title: "The webhook %s was switched off", link: integrations, route: both},
	{kind: WebhookHeldExpiring, severity: Warning, title: "Held deliveries of the webhook %s will be discarded", link: integrations, route: both},
	{kind: APIKeyRegenerated, severity: Notice, title: "The API key was regenerated", link: integrations, route: Route{MailSystemAdmins: true}},
	{kind: IntegrationRecovered, recovery: true, title: "%s works again"},
	{kind: WebhookRecovered, recovery: true, title: "The webhook %s works again"},
}

const integrations = "/settings/integrations"

// both has every administrator mailed: of a connection or a webhook either may
// be the one who can mend it.
var both = Route{MailSystemAdmins: true, MailUtilityAdmins: true}

// Routed lists the kinds that have routes of their own, in the order of the
// settings page.
func Routed() []Kind {
	var all []Kind
	for _, i := range catalog {
		if !i.recovery {
			all = append(all, i.kind)
		}
	}
	return all
}

// find gives what is known of a kind.
func find(k Kind) (info, bool) {
	at := slices.IndexFunc(catalog, func(i info) bool { return i.kind == k })
	if at < 0 {
		return info{}, false
	}
	return catalog[at], true
}

// SeverityOf gives the severity of a kind that has routes.
func SeverityOf(k Kind) Severity {
	i, _ := find(k)
	return i.severity
}

func (i info) titleFor(name string) string { return strings.Replace(i.title, "%s", name, 1) }

// Route is where the alerts of one kind go beside the console. Who is mailed is
// a role's default: a person's own choice comes before it.
type Route struct {
	Kind              Kind
	MailSystemAdmins  bool
	MailUtilityAdmins bool
	Slack             bool
	Webhook           bool
}

// mails reports whether people of a role are mailed, unless they chose otherwise.
func (r Route) mails(role rbac.Role) bool {
	if role == rbac.SystemAdmin {
		return r.MailSystemAdmins
	}
	return r.MailUtilityAdmins
}
