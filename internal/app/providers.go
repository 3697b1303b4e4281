package app

import (
	"patchboard/internal/config"
	"patchboard/internal/connector"
	"patchboard/internal/connector/gcalendar"
	"patchboard/internal/connector/gmail"
	"patchboard/internal/connector/hubspot"
	"patchboard/internal/connector/linkedin"
	"patchboard/internal/connector/salesforce"
	"patchboard/internal/connector/slack"
)

// providers are the systems of the catalog, in the order of their cards. A new one is
// a folder of package connector and a line here.
func providers(c *config.Connectors) []connector.Provider {
	return []connector.Provider{
		gmail.Gmail{},
		gcalendar.GCalendar{},
		slack.Slack{},
		hubspot.HubSpot{NoChallenge: c.HubSpotNoChallenge},
		linkedin.LinkedIn{},
		salesforce.Salesforce{Suffixes: c.HostSuffixes()},
	}
}
