package hubspot

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// engagements tell who opened and clicked. There are two of them, as the one that names
// people ends in September 2027, and not every subscription has it.
type engagements interface {
	// page reads a page of a span, and gives what is left of it; done is that nothing is.
	page(ctx context.Context, s span) (found []event, left span, done bool, err error)
}

// span is how far opens and clicks were read, and the part of it that is read now.
type span struct {
	Until int64  `json:"until,omitempty"` // read up to here, in milliseconds
	Floor int64  `json:"floor,omitempty"` // nothing before it is told of
	To    int64  `json:"to,omitempty"`    // of this reading; 0: it has not begun
	Kind  string `json:"kind,omitempty"`
}

// event is one line of the log.
type event struct {
	ID        text   `json:"id"`
	Created   text   `json:"created"` // milliseconds
	Type      string `json:"type"`
	Recipient string `json:"recipient"`
	Number    text   `json:"emailCampaignId"`
	Subject   string `json:"subject"`
	URL       string `json:"url"`
	Agent     string `json:"userAgent"`
	Filtered  bool   `json:"filteredEvent"`
}

const (
	logOpens, logClicks = "OPEN", "CLICK"

	pathEvents = "/email/public/v1/events"
	eventsMost = 1000

	logOverlap = 10 * time.Minute // lines come late
	logBehind  = time.Minute      // and the latest are not all there
)

// eventLog is the log of e-mails. It is of the APIs without a date: HubSpot stops
// supporting them in September 2027, and names nothing that has these events.
type eventLog struct {
	client *client
	offset string
}

func (l *eventLog) page(ctx context.Context, s span) (found []event, left span, done bool, err error) {
	from := max(s.Until-logOverlap.Milliseconds(), s.Floor)
	if s.To <= from {
		return nil, s, true, nil
	}
	q := url.Values{
		"eventType": {s.Kind}, "startTimestamp": {strconv.FormatInt(from, 10)}, "endTimestamp": {strconv.FormatInt(s.To, 10)},
		"limit": {strconv.Itoa(eventsMost)}, "excludeFilteredEvents": {"true"},
	}
	if l.offset != "" {
		q.Set("offset", l.offset)
	}
	var answer struct {
		Events []event `json:"events"`
		More   bool    `json:"hasMore"`
		Offset text    `json:"offset"`
	}
	if err := l.client.get(ctx, pathEvents, q, &answer); err != nil {
		return nil, s, false, err
	}
	l.offset = ""
	switch {
	case answer.More && answer.Offset != "":
		l.offset = string(answer.Offset)
	case s.Kind == logOpens:
		s.Kind = logClicks
	default:
		done = true
	}
	return answer.Events, s, done, nil
}

// totals has no events: how many opened and clicked is in the numbers of each e-mail.
type totals struct{}

func (totals) page(_ context.Context, s span) (found []event, left span, done bool, err error) {
	return nil, s, true, nil
}

// log reads a page of opens and clicks.
func (r *reader) log() (done bool, err error) {
	s := &r.at.Log
	if s.To == 0 {
		s.To, s.Kind = r.at.Run-logBehind.Milliseconds(), logOpens
	}
	var from engagements = totals{}
	book := &eventLog{client: r.client, offset: r.at.After}
	if r.may(scopeContent) {
		from = book
	} else {
		r.off("Opens and clicks: the permission " + scopeContent + " was not granted; it needs a Marketing Hub tier that has it. Only how many there are is known, of each marketing e-mail.")
	}
	found, left, done, err := from.page(r.ctx, *s)
	if f, ok := errors.AsType[*connector.Failure](err); ok && (f.Class == health.ScopeMissing || f.Code == "version_retired") {
		r.note("Opens and clicks: HubSpot does not give the log of them. Only how many there are is known, of each marketing e-mail.")
		found, left, done, err = totals{}.page(r.ctx, *s)
	}
	if err != nil {
		return false, err
	}
	*s, r.at.After = left, book.offset
	for i := range found {
		if c, ok := r.engagement(&found[i]); ok {
			r.page.Changes = append(r.page.Changes, c)
		} else {
			r.page.Skipped++
		}
	}
	if done {
		s.Until, s.To, s.Kind = max(s.To, s.Until), 0, ""
	}
	return done, nil
}

// engagement gives what a line tells; ok is false if it is nothing to tell of.
func (r *reader) engagement(e *event) (c connector.Change, ok bool) {
	kinds := map[string]connector.EngagementKind{logOpens: connector.Opened, logClicks: connector.Clicked}
	kind, known := kinds[e.Type]
	if !known || e.Filtered {
		return c, false
	}
	mail := r.at.Emails.named(string(e.Number))
	return connector.Change{ID: string(e.ID) + "/" + string(e.Created), Kind: connector.KindEngagement, Engagement: &connector.Engagement{
		Kind: kind, Email: mail.ID, Campaign: mail.Campaign, Recipient: e.Recipient, Subject: e.Subject, URL: e.URL, UserAgent: e.Agent, At: timeOf(e.Created),
	}}, true
}
