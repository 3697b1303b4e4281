package api

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"patchboard/internal/fault"
)

// list names a kind of list; a cursor belongs to one.
type list string

const (
	listAlerts     list = "alerts"
	listAudit      list = "audit"
	listCampaigns  list = "campaigns"
	listChecks     list = "checks"
	listContacts   list = "contacts"
	listDeliveries list = "deliveries"
	listEmails     list = "emails"
	listEvents     list = "events"
	listMeetings   list = "meetings"
	listMessages   list = "messages"
	listDeals      list = "opportunities"
	listRuns       list = "runs"
	listUsers      list = "users"
)

var errCursor = fault.New(fault.Invalid, "cursor-invalid", "This is not a cursor of this list.",
	"Use the `next` value of the page before, whole and unchanged, or none for the first page.").At("query.cursor", "is not a cursor of this list")

// cursor writes a noun's position for clients, with a check over it: a position
// that was cut off or mistyped is mostly one too, and would answer with a page
// of somewhere else, or an empty one. The check is no secret: whoever makes up a
// position that fits sees no more than the list shows anyway.
func (l list) cursor(position string) string {
	if position == "" {
		return ""
	}
	return position + "." + l.check(position)
}

// position reads a cursor that this list gave out.
func (l list) position(cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	at := strings.LastIndexByte(cursor, '.')
	if at <= 0 || cursor[at+1:] != l.check(cursor[:at]) {
		return "", errCursor
	}
	return cursor[:at], nil
}

func (l list) check(position string) string {
	sum := sha256.Sum256([]byte(string(l) + "\x00" + position))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}
