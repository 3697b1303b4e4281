package api

import (
	"time"

	"patchboard/internal/delivery"
	"patchboard/internal/egress"
)

// FateView is what became of an event at one webhook, and why.
type FateView struct {
	WebhookID   string           `json:"webhookId"`
	WebhookURL  string           `json:"webhookUrl"`
	Description string           `json:"description,omitempty"`
	Deleted     bool             `json:"deleted,omitempty" doc:"The webhook was deleted"`
	DeliveryID  string           `json:"deliveryId,omitempty" doc:"Missing if there is no delivery"`
	State       delivery.Destiny `json:"state" enum:"delivered,waiting,held,failed,discarded,not_subscribed,not_kept" doc:"not_kept: the delivery is older than the time for which deliveries are kept"`
	Cause       delivery.Cause   `json:"cause,omitempty" enum:"first_try,retry,switched_off,disabled,given_up,gone,by_person,webhook_deleted,retention,type,added_later,subscribed_later"`
	By          string           `json:"by,omitempty" doc:"Who switched the webhook off, discarded the delivery or deleted the webhook; for people"`
	Rule        string           `json:"rule,omitempty" doc:"The rule that disabled the webhook: gone (it answered 410) or failing_long"`
	Since       *time.Time       `json:"since,omitempty" doc:"When it came into this state"`
	Until       *time.Time       `json:"until,omitempty" doc:"When the next try is due, if it is waiting"`
	Attempts    int              `json:"attempts,omitempty"`
	LastClass   egress.Class     `json:"lastClass,omitempty" doc:"What kind of error the last failed try ended in"`
	LastStatus  int              `json:"lastStatus,omitempty" doc:"The HTTP status of the last answer"`
	Guidance    string           `json:"guidance,omitempty" doc:"What to do about it"`
}

func fateView(f delivery.Fate) FateView {
	v := FateView{
		WebhookID: f.WebhookID, WebhookURL: f.WebhookURL, Description: f.Description, Deleted: f.Deleted, DeliveryID: f.DeliveryID,
		State: f.State, Cause: f.Cause, By: f.By, Rule: f.Rule, Since: ago(f.Since), Until: ago(f.Until),
		Attempts: f.Attempts, LastClass: f.LastClass, LastStatus: f.LastStatus,
	}
	if f.State != delivery.WasDelivered && f.LastClass != "" {
		v.Guidance = egress.Guidance(f.LastClass, f.LastStatus)
	}
	return v
}
