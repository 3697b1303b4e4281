package record

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

// person is a contact that a transaction looks at, with all that is said of it.
type person struct {
	*Record

	whole   bool // its sources were read
	fresh   bool // made by this transaction
	touched bool
}

// people are the contacts that a transaction writes. The lock of the organization's
// contacts is held, so what was read stays as it is.
type people struct {
	*writing

	byKey     map[id.Key]*person
	byEmail   map[string]*person // the oldest with an address
	byProfile map[string]*person
	touched   []*person

	made, changed, marked, gone []*ContactSource
}

// lockContacts keeps other writers of the organization's contacts out until the
// commit: of two sources that have the same person at one time, one is first.
func (w *writing) lockContacts(ctx context.Context) error {
	if err := w.tx.Lock(ctx, "contacts/"+w.src.OrganizationID); err != nil {
		return fmt.Errorf("wait for other writers of contacts: %w", err)
	}
	return nil
}

func (w *writing) people() *people {
	return &people{writing: w, byKey: map[id.Key]*person{}, byEmail: map[string]*person{}, byProfile: map[string]*person{}}
}

// putContacts creates or changes what the source says of contacts. ids are those of
// the entries that have one; none comes twice.
func (w *writing) putContacts(ctx context.Context, entries []*entry, ids []string) error {
	p := w.people()
	known, err := p.named(ctx, ids)
	if err != nil {
		return err
	}
	var moving []*entry
	for _, e := range entries {
		old := known[e.externalID]
		if old == nil || old.text != e.text {
			moving = append(moving, e)
			continue
		}
		w.tally.Same++
		if p.mark(old, e) {
			p.marked = append(p.marked, old)
		}
		if w.src.Name == SourceAPI { // whose caller gets the contact
			moving = append(moving, e)
		}
	}
	if err := p.gather(ctx, moving, known); err != nil {
		return err
	}
	for _, e := range moving {
		if err := p.put(e, known[e.externalID]); err != nil {
			return err
		}
	}
	return p.store(ctx)
}

// named reads what the source says of the contacts that it names so.
func (p *people) named(ctx context.Context, ids []string) (map[string]*ContactSource, error) {
	return namedSources(ctx, p.tx, p.src, ids)
}

func namedSources(ctx context.Context, q db.Finder, src Source, ids []string) (map[string]*ContactSource, error) {
	refs := make([][]any, len(ids))
	for i, externalID := range ids {
		refs[i] = []any{refOf(src, externalID)}
	}
	all, err := db.FindMany(ctx, q, sourceTable, sourceColumns, refCols, refs, "", scanSource)
	if err != nil {
		return nil, fmt.Errorf("look for contacts: %w", err)
	}
	found := make(map[string]*ContactSource, len(all))
	for _, s := range all {
		found[s.ExternalID] = s
	}
	return found, nil
}

// mark notes that a source has named a contact again.
func (p *people) mark(s *ContactSource, e *entry) bool {
	before := *s
	s.scope, s.SourceVersion = e.scope, e.sourceVersion
	if p.load != nil {
		s.loadID = p.load.ID
	}
	return s.scope != before.scope || s.SourceVersion != before.SourceVersion || s.loadID != before.loadID
}

// gather reads the contacts that entries belong to or may come to belong to, and
// puts into known the same sources as their contacts have.
func (p *people) gather(ctx context.Context, entries []*entry, known map[string]*ContactSource) error {
	org := p.src.OrganizationID
	var emails, pages [][]any
	keys := map[id.Key]bool{}
	seen := map[string]bool{}
	for _, e := range entries {
		c, ok := e.fields.(*Contact)
		if !ok {
			return fmt.Errorf("a %s is no contact", e.fields.kind())
		}
		if s := known[e.externalID]; s != nil {
			keys[s.contact] = true
		}
		email := folded(c.Email)
		page := profileRef(org, p.src.Name, c.ProfileURL)
		switch {
		case email != "" && !seen[email]:
			emails, seen[email] = append(emails, []any{org, email}), true
		case email == "" && page != nil && !seen[string(page)]:
			pages, seen[string(page)] = append(pages, []any{page}), true
		}
	}
	found, err := db.FindMany(ctx, p.tx, KindContact.Plural(), contactColumns, emailCols, emails, "", scanContact)
	if err != nil {
		return fmt.Errorf("look for contacts by address: %w", err)
	}
	for _, r := range found {
		p.add(r)
	}
	paged, err := db.FindMany(ctx, p.tx, sourceTable, sourceColumns, profileCols, pages, "", scanSource)
	if err != nil {
		return fmt.Errorf("look for contacts by profile: %w", err)
	}
	for _, s := range paged {
		keys[s.contact] = true
	}
	if err := p.choose(ctx, entries); err != nil {
		return err
	}
	if err := p.read(ctx, keys); err != nil {
		return err
	}
	for _, q := range p.byKey {
		for _, s := range q.Sources {
			if s.Source == p.src.Name && s.Account == p.src.Account && s.ExternalID != "" && known[s.ExternalID] != nil {
				known[s.ExternalID] = s
			}
		}
	}
	return nil
}

// add takes a contact that was read.
func (p *people) add(r *Record) *person {
	q := p.byKey[r.Key]
	if q == nil {
		q = &person{Record: r}
		p.byKey[r.Key] = q
	}
	return q
}

// read reads contacts by their keys, and what their sources say of all that are
// known so far.
func (p *people) read(ctx context.Context, keys map[id.Key]bool) error {
	var more, all [][]any
	for k := range keys {
		if p.byKey[k] == nil {
			more = append(more, []any{int64(k)})
		}
	}
	found, err := db.FindMany(ctx, p.tx, KindContact.Plural(), contactColumns, []db.Col{idCol}, more, "", scanContact)
	if err != nil {
		return fmt.Errorf("read contacts: %w", err)
	}
	for _, r := range found {
		p.add(r)
	}
	for k, q := range p.byKey {
		if !q.whole {
			all = append(all, []any{int64(k)})
		}
		q.whole = true
	}
	sources, err := db.FindMany(ctx, p.tx, sourceTable, sourceColumns, contactCols, all, "", scanSource)
	if err != nil {
		return fmt.Errorf("read the sources of contacts: %w", err)
	}
	slices.SortFunc(sources, func(a, b *ContactSource) int { return cmp.Compare(a.Key, b.Key) })
	for _, s := range sources {
		q := p.byKey[s.contact]
		if q == nil {
			return fmt.Errorf("contact %d has a source and is not there", s.contact)
		}
		q.Sources = append(q.Sources, s)
		p.index(q, s)
	}
	for _, q := range p.byKey {
		q.first()
	}
	return nil
}

// index makes a contact found by what one of its sources says. The oldest is found.
func (p *people) index(q *person, s *ContactSource) {
	if email := folded(s.Contact.Email); email != "" {
		if was := p.byEmail[email]; was == nil || !was.has(email) || q.Key < was.Key {
			p.byEmail[email] = q
		}
	}
	if ref := profileRef(p.src.OrganizationID, s.Source, s.Contact.ProfileURL); ref != nil {
		if was := p.byProfile[string(ref)]; was == nil || len(was.Sources) == 0 || q.Key < was.Key {
			p.byProfile[string(ref)] = q
		}
	}
}

// has reports whether a source says that the address is the person's.
func (q *person) has(email string) bool {
	return slices.ContainsFunc(q.Sources, func(s *ContactSource) bool { return folded(s.Contact.Email) == email })
}

// put makes one entry what its source says. old is what it has said before.
func (p *people) put(e *entry, old *ContactSource) error {
	c, ok := e.fields.(*Contact)
	if !ok {
		return fmt.Errorf("a %s is no contact", e.fields.kind())
	}
	if old == nil && e.externalID == "" {
		// Without an id of its own it is the person's whom the address tells.
		if q := p.match(c, p.src.Name); q != nil {
			old = q.unnamed(p.src.Name)
		}
	}
	if old != nil && old.text == e.text {
		if e.externalID == "" {
			p.tally.Same++
		}
		p.last = p.byKey[old.contact].Record
		return nil
	}
	if old == nil {
		return p.attach(*c, e, p.chosen(e))
	}
	p.tally.Changed++
	p.mark(old, e)
	old.Connected = e.connected
	return p.say(old, *c, e.text)
}

// unnamed is what a source says of a person without an id of its own; nil if nothing.
func (q *person) unnamed(source string) *ContactSource {
	for _, s := range q.Sources {
		if s.Source == source && s.ExternalID == "" {
			return s
		}
	}
	return nil
}

// attach makes a new source's record, of home, or of whom it tells itself.
func (p *people) attach(c Contact, e *entry, home *person) error {
	s := &ContactSource{
		Key: p.keys.Next(), Source: p.src.Name, Account: p.src.Account, ExternalID: e.externalID, SourceVersion: e.sourceVersion,
		CreatedAt: p.now, UpdatedAt: p.now, Contact: c, Connected: e.connected, scope: e.scope, text: e.text,
	}
	if p.load != nil {
		s.loadID = p.load.ID
	}
	p.made = append(p.made, s)
	p.tally.Created++
	p.counts[KindContact]++
	q := p.home(s, home)
	if home != nil && q == home {
		p.tally.Joined++
	}
	if last := latest(q.Sources); last > s.Key { // the last writer, whatever its clock says
		if err := s.set(c, "{}", last); err != nil {
			return err
		}
		if err := s.set(c, e.text, last+1); err != nil {
			return err
		}
	}
	p.move(s, nil, q)
	return nil
}

// say gives a source's record other values. Those of also are said anew, even if
// they are the same.
func (p *people) say(s *ContactSource, c Contact, text string, also ...string) error {
	was := p.byKey[s.contact]
	if err := s.set(c, text, max(p.keys.Next(), latest(was.Sources)+1), also...); err != nil {
		return err
	}
	s.UpdatedAt = p.now
	p.changed = append(p.changed, s)
	p.move(s, was, p.home(s, was))
	return nil
}

// match finds the person with the address; without one, whom the same source knows
// by the profile. nil: there is none.
func (p *people) match(c *Contact, source string) *person {
	if email := folded(c.Email); email != "" {
		if q := p.byEmail[email]; q != nil && q.has(email) {
			return q
		}
		return nil
	}
	if ref := profileRef(p.src.OrganizationID, source, c.ProfileURL); ref != nil {
		if q := p.byProfile[string(ref)]; q != nil && len(q.Sources) > 0 {
			return q
		}
	}
	return nil
}

// home is the contact that a source's record belongs to: whose address it says, else
// the one that it is of already, else the one with its profile, else a new one. One
// that others share by another address is left behind.
func (p *people) home(s *ContactSource, now *person) *person {
	if s.Contact.Email != "" || now == nil {
		if q := p.match(&s.Contact, s.Source); q != nil {
			return q
		}
	}
	if now != nil {
		shared := slices.ContainsFunc(now.Sources, func(o *ContactSource) bool { return o != s && o.Contact.Email != "" })
		if s.Contact.Email == "" || !shared {
			return now
		}
	}
	key := p.keys.Next()
	q := &person{fresh: true, whole: true, Record: &Record{
		Kind: KindContact, Key: key, ID: key.Public(KindContact.prefix()), OrganizationID: p.src.OrganizationID,
		Version: 1, At: p.now, CreatedAt: p.now, UpdatedAt: p.now,
	}}
	p.byKey[key] = q
	return q
}

// move takes a source's record from one person, if any, to another, who may be the
// same.
func (p *people) move(s *ContactSource, from, to *person) {
	if from != nil && from != to {
		from.Sources = slices.DeleteFunc(from.Sources, func(o *ContactSource) bool { return o == s })
		p.touch(from)
	}
	if from != to {
		s.contact = to.Key
		to.Sources = append(to.Sources, s)
		slices.SortFunc(to.Sources, func(a, b *ContactSource) int { return cmp.Compare(a.Key, b.Key) })
	}
	p.touch(to)
	p.index(to, s)
	p.last = to.Record
}

func (p *people) touch(q *person) {
	if !q.touched {
		q.touched = true
		p.touched = append(p.touched, q)
	}
}

// take removes what sources say. Their contacts were read.
func (p *people) take(gone []*ContactSource) {
	for _, s := range gone {
		q := p.byKey[s.contact]
		q.Sources = slices.DeleteFunc(q.Sources, func(o *ContactSource) bool { return o.Key == s.Key })
		p.gone = append(p.gone, s)
		p.touch(q)
	}
	p.tally.Removed += len(gone)
	p.counts[KindContact] -= int64(len(gone))
}
