package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"patchboard/internal/fault"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	ctx := context.WithValue(context.Background(), requestKey{}, &request{id: "req_1"})
	gone := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("password=hush refused")}
	for name, c := range map[string]struct {
		err    error
		status int
		has    string
		retry  string
	}{
		"a fault, wrapped":     {fmt.Errorf("x: %w", fault.New(fault.Conflict, "in-use", "It is in use.", "Wait.").At("body.a", "is used")), 409, `"type":"/problems/in-use","title":"In use","status":409,"detail":"It is in use.","fix":"Wait.","requestId":"req_1","errors":[{"location":"body.a","message":"is used"}]`, ""},
		"more members":         {fault.New(fault.Invalid, "x", "m", "f").With("cause", "dns").With("status", 200).With("<", "&"), 422, `"cause":"dns"}`, ""},
		"an acronym":           {fault.New(fault.Invalid, "api-key-in-url", "m", "f"), 422, `"title":"API key in URL"`, ""},
		"later":                {fault.New(fault.RateLimited, "x", "m", "f").After(1500 * time.Millisecond), 429, `"status":429`, "2"},
		"the database is away": {fmt.Errorf("read: %w", gone), 503, `"type":"/problems/database-unavailable"`, "5"},
		"anything else":        {errors.New("hush"), 500, `"type":"/problems/internal"`, ""},
		"a kind of tomorrow":   {fault.New("tomorrow", "x", "m", "f"), 500, `"status":500`, ""},
		"a fixed problem":      {errMethod, 405, `"requestId":"req_1"`, ""},
	} {
		p := problemOf(ctx, c.err)
		b, err := json.Marshal(p)
		if err != nil || !json.Valid(b) {
			t.Errorf("%s: %v: %s", name, err, b)
		}
		if p.Status != c.status || !strings.Contains(string(b), c.has) || strings.Contains(string(b), "hush") || p.header.Get("Retry-After") != c.retry {
			t.Errorf("%s: %d %s, Retry-After %q", name, p.Status, b, p.header.Get("Retry-After"))
		}
		if n := strings.Count(string(b), `"status":`); n != 1 {
			t.Errorf("%s: %d members named status", name, n)
		}
	}
	left, leave := context.WithCancel(ctx)
	leave()
	if p := problemOf(left, fmt.Errorf("list: %w", left.Err())); p.Status != 499 {
		t.Errorf("a client that left: %d", p.Status)
	}
	if p := problemOf(ctx, fmt.Errorf("list: %w", left.Err())); p.Status != 500 {
		t.Errorf("a cancelled part of our own: %d", p.Status)
	}
	if errMethod.RequestID != "" {
		t.Error("a fixed problem keeps the request id of an earlier request")
	}
}

func TestUnmarshalRefusesWhatHurts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		`{"a":"\u0000"}`:          errNUL,
		`{"\u0000":1}`:            errNUL,
		`{"a":"\\u0000 \" \\\\"}`: nil,
		"{\"a\":\"\xff\"}":        errNotUTF8,
		strings.Repeat("[", maxNesting) + strings.Repeat("]", maxNesting):     nil,
		strings.Repeat("[", maxNesting+1) + strings.Repeat("]", maxNesting+1): errDeep,
		`{"a":"[[[{{{\"[["}`:                        nil,
		`{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}`: nil,
		`{"a":"a","b":"a"}`:                         nil,
		`{"a":1,"a":2}`:                             errTwice,
		`{"a":1,"\u0061":2}`:                        errTwice,
		`{"x":[{"a":{"b":1},"a":null}]}`:            errTwice,
	} {
		var v any
		if err := unmarshal([]byte(text), &v); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, want %v", text, err, want)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"a":"\u0000","b":[1,{"c":"\\u0000"}]}`))
	f.Add([]byte(`"\`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		if unmarshal(data, &v) != nil {
			return
		}
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatalf("accepted what is not JSON: %v", err)
		}
		b, err := json.Marshal(v)
		if err != nil || strings.Contains(string(b), `\u0000`) && !strings.Contains(string(b), `\\u0000`) {
			t.Fatalf("let a NUL through: %q", data)
		}
	})
}
