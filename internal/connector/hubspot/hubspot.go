// Package hubspot describes HubSpot, which this version lists and cannot connect.
package hubspot

import (
	_ "embed"

	"patchboard/internal/connector"
)

//go:embed icon.svg
var icon []byte

// HubSpot is the system.
type HubSpot struct{}

// About is HubSpot's line in the catalog.
func (HubSpot) About() connector.About {
	return connector.About{
		Slug: "hubspot", Name: "HubSpot", Category: connector.Marketing, Description: "Sync marketing data", Icon: icon,
		Does: []string{
			"Contacts, marketing e-mails and campaigns become records of this CRM.",
			"Opens and clicks raise the events email.opened and email.clicked.",
		},
	}
}
