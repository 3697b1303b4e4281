package webhook

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"patchboard/internal/fault"
)

var eight = []string{"contact.created", "contact.updated", "contact.deleted", "campaign.started", "campaign.completed", "email.sent", "email.clicked", "email.opened"}

func slug(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Type
	}
	if err != nil {
		return "not a fault: " + err.Error()
	}
	return ""
}

func TestCheckEvents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		events        []string
		want, nearest string
	}{
		{[]string{"contact.created", "email.sent"}, "", ""},
		{nil, "webhook-events-empty", ""},
		{[]string{}, "webhook-events-empty", ""},
		{[]string{"contact.create"}, "webhook-event-unknown", "contact.created"},
		{[]string{"Contact.Updated"}, "webhook-event-unknown", "contact.updated"},
		{[]string{"email.open"}, "webhook-event-unknown", "email.opened"},
		{[]string{""}, "webhook-event-unknown", ""},
		{[]string{"*"}, "webhook-event-unknown", ""},
		{[]string{"зовут\x00"}, "webhook-event-unknown", ""},
		{[]string{strings.Repeat("contact.created", 10_000)}, "webhook-event-unknown", ""},
		{[]string{"email.sent", "email.sent"}, "webhook-events-duplicate", ""},
		{make([]string, 1001), "webhook-events-too-many", ""},
	} {
		err := checkEvents(tt.events, eight)
		if slug(err) != tt.want {
			t.Errorf("%.40q: %s, not %q", tt.events, slug(err), tt.want)
		}
		var f *fault.Error
		if errors.As(err, &f) && tt.nearest != "" && f.Extra["nearest"] != tt.nearest {
			t.Errorf("%q: nearest is %v, not %q", tt.events, f.Extra["nearest"], tt.nearest)
		}
		if err != nil && (f.Fix == "" || len(f.Fields) == 0 || len(f.Message) > 300) {
			t.Errorf("%.40q: no help in %+v", tt.events, f)
		}
	}
	var f *fault.Error
	if errors.As(checkEvents([]string{"x.y", "email.sent", "email.sent", "z"}, eight), &f); len(f.Fields) != 3 || f.Fields[2].Location != "body.events[3]" {
		t.Errorf("not every bad entry is named: %+v", f.Fields)
	}
}

func TestCheckHeaders(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 21 {
		many[fmt.Sprintf("X-%d", i)] = "v"
	}
	large := map[string]string{}
	for i := range 5 {
		large[fmt.Sprintf("X-%d", i)] = strings.Repeat("v", 4000)
	}
	for _, tt := range []struct {
		in   map[string]string
		want string
	}{
		{nil, ""},
		{map[string]string{"authorization": "Bearer abc", "X-Team": "grün ωμέγα"}, ""},
		{map[string]string{"X-A": strings.Repeat("v", 4096)}, ""},
		{map[string]string{"X-A": strings.Repeat("v", 4097)}, "webhook-header-value"},
		{map[string]string{"X-A": "a\r\nHost: b"}, "webhook-header-value"},
		{map[string]string{"X-A": "a\x00"}, "webhook-header-value"},
		{map[string]string{"X-A": "a\tb"}, "webhook-header-value"},
		{map[string]string{"X-A": "\xff"}, "webhook-header-value"},
		{map[string]string{"X-A": "a\u0085b"}, "webhook-header-value"},
		{map[string]string{"X-A": " a"}, "webhook-header-value"},
		{map[string]string{"X-A": ""}, "webhook-header-value"},
		{map[string]string{"": "a"}, "webhook-header-name"},
		{map[string]string{"X A": "a"}, "webhook-header-name"},
		{map[string]string{"X-A:": "a"}, "webhook-header-name"},
		{map[string]string{":path": "a"}, "webhook-header-name"},
		{map[string]string{"Ünï": "a"}, "webhook-header-name"},
		{map[string]string{strings.Repeat("x", 129): "a"}, "webhook-header-name"},
		{map[string]string{"x-a": "a", "X-A": "b"}, "webhook-header-duplicate"},
		{many, "webhook-headers-too-many"},
		{large, "webhook-headers-too-large"},
	} {
		_, err := checkHeaders(tt.in)
		if slug(err) != tt.want {
			t.Errorf("%.60v: %s, not %q", tt.in, slug(err), tt.want)
		}
	}
	for _, name := range []string{
		"Host", "CONTENT-TYPE", "content-length", "Connection", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Expect", "Cookie", "User-Agent",
		"Accept-Encoding", "Proxy-Authorization", "Webhook-Id", "webhook-signature", "Webhook-Timestamp", "Forwarded", "X-Forwarded-For", "Keep-Alive",
	} {
		if _, err := checkHeaders(map[string]string{name: "a"}); slug(err) != "webhook-header-reserved" {
			t.Errorf("%s was not refused: %v", name, err)
		}
	}
	out, err := checkHeaders(map[string]string{"x-api-key": "s3cret"})
	if err != nil || out["X-Api-Key"] != "s3cret" {
		t.Errorf("got %v, %v", out, err)
	}
	if _, err := checkHeaders(map[string]string{"X-Api-Key": "s3cret\n"}); strings.Contains(fmt.Sprintf("%+v", fault.From(err)), "s3cret") {
		t.Error("a refusal shows the value")
	}
}

func TestCheckDescription(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                         "",
		"line\nbreak\tand ωμέγα":   "",
		strings.Repeat("é", 500):   "",
		strings.Repeat("é", 501):   "webhook-description-too-long",
		"a\x00b":                   "webhook-description-characters",
		"\xff":                     "webhook-description-characters",
		strings.Repeat("x", 1<<20): "webhook-description-too-long",
	} {
		if got := slug(checkDescription(in)); got != want {
			t.Errorf("%.20q: %s, not %q", in, got, want)
		}
	}
}
