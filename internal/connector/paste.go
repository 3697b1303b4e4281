package connector

import (
	"encoding/json"
	"time"
)

// Paster is a provider that can, with some settings, be connected by a token that a
// person makes there and pastes here, instead of one that OAuth fetches. Nothing is
// known of such a token but that it works: neither what was granted, nor when it ends,
// nor the application that could revoke it.
type Paster interface {
	// Pasted says of such settings what is to be pasted; nil: nothing is, people go to
	// the consent page.
	Pasted(settings json.RawMessage) *Paste
}

// Paste is a token that a person makes at the provider.
type Paste struct {
	Label string   // of the field that takes it
	Help  string   // what it is for, in a sentence
	Steps []string // how it is made, in order
	Made  string   // address of the page where it is made; Addresses.Made replaces it
	// Life is how long such tokens usually last from their making, by the provider's
	// word; 0: for ever. When one was made it does not say, so that its end is assumed:
	// the token is used for as long as the provider takes it.
	Life time.Duration
}

// PastedBy says what a provider with such settings wants to be pasted; nil: nothing.
func PastedBy(p Provider, settings json.RawMessage) *Paste {
	if by, ok := p.(Paster); ok {
		return by.Pasted(settings)
	}
	return nil
}
