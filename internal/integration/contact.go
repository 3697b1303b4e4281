package integration

import (
	"patchboard/internal/connector"
	"patchboard/internal/record"
)

func contactOf(c *connector.Contact) record.Contact {
	return record.Contact{Email: c.Email, FirstName: c.FirstName, LastName: c.LastName, Company: c.Company, Phone: c.Phone, Tags: c.Tags}
}
