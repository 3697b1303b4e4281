package event

import (
	"bytes"
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

// measure walks over data, which must be one JSON value and nothing else.
func measure(data []byte) (shape, error) {
	if !utf8.Valid(data) {
		return shape{}, &syntaxError{0, "the text is not UTF-8"}
	}
	s := scanner{b: data}
	s.space()
	if err := s.value(0); err != nil {
		return shape{}, err
	}
	if err := s.end(); err != nil {
		return shape{}, err
	}
	s.shape.load += len(data)
	return s.shape, nil
}

// tree decodes a value as the schema validator wants it: numbers as their text,
// and of equal names the last.
func (s *scanner) tree() (any, error) {
	switch start := s.i; s.peek() {
	case '{':
		m := map[string]any{}
		return m, s.members(1, func(name []byte) error {
			v, err := s.tree()
			key, _ := unquote(name)
			m[key] = v
			return err
		})
	case '[':
		a := []any{}
		err := s.elements(1, func() error {
			v, err := s.tree()
			a = append(a, v)
			return err
		})
		return a, err
	case '"':
		raw, err := s.text()
		text, _ := unquote(raw)
		return text, err
	case 't':
		return true, s.word("true")
	case 'f':
		return false, s.word("false")
	case 'n':
		return nil, s.word("null")
	default:
		err := s.number()
		return json.Number(s.b[start:s.i]), err
	}
}

// unquote decodes what text gave. Half a surrogate pair is no character; it is
// replaced as encoding/json does, and ok is false: different texts become equal.
func unquote(raw []byte) (text string, ok bool) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw), true
	}
	ok = true
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		i++
		if raw[i] != 'u' {
			out = append(out, escaped(raw[i]))
			continue
		}
		r := unit16(raw[i+1:])
		i += 4
		if utf16.IsSurrogate(r) {
			r = secondHalf(r, raw[i+1:])
			if r == utf8.RuneError {
				ok = false
			} else {
				i += 6
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out), ok
}

// secondHalf joins the first half of a surrogate pair with what follows it.
func secondHalf(r rune, raw []byte) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return utf8.RuneError
	}
	return utf16.DecodeRune(r, unit16(raw[2:]))
}

func escaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

func unit16(b []byte) rune {
	return hex(b[0])<<12 | hex(b[1])<<8 | hex(b[2])<<4 | hex(b[3])
}
