package webhook

import "strings"

// slackMost is far below what Slack takes, and about what people read.
const slackMost = 4000

// slack is the message of an incoming webhook: a text
// (https://api.slack.com/incoming-webhooks) in which &, < and > are escaped and
// nothing else (https://api.slack.com/reference/surfaces/formatting#escaping).
// Without mrkdwn, asterisks and the like stay what they are
// (https://api.slack.com/reference/messaging/payload). Slack answers 200 "ok"
// (https://docs.slack.dev/tools/java-slack-sdk/guides/incoming-webhooks).
func slack(m *message) any {
	return struct {
		Text   string `json:"text"`
		Mrkdwn bool   `json:"mrkdwn"`
	}{Text: m.text(slackEscapes.Replace, slackMost)}
}

var slackEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

const discordMost = 2000

// discord is the body of "Execute Webhook": a content of at most 2,000
// characters, answered 204
// (https://discord.com/developers/docs/resources/webhook#execute-webhook). An
// empty parse suppresses all mentions
// (https://discord.com/developers/docs/resources/message#allowed-mentions-object).
func discord(m *message) any {
	type mentions struct {
		Parse []string `json:"parse"`
	}
	return struct {
		Content  string   `json:"content"`
		Mentions mentions `json:"allowed_mentions"`
	}{m.text(discordEscape, discordMost), mentions{Parse: []string{}}}
}

// discordEscape keeps a line from being read as markdown, in which a backslash
// makes the next mark a plain one.
func discordEscape(line string) string {
	var b strings.Builder
	for i, r := range line {
		if strings.ContainsRune("\\*_~`|<>[]()#", r) || i == 0 && (r == '-' || r == '+') {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// teamsMost bounds the texts of a card in bytes: a message of more than 28 KB is
// refused (https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook),
// and JSON at most doubles what plain has left of a text.
const teamsMost = 10_000

// teams is a message with one Adaptive Card, as incoming webhooks and Workflows
// take it (https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using).
// Its texts are TextRuns, which know no markdown
// (https://adaptivecards.io/explorer/TextRun.html).
func teams(m *message) any {
	body := []richText{{Type: "RichTextBlock", Inlines: []textRun{{Type: "TextRun", Text: m.title, Weight: "Bolder"}}}}
	left, cut := teamsMost, m.cut
	for _, f := range m.fields {
		if left -= len(f.name) + len(f.value); left < 0 {
			cut = true
			break
		}
		body = append(body, run(f.name+": "+f.value))
	}
	if cut {
		body = append(body, run("…"))
	}
	if m.id != "" {
		body = append(body, run(m.id))
	}
	return cardMessage{Type: "message", Attachments: []attachment{{
		ContentType: "application/vnd.microsoft.card.adaptive",
		Content:     card{Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.2", Body: body},
	}}}
}

// run is a paragraph. Two braces would begin a function of dates or times
// (https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features).
func run(text string) richText {
	for strings.Contains(text, "{{") {
		text = strings.ReplaceAll(text, "{{", "{ {")
	}
	return richText{Type: "RichTextBlock", Inlines: []textRun{{Type: "TextRun", Text: text}}}
}

type (
	cardMessage struct {
		Type        string       `json:"type"`
		Attachments []attachment `json:"attachments"`
	}
	attachment struct {
		ContentType string  `json:"contentType"`
		ContentURL  *string `json:"contentUrl"`
		Content     card    `json:"content"`
	}
	card struct {
		Schema  string     `json:"$schema"`
		Type    string     `json:"type"`
		Version string     `json:"version"`
		Body    []richText `json:"body"`
	}
	richText struct {
		Type    string    `json:"type"`
		Inlines []textRun `json:"inlines"`
	}
	textRun struct {
		Type   string `json:"type"`
		Text   string `json:"text"`
		Weight string `json:"weight,omitempty"`
	}
)
