//go:build race

package integration

const mails = 500 // of a large mailbox: the race detector takes its time
