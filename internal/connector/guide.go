package connector

import (
	"strings"

	"patchboard/internal/health"
)

// common is what to do about a class of failure whose provider has nothing to add.
// NAME is the provider's.
var common = map[health.Class]Guidance{
	health.TokenExpired: {Cause: "NAME refuses the access token, and a new one has not helped yet.", Who: Nobody},
	health.TokenRevoked: {Cause: "NAME does not accept the grant any more.", Who: Administrator, Steps: []string{"Connect again."}},
	health.ScopeMissing: {Cause: "A permission was not granted.", Who: Administrator, Steps: []string{"Connect again, and grant all permissions."}},
	health.RateLimited:  {Cause: "NAME takes fewer calls. It goes on by itself.", Who: Nobody},
	health.QuotaExhausted: {
		Cause: "A quota at NAME is used up. It goes on when it begins anew.", Who: Operator,
		Steps: []string{"If it happens often, ask for a higher quota."},
	},
	health.ProviderDown: {Cause: "NAME does not answer, or answers with errors. It is tried again by itself.", Who: Nobody},
	health.NetworkDNS: {
		Cause: "The name of NAME has no address here.", Who: Operator,
		Steps: []string{"Check the name servers of the machine that Patchboard runs on.", "Check that a firewall lets them be asked."},
	},
	health.NetworkTimeout: {
		Cause: "NAME did not answer in time.", Who: Operator,
		Steps: []string{"Check that a firewall lets the machine reach NAME.", "If there is a proxy, check it."},
	},
	health.TLS: {
		Cause: "The connection to NAME is not to be trusted.", Who: Operator,
		Steps: []string{"Check the machine’s clock: a wrong one makes good certificates look bad.", "If a proxy opens TLS connections, name its authority by --trusted-ca."},
	},
	health.MisconfiguredApp: {
		Cause: "NAME refuses the client id or its secret.", Who: Operator,
		Steps: []string{"Compare the client id with the one at NAME.", "Enter the secret anew."},
	},
	health.Unknown: {
		Cause: "NAME gave an answer that Patchboard does not know.", Who: Administrator,
		Steps: []string{"Test the connection again.", "If it stays so, look at the details, and ask NAME about their code."},
	},
}

// Common says what to do about a failure by its class. status is the provider's
// page about outages.
func Common(f *Failure, name, status string) Guidance {
	g, ok := common[f.Class]
	if !ok {
		g = common[health.Unknown]
	}
	g.Cause = strings.ReplaceAll(g.Cause, "NAME", name)
	steps := make([]string, len(g.Steps))
	for i, step := range g.Steps {
		steps[i] = strings.ReplaceAll(step, "NAME", name)
	}
	g.Steps = steps
	if f.Class == health.ProviderDown {
		g.Link = status
	}
	return g
}
