// Package linkedin describes LinkedIn, which this version lists and cannot connect.
package linkedin

import (
	_ "embed"

	"patchboard/internal/connector"
)

//go:embed icon.svg
var icon []byte

// LinkedIn is the system.
type LinkedIn struct{}

// About is LinkedIn's line in the catalog.
func (LinkedIn) About() connector.About {
	return connector.About{
		Slug: "linkedin", Name: "LinkedIn", Category: connector.Social, Description: "Import professional contacts", Icon: icon,
		Does: []string{"The connections of a LinkedIn account become contacts of this CRM."},
	}
}
