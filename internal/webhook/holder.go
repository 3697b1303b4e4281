package webhook

import (
	"context"
	"fmt"
	"strings"

	"patchboard/internal/db"
)

// Holder is a custom header whose stored value holds a text that was asked for.
type Holder struct {
	WebhookID string
	Header    string // its name, in canonical form
	Form      string // how the value holds the text: one of the forms below
}

// The forms of a Holder.
const (
	HeldAlone  = "alone"  // the value is the text
	HeldBearer = "bearer" // the value is "Bearer " and the text
	HeldWithin = "within" // there is more in the value
)

// HeadersHolding finds the custom headers of an organization's webhooks whose
// values hold a text. Nobody sees a value by it but whoever knows the text. A
// webhook whose headers cannot be opened is passed over: it sends nothing either.
func (s *Service) HeadersHolding(ctx context.Context, org, text string) ([]Holder, error) {
	type sealed struct {
		id      string
		headers []byte
	}
	all, err := db.All(ctx, s.db, func(row db.Scanner) (w sealed, err error) {
		err = row.Scan(&w.id, &w.headers)
		return w, err
	}, `SELECT id, headers FROM webhooks WHERE organization_id = $1 AND deleted_at = 0 AND headers IS NOT NULL ORDER BY num`, org)
	if err != nil {
		return nil, fmt.Errorf("read custom headers: %w", err)
	}
	found := []Holder{}
	for _, w := range all {
		headers, err := s.unsealHeaders(w.id, w.headers)
		if err != nil {
			s.log.WarnContext(ctx, "custom headers were not searched", "webhook", w.id, "error", err)
		}
		for _, name := range sortedKeys(headers) {
			if form := heldIn(headers[name], text); form != "" {
				found = append(found, Holder{WebhookID: w.id, Header: name, Form: form})
			}
		}
	}
	return found, nil
}

// heldIn says how a value holds a text, "" if it does not.
func heldIn(value, text string) string {
	scheme, rest, _ := strings.Cut(value, " ")
	switch {
	case text == "" || !strings.Contains(value, text):
		return ""
	case value == text:
		return HeldAlone
	case strings.EqualFold(scheme, "Bearer") && rest == text:
		return HeldBearer
	}
	return HeldWithin
}
