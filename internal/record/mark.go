package record

import (
	"context"
	"fmt"
	"slices"
)

// mark puts the load's tag to contacts that it did not name. They are of this load
// then, so that the sweep goes on.
func (w *writing) mark(ctx context.Context, gone []*Record) error {
	p := &pending{}
	for _, old := range gone {
		was, ok := old.Fields.(*Contact)
		if !ok {
			return fmt.Errorf("mark a contact: %s is none", old.ID)
		}
		c := *was
		if !slices.Contains(c.Tags, w.load.Tag) {
			c.Tags = append(slices.Clone(c.Tags), w.load.Tag)
		}
		text, err := encode(&c)
		if err != nil {
			return err
		}
		e := &entry{externalID: old.ExternalID, scope: old.scope, sourceVersion: old.SourceVersion, fields: &c, text: text}
		if err := w.change(ctx, p, old, e); err != nil {
			return err
		}
	}
	return w.store(ctx, KindContact, p)
}
