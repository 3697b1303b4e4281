package linkedin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"patchboard/internal/connector"
)

const answerMost = 16 << 20 // bytes

// refused is an answer that is no success. userinfo and gateways leave fields out.
type refused struct {
	Status  int    `json:"status"`
	Service int    `json:"serviceErrorCode"`
	Code    string `json:"code"`
	Message string `json:"message"`
	// As the token endpoint has them.
	Word        string `json:"error"`
	Description string `json:"error_description"`

	header http.Header
}

// Error says what LinkedIn said.
func (r *refused) Error() string {
	return strings.TrimSpace(fmt.Sprintf("LinkedIn answered %d %s%s %s%s", r.Status, r.Code, r.Word, r.Message, r.Description))
}

// get makes a call, and reads its answer.
func get(ctx context.Context, s *connector.Session, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.API+path, nil)
	if err != nil {
		return fmt.Errorf("make a call: %w", err)
	}
	if strings.HasPrefix(path, "/rest/") {
		r.Header.Set("LinkedIn-Version", settingsOf(s.Settings).Version)
	}
	return failureOf(answerTo(s.HTTP, r, into), s)
}

// answerTo sends a request and reads the answer; nil: it is not wanted.
func answerTo(client *http.Client, r *http.Request, into any) error {
	r.Header.Set("Accept", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err)
	}
	defer func() { _ = answer.Body.Close() }() // read as far as it is wanted
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerMost+1))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer to %s: %w", r.URL.Path, err)
	case len(text) > answerMost:
		return errors.New("the answer has more than 16 MiB")
	case answer.StatusCode != http.StatusOK:
		no := &refused{}
		if json.Unmarshal(text, no) != nil {
			no = &refused{} // a gateway's page
		}
		no.Status, no.header = answer.StatusCode, answer.Header
		return no
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read the answer to %s: %w", r.URL.Path, err)
	}
	return nil
}
