// Package salesforce describes Salesforce, which this version lists and cannot
// connect.
package salesforce

import (
	_ "embed"

	"patchboard/internal/connector"
)

//go:embed icon.svg
var icon []byte

// Salesforce is the system.
type Salesforce struct{}

// About is Salesforce's line in the catalog.
func (Salesforce) About() connector.About {
	return connector.About{
		Slug: "salesforce", Name: "Salesforce", Category: connector.CRM, Description: "Import contacts and opportunities", Icon: icon,
		Does: []string{"Contacts and opportunities become records of this CRM, and follow their changes."},
	}
}
