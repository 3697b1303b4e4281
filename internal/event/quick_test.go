package event

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The catalog's events are most of what is sent: their schemas are of the usual
// kind, and their examples are proved.
func TestTheCatalogIsQuick(t *testing.T) {
	t.Parallel()
	for _, k := range catalog() {
		c, err := compileSchema(k.Schema)
		if err != nil {
			t.Fatal(err)
		}
		if c.quick == nil || !c.quick.proves(&scanner{b: k.Example}) {
			t.Errorf("%s: not proved", k.Type)
		}
	}
}

var quickSchemas = []string{
	`{"type":"object","properties":{"a":{"type":"string","minLength":2,"maxLength":4},"b":{"type":["integer","null"]}},"required":["a"]}`,
	`{"type":"object","properties":{"a":{"type":"number"},"":{"type":"boolean"}},"additionalProperties":false}`,
	`{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":2},"o":{"required":["x","y"]}}}`,
	`{"type":"object","properties":{"a":{"type":["object","array","string"],"maxLength":3}},"required":["q"],"additionalProperties":true}`,
	`{"description":"anything","properties":{"a":{"format":"email"}}}`,
	`{"type":"integer"}`,
	`{"type":"object","properties":{"a":{"type":"string","enum":["x","long word"]},"b":{"type":"number","minimum":0},"c":{"type":"array","items":{"type":["string","integer"]},"uniqueItems":true}}}`,
	`{"enum":["x","long word"],"type":["string","null"]}`,
}

// What is proved, the validator accepts: there are no two opinions.
func FuzzQuickAgrees(f *testing.F) {
	for _, data := range []string{
		`{"a":"abc","b":null}`, `{"a":"ab","b":1.0}`, `{"a":"\u0041"}`, `{"a":"äöüß€"}`, `{"a":"abc","a":1}`, `{"\u0061":5}`, `{"a":1.5,"":true}`, `{"c":1}`,
		`{"a":["x"],"o":{"x":1,"y":2}}`, `{"a":[],"o":{"x":1}}`, `{"a":["x","y","z"]}`, `{"a":{},"q":0}`, `{"a":[[]],"q":0}`, `{"a":"long","q":0}`, `{"q":{"q":[1,2,{"q":null}]}}`,
		`{"a":"x","b":0,"c":["x","y"]}`, `{"a":"\u0078","b":-0,"c":["x","x"]}`, `{"b":-1,"c":["x","\u0078"]}`, `{"c":["x",1,1.0]}`, `{"c":[1,1]}`,
		`{}`, `[]`, `7`, `7.0`, `7e0`, `-0`, `1e400`, `"x"`, `null`, `false`, `{"a":{"b":{"c":[true,false,null]}}}`, ` { "a" : "abc" } `,
	} {
		for i := range quickSchemas {
			f.Add(i, data)
		}
	}
	checkers := make([]*checker, len(quickSchemas))
	for i, text := range quickSchemas {
		c, err := compileSchema([]byte(text))
		if err != nil || c.quick == nil {
			f.Fatalf("%s: %v", text, err)
		}
		checkers[i] = c
	}
	f.Fuzz(func(t *testing.T, i int, data string) {
		if i < 0 || i >= len(checkers) {
			return
		}
		shape, err := measure([]byte(data))
		if err != nil || shape.extreme || shape.depth > MaxDepth {
			return
		}
		start := scanner{b: []byte(data)}
		start.space()
		at := start.i
		v, err := start.tree()
		if err != nil {
			t.Fatal(err)
		}
		valid := checkers[i].schema.Validate(v)
		if wrong := (*jsonschema.ValidationError)(nil); valid != nil && !errors.As(valid, &wrong) {
			t.Fatal(valid)
		}
		if proved := checkers[i].quick.proves(&scanner{b: []byte(data), i: at}); proved && valid != nil {
			t.Errorf("%s proves %s, which it is not: %v", quickSchemas[i], data, valid)
		}
	})
}

// Of the seeds, what is valid and plainly written is proved: else the quick way
// would be none.
func TestQuickProves(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		quickSchemas[0]: {`{"a":"abc","b":null}`, `{"a":"äöü","b":-7,"more":{"x":[1,"2",null]}}`},
		quickSchemas[1]: {`{}`, `{"a":1.5e3,"":true}`, `{"a":2}`},
		quickSchemas[2]: {`{"a":["x"],"o":{"x":1,"y":2}}`, `{"o":[]}`},
		quickSchemas[3]: {`{"q":0}`, `{"a":{"long":"longer"},"q":[]}`, `{"a":"abc","q":null}`},
		quickSchemas[4]: {`{"a":5}`, `"x"`},
		quickSchemas[5]: {`7`, `-0`},
		quickSchemas[6]: {`{"a":"long word","b":0.5,"c":["x","y"]}`, `{"c":[]}`},
		quickSchemas[7]: {`"x"`},
	}
	for schema, all := range cases {
		c, err := compileSchema([]byte(schema))
		if err != nil || c.quick == nil {
			t.Fatalf("%s: %v", schema, err)
		}
		for _, data := range all {
			if !c.quick.proves(&scanner{b: []byte(data)}) {
				t.Errorf("%s does not prove %s", schema, data)
			}
		}
	}
}

// A schema that says more than quick knows is the validator's alone.
func TestWhatQuickDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, more := range []string{
		`"pattern":"a"`, `"minimum":1`, `"maximum":1`, `"exclusiveMinimum":0`, `"enum":["a",1]`, `"const":1`, `"$ref":"#/$defs/x","$defs":{"x":{}}`, `"not":{}`, `"minProperties":1`,
		`"prefixItems":[{}]`, `"additionalProperties":{"type":"string"}`, `"properties":{"a":{"multipleOf":2}}`, `"items":{"contains":{}}`,
		`"dependentRequired":{"a":["b"]}`, `"maxProperties":3`, `"propertyNames":{}`, `"properties":{"a":false}`, `"required":["a"],"additionalProperties":false`,
	} {
		text := `{"title":"t",` + more + `}`
		if !json.Valid([]byte(text)) {
			t.Fatal(text)
		}
		c, err := compileSchema([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if c.quick != nil {
			t.Errorf("%s is taken for known", text)
		}
	}
}
