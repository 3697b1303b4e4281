package record

import (
	"context"
	"fmt"
	"strings"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

// alikeMost is how many contacts are proposed for one person.
const alikeMost = 5

// Alike finds, for each of some people, the contacts of the organization that have the
// same name and company, the oldest first, in any case of their letters. It is no more
// than a hint: two people may share both. It reads all contacts of the organization.
func (s *Service) Alike(ctx context.Context, org string, people []Contact) ([][]*Record, error) {
	found := make([][]*Record, len(people))
	of := map[string][]int{}
	for i := range people {
		if k := nameKey(&people[i]); k != "" {
			of[k] = append(of[k], i)
		}
	}
	if len(of) == 0 {
		return found, nil
	}
	err := db.Each(ctx, s.db, func(row db.Scanner) error {
		r, err := scanContact(row)
		if err != nil {
			return err
		}
		c, ok := r.Fields.(*Contact)
		if !ok {
			return fmt.Errorf("a %s is no contact", r.Kind)
		}
		for _, i := range of[nameKey(c)] {
			if len(found[i]) < alikeMost {
				found[i] = append(found[i], r)
			}
		}
		return nil
	}, "SELECT "+contactColumns+" FROM contacts WHERE organization_id = $1 ORDER BY at, id", org)
	if err != nil {
		return nil, fmt.Errorf("look for contacts of the same name: %w", err)
	}
	return found, nil
}

// nameKey is a name with its company as they are compared; empty where one of them is
// not known, as a name alone is many people's.
func nameKey(c *Contact) string {
	fold := func(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }
	name, company := fold(c.FirstName+" "+c.LastName), fold(c.Company)
	if name == "" || company == "" {
		return ""
	}
	return name + "\x00" + company
}

// Join has what the source says under an id, as Kept gives it, be of a contact that is
// there, if the source has not said it before. If that contact is gone when the batch
// is applied, it becomes one of its own. It reports whether the batch has the id.
func (p *Prepared) Join(externalID, contact string) bool {
	for _, e := range p.entries[KindContact] {
		if e.externalID == externalID {
			e.of = contact
			return true
		}
	}
	return false
}

// choose reads the contacts that entries were put to.
func (p *people) choose(ctx context.Context, entries []*entry) error {
	var keys [][]any
	for _, e := range entries {
		if e.of == "" {
			continue
		}
		if key, err := id.ParseKey(KindContact.prefix(), e.of); err == nil {
			keys = append(keys, []any{p.src.OrganizationID, int64(key)})
		}
	}
	found, err := db.FindMany(ctx, p.tx, KindContact.Plural(), contactColumns, []db.Col{{Name: "organization_id", Type: db.Text}, idCol}, keys, "", scanContact)
	if err != nil {
		return fmt.Errorf("look for the contacts that were chosen: %w", err)
	}
	for _, r := range found {
		p.add(r)
	}
	return nil
}

// chosen is the contact that an entry was put to; nil: none, or it is gone.
func (p *people) chosen(e *entry) *person {
	key, err := id.ParseKey(KindContact.prefix(), e.of)
	if err != nil {
		return nil // it names none
	}
	if q := p.byKey[key]; q != nil && q.ID == e.of && len(q.Sources) > 0 {
		return q
	}
	return nil
}
