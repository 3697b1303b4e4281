package main

import (
	"fmt"
	"strings"

	"patchboard/internal/rbac"
	"patchboard/internal/webhook"
)

// roleNames are the roles as people say them.
var roleNames = map[rbac.Role]string{rbac.SystemAdmin: "system administrator", rbac.UtilityAdmin: "utility administrator"}

// welcome says what there is, and what to try first.
func (d *demo) welcome() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("")
	line("Patchboard demo")
	line("")
	line("  Console           %s", d.server.URL())
	line("  Webhook inbox     %s", d.page)
	for _, name := range []string{"Google", "Slack", "HubSpot", "LinkedIn", "Salesforce"} {
		line("  %-16s  %s/%s", name+" *", d.page, strings.ToLower(name))
	}
	line("  API description   %s/docs", d.server.URL())
	line("")
	line("Accounts of %s", demoOrganization)
	line("")
	for _, a := range d.accounts {
		line("  %-22s password %s   %s", a.Email, a.Password, roleNames[a.Role])
	}
	line("")
	line("Try it: open the inbox in a browser, then run this in another terminal.")
	line("")
	line("  %s", d.curl())
	line("")
	if d.webhook.State == webhook.Active {
		line("The event appears in the inbox at once, and says whether its signature holds.")
	} else {
		line("The webhook is switched off or disabled, so the event is held. This switches it on:")
		line("")
		line(`  curl -sS -X PATCH %s/api/v1/webhooks/%s -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{"enabled": true}'`, d.server.URL(), d.webhook.ID, d.apiKey)
		line("")
	}
	line("It goes to the webhook %s, which wants %s.", demoURL, strings.Join(demoEvents, " and "))
	line("In the demo, api.example.com and your-api.com lead to the inbox.")
	line("")
	line("* The providers are emulated, for all six integrations. Gmail and Google Calendar are connected; connect the others from their cards.")
	line("Break one on its page, and watch its card in the console.")
	line("")
	line("Data and log are in %s; --fresh starts anew. Ctrl-C stops.", d.dir)
	line("")
	return b.String()
}

// curl is the line that sends an event.
func (d *demo) curl() string {
	return fmt.Sprintf(`curl -sS %s/api/v1/events -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' `+
		`-d '{"type": "contact.created", "data": {"id": "con_1", "email": "ada@example.com", "firstName": "Ada"}}'`, d.server.URL(), d.apiKey)
}
