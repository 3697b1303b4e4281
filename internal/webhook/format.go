package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"patchboard/internal/fault"
)

// The formats of a request's body. Standard is that of Standard Webhooks; the
// others are messages for people, each in the form that its receiver takes. All
// of them are signed alike.
const (
	FormatStandard = "standard"
	FormatSlack    = "slack"
	FormatTeams    = "teams"
	FormatDiscord  = "discord"
)

// Formats lists the formats in the order in which people see them.
func Formats() []string {
	return []string{FormatStandard, FormatSlack, FormatTeams, FormatDiscord}
}

// checkFormat knows the formats; "" means the standard one.
func checkFormat(format string) (string, error) {
	switch {
	case format == "":
		return FormatStandard, nil
	case slices.Contains(Formats(), format):
		return format, nil
	}
	return "", fault.New(fault.Invalid, "webhook-format-unknown", fmt.Sprintf("There is no format %q.", clip(format, 40)),
		"Leave format out, or say one of "+strings.Join(Formats(), ", ")+".").At("body.format", "no such format")
}

// Render gives the body that goes out for an event's own body (see package
// event), in a format. It is pure: the log shows what was sent by calling it
// again. So a layout that is changed changes what is shown of earlier attempts;
// a new layout is a new format.
func Render(format, messageID string, body []byte) []byte {
	var write func(*message) any
	switch format {
	case FormatSlack:
		write = slack
	case FormatTeams:
		write = teams
	case FormatDiscord:
		write = discord
	default:
		return body
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is no HTML, and people read it in the log
	if err := e.Encode(write(messageOf(messageID, body))); err != nil {
		return body // strings always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
