package record

import (
	"context"
	"slices"
)

// tagSources puts the load's tag to what the source says of contacts that it did not
// name. They are of this load then, so that the sweep goes on.
func (w *writing) tagSources(ctx context.Context, gone []*ContactSource) error {
	entries, ids := make([]*entry, len(gone)), make([]string, len(gone))
	for i, s := range gone {
		c := s.Contact
		if !slices.Contains(c.Tags, w.load.Tag) {
			c.Tags = append(slices.Clone(c.Tags), w.load.Tag)
		}
		text, err := encodeSaid(&c, s.Connected)
		if err != nil {
			return err
		}
		ids[i] = s.ExternalID
		entries[i] = &entry{externalID: s.ExternalID, scope: s.scope, sourceVersion: s.SourceVersion, fields: &c, connected: s.Connected, text: text}
	}
	return w.putContacts(ctx, entries, ids)
}
