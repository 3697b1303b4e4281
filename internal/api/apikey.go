package api

import (
	"context"
	"time"

	"patchboard/internal/apikey"
)

// KeyView is the API key as both roles see it.
type KeyView struct {
	MaskedDisplay   string    `json:"maskedDisplay" example:"sX_****6087conf...lgmil3bg"`
	LastRegenerated time.Time `json:"lastRegenerated"`
	Usage           KeyTotals `json:"usage"`
}

// KeyTotals is how much the organization's keys were used, since the first.
type KeyTotals struct {
	TotalCalls int64      `json:"totalCalls"`
	LastCall   *time.Time `json:"lastCall,omitempty"`
}

type keyResponse struct{ Body KeyView }

func (a *API) apiKey(ctx context.Context, _ *struct{}) (*keyResponse, error) {
	k, err := a.APIKey.Get(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	return &keyResponse{Body: KeyView{
		MaskedDisplay: k.MaskedDisplay, LastRegenerated: k.LastRegenerated,
		Usage: KeyTotals{TotalCalls: k.TotalCalls, LastCall: ago(k.LastCall)},
	}}, nil
}

type copyKeyRequest struct {
	Body struct {
		CopyMethod string `json:"copyMethod" maxLength:"50" doc:"button, shortcut or manual"`
	}
}

type copyKeyResponse struct {
	Body struct {
		APIKey string `json:"apiKey"`
	}
}

func (a *API) copyKey(ctx context.Context, in *copyKeyRequest) (*copyKeyResponse, error) {
	key, err := a.APIKey.Copy(ctx, actorOf(ctx), in.Body.CopyMethod)
	if err != nil {
		return nil, err
	}
	out := &copyKeyResponse{}
	out.Body.APIKey = key.Reveal()
	return out, nil
}

type regenerateRequest struct {
	Body struct {
		Token            string `json:"token" maxLength:"200" writeOnly:"true" doc:"From POST /session/confirm with the purpose api_key.regenerate"`
		Reason           string `json:"reason,omitempty" maxLength:"50" doc:"scheduled, suspected_leak, person_left, maintenance, failing or other"`
		ConfirmationTime int64  `json:"confirmationTime,omitempty" minimum:"0" maximum:"3600000" doc:"Milliseconds from opening the dialog to Confirm"`
	}
}

// KeyHolder is a webhook's custom header that holds the old key.
type KeyHolder struct {
	WebhookID string `json:"webhookId"`
	Header    string `json:"header" example:"Authorization"`
	Form      string `json:"form" enum:"alone,bearer,within" doc:"How: the key alone, Bearer and the key, or the key within other text"`
}

type regenerateResponse struct {
	Body struct {
		APIKey        string      `json:"apiKey"`
		MaskedDisplay string      `json:"maskedDisplay"`
		OldKeyIn      []KeyHolder `json:"oldKeyIn,omitzero" doc:"Custom headers that still hold the old key; missing if that is not known"`
	}
}

func (a *API) regenerateKey(ctx context.Context, in *regenerateRequest) (*regenerateResponse, error) {
	k, err := a.APIKey.Regenerate(ctx, actorOf(ctx), apikey.Regeneration{
		Token: in.Body.Token, Reason: in.Body.Reason, ConfirmationTime: time.Duration(in.Body.ConfirmationTime) * time.Millisecond,
	})
	if err != nil {
		return nil, err
	}
	out := &regenerateResponse{}
	out.Body.APIKey, out.Body.MaskedDisplay = k.Key.Reveal(), k.MaskedDisplay
	if k.OldKeyIn != nil {
		out.Body.OldKeyIn = pageOf(k.OldKeyIn, "", func(h apikey.Holder) KeyHolder { return KeyHolder(h) }).Items
	}
	return out, nil
}

type keyUsageRequest struct {
	Span

	By string `query:"by" maxLength:"20" doc:"hour (default), day, route or status"`
}

// KeyCalls is one sum of calls; of start, route and status it has what the
// question asked for.
type KeyCalls struct {
	Start  *time.Time `json:"start,omitempty"`
	Route  string     `json:"route,omitempty"`
	Status int        `json:"status,omitempty"`
	Calls  int64      `json:"calls"`
}

type keyUsageResponse struct{ Body Page[KeyCalls] }

func (a *API) keyUsage(ctx context.Context, in *keyUsageRequest) (*keyUsageResponse, error) {
	buckets, err := a.APIKey.Usage(ctx, actorOf(ctx), in.Since, in.Until, apikey.By(in.By))
	if err != nil {
		return nil, err
	}
	return &keyUsageResponse{Body: pageOf(buckets, "", func(b apikey.Bucket) KeyCalls {
		return KeyCalls{Start: ago(b.Start), Route: b.Route, Status: b.Status, Calls: b.Calls}
	})}, nil
}
