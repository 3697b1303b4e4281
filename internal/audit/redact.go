package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

const hidden = "***"

// secretNames are the names (lower case, without _ and -) whose values never
// reach the log, whatever a caller passes. Names that end like one count too.
var secretNames = []string{
	"secret", "secrets", "password", "passphrase", "token", "apikey", "authorization", "cookie",
	"privatekey", "clientsecret", "credential", "credentials",
}

// secretText finds Patchboard's own secrets inside any text, by their form, and
// credentials in URLs.
var secretText = regexp.MustCompile(`sX_[A-Za-z0-9_]{16,}|whsec_[A-Za-z0-9+/=_-]{16,}|(?i:bearer|basic) [A-Za-z0-9._~+/=-]{8,}|://[^/\s:@]*:[^/\s@]*@`)

func redactText(s string) string {
	return secretText.ReplaceAllStringFunc(s, func(found string) string {
		switch {
		case strings.HasPrefix(found, "sX_"), strings.HasPrefix(found, "whsec_"):
			return found[:strings.Index(found, "_")+1] + hidden
		case strings.HasPrefix(found, "://"):
			return "://" + hidden + "@"
		}
		return found[:strings.Index(found, " ")+1] + hidden
	})
}

// redactJSON gives v as JSON in one form only (sorted names, no spaces, numbers
// as they were written) without secrets. nil gives nothing.
func redactJSON(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(plain))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if tree == nil {
		return nil, nil
	}
	out, err := encodeJSON(redact(tree))
	if err != nil {
		return nil, err
	}
	if len(out) > jsonMost {
		sum := sha256.Sum256(out)
		return encodeJSON(map[string]any{"omitted": "too large", "bytes": len(out), "sha256": hex.EncodeToString(sum[:])})
	}
	return out, nil
}

func encodeJSON(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func redact(v any) any {
	switch v := v.(type) {
	case string:
		return redactText(v)
	case []any:
		for i := range v {
			v[i] = redact(v[i])
		}
	case map[string]any:
		for name, member := range v {
			switch {
			case isSecret(name):
				v[name] = hide(member)
			case strings.EqualFold(name, "headers"):
				v[name] = hideValues(member)
			default:
				v[name] = redact(member)
			}
		}
	}
	return v
}

func isSecret(name string) bool {
	name = strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
	for _, s := range secretNames {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}

// hide keeps what says only that there is a secret ("hasSecret": true, null).
func hide(v any) any {
	switch v.(type) {
	case nil, bool:
		return v
	}
	return hidden
}

// hideValues keeps the names of custom headers and hides their values, which
// may hold a receiver's credentials. A list of names stays as it is.
func hideValues(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return redact(v)
	}
	for name := range m {
		m[name] = hidden
	}
	return m
}
