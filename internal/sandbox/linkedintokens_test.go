package sandbox

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// madeToken makes a token as a member does, and reads it off the page.
func madeToken(w *world, account string) string {
	w.t.Helper()
	status, _, page := w.do(http.MethodPost, LinkedInTokens, nil, url.Values{"account": {account}, "scope": {memberScopes[0]}})
	_, rest, found := strings.Cut(page, `<code id="token">`)
	token, _, _ := strings.Cut(rest, "<")
	if status != http.StatusOK || !found || token == "" {
		w.t.Fatalf("%d %s", status, page)
	}
	return token
}

// linkedIn makes a call and gives its status and body.
func (w *world) linkedIn(token, path string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "https://"+LinkedInHost+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("LinkedIn-Version", linkedInVersion)
	answer, err := w.client.HTTPClient().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// A member's own token reads what the law gives them, lasts 60 days, and ends with what
// the panel does.
func TestMembersOwnToken(t *testing.T) {
	t.Parallel()
	w := start(t)
	authorized := func(token string) (int, string) {
		return w.linkedIn(token, "/rest/memberAuthorizations?q=memberAndApplication")
	}
	_, _, page := w.get(LinkedInTokens)
	for _, has := range []string{"Request access token", "r_dma_portability_self_serve", "ana@example.org", "kim@example.com"} {
		if !strings.Contains(page, has) {
			t.Errorf("the page lacks %s", has)
		}
	}
	token := madeToken(w, "ana@example.org")
	if _, _, page := w.get(LinkedInTokens); strings.Contains(page, token) {
		t.Error("a token is shown again")
	}
	if status, body := authorized(token); status != http.StatusOK || !strings.Contains(body, "DMA") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := w.linkedIn(token, "/v2/userinfo"); status != http.StatusForbidden {
		t.Errorf("it signs in: %d %s", status, body)
	}
	if status, body := authorized(madeToken(w, "kim@example.com")); status != http.StatusOK || strings.Contains(body, "DMA") {
		t.Errorf("outside of the region: %d %s", status, body)
	}
	if _, _, page := w.get("/linkedin"); !strings.Contains(page, memberApp+" of ana@example.org") {
		t.Error("it is no permitted service")
	}
	if status, _, _ := w.do(http.MethodPost, LinkedInTokens, nil, url.Values{"account": {"nobody@example.org"}, "scope": {memberScopes[0]}}); status != http.StatusBadRequest {
		t.Errorf("of nobody: %d", status)
	}
	w.clock.add(linkedInLife - time.Second)
	if status, _ := authorized(token); status != http.StatusOK {
		t.Errorf("before its end: %d", status)
	}
	w.clock.add(time.Second)
	if status, body := authorized(token); status != http.StatusUnauthorized || !strings.Contains(body, "EXPIRED_ACCESS_TOKEN") {
		t.Errorf("at its end: %d %s", status, body)
	}
	token = madeToken(w, "ana@example.org")
	if status, _, page := w.do(http.MethodPost, "/linkedin/remove", nil, url.Values{}); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, page)
	}
	if status, body := authorized(token); status != http.StatusUnauthorized || !strings.Contains(body, "REVOKED_ACCESS_TOKEN") {
		t.Errorf("removed: %d %s", status, body)
	}
}
