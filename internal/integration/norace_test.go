//go:build !race

package integration

const (
	mails  = 10_000    // of a large mailbox
	people = 200_000   // of a large Salesforce
	memory = 300 << 20 // that may be resident
)
