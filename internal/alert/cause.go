package alert

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"patchboard/internal/db"
)

// The problems of a webhook. The later ones take the place of the earlier.
const (
	failingOneDay    = "failing/1"
	failingThreeDays = "failing/3"
	disabled         = "disabled"
	heldExpiring     = "held_expiring"
)

// WebhookTrouble is what happened to a webhook that people should hear of, or
// that ends what they heard of.
type WebhookTrouble struct {
	OrganizationID string
	ID             string
	URL            string
	Description    string
	What           WebhookChange
	Warning        int       // for Failing: the first or the second of its streak
	Failures       int64     // of the streak
	Since          time.Time // the first failure of the streak
	DisableAt      time.Time // for Failing
	Gone           bool      // for Disabled: it answered 410 Gone
}

// WebhookChange is what became of a webhook.
type WebhookChange string

// The changes. All but the first two end its problems.
const (
	Failing     WebhookChange = "failing"
	Disabled    WebhookChange = "disabled"
	Delivering  WebhookChange = "delivering"
	SwitchedOn  WebhookChange = "switched_on"
	SwitchedOff WebhookChange = "switched_off"
	NewAddress  WebhookChange = "new_address"
	Deleted     WebhookChange = "deleted"
)

// WebhookTrouble raises or closes the alerts of a webhook, in the transaction of
// its change.
func (s *Service) WebhookTrouble(ctx context.Context, tx *db.Tx, w WebhookTrouble) error {
	of := Subject{"webhook", w.ID, webhookName(w.Description, w.URL)}
	n := New{OrganizationID: w.OrganizationID, Subject: of, Link: "/settings/webhooks/" + w.ID}
	switch w.What {
	case Failing:
		n.Kind, n.Problem = WebhookFailing, failingOneDay
		if w.Warning > 1 {
			n.Problem, n.Replaces = failingThreeDays, []string{failingOneDay}
		}
		n.Cause = fmt.Sprintf("%s since %s, and none has succeeded. On %s it will be switched off by itself; what comes after that is held.",
			tries(w.Failures), moment(w.Since), moment(w.DisableAt))
		n.Steps = []string{"Open the webhook and look at its last attempts: each says what went wrong.", "Mend the receiver, then send a test.", "If it is not needed any more, switch it off or delete it."}
	case Disabled:
		n.Kind, n.Problem, n.Replaces = WebhookDisabled, disabled, []string{failingOneDay, failingThreeDays}
		n.Cause = tries(w.Failures) + " since " + moment(w.Since) + ", and none has succeeded. It was switched off by itself; what comes now is held."
		n.Steps = []string{"Mend the receiver.", "Switch the webhook on again: it is checked at once.", "Then send or discard what is held."}
		if w.Gone {
			n.Cause = "Its receiver answered 410 Gone, which says that it is there no more. It was switched off by itself; what comes now is held."
			n.Steps = []string{"Ask whoever runs the receiver where it has gone, and change the webhook's URL.", "If it is not needed any more, delete the webhook."}
		}
	default:
		return s.Close(ctx, tx, w.closing(of))
	}
	return s.Raise(ctx, tx, n)
}

func (w WebhookTrouble) closing(of Subject) Closing {
	c := Closing{OrganizationID: w.OrganizationID, Kind: WebhookRecovered, Subject: of, Problems: []string{failingOneDay, failingThreeDays, disabled}}
	switch w.What { //nolint:exhaustive // the others are no ends
	case Delivering:
		c.Cause = "A delivery has succeeded."
	case SwitchedOn:
		c.Title, c.Cause = "The webhook "+of.Name+" is switched on again", "Somebody switched it on. Its address is checked at once."
	case SwitchedOff:
		c.Title, c.Cause = "The webhook "+of.Name+" is off", "Somebody switched it off. What comes is held."
	case NewAddress:
		c.Title, c.Cause = "The webhook "+of.Name+" has a new address", "Somebody changed its URL. The new one was checked."
	case Deleted:
		c.Title, c.Cause = "The webhook "+of.Name+" was deleted", "Somebody deleted it."
		c.Problems = append(c.Problems, heldExpiring)
	}
	return c
}

// Held is what is held for a webhook.
type Held struct {
	OrganizationID string
	WebhookID      string
	URL            string
	Description    string
	Deliveries     int64
}

// HeldExpiring tells that held deliveries will be discarded in three days.
func (s *Service) HeldExpiring(ctx context.Context, tx *db.Tx, h Held) error {
	of := Subject{"webhook", h.WebhookID, webhookName(h.Description, h.URL)}
	cause := fmt.Sprintf("%d held deliveries reach the end of their retention in the next three days. Then they are discarded and cannot be sent any more.", h.Deliveries)
	if h.Deliveries == 1 {
		cause = "One held delivery reaches the end of its retention in the next three days. Then it is discarded and cannot be sent any more."
	}
	return s.Raise(ctx, tx, New{
		OrganizationID: h.OrganizationID, Kind: WebhookHeldExpiring, Subject: of, Problem: heldExpiring, Cause: cause, Link: "/settings/webhooks/" + h.WebhookID,
		Steps: []string{"Switch the webhook on.", "Press “Send held”, or “Discard” if nobody needs them."},
	})
}

// HeldGone tells what became of them.
func (s *Service) HeldGone(ctx context.Context, tx *db.Tx, h Held, cause string) error {
	of := Subject{"webhook", h.WebhookID, webhookName(h.Description, h.URL)}
	return s.Close(ctx, tx, Closing{
		OrganizationID: h.OrganizationID, Kind: WebhookRecovered, Subject: of, Problems: []string{heldExpiring},
		Title: "Held deliveries of the webhook " + of.Name + " wait no longer", Cause: cause,
	})
}

// KeyRegenerated tells that an organization's API key was replaced. Each time is
// news of its own.
func (s *Service) KeyRegenerated(ctx context.Context, tx *db.Tx, org, keyID, masked, by string) error {
	return s.Raise(ctx, tx, New{
		OrganizationID: org, Kind: APIKeyRegenerated, Subject: Subject{"api_key", keyID, masked}, Link: "/settings/integrations",
		Cause: fmt.Sprintf("%s regenerated it. The old key stopped at once; the new one is %s.", by, masked),
		Steps: []string{
			"Give the new key to every program that still uses the old one: its calls are refused.",
			"If nobody of you did this, regenerate the key again and change the passwords of the system administrators.",
		},
	})
}

// webhookName is what people call a webhook: its description, or else its host.
// The rest of a URL may be a secret.
func webhookName(description, address string) string {
	if name := line(description, nameMost); name != "" {
		return name
	}
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return strings.TrimSuffix(u.Host, ":443")
	}
	return "without a name"
}

func tries(n int64) string {
	if n == 1 {
		return "One try has failed"
	}
	return fmt.Sprintf("%d tries have failed", n)
}

func moment(t time.Time) string { return t.UTC().Format("2 January, 15:04 UTC") }
