package event

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"patchboard/internal/fault"
)

// Limits of a schema, and of what a check of one event tells.
const (
	MaxSchema      = 64 << 10 // bytes
	maxSchemaDepth = 32
	maxWarnings    = 20
	maxWarningText = 200 // bytes

	draft    = "https://json-schema.org/draft/2020-12/schema"
	schemaAt = "https://schema.invalid/event-type"
)

// checker is a compiled schema.
type checker struct {
	schema *jsonschema.Schema
	costs  costs
	quick  *quick // nil: not a schema of the usual kind
}

// noLoader refuses every document: a schema refers to itself only.
type noLoader struct{}

var errOutside = errors.New("a $ref may not lead outside the schema")

func (noLoader) Load(string) (any, error) { return nil, errOutside }

// compileSchema reads a JSON Schema (draft 2020-12) that may come from anyone.
// Its faults are located at "body.schema".
func compileSchema(text []byte) (*checker, error) {
	if len(text) > MaxSchema {
		return nil, fault.New(fault.TooLarge, "schema-too-large", fmt.Sprintf("A schema has at most %d KiB.", MaxSchema>>10),
			"Describe less of the data; what a schema leaves out is allowed.").At("body.schema", "is too large")
	}
	shape, err := measure(text)
	switch {
	case err != nil:
		return nil, badSchema("is not valid JSON: " + err.Error())
	case shape.depth == 0:
		return nil, badSchema("must be a JSON object")
	case shape.depth > maxSchemaDepth:
		return nil, badSchema(fmt.Sprintf("is nested more than %d levels deep", maxSchemaDepth))
	case shape.extreme:
		return nil, badSchema("holds a number that is too large to compute with")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, badSchema("is not valid JSON").Because(err)
	}
	root, ok := doc.(map[string]any)
	if !ok {
		return nil, badSchema("must be a JSON object")
	}
	if v, ok := root["$schema"]; ok && v != draft && v != draft+"#" {
		return nil, badSchema("names a $schema other than " + draft)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(noLoader{})
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(schemaAt, doc); err != nil {
		return nil, badSchema("cannot be used").Because(err)
	}
	schema, err := c.Compile(schemaAt)
	if err != nil {
		return nil, compileFault(err)
	}
	costs, err := estimate(schema)
	if err != nil {
		return nil, badSchema(err.Error())
	}
	return &checker{schema, costs, newQuick(schema)}, nil
}

func badSchema(why string) *fault.Error {
	return fault.New(fault.Invalid, "schema-invalid", "The schema "+why+".",
		"Send a JSON Schema of draft 2020-12 that refers to nothing outside itself.").At("body.schema", why)
}

func compileFault(err error) *fault.Error {
	var invalid *jsonschema.SchemaValidationError
	var wrong *jsonschema.ValidationError
	if errors.As(err, &invalid) && errors.As(invalid.Err, &wrong) {
		f := fault.New(fault.Invalid, "schema-invalid", "The schema is not valid JSON Schema.", "Correct the places that are listed.").Because(err)
		for _, w := range warningsOf(wrong, "body.schema") {
			f = f.At(w.Path, w.Message)
		}
		return f
	}
	if errors.Is(err, errOutside) || strings.Contains(err.Error(), errOutside.Error()) {
		return badSchema("refers to another document, which is never loaded").Because(err)
	}
	return badSchema("cannot be used: " + shorten(strings.ReplaceAll(err.Error(), schemaAt, ""), maxWarningText)).Because(err)
}

// check compares data with the schema. It never takes long: data whose check
// could cost too much is told to be unchecked, by one warning.
func (c *checker) check(data []byte, s shape) []Warning {
	if s.extreme {
		return []Warning{{"data", fmt.Sprintf("was not checked against the schema: it holds a number with more than %d digits", plainDigits)}}
	}
	if c.quick != nil && c.quick.proves(&scanner{b: data}) {
		return nil
	}
	if !c.costs.affordable(s) {
		return []Warning{{"data", "was not checked against the schema: it is too large for a schema of this kind"}}
	}
	v, err := (&scanner{b: data}).tree()
	if err != nil { // cannot be: the scanner has accepted it
		return []Warning{{"data", "was not checked against the schema: " + err.Error()}}
	}
	var wrong *jsonschema.ValidationError
	switch err := c.schema.Validate(v); {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return warningsOf(wrong, "data")
	default:
		return []Warning{{"data", "was not checked against the schema: " + shorten(err.Error(), maxWarningText)}}
	}
}

// warningsOf lists what is wrong, each place once, in a stable order (the
// validator walks over maps), and no more than maxWarnings.
func warningsOf(e *jsonschema.ValidationError, root string) []Warning {
	c := collection{root: root}
	c.add(e)
	slices.SortFunc(c.found, func(a, b Warning) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Message, b.Message))
	})
	ws := slices.Compact(c.found)
	if n := c.more + len(ws) - maxWarnings; n > 0 {
		ws = append(ws[:min(maxWarnings, len(ws)):maxWarnings], Warning{root, fmt.Sprintf("and %d more", n)})
	}
	return ws
}

// collection gathers the leaves of a tree of errors; past a bound it only counts.
type collection struct {
	root  string
	found []Warning
	more  int
}

func (c *collection) add(e *jsonschema.ValidationError) {
	if len(c.found) == 50*maxWarnings && len(e.Causes) == 0 {
		c.more++
		return
	}
	message := describe(e.ErrorKind)
	if message == "" && len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			c.add(cause)
		}
		return
	}
	if message == "" {
		message = "does not match the schema"
	}
	c.found = append(c.found, Warning{pathOf(c.root, e.InstanceLocation), shorten(message, maxWarningText)})
}

// describe says what is wrong without repeating the sender's values; "" means
// that the causes say it.
func describe(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.AnyOf:
		return "matches none of the forms that the schema allows"
	case *kind.OneOf:
		return "must match exactly one of the forms that the schema allows"
	case *kind.Not:
		return "has a form that the schema rules out"
	case *kind.Type:
		return "is " + k.Got + ", must be " + strings.Join(k.Want, " or ")
	case *kind.Required:
		return "lacks " + quoted(k.Missing)
	case *kind.DependentRequired:
		return "lacks " + quoted(k.Missing) + fmt.Sprintf(", which %q needs", k.Prop)
	case *kind.AdditionalProperties:
		return "has unknown fields: " + quoted(k.Properties)
	case *kind.FalseSchema:
		return "must not be there"
	case *kind.PropertyNames:
		return fmt.Sprintf("has a field with the forbidden name %q", shorten(k.Property, 64))
	case *kind.Const:
		return "must be the one value that the schema allows"
	case *kind.Enum:
		return "must be " + values(k.Want)
	case *kind.Format:
		return "is not a valid " + k.Want
	case *kind.Pattern:
		return "does not match the pattern " + k.Want
	case *kind.MinLength:
		return fmt.Sprintf("has %d characters, at least %d are needed", k.Got, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("has %d characters, at most %d are allowed", k.Got, k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("has %d items, at least %d are needed", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("has %d items, at most %d are allowed", k.Got, k.Want)
	case *kind.UniqueItems:
		return fmt.Sprintf("has equal items, at %d and %d", k.Duplicates[0], k.Duplicates[1])
	case *kind.Contains, *kind.MinContains:
		return "has too few items of the form that the schema asks for"
	case *kind.Minimum, *kind.ExclusiveMinimum:
		return "is too small"
	case *kind.Maximum, *kind.ExclusiveMaximum:
		return "is too large"
	case *kind.MultipleOf:
		return "is not a multiple of what the schema asks for"
	}
	return ""
}

func quoted(names []string) string {
	qs := make([]string, 0, len(names))
	for _, n := range slices.Sorted(slices.Values(names)) {
		qs = append(qs, fmt.Sprintf("%q", shorten(n, 64)))
		if len(qs) == 10 {
			break
		}
	}
	return strings.Join(qs, ", ")
}

func values(want []any) string {
	b, err := json.Marshal(want)
	if err != nil || len(b) > maxWarningText-40 {
		return "one of the values that the schema lists"
	}
	return "one of " + string(b)
}

// pathOf writes a place as faults do: data.items[0].email.
func pathOf(root string, tokens []string) string {
	var b strings.Builder
	b.WriteString(root)
	for _, t := range tokens {
		if t != "" && strings.Trim(t, "0123456789") == "" {
			b.WriteString("[" + t + "]")
		} else {
			b.WriteString("." + shorten(t, 64))
		}
	}
	return shorten(b.String(), 2*maxWarningText)
}
