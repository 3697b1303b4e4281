//go:build !race

package integration

const mails = 10_000 // of a large mailbox
