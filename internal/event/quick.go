package event

import (
	"bytes"
	"reflect"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// quick proves in one walk over the text that data match a schema of the usual
// kind: types, properties, items, lengths, lists of words, no less than 0. It never says that they do not:
// whatever it cannot prove is the validator's to judge, and to explain. Nearly
// every event matches its schema, and the validator costs several times as much.
type quick struct {
	types                jsonTypes
	minLength, maxLength int             // in characters
	words                map[string]bool // the only ones; nil: any text
	notNegative          bool            // of numbers

	properties map[string]property
	required   uint64 // the properties' bits
	closed     bool   // no other property may be there

	items              *quick // nil: any
	minItems, maxItems int
	unique             bool
}

// property is one that a schema names, with a bit of its own.
type property struct {
	bit   uint64
	check *quick // nil: any
}

// jsonTypes is a set of JSON Schema's types.
type jsonTypes uint8

const (
	isNull jsonTypes = 1 << iota
	isBoolean
	isInteger
	isNumber
	isString
	isArray
	isObject

	anyType = isNull | isBoolean | isInteger | isNumber | isString | isArray | isObject
)

var typeNames = map[string]jsonTypes{ //nolint:gochecknoglobals // read only
	"null": isNull, "boolean": isBoolean, "integer": isInteger, "number": isInteger | isNumber,
	"string": isString, "array": isArray, "object": isObject,
}

// quickNames are the fields of a compiled schema that newQuick knows, or that
// judge nothing. format is among these: draft 2020-12 only notes it.
var quickNames = map[string]bool{ //nolint:gochecknoglobals // read only
	"Types": true, "MinLength": true, "MaxLength": true, "Properties": true, "Required": true, "AdditionalProperties": true,
	"Items2020": true, "MinItems": true, "MaxItems": true, "UniqueItems": true, "Enum": true, "Minimum": true,
	"DraftVersion": true, "Location": true, "ID": true, "Anchor": true, "DynamicAnchor": true,
	"Title": true, "Description": true, "Default": true, "Comment": true, "ReadOnly": true, "WriteOnly": true, "Examples": true, "Deprecated": true,
}

const (
	quickProperties = 64      // as many as there are bits
	quickUnique     = 16      // items that are compared with each other
	unlimited       = 1 << 62 // more than any text has
)

// newQuick reads a compiled schema; nil when it says anything that is not known
// here.
func newQuick(s *jsonschema.Schema) *quick {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && !quickNames[f.Name] && !v.Field(i).IsZero() {
			return nil
		}
	}
	q := &quick{
		types:     anyType,
		minLength: or(s.MinLength, 0), maxLength: or(s.MaxLength, unlimited),
		minItems: or(s.MinItems, 0), maxItems: or(s.MaxItems, unlimited), unique: s.UniqueItems,
		notNegative: s.Minimum != nil,
	}
	if s.Types != nil && !s.Types.IsEmpty() {
		q.types = 0
		for _, name := range s.Types.ToStrings() {
			q.types |= typeNames[name]
		}
	}
	if s.Minimum != nil && s.Minimum.Sign() != 0 || s.Enum != nil && !q.enum(s.Enum.Values) {
		return nil
	}
	if s.Items2020 != nil {
		if q.items = newQuick(s.Items2020); q.items == nil {
			return nil
		}
	}
	if !q.object(s) {
		return nil
	}
	return q
}

// enum reads a list of words; of other values it knows nothing.
func (q *quick) enum(values []any) bool {
	q.types &= isString
	q.words = make(map[string]bool, len(values))
	for _, v := range values {
		word, ok := v.(string)
		if !ok {
			return false
		}
		q.words[word] = true
	}
	return true
}

// object reads what a schema says of objects.
func (q *quick) object(s *jsonschema.Schema) bool {
	switch more := s.AdditionalProperties.(type) {
	case nil:
	case bool:
		q.closed = !more
	default:
		return false
	}
	if len(s.Properties)+len(s.Required) > quickProperties {
		return false
	}
	q.properties = make(map[string]property, len(s.Properties))
	for name, sub := range s.Properties {
		p := property{bit: 1 << len(q.properties), check: newQuick(sub)}
		if p.check == nil {
			return false
		}
		q.properties[name] = p
	}
	for _, name := range s.Required {
		p, known := q.properties[name]
		if !known && q.closed {
			return false // nothing can match it
		}
		if !known {
			p.bit = 1 << len(q.properties)
			q.properties[name] = p
		}
		q.required |= p.bit
	}
	return true
}

func or(p *int, missing int) int {
	if p == nil {
		return missing
	}
	return *p
}

// proves walks over a value, and is true if it matches. After false the scanner
// stands anywhere.
func (q *quick) proves(s *scanner) bool {
	if q == nil {
		return s.value(1) == nil
	}
	switch s.peek() {
	case '"':
		return q.types&isString != 0 && q.text(s)
	case '{':
		return q.types&isObject != 0 && q.members(s)
	case '[':
		return q.types&isArray != 0 && q.elements(s)
	case 't', 'f':
		return q.types&isBoolean != 0 && s.value(1) == nil
	case 'n':
		return q.types&isNull != 0 && s.word("null") == nil
	default:
		start := s.i
		if q.types&isInteger == 0 || q.notNegative && s.peek() == '-' || s.number() != nil {
			return false
		}
		return q.types&isNumber != 0 || !bytes.ContainsAny(s.b[start:s.i], ".eE") // 1.0 is an integer too, for the validator
	}
}

func (q *quick) text(s *scanner) bool {
	raw, err := s.text()
	if err != nil {
		return false
	}
	if q.words == nil && q.minLength == 0 && len(raw) <= q.maxLength {
		return true // no character is shorter than a byte
	}
	if bytes.IndexByte(raw, '\\') >= 0 || q.words != nil && !q.words[string(raw)] {
		return false
	}
	n := utf8.RuneCount(raw)
	return q.minLength <= n && n <= q.maxLength
}

func (q *quick) members(s *scanner) bool {
	var seen uint64
	ok := true
	err := s.members(1, func(name []byte) error {
		p, known := q.properties[string(name)]
		switch {
		case !known && (q.closed || bytes.IndexByte(name, '\\') >= 0), // which may spell a known one
			seen&p.bit != 0: // of equal names the last counts
			ok = false
		default:
			seen |= p.bit
			ok = p.check.proves(s)
		}
		if !ok {
			return errUnproved
		}
		return nil
	})
	return ok && err == nil && seen&q.required == q.required
}

func (q *quick) elements(s *scanner) bool {
	n := 0
	var seen [][]byte
	err := s.elements(1, func() error {
		start := s.i
		if n++; n > q.maxItems || !q.items.proves(s) || q.unique && !different(s.b[start:s.i], &seen) {
			return errUnproved
		}
		return nil
	})
	return err == nil && n >= q.minItems
}

// different adds a plain text to others, if it is none of them.
func different(raw []byte, seen *[][]byte) bool {
	if raw[0] != '"' || bytes.IndexByte(raw, '\\') >= 0 || len(*seen) == quickUnique {
		return false
	}
	for _, other := range *seen {
		if bytes.Equal(raw, other) {
			return false
		}
	}
	*seen = append(*seen, raw)
	return true
}

var errUnproved = &syntaxError{message: "not proved"} //nolint:gochecknoglobals // ends a walk
