package webhook

// A Template is a receiver that people often have, to start a webhook from.
type Template struct {
	Slug        string
	Name        string
	Description string   // one sentence
	Events      []string // of the catalog, that fit
	Format      string
	URL         Pattern
	Steps       []string // on the other side, in order
	Sources     []string // the vendor's pages that say so
}

// A Pattern says what the receiver's URL looks like.
type Pattern struct {
	Hint    string // where it comes from
	Example string // "" where no page of the vendor shows one
	Prefix  string // what they mostly begin with, for a hint; "" where no page says so
}

// What a program mostly wants, and what people want to read in a chat.
var (
	contactEvents = []string{"contact.created", "contact.updated", "contact.deleted"}
	chatEvents    = []string{"contact.created", "campaign.started", "campaign.completed"}
)

// Templates lists the templates in the order in which people see them. The
// caller must not change what they hold.
func Templates() []Template { return templates }

var templates = []Template{
	{
		Slug: "own-server", Name: "Your own server", Format: FormatStandard,
		Description: "Receive signed events at an HTTPS address of your own.",
		Events:      contactEvents,
		URL:         Pattern{Hint: "An HTTPS address of your server that takes POST requests.", Example: "https://api.example.com/webhooks/contacts"},
		Steps: []string{
			"Copy the signing secret that the dialog shows to your server.",
			"Have the server verify the headers webhook-id, webhook-timestamp and webhook-signature with a Standard Webhooks library.",
			"Answer 2xx as soon as the event is stored, and do the work afterwards.",
			"Pass over a webhook-id that was there before: an event may come more than once.",
		},
		Sources: []string{"https://www.standardwebhooks.com/", "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"},
	},
	{
		Slug: "zapier", Name: "Zapier", Format: FormatStandard,
		Description: "Start a Zap with every event, by the trigger Webhooks by Zapier.",
		Events:      contactEvents,
		URL:         Pattern{Hint: "The webhook URL that Zapier shows in the trigger step."},
		Steps: []string{
			"In the Zap, select the trigger step, then Webhooks by Zapier.",
			"Choose the event Catch Hook, or Catch Raw Hook to have the body as it was sent.",
			"Copy the URL that Zapier gives you, and enter it here.",
			"Zapier always answers with success, even for a Zap that is off: look in Zapier to see whether it ran.",
		},
		Sources: []string{"https://help.zapier.com/hc/en-us/articles/8496288690317-Trigger-Zaps-from-webhooks"},
	},
	{
		Slug: "make", Name: "Make", Format: FormatStandard,
		Description: "Start a scenario in Make with every event.",
		Events:      contactEvents,
		URL:         Pattern{Hint: "The address that Make shows in the Custom webhook module."},
		Steps: []string{
			"Add the module Webhooks > Custom webhook to the scenario. Each scenario needs a webhook of its own.",
			"Click Add, give the webhook a name, and save it.",
			"Copy the address that Make gives you, and enter it here.",
			"Send a test from here: Make learns the structure of the data from the first request.",
		},
		Sources: []string{"https://apps.make.com/gateway", "https://www.make.com/en/help/tools/webhooks"},
	},
	{
		Slug: "n8n", Name: "n8n", Format: FormatStandard,
		Description: "Start an n8n workflow with every event, by the Webhook node.",
		Events:      contactEvents,
		URL:         Pattern{Hint: "The production URL of the Webhook node.", Example: "https://n8n.example.com/webhook/patchboard"},
		Steps: []string{
			"Add a Webhook node to the workflow, with the HTTP method POST.",
			"Copy the node's Production URL, and enter it here. The Test URL works for two minutes only, after Listen for test event.",
			"Save and publish the workflow, so that the Production URL is registered.",
		},
		Sources: []string{
			"https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.webhook/",
			"https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.webhook/workflow-development/",
			"https://docs.n8n.io/hosting/configuration/environment-variables/endpoints/",
		},
	},
	{
		Slug: "slack", Name: "Slack incoming webhook", Format: FormatSlack,
		Description: "Post a message to a Slack channel for every event.",
		Events:      chatEvents,
		URL: Pattern{
			Hint:    "The webhook URL that Slack makes for a channel.",
			Example: "https://hooks.slack.com/services/T1234567/AAAAAAAA/ZZZZZZ", Prefix: "https://hooks.slack.com/",
		},
		Steps: []string{
			"Create a Slack app for your workspace, or open the settings of one that you have.",
			"Select Incoming Webhooks, and switch on Activate Incoming Webhooks.",
			"Click Add New Webhook to Workspace, and choose the channel.",
			"Copy the webhook URL, and enter it here. Keep it secret: whoever has it can post.",
		},
		Sources: []string{"https://api.slack.com/incoming-webhooks", "https://docs.slack.dev/tools/java-slack-sdk/guides/incoming-webhooks"},
	},
	{
		Slug: "teams", Name: "Microsoft Teams", Format: FormatTeams,
		Description: "Post a card to a Teams channel or chat for every event, by a workflow.",
		Events:      chatEvents,
		URL:         Pattern{Hint: "The webhook URL that the workflow shows when it is made."},
		Steps: []string{
			"In Teams, open More options of the channel or chat, and select Workflows.",
			"Select a workflow that posts when a webhook request is received, or make one from the trigger When a Teams webhook request is received.",
			"Check its name and connection, select Next, choose where it posts, and create the workflow.",
			"Copy the webhook URL, and enter it here.",
		},
		Sources: []string{
			"https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using",
			"https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/create-workflows",
		},
	},
	{
		Slug: "discord", Name: "Discord", Format: FormatDiscord,
		Description: "Post a message to a Discord channel for every event.",
		Events:      chatEvents,
		URL: Pattern{
			Hint:    "The webhook URL that Discord makes for a channel.",
			Example: "https://discord.com/api/webhooks/WEBHOOK-ID/WEBHOOK-TOKEN", Prefix: "https://discord.com/api/",
		},
		Steps: []string{
			"Make a webhook for the channel, which needs the permission Manage Webhooks.",
			"Copy the webhook URL, and enter it here. Keep it secret: whoever has it can post.",
		},
		Sources: []string{
			"https://discord.com/developers/docs/resources/webhook",
			"https://discord.com/developers/docs/reference",
			"https://support.discord.com/hc/en-us/articles/228383668-Intro-to-Webhooks",
		},
	},
}
