package api

import (
	"context"

	"patchboard/internal/webhook"
)

// TemplateView is a receiver to start a webhook from.
type TemplateView struct {
	Slug        string      `json:"slug" example:"slack"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Events      []string    `json:"events" doc:"Events that fit"`
	Format      string      `json:"format" enum:"standard,slack,teams,discord"`
	URL         PatternView `json:"url"`
	Steps       []string    `json:"steps" doc:"What to do on the other side, in order"`
	Sources     []string    `json:"sources" doc:"Pages of the vendor that say so"`
}

// PatternView says what a receiver's URL looks like.
type PatternView struct {
	Hint    string `json:"hint" doc:"Where the URL comes from"`
	Example string `json:"example,omitempty" doc:"Missing where no page of the vendor shows one"`
	Prefix  string `json:"prefix,omitempty" doc:"What such a URL mostly begins with, for a hint; missing where no page of the vendor says so"`
}

func templateView(t webhook.Template) TemplateView {
	return TemplateView{
		Slug: t.Slug, Name: t.Name, Description: t.Description, Events: t.Events, Format: t.Format,
		URL: PatternView(t.URL), Steps: t.Steps, Sources: t.Sources,
	}
}

type templatesResponse struct{ Body Page[TemplateView] }

func (a *API) webhookTemplates(context.Context, *struct{}) (*templatesResponse, error) {
	return &templatesResponse{Body: pageOf(webhook.Templates(), "", templateView)}, nil
}
