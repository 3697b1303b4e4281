package connector

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"patchboard/internal/health"
)

// Revoke ends a grant as RFC 7009 has it: the refresh token takes its access tokens
// with it. Some answer 400 for one that is gone already, which is as good.
func (s *Session) Revoke(ctx context.Context, g Grant) error {
	token := g.Refresh
	if token == "" {
		token = g.Access
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.Addresses.Revoke, strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := s.Plain.Do(r)
	if err != nil {
		return FailureOf(fmt.Errorf("revoke: %w", err))
	}
	defer func() { _ = answer.Body.Close() }() // its status says it all
	if answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusBadRequest {
		return nil
	}
	return &Failure{Class: health.Answer(answer.StatusCode, answer.Header, false), Code: answer.Status}
}
