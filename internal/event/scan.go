package event

import (
	"bytes"
	"fmt"
)

// stackDepth is the nesting at which the scanner gives up on the whole text.
const stackDepth = 1000

// plainDigits bounds the numbers that are checked against a schema: their
// digits, and the size of their exponent. The validator computes exactly, and
// 1e999999999 written out does not fit in memory.
const plainDigits = 400

// shape is what a walk over a JSON value learns about it.
type shape struct {
	depth   int  // deepest nesting; 0 before the walk, and for a scalar
	values  int  // scalars, arrays and objects
	load    int  // bytes, and the exponents of its numbers
	extreme bool // has a number beyond plainDigits
}

// scanner walks over JSON text (RFC 8259) once and finds its parts without
// decoding them. It allows duplicate names, as the RFC does. It expects valid
// UTF-8.
type scanner struct {
	b     []byte
	i     int
	shape shape
}

// syntaxError says where text stops being JSON.
type syntaxError struct {
	offset  int
	message string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("%s at byte %d", e.message, e.offset+1)
}

func (s *scanner) fail(message string) error {
	if s.i >= len(s.b) {
		message = "the text ends too early"
	}
	return &syntaxError{s.i, message}
}

// peek gives the next byte, or 0 at the end; no JSON token starts with 0.
func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// end expects nothing but white space.
func (s *scanner) end() error {
	s.space()
	if s.i < len(s.b) {
		return s.fail("something follows the JSON value")
	}
	return nil
}

// value walks over one value, which lies at nesting depth.
func (s *scanner) value(depth int) error {
	s.shape.values++
	switch c := s.peek(); {
	case c == '"':
		_, err := s.text()
		return err
	case c == '{':
		return s.members(depth+1, nil)
	case c == '[':
		return s.elements(depth+1, nil)
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.fail("expected a value")
}

// members walks over an object whose members lie at depth. visit gets each name
// as written, without its quotes, and must walk over the value; nil walks over
// all values.
func (s *scanner) members(depth int, visit func(name []byte) error) error {
	if err := s.enter(depth); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.i++
		return nil
	}
	for {
		if s.peek() != '"' {
			return s.fail("expected a name in double quotes")
		}
		name, err := s.text()
		if err != nil {
			return err
		}
		s.space()
		if s.peek() != ':' {
			return s.fail("expected a colon")
		}
		s.i++
		s.space()
		if visit == nil {
			err = s.value(depth)
		} else {
			err = visit(name)
		}
		if err != nil {
			return err
		}
		if more, err := s.next('}'); !more {
			return err
		}
	}
}

// elements walks over an array like members over an object.
func (s *scanner) elements(depth int, visit func() error) error {
	if err := s.enter(depth); err != nil {
		return err
	}
	if s.peek() == ']' {
		s.i++
		return nil
	}
	for {
		var err error
		if visit == nil {
			err = s.value(depth)
		} else {
			err = visit()
		}
		if err != nil {
			return err
		}
		if more, err := s.next(']'); !more {
			return err
		}
	}
}

func (s *scanner) enter(depth int) error {
	if depth > stackDepth {
		return s.fail("too many levels of nesting")
	}
	s.shape.depth = max(s.shape.depth, depth)
	s.i++
	s.space()
	return nil
}

// next passes the comma before another part, or the end of the whole.
func (s *scanner) next(closing byte) (more bool, err error) {
	s.space()
	switch s.peek() {
	case ',':
		s.i++
		s.space()
		return true, nil
	case closing:
		s.i++
		return false, nil
	}
	return false, s.fail("expected a comma or " + string(closing))
}

// text walks over a string and gives what is between its quotes.
func (s *scanner) text() ([]byte, error) {
	s.i++
	start := s.i
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return s.b[start : s.i-1], nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		case c < ' ':
			return nil, s.fail("a control character must be escaped in a string")
		default:
			s.i++
		}
	}
	return nil, s.fail("")
}

func (s *scanner) escape() error {
	s.i++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.i++
		return nil
	case 'u':
		s.i++
		for range 4 {
			if hex(s.peek()) < 0 {
				return s.fail(`expected four hexadecimal digits after \u`)
			}
			s.i++
		}
		return nil
	}
	return s.fail("unknown escape")
}

func (s *scanner) word(w string) error {
	if !bytes.HasPrefix(s.b[s.i:], []byte(w)) {
		return s.fail("expected " + w)
	}
	s.i += len(w)
	return nil
}

func (s *scanner) number() error {
	start := s.i
	if s.peek() == '-' {
		s.i++
	}
	if s.peek() == '0' {
		s.i++
	} else if s.digits() == 0 {
		return s.fail("expected a digit")
	}
	if s.peek() == '.' {
		s.i++
		if s.digits() == 0 {
			return s.fail("expected a digit after the point")
		}
	}
	if s.i-start > plainDigits {
		s.shape.extreme = true
	}
	if c := s.peek(); c != 'e' && c != 'E' {
		return nil
	}
	s.i++
	if c := s.peek(); c == '+' || c == '-' {
		s.i++
	}
	from := s.i
	if s.digits() == 0 {
		return s.fail("expected a digit in the exponent")
	}
	size := 0
	for _, c := range s.b[from:s.i] {
		size = min(size*10+int(c-'0'), plainDigits+1)
	}
	s.shape.load += size
	if size > plainDigits {
		s.shape.extreme = true
	}
	return nil
}

func (s *scanner) digits() (n int) {
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.i++
		n++
	}
	return n
}

func hex(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}
