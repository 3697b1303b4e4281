package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchboard/internal/fault"
)

func TestCatalog(t *testing.T) {
	t.Parallel()
	want := []string{
		"contact.created", "contact.updated", "contact.deleted", "campaign.started", "campaign.completed",
		"email.sent", "email.clicked", "email.opened",
	}
	var got []string
	for _, ty := range Catalog() {
		got = append(got, ty.Type)
		if !ty.BuiltIn || ty.Strict || ty.Description == "" {
			t.Errorf("%s: %+v", ty.Type, ty)
		}
		if err := checkType(ty); err != nil { // the schema compiles, the example is in order
			t.Errorf("%s: %v", ty.Type, err)
		}
		in, ok := Example(ty.Type)
		if !ok || string(in.Data) != string(ty.Example) || len(ty.Schema) == 0 {
			t.Errorf("%s has no example or schema", ty.Type)
		}
		if ws := check(t, string(ty.Schema), `{"id":7}`); len(ws) == 0 {
			t.Errorf("%s: a number as id goes unnoticed", ty.Type)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("catalog is %v", got)
	}
	if _, ok := Example("no.such"); ok {
		t.Error("an unknown type has an example")
	}
}

// check compiles a schema and checks data by it.
func check(t testing.TB, schema, data string) []Warning {
	t.Helper()
	c, err := compileSchema([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	s, err := measure([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return c.check([]byte(data), s)
}

func TestWarningsNameThePlace(t *testing.T) {
	t.Parallel()
	schema := `{"type":"object","required":["id","kind"],"additionalProperties":false,"properties":{
		"id":{"type":"string","minLength":3,"pattern":"^c"},"kind":{"enum":["a","b"]},
		"items":{"type":"array","items":{"$ref":"#/$defs/item"}},"one":{"oneOf":[{"type":"string"},{"type":"number"}]},
		"n":{"type":"integer","maximum":10,"multipleOf":2}},
		"$defs":{"item":{"type":"object","required":["email"]}}}`
	for data, want := range map[string]string{
		`{"id":"c12","kind":"a"}`:             ``,
		`{}`:                                  `data: lacks "id", "kind"`,
		`{"id":"x","kind":"secret"}`:          `data.id: does not match the pattern ^c; data.id: has 1 characters, at least 3 are needed; data.kind: must be one of ["a","b"]`,
		`{"id":"c12","kind":"a","x":1,"b":2}`: `data: has unknown fields: "b", "x"`,
		`{"id":"c12","kind":"a","items":[{"email":1},{},4]}`:                     `data.items[1]: lacks "email"; data.items[2]: is number, must be object`,
		`{"id":"c12","kind":"a","one":[]}`:                                       `data.one: must match exactly one of the forms that the schema allows`,
		`{"id":"c12","kind":"a","n":11}`:                                         `data.n: is not a multiple of what the schema asks for; data.n: is too large`,
		`{"id":"c12","kind":"a","n":1e400}`:                                      `data.n: is too large`,
		`{"id":"c12","kind":"a","n":1e999999999}`:                                `data: was not checked against the schema: it holds a number with more than 400 digits`,
		`{"id":"c12","kind":"a","n":-0.1e-99999999999999999}`:                    `data: was not checked against the schema: it holds a number with more than 400 digits`,
		`{"id":"c12","kind":"a","n":` + strings.Repeat("1", plainDigits+1) + `}`: `data: was not checked against the schema: it holds a number with more than 400 digits`,
	} {
		var got []string
		for _, w := range check(t, schema, data) {
			got = append(got, w.Path+": "+w.Message)
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%.60s\n got %s\nwant %s", data, strings.Join(got, "; "), want)
		}
	}
	wrong := map[string]int{}
	for i := range 201 {
		wrong[fmt.Sprintf("k%d", i)] = i
	}
	data, err := json.Marshal(wrong)
	if err != nil {
		t.Fatal(err)
	}
	many := check(t, `{"additionalProperties":{"type":"string"}}`, string(data))
	if len(many) != maxWarnings+1 || many[maxWarnings] != (Warning{"data", "and 181 more"}) {
		t.Errorf("%d warnings, the last %+v", len(many), many[len(many)-1])
	}
}

func TestWarningsDoNotRepeatTheData(t *testing.T) {
	t.Parallel()
	for schema, data := range map[string]string{
		`{"properties":{"a":{"pattern":"^x"}}}`:   `{"a":"hunter2"}`,
		`{"properties":{"a":{"enum":[1]}}}`:       `{"a":"hunter2"}`,
		`{"properties":{"a":{"const":1}}}`:        `{"a":"hunter2"}`,
		`{"properties":{"a":{"maxLength":1}}}`:    `{"a":"hunter2"}`,
		`{"properties":{"a":{"not":{}}}}`:         `{"a":"hunter2"}`,
		`{"properties":{"a":{"contains":false}}}`: `{"a":["hunter2"]}`,
	} {
		ws := check(t, schema, data)
		if len(ws) == 0 || strings.Contains(fmt.Sprint(ws), "hunter2") {
			t.Errorf("%s: %v", schema, ws)
		}
	}
}

func TestSchemaRefusals(t *testing.T) {
	t.Parallel()
	for name, schema := range map[string]string{
		"not JSON":           `{`,
		"not an object":      `true`,
		"not a schema":       `{"type":"thing"}`,
		"bad pattern":        `{"pattern":"("}`,
		"another draft":      `{"$schema":"http://json-schema.org/draft-07/schema#"}`,
		"another draft deep": `{"$defs":{"a":{"$id":"a","$schema":"http://json-schema.org/draft-07/schema#","type":"object"}},"$ref":"a"}`,
		"own dialect":        `{"$schema":"https://example.com/dialect"}`,
		"web":                `{"$ref":"https://example.com/x.json"}`,
		"file":               `{"$ref":"file:///etc/passwd"}`,
		"relative":           `{"properties":{"a":{"$ref":"other.json"}}}`,
		"metaschema":         `{"$ref":"https://json-schema.org/draft/2020-12/schema"}`,
		"under its own id":   `{"$id":"https://example.com/a.json","$ref":"b.json"}`,
		"dangling":           `{"$ref":"#/$defs/none"}`,
		"dynamic":            `{"$dynamicAnchor":"n","properties":{"a":{"$dynamicRef":"#n"}}}`,
		"loop":               `{"$ref":"#"}`,
		"loop of two":        `{"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"anyOf":[true,{"$ref":"#/$defs/a"}]}},"$ref":"#/$defs/a"}`,
		"huge number":        `{"maximum":1e999999999}`,
		"too deep":           strings.Repeat(`{"not":`, maxSchemaDepth) + `{}` + strings.Repeat(`}`, maxSchemaDepth),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := compileSchema([]byte(schema))
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Type != "schema-invalid" || len(f.Fields) == 0 || !strings.HasPrefix(f.Fields[0].Location, "body.schema") {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(f.Message, schemaAt) {
				t.Errorf("the message speaks of our address: %s", f.Message)
			}
		})
	}
	_, err := compileSchema([]byte(`{"description":"` + strings.Repeat("x", MaxSchema) + `"}`))
	wantFault(t, err, fault.TooLarge, "schema-too-large", "body.schema")
}

func TestSchemasThatAreAllowed(t *testing.T) {
	t.Parallel()
	for name, schema := range map[string]string{
		"empty":        `{}`,
		"own id":       `{"$id":"https://example.com/a.json","$defs":{"b":{"$id":"b.json","type":"string"}},"properties":{"x":{"$ref":"b.json"}}}`,
		"anchor":       `{"$defs":{"b":{"$anchor":"b","type":"string"}},"properties":{"x":{"$ref":"#b"}}}`,
		"a tree":       `{"$defs":{"n":{"type":"object","properties":{"l":{"$ref":"#/$defs/n"},"r":{"$ref":"#/$defs/n"},"v":{"anyOf":[{"type":"string"},{"type":"array","items":{"$ref":"#/$defs/n"}},{"$ref":"#/$defs/n"}]}}}},"$ref":"#/$defs/n"}`,
		"draft stated": `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"}`,
	} {
		if ws := check(t, schema, `{"y":{"l":{"l":{"r":{}}}}}`); len(ws) != 0 {
			t.Errorf("%s: %v", name, ws)
		}
	}
}

// TestChecksAreBounded has schemas and data whose check would take minutes or
// more; that it returns at once is the test.
func TestChecksAreBounded(t *testing.T) {
	t.Parallel()
	nested := strings.Repeat(`{"x":`, 40) + "1" + strings.Repeat("}", 40)
	ints := `{"a":[` + strings.Repeat("1,", 100_000) + `1]}`
	var chain strings.Builder
	chain.WriteString(`{"$defs":{"d0":{}`)
	for i := range 60 {
		fmt.Fprintf(&chain, `,"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]}`, i+1, i, i)
	}
	chain.WriteString(`},"$ref":"#/$defs/d60"}`)
	enum, err := json.Marshal(slices.Repeat([]any{2, 3, 4, 5}, 2000))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ schema, data string }{
		"twice a level":  {`{"properties":{"x":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}}`, nested},
		"twice a link":   {chain.String(), `{"a":1}`},
		"a long enum":    {`{"properties":{"a":{"items":{"enum":` + string(enum) + `}}}}`, ints},
		"a slow pattern": {`{"additionalProperties":{"pattern":"(x{1000})*y"}}`, `{"a":"` + strings.Repeat("x", 200_000) + `"}`},
	} {
		if ws := check(t, tt.schema, tt.data); len(ws) != 1 || !strings.Contains(ws[0].Message, "not checked") {
			t.Errorf("%s: %v", name, ws)
		}
	}
	for name, tt := range map[string]struct{ schema, data string }{
		"recursive data, usual schema": {`{"properties":{"x":{"$ref":"#"}},"required":["x"]}`, `{"x":{"x":{"x":{}}}}`},
		"many values, usual schema":    {`{"properties":{"a":{"items":{"type":"string"}}}}`, ints},
	} {
		if ws := check(t, tt.schema, tt.data); len(ws) == 0 || strings.Contains(ws[0].Message, "not checked") {
			t.Errorf("%s was not checked: %v", name, ws)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"contact.created", "contact.updated", "email.sent", "email.opened"}
	for text, want := range map[string]string{
		"contact.craeted": "contact.created", "contacts.update": "contact.updated", "email_sent": "email.sent",
		"emailopened": "email.opened", "": "email.sent", "ümail.sent": "email.sent", strings.Repeat("x", 500): "",
	} {
		if got := nearest(text, names); got != want {
			t.Errorf("nearest(%.20q) = %q, want %q", text, got, want)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	ty := Catalog()[0]
	c, err := compileSchema(ty.Schema)
	if err != nil {
		b.Fatal(err)
	}
	s, err := measure(ty.Example)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if ws := c.check(ty.Example, s); ws != nil {
			b.Fatal(ws)
		}
	}
}
