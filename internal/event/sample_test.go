package event

import (
	"encoding/json"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
)

func TestSampleBody(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		ctx, at := t.Context(), time.Date(2026, 11, 23, 9, 30, 0, 5000, time.UTC)
		for _, typ := range []Type{
			{Type: "invoice.paid", Strict: true, Schema: []byte(`{"type":"object","required":["no"]}`), Example: []byte(`{"no":1}`)},
			{Type: "invoice.sent"},
		} {
			if _, err := b.RegisterType(ctx, admin, typ); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct{ typ, data, want string }{
			{"contact.deleted", `{ "id": 1.50 }`, `{"type":"contact.deleted","timestamp":"2026-11-23T09:30:00.000005Z","data":{ "id": 1.50 }}`},
			{"invoice.paid", "", `{"type":"invoice.paid","timestamp":"2026-11-23T09:30:00.000005Z","data":{"no":1}}`},
			{"invoice.paid", `{}`, `{"type":"invoice.paid","timestamp":"2026-11-23T09:30:00.000005Z","data":{}}`}, // breaks the schema: worth a test
		} {
			var data json.RawMessage
			if c.data != "" {
				data = json.RawMessage(c.data)
			}
			if got, err := b.SampleBody(ctx, orgA, c.typ, data, at); err != nil || string(got) != c.want {
				t.Errorf("%s: %s, %v", c.typ, got, err)
			}
		}
		for _, typ := range Catalog() {
			if got, err := b.SampleBody(ctx, orgB, typ.Type, nil, at); err != nil || !json.Valid(got) {
				t.Errorf("%s: %s, %v", typ.Type, got, err)
			}
		}
		_, err := b.SampleBody(ctx, orgB, "invoice.paid", nil, at)
		wantFault(t, err, fault.Invalid, "event-type-unknown", "body.type")
		_, err = b.SampleBody(ctx, orgA, "invoice.sent", nil, at)
		wantFault(t, err, fault.Invalid, "test-data-missing", "body.data")
		for _, data := range []string{`[]`, `"x"`, `null`, `{} {}`} {
			_, err = b.SampleBody(ctx, orgA, "invoice.sent", json.RawMessage(data), at)
			wantFault(t, err, fault.Invalid, "field-type", "body.data")
		}
		if n := b.count("events"); n != 0 {
			t.Errorf("%d events are stored", n)
		}
	})
}
