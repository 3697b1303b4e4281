package sandbox

import (
	"encoding/json"
	"io/fs"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEveryReplyIsJSON(t *testing.T) {
	n := 0
	err := fs.WalkDir(replyFiles, "reply", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		name := strings.TrimSuffix(strings.TrimPrefix(path, "reply/"), ".json")
		if !strings.HasSuffix(name, "/errors") {
			if len(reply(name, nil)) == 0 {
				t.Errorf("%s is empty", path)
			}
			return nil
		}
		seen := map[string]bool{}
		for _, r := range readReply[[]refusal](name) {
			if r.Name == "" || seen[r.Name] || r.Status < 200 || len(r.Body) == 0 && r.Page == "" {
				t.Errorf("%s: %+v", path, r)
			}
			seen[r.Name] = true
		}
		return nil
	})
	if err != nil || n < 25 {
		t.Errorf("%d files (%v)", n, err)
	}
}

func TestReplyFillsWhatIsThere(t *testing.T) {
	got := reply("gmail/message", values{"id": "m1", "payload.headers": []any{}, "snippet": nil})
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"historyId":"9876601","id":"m1","internalDate":"1795420800000","labelIds":["SENT"],"payload":{"headers":[],"mimeType":"multipart/alternative"},"sizeEstimate":5123,"threadId":"18f0c0"}`
	if string(text) != want {
		t.Errorf("%s\nis not\n%s", text, want)
	}
	if again := reply("gmail/message", nil); again["id"] != "18f0c1" || again["snippet"] == nil {
		t.Errorf("one answer changed the next: %v", again)
	}
}

func TestReplyRefusesWhatIsNotThere(t *testing.T) {
	for name, set := range map[string]values{
		"a new member":                  {"subject": "Offer"},
		"a member of what is no object": {"id.value": "m1"},
		"a member of what is missing":   {"payload.body.size": 3},
		"another type":                  {"historyId": 9876601},
		"a list for an object":          {"payload": []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if p := recover(); p == nil {
					t.Error("it was taken")
				}
			}()
			reply("gmail/message", set)
		})
	}
}

func TestRefusalIsWritten(t *testing.T) {
	w := httptest.NewRecorder()
	refusalOf("slack", "ratelimited429").write(w)
	if w.Code != 429 || w.Header().Get("Retry-After") != "30" || strings.TrimSpace(w.Body.String()) != `{"error":"ratelimited","ok":false}` {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}
