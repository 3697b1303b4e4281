package vault

import (
	"fmt"
	"log/slog"
)

// Secret is text that must not reach a log, an error or a document by accident:
// whatever prints or encodes it gets ***. Reveal gives the text itself.
type Secret string

const hidden = "***"

// Reveal gives the text. The name is the thing to search for in a review.
func (s Secret) Reveal() string { return string(s) }

// String hides the text.
func (Secret) String() string { return hidden }

// Format hides the text from every verb of package fmt, %q and %x included.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue hides the text from log/slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the text from encoders. An answer that must carry it says
// so by calling Reveal.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
