package audit

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	key, secret := "sX_"+strings.Repeat("a1B2", 12), "whsec_"+strings.Repeat("Ab+/", 11)
	for _, c := range []struct {
		name string
		in   any
		want string
	}{
		{"nothing", nil, ``},
		{"null", (*string)(nil), ``},
		{"sorted, numbers as written", json.RawMessage(`{ "b": 1.50, "a": 12345678901234567890 }`), `{"a":12345678901234567890,"b":1.50}`},
		{"not escaped", map[string]any{"url": "a<b>&c"}, `{"url":"a<b>&c"}`},
		{"by name", map[string]any{"password": "x", "clientSecret": "x", "client_secret": "x", "X-Api-Key": "x", "accessToken": 5, "Authorization": []string{"x"}},
			`{"Authorization":"***","X-Api-Key":"***","accessToken":"***","clientSecret":"***","client_secret":"***","password":"***"}`},
		{"that there is one", map[string]any{"hasSecret": true, "secret": nil}, `{"hasSecret":true,"secret":null}`},
		{"by form, anywhere", map[string]any{"note": []string{"was " + key + ".", secret, "Bearer abcdefgh12345"}}, `{"note":["was sX_***.","whsec_***","Bearer ***"]}`},
		{"the mask stays", map[string]any{"maskedDisplay": "sX_****6087conf...lgmil3bg"}, `{"maskedDisplay":"sX_****6087conf...lgmil3bg"}`},
		{"headers", map[string]any{"headers": map[string]string{"X-Any": "value"}}, `{"headers":{"X-Any":"***"}}`},
		{"header names", map[string]any{"headers": []string{"X-Any"}}, `{"headers":["X-Any"]}`},
		{"urls", map[string]any{"url": "https://user:pw@example.com/x"}, `{"url":"https://***@example.com/x"}`},
		{"urls with a port", map[string]any{"url": "https://example.com:8443/a@b"}, `{"url":"https://example.com:8443/a@b"}`},
	} {
		got, err := redactJSON(c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s %v, want %s", c.name, got, err, c.want)
		}
	}
	big, err := redactJSON(strings.Repeat("x", jsonMost))
	if err != nil || len(big) > 200 || !strings.Contains(string(big), `"omitted":"too large"`) {
		t.Errorf("%.200s %v", big, err)
	}
}
