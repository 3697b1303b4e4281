package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"patchboard/internal/fault"
)

func TestDecodeKeepsTheDataAsGiven(t *testing.T) {
	t.Parallel()
	in, err := Decode([]byte(" {\"occurredAt\":\"2026-11-23T17:45:00.25+01:00\",\n\"data\" : " + oddData + " , \"\\u0074ype\":\"contact.created\",\"id\":\"\\u00fcber \\ud83d\\ude00\"}\t"))
	if err != nil {
		t.Fatal(err)
	}
	if string(in.Data) != oddData {
		t.Errorf("data is %q", in.Data)
	}
	if in.Type != "contact.created" || in.ID != "über 😀" {
		t.Errorf("type %q, id %q", in.Type, in.ID)
	}
	if want := time.Date(2026, 11, 23, 16, 45, 0, 250e6, time.UTC); !in.OccurredAt.Equal(want) {
		t.Errorf("occurredAt is %s", in.OccurredAt)
	}
}

func TestDecodeRefusals(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat(`{"a":`, n-1) + "{}" + strings.Repeat("}", n-1) }
	tests := []struct {
		name, body, slug, at string
		kind                 fault.Kind
	}{
		{"empty", "", "json-malformed", "body", fault.Malformed},
		{"spaces", " \n", "json-malformed", "body", fault.Malformed},
		{"not JSON", "type=x", "json-malformed", "body", fault.Malformed},
		{"a byte order mark", "\ufeff{}", "json-malformed", "body", fault.Malformed},
		{"cut off", `{"type":"a.b","data":{`, "json-malformed", "body", fault.Malformed},
		{"trailing bytes", `{"type":"a.b","data":{}} {}`, "json-malformed", "body", fault.Malformed},
		{"trailing comma", `{"type":"a.b","data":{},}`, "json-malformed", "body", fault.Malformed},
		{"single quotes", `{'type':'a.b'}`, "json-malformed", "body", fault.Malformed},
		{"leading zero", `{"type":"a.b","data":{"n":01}}`, "json-malformed", "body", fault.Malformed},
		{"NaN", `{"type":"a.b","data":{"n":NaN}}`, "json-malformed", "body", fault.Malformed},
		{"raw newline in a string", "{\"type\":\"a\nb\",\"data\":{}}", "json-malformed", "body", fault.Malformed},
		{"raw NUL in a string", "{\"type\":\"a\x00b\",\"data\":{}}", "json-malformed", "body", fault.Malformed},
		{"bad escape", `{"type":"\x41","data":{}}`, "json-malformed", "body", fault.Malformed},
		{"short escape", `{"type":"\u12","data":{}}`, "json-malformed", "body", fault.Malformed},
		{"not UTF-8", "{\"type\":\"a.b\",\"data\":{\"x\":\"\xff\"}}", "body-not-utf8", "body", fault.Malformed},
		{"surrogate as UTF-8", "{\"type\":\"a.b\",\"data\":{\"x\":\"\xed\xa0\x80\"}}", "body-not-utf8", "body", fault.Malformed},
		{"bottomless", `{"type":"a.b","data":` + deep(20_000), "json-malformed", "body", fault.Malformed},
		{"null", "null", "not-an-object", "body", fault.Invalid},
		{"array", `[{"type":"a.b","data":{}}]`, "not-an-object", "body", fault.Invalid},
		{"no type", `{"data":{}}`, "field-missing", "body.type", fault.Invalid},
		{"no data", `{"type":"a.b"}`, "field-missing", "body.data", fault.Invalid},
		{"null type", `{"type":null,"data":{}}`, "field-type", "body.type", fault.Invalid},
		{"data array", `{"type":"a.b","data":[]}`, "field-type", "body.data", fault.Invalid},
		{"data null", `{"type":"a.b","data":null}`, "field-type", "body.data", fault.Invalid},
		{"data string", `{"type":"a.b","data":"{}"}`, "field-type", "body.data", fault.Invalid},
		{"unknown field", `{"type":"a.b","data":{},"extra":1}`, "field-unknown", "body.extra", fault.Invalid},
		{"field of other case", `{"Type":"a.b","data":{}}`, "field-unknown", "body.Type", fault.Invalid},
		{"duplicate field", `{"type":"a.b","data":{},"type":"c.d"}`, "field-duplicate", "body.type", fault.Invalid},
		{"duplicate by escape", `{"type":"a.b","data":{},"d\u0061ta":{}}`, "field-duplicate", `body.d\u0061ta`, fault.Invalid},
		{"too deep", `{"type":"a.b","data":` + deep(MaxDepth+1) + `}`, "data-too-deep", "body.data", fault.Invalid},
		{"too large", `{"type":"a.b","data":{"x":"` + strings.Repeat("x", MaxEvent) + `"}}`, "event-too-large", "body", fault.TooLarge},
		{"empty id", `{"type":"a.b","data":{},"id":""}`, "id-invalid", "body.id", fault.Invalid},
		{"long id", `{"type":"a.b","data":{},"id":"` + strings.Repeat("ü", MaxSenderID+1) + `"}`, "id-invalid", "body.id", fault.Invalid},
		{"NUL in id", `{"type":"a.b","data":{},"id":"a\u0000b"}`, "id-invalid", "body.id", fault.Invalid},
		{"number as id", `{"type":"a.b","data":{},"id":7}`, "field-type", "body.id", fault.Invalid},
		{"half a pair in id", `{"type":"a.b","data":{},"id":"\ud83d"}`, "text-invalid", "body.id", fault.Invalid},
		{"pair turned round", `{"type":"a.b","data":{},"id":"\ude00\ud83d"}`, "text-invalid", "body.id", fault.Invalid},
		{"half a pair and text", `{"type":"a.b","data":{},"id":"\ud83dx12345"}`, "text-invalid", "body.id", fault.Invalid},
		{"no time", `{"type":"a.b","data":{},"occurredAt":""}`, "occurred-at-invalid", "body.occurredAt", fault.Invalid},
		{"time without zone", `{"type":"a.b","data":{},"occurredAt":"2026-11-23T10:00:00"}`, "occurred-at-invalid", "body.occurredAt", fault.Invalid},
		{"time with a comma", `{"type":"a.b","data":{},"occurredAt":"2026-11-23T10:00:00,5Z"}`, "occurred-at-invalid", "body.occurredAt", fault.Invalid},
		{"30 February", `{"type":"a.b","data":{},"occurredAt":"2026-02-30T10:00:00Z"}`, "occurred-at-invalid", "body.occurredAt", fault.Invalid},
		{"before 1970", `{"type":"a.b","data":{},"occurredAt":"1970-01-01T00:30:00+01:00"}`, "occurred-at-invalid", "body.occurredAt", fault.Invalid},
		{"after 9999", `{"type":"a.b","data":{},"occurredAt":"9999-12-31T23:30:00-01:00"}`, "occurred-at-invalid", "body.occurredAt", fault.Invalid},
		{"seconds since 1970", `{"type":"a.b","data":{},"occurredAt":1790000000}`, "field-type", "body.occurredAt", fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Decode([]byte(tt.body))
			wantFault(t, err, tt.kind, tt.slug, tt.at)
		})
	}
}

// TestDecodeLimits holds what is just allowed.
func TestDecodeLimits(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, MaxDepth-1) + "{}" + strings.Repeat("}", MaxDepth-1)
	frame := len(`{"type":"a.b","data":{"x":""}}`)
	for name, body := range map[string]string{
		"depth":   `{"type":"a.b","data":` + deep + `}`,
		"size":    `{"type":"a.b","data":{"x":"` + strings.Repeat("x", MaxEvent-frame) + `"}}`,
		"id":      `{"type":"a.b","data":{},"id":"` + strings.Repeat("😀", MaxSenderID) + `"}`,
		"epoch":   `{"type":"a.b","data":{},"occurredAt":"1970-01-01T00:00:00Z"}`,
		"numbers": `{"type":"a.b","data":{"n":[0,-0,1e400,-1E-999999999999,0.10]}}`,
	} {
		if _, err := Decode([]byte(body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeBatchAnswersEachEvent(t *testing.T) {
	t.Parallel()
	large := `{"type":"a.b","data":{"x":"` + strings.Repeat("x", MaxEvent) + `"}}`
	b, err := DecodeBatch([]byte(`{"allOrNothing":true,"events":[{"type":"a.b","data":{"n":1}}, {"type":"a.b"}, 7, ` + large +
		`, {"type":"a.b","data":{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}}, {"nope":{},"data":{},"type":"a.b"}, {"type":"c.d","data":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, in := range b.Events {
		if in.refused == nil {
			got = append(got, "ok "+string(in.Data))
			continue
		}
		got = append(got, in.refused.Type+" "+in.refused.Fields[0].Location)
	}
	want := []string{
		`ok {"n":1}`, "field-missing body.events[1].data", "not-an-object body.events[2]", "event-too-large body.events[3]",
		"data-too-deep body.events[4].data", "field-unknown body.events[5].nope", "ok {}",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || !b.AllOrNothing {
		t.Errorf("got %q, all or nothing %t; want %q", got, b.AllOrNothing, want)
	}
}

func TestDecodeBatchRefusals(t *testing.T) {
	t.Parallel()
	one := `{"type":"a.b","data":{}}`
	tests := []struct {
		name, body, slug, at string
		kind                 fault.Kind
	}{
		{"an event, not a batch", one, "field-unknown", "body.type", fault.Invalid},
		{"a bare array", "[" + one + "]", "not-an-object", "body", fault.Invalid},
		{"no events", `{}`, "batch-empty", "body.events", fault.Invalid},
		{"empty", `{"events":[]}`, "batch-empty", "body.events", fault.Invalid},
		{"events null", `{"events":null}`, "field-type", "body.events", fault.Invalid},
		{"events twice", `{"events":[` + one + `],"events":[` + one + `]}`, "field-duplicate", "body.events", fault.Invalid},
		{"allOrNothing as text", `{"events":[` + one + `],"allOrNothing":"true"}`, "field-type", "body.allOrNothing", fault.Invalid},
		{"too many", `{"events":[` + strings.Repeat(one+",", MaxBatchCount) + one + `]}`, "batch-too-large", "body.events", fault.TooLarge},
		{"too large", `{"events":[` + one + `]` + strings.Repeat(" ", MaxBatch) + `}`, "batch-too-large", "body", fault.TooLarge},
		{"broken inside", `{"events":[` + one + `,{"type":}]}`, "json-malformed", "body", fault.Malformed},
		{"broken behind a refusal", `{"x":1,"events":[}`, "json-malformed", "body", fault.Malformed},
		{"trailing", `{"events":[` + one + `]}x`, "json-malformed", "body", fault.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := DecodeBatch([]byte(tt.body))
			wantFault(t, err, tt.kind, tt.slug, tt.at)
		})
	}
	b, err := DecodeBatch([]byte(`{"events":[` + strings.Repeat(one+",", MaxBatchCount-1) + one + `]}`))
	if err != nil || len(b.Events) != MaxBatchCount {
		t.Errorf("a full batch: %d events, %v", len(b.Events), err)
	}
}

// FuzzDecode compares the scanner with encoding/json: what one takes the other
// takes, and decoded parts are equal.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"contact.created","data":` + oddData + `,"id":"x","occurredAt":"2026-11-23T00:00:00Z"}`))
	f.Add([]byte(`{"type":"\u0041\ud83d\ude00","data":{"a":[1e400,-0.5E+3,true,null,{"b":"\\\/\""}]}}`))
	f.Add([]byte(`{"events":[{"type":"a.b","data":{}}],"allOrNothing":false}`))
	f.Add([]byte(`{"type":"a\ud800","data":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := Decode(body)
		sound := json.Valid(body) && utf8.Valid(body)
		if err != nil {
			fa, ok := errors.AsType[*fault.Error](err)
			if !ok || fa.Message == "" || fa.Fix == "" || len(fa.Fields) == 0 {
				t.Fatalf("not a full fault: %#v", err)
			}
			if sound && fa.Kind == fault.Malformed && bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) < stackDepth {
				t.Fatalf("valid JSON was called malformed: %v", err)
			}
			if !sound && fa.Kind == fault.Invalid {
				t.Fatalf("broken JSON was called readable: %v", err)
			}
		} else {
			if !sound {
				t.Fatal("broken JSON was taken")
			}
			var want struct {
				Type string          `json:"type"`
				ID   string          `json:"id"`
				Data json.RawMessage `json:"data"`
			}
			if err := json.Unmarshal(body, &want); err != nil {
				t.Fatal(err)
			}
			if want.Type != in.Type || want.ID != in.ID || !bytes.Equal(want.Data, in.Data) {
				t.Fatalf("decoded %+v, encoding/json %+v", in, want)
			}
			if out := buildBody("a.b", time.Unix(0, 0), in.Data); !json.Valid(out) || !bytes.Equal(dataOf(out), in.Data) {
				t.Fatalf("body %q", out)
			}
		}
		if json.Valid(body) && utf8.Valid(body) && bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) < stackDepth {
			d := json.NewDecoder(bytes.NewReader(body))
			d.UseNumber()
			var want any
			if err := d.Decode(&want); err != nil {
				t.Fatal(err)
			}
			if got, err := (&scanner{b: bytes.TrimSpace(body)}).tree(); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("tree is %#v, %v; encoding/json says %#v", got, err, want)
			}
		}
		if b, err := DecodeBatch(body); err == nil && (!sound || len(b.Events) == 0) {
			t.Fatal("a broken or empty batch was taken")
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	in, _ := Example("contact.created")
	body := []byte(`{"type":"contact.created","id":"1042-created","data":` + string(in.Data) + `}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}

func wantFault(t *testing.T, err error, kind fault.Kind, slug, at string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatalf("got %v, want the fault %s", err, slug)
	}
	if f.Kind != kind || f.Type != slug {
		t.Errorf("got %s %s (%s), want %s %s", f.Kind, f.Type, f.Message, kind, slug)
	}
	if f.Message == "" || f.Fix == "" {
		t.Errorf("%s lacks a message or a fix: %+v", slug, f)
	}
	if at != "" && (len(f.Fields) == 0 || f.Fields[0].Location != at) {
		t.Errorf("%s is located at %+v, want %s", slug, f.Fields, at)
	}
}
