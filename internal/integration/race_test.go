//go:build race

package integration

// The race detector takes its time, and memory of its own.
const (
	mails  = 500     // of a large mailbox
	people = 12_000  // of a large Salesforce
	memory = 2 << 30 // that may be resident
)
