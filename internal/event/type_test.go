package event

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
)

func TestRegisterType(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		if r := b.send(machine, Input{Type: "invoice.paid", Data: []byte(`{}`)}); r.Status != StatusRefused {
			t.Fatalf("an unregistered type: %+v", r)
		}
		want := Type{
			Type: "invoice.paid", Description: "Money came in.", Strict: true, Version: 1,
			Schema:  json.RawMessage(`{"type":"object","required":["amount"],"properties":{"amount":{"type":"number"}}}`),
			Example: json.RawMessage(`{"amount":12.50}`), CreatedAt: b.clock.now(), UpdatedAt: b.clock.now(),
		}
		made, err := b.RegisterType(t.Context(), admin, Type{Type: want.Type, Description: want.Description, Strict: true, Schema: want.Schema, Example: want.Example, BuiltIn: true, Version: 9})
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Type(t.Context(), utility, "invoice.paid")
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) || fmt.Sprint(made) != fmt.Sprint(want) {
			t.Errorf("made %+v\n got %+v, %v\nwant %+v", made, got, err, want)
		}
		types, err := b.Types(t.Context(), utility)
		if err != nil || len(types) != 9 || types[0].Type != "contact.created" || types[8].Type != "invoice.paid" {
			t.Errorf("listed %d, %v", len(types), err)
		}
		if r := b.send(machine, Input{Type: "invoice.paid", Data: []byte(`{"amount":1}`)}); r.Status != StatusAccepted || len(r.Warnings) != 0 {
			t.Errorf("in order: %+v", r)
		}
		r := b.send(machine, Input{Type: "invoice.paid", Data: []byte(`{"amount":"1"}`)})
		wantFault(t, r.Fault, fault.Invalid, "event-schema", "body.data.amount")
		r = b.send(machine, Input{Type: "invoice.paid", Data: []byte(`{"amount":1e999999999}`)})
		wantFault(t, r.Fault, fault.Invalid, "event-schema", "body.data")
		if n, err := db.Value[int64](t.Context(), d, "SELECT COUNT(*) FROM audit_entries WHERE organization_id = $1 AND action = 'event_type.created' AND target_id = 'invoice.paid' AND actor_id = 'usr_1'", orgA); err != nil || n != 1 {
			t.Errorf("%d audit entries, %v", n, err)
		}
		// Another organization knows nothing of it.
		if _, err := b.Type(t.Context(), other, "invoice.paid"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another organization: %v", err)
		}
		if _, err := b.ChangeType(t.Context(), other, "invoice.paid", 0, TypeChange{}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another organization: %v", err)
		}
		if r := b.send(other, Input{Type: "invoice.paid", Data: []byte(`{"amount":1}`)}); r.Status != StatusRefused {
			t.Errorf("another organization: %+v", r)
		}
		_, err = b.RegisterType(t.Context(), admin, Type{Type: "invoice.paid"})
		wantFault(t, err, fault.Conflict, "event-type-exists", "body.type")
		_, err = b.RegisterType(t.Context(), admin, Type{Type: "email.sent"})
		wantFault(t, err, fault.Conflict, "event-type-exists", "body.type")
	})
}

func TestTypeRefusals(t *testing.T) {
	t.Parallel()
	b := start(t, dbtest.Open(t, dbtest.SQLite))
	for _, name := range []string{
		"", "invoice", "Invoice.paid", "invoice.", ".paid", "invoice..paid", "a.b.c.d.e", "invoice paid.x", "invoice.päid", "a.b\n",
		"webhook.test", "webhook.a.b", strings.Repeat("a", 99) + ".b", "a.b\x00",
	} {
		_, err := b.RegisterType(t.Context(), admin, Type{Type: name})
		wantFault(t, err, fault.Invalid, "event-type-name", "body.type")
	}
	for _, name := range []string{"a.b", "webhooks.sent", "a_1.b_2.c.d", strings.Repeat("a", 98) + ".b"} {
		if _, err := b.RegisterType(t.Context(), admin, Type{Type: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	schema := json.RawMessage(`{"required":["a"]}`)
	for _, tt := range []struct {
		ty       Type
		slug, at string
	}{
		{Type{Strict: true}, "event-type-strict", "body.strict"},
		{Type{Strict: true, Schema: []byte("null")}, "event-type-strict", "body.strict"},
		{Type{Schema: []byte("[]")}, "schema-invalid", "body.schema"},
		{Type{Schema: schema, Example: []byte(`{"b":1}`)}, "event-type-example", "body.example"},
		{Type{Schema: []byte(`{"properties":{"a":{"type":"string"}}}`), Example: []byte(`{"a":1}`)}, "event-type-example", "body.example.a"},
		{Type{Example: []byte(`[]`)}, "event-type-example", "body.example"},
		{Type{Example: []byte(`{`)}, "event-type-example", "body.example"},
		{Type{Example: []byte(`{"x":"` + strings.Repeat("x", maxExample) + `"}`)}, "event-type-example", "body.example"},
		{Type{Description: strings.Repeat("ü", maxDescription+1)}, "event-type-description", "body.description"},
		{Type{Description: "a\x00"}, "event-type-description", "body.description"},
		{Type{Description: "\xff"}, "event-type-description", "body.description"},
	} {
		tt.ty.Type = "bad.type"
		_, err := b.RegisterType(t.Context(), admin, tt.ty)
		wantFault(t, err, fault.Invalid, tt.slug, tt.at)
	}
	if _, err := b.RegisterType(t.Context(), admin, Type{Type: "full.type", Description: strings.Repeat("ü", maxDescription)}); err != nil {
		t.Error(err)
	}
}

func TestChangeType(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		made, err := b.RegisterType(t.Context(), admin, Type{Type: "a.b", Schema: []byte(`{"required":["n"]}`), Example: []byte(`{"n":1}`)})
		if err != nil {
			t.Fatal(err)
		}
		if r := b.send(machine, Input{Type: "a.b", Data: []byte(`{}`)}); len(r.Warnings) != 1 {
			t.Errorf("before: %+v", r)
		}
		b.clock.forward(time.Minute)
		none, text := json.RawMessage("null"), "text"
		got, err := b.ChangeType(t.Context(), admin, "a.b", made.Version, TypeChange{Schema: &none, Description: &text})
		if err != nil || got.Schema != nil || got.Description != text || string(got.Example) != `{"n":1}` || got.Version != 2 ||
			!got.UpdatedAt.Equal(b.clock.now()) || !got.CreatedAt.Equal(made.CreatedAt) {
			t.Errorf("changed to %+v, %v", got, err)
		}
		if r := b.send(machine, Input{Type: "a.b", Data: []byte(`{}`)}); r.Status != StatusAccepted || len(r.Warnings) != 0 {
			t.Errorf("after: %+v", r)
		}
		_, err = b.ChangeType(t.Context(), admin, "a.b", 1, TypeChange{Description: &text})
		wantFault(t, err, fault.Stale, "event-type-stale", "")
		yes := true
		_, err = b.ChangeType(t.Context(), admin, "a.b", 2, TypeChange{Strict: &yes})
		wantFault(t, err, fault.Invalid, "event-type-strict", "body.strict")
		wrong := json.RawMessage(`{"required":["m"]}`)
		_, err = b.ChangeType(t.Context(), admin, "a.b", 0, TypeChange{Schema: &wrong})
		wantFault(t, err, fault.Invalid, "event-type-example", "body.example")
		_, err = b.ChangeType(t.Context(), admin, "contact.created", 0, TypeChange{Strict: &yes})
		wantFault(t, err, fault.Conflict, "event-type-built-in", "")
		for _, name := range []string{"a.c", "", "a\x00b", "\xff", strings.Repeat("x", 10_000)} {
			_, err = b.ChangeType(t.Context(), admin, name, 0, TypeChange{})
			wantFault(t, err, fault.NotFound, "event-type-not-found", "")
		}
	})
}

func TestManyChangesAtOnceAllCount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		if _, err := b.RegisterType(t.Context(), admin, Type{Type: "a.b"}); err != nil {
			t.Fatal(err)
		}
		const many = 8
		var wg sync.WaitGroup
		for i := range many {
			wg.Go(func() {
				text := fmt.Sprint(i)
				if _, err := b.ChangeType(context.Background(), admin, "a.b", 0, TypeChange{Description: &text}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got, err := b.Type(t.Context(), admin, "a.b"); err != nil || got.Version != many+1 {
			t.Errorf("version %d, %v", got.Version, err)
		}
		if n, err := db.Value[int64](t.Context(), d, "SELECT COUNT(*) FROM audit_entries WHERE action = 'event_type.updated'"); err != nil || n != many {
			t.Errorf("%d audit entries, %v", n, err)
		}
	})
}

func TestTypesHaveABound(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite)
	b := start(t, d)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for i := range maxTypes {
			if _, err := tx.Exec(t.Context(), "INSERT INTO event_types (organization_id, type, description, schema, example, strict, version, created_at, updated_at) VALUES ($1, $2, '', '', '', 0, 1, 0, 0)",
				orgA, fmt.Sprintf("n%d.x", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.RegisterType(t.Context(), admin, Type{Type: "one.more"})
	wantFault(t, err, fault.Conflict, "event-types-full", "")
	if _, err := b.RegisterType(t.Context(), other, Type{Type: "one.more"}); err != nil {
		t.Errorf("another organization: %v", err)
	}
}

// TestTypesOnAnotherNode has two services that do not share memory. A type that
// the second has never heard of is known at once; a change arrives by Notify.
func TestTypesOnAnotherNode(t *testing.T) {
	t.Parallel()
	c := dbtest.Fresh(t, dbtest.Postgres)
	one, two := start(t, dbtest.OpenConfig(t, c)), start(t, dbtest.OpenConfig(t, c))
	if r := two.send(machine, contact(1)); r.Status != StatusAccepted { // two now has types in memory
		t.Fatalf("%+v", r)
	}
	heard := make(chan string, 10)
	cancel := two.db.Subscribe(typesChannel, func(org string) { heard <- org })
	defer cancel()
	if _, err := one.RegisterType(t.Context(), admin, Type{Type: "a.b"}); err != nil {
		t.Fatal(err)
	}
	if r := two.send(machine, Input{Type: "a.b", Data: []byte(`{}`)}); r.Status != StatusAccepted {
		t.Errorf("just registered: %+v", r)
	}
	if err := two.CheckTypes(t.Context(), orgA, "body.events", []string{"email.sent", "a.b"}); err != nil {
		t.Error(err)
	}
	err := two.CheckTypes(t.Context(), orgB, "body.events", []string{"email.sent", "a.b"})
	wantFault(t, err, fault.Invalid, "event-type-unknown", "body.events[1]")
	waitFor(t, heard, orgA)
	schema, strict := json.RawMessage(`{"required":["n"]}`), true
	if _, err := one.ChangeType(t.Context(), admin, "a.b", 0, TypeChange{Schema: &schema, Strict: &strict}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, heard, orgA)
	if r := two.send(machine, Input{Type: "a.b", Data: []byte(`{}`)}); r.Status != StatusRefused {
		t.Errorf("after the change: %+v", r)
	}
}

// waitFor reads until org, or everything ("", after a lost connection), is told.
func waitFor(t *testing.T, heard <-chan string, org string) {
	t.Helper()
	for {
		select {
		case got := <-heard:
			if got == org || got == "" {
				return
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no notification came")
		}
	}
}

func TestCompiledSchemasAreKept(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite)
	b := start(t, d)
	for _, name := range []string{"a.a", "a.b"} {
		if _, err := b.RegisterType(t.Context(), admin, Type{Type: name, Schema: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	before, err := b.types.of(t.Context(), orgA)
	if err != nil {
		t.Fatal(err)
	}
	text := "new"
	if _, err := b.ChangeType(t.Context(), admin, "a.b", 0, TypeChange{Description: &text}); err != nil {
		t.Fatal(err)
	}
	after, err := b.types.of(t.Context(), orgA)
	if err != nil {
		t.Fatal(err)
	}
	if after == before || after.byName["a.a"] != before.byName["a.a"] || after.byName["a.b"] == before.byName["a.b"] ||
		after.byName["email.sent"] != before.byName["email.sent"] {
		t.Error("compiled schemas are not kept as they should be")
	}
	if !slices.Equal(after.names, before.names) {
		t.Errorf("names %v", after.names)
	}
}
