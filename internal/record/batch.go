package record

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"patchboard/internal/db"
)

// Source says whose records a batch holds: the integration's slug as Name, and
// the provider's id of the account.
type Source struct{ OrganizationID, Name, Account string }

// ContactInput is a contact as a provider has it. Scope is what Load.Source names
// it by; empty is the account.
type ContactInput struct {
	ExternalID, SourceVersion, Scope string
	Contact
	// Connected is when they were connected: a date as 2024-03-15, or the source's own
	// words; empty if it does not say.
	Connected string
}

// EmailInput is a message as a provider has it. Scope is its mailbox; empty is
// the account.
type EmailInput struct {
	ExternalID, SourceVersion, Scope string
	Email
}

// CampaignInput is a campaign as a provider has it. Its scope is the account.
type CampaignInput struct {
	ExternalID, SourceVersion string
	Campaign
}

// OpportunityInput is a deal as a provider has it. Its scope is the account.
type OpportunityInput struct {
	ExternalID, SourceVersion string
	Opportunity
}

// MeetingInput is a meeting as a provider has it. Its scope is its calendar. With
// Blank the provider says no more than that it is cancelled: what is known of it
// stays, and what is not known is not made.
type MeetingInput struct {
	ExternalID, SourceVersion string
	Blank                     bool
	Meeting
}

// Removed names a record that the provider no longer has.
type Removed struct {
	Kind       Kind
	ExternalID string
}

// Load says that a batch is part of one reading of all that a source has, on
// one batch or on several. When its last one is applied, the records of Source
// whose time is from From to before To (zero: no bound) and that none of them
// named are removed.
type Load struct {
	Source   string // a mailbox, a calendar, or the account
	Kind     Kind   // that it reads; empty: all that Source has
	ID       string // of this load, the same in all its batches
	From, To time.Time
	Done     bool // the last one
	// Tag marks the contacts that none of them named, instead of removing them; empty:
	// they are removed.
	Tag string
}

// Batch is what one page of a provider says.
type Batch struct {
	Contacts      []ContactInput
	Campaigns     []CampaignInput
	Emails        []EmailInput
	Meetings      []MeetingInput
	Opportunities []OpportunityInput
	Engagements   []Engagement
	Removed       []Removed
	Load          *Load
	// EventsFrom bounds the events: they are raised for records whose own time (a
	// mail's At, for contacts now) is not before it. Zero bounds nothing.
	EventsFrom time.Time
	Quiet      bool // no events
}

// Tally counts what came of a batch.
type Tally struct {
	Created, Changed, Same, Removed int
	Skipped                         int // what has no id, and cannot be told from others, and clicks on nothing
	Joined                          int // of Created: put to a contact that was chosen, see Prepared.Join
	Events                          int // that were raised
}

// Prepared is a batch that is ready to be applied.
type Prepared struct {
	src     Source
	entries map[Kind][]*entry
	removed map[Kind][]string
	engaged []*Engagement
	load    *Load
	from    time.Time
	quiet   bool
	skipped int
}

// entry is one record to be written.
type entry struct {
	externalID, scope, sourceVersion string
	fields                           Fields
	text                             string // of fields, and connected
	connected                        *Connected
	of                               string // the contact that it was put to, see Join
	blank                            bool   // see MeetingInput
	undated                          bool   // a mail whose time nobody said: the one that is known stays
}

// Prepare does what needs no transaction: it brings what the provider said into
// the form in which it is kept. Of several records with one id the last counts.
func (s *Service) Prepare(ctx context.Context, src Source, b Batch) (*Prepared, error) {
	if src.OrganizationID == "" || src.Name == "" || src.Name == SourceAPI || len(src.Name) > maxSource {
		return nil, fmt.Errorf("prepare records: %q is no source of organization %q", src.Name, src.OrganizationID)
	}
	src.Account = indexed(src.Account)
	p := &Prepared{
		src: src, entries: map[Kind][]*entry{}, removed: map[Kind][]string{}, from: b.EventsFrom, quiet: b.Quiet,
	}
	if b.Load != nil {
		load := *b.Load
		load.Source, load.ID = indexed(load.Source), indexed(load.ID)
		if load.ID == "" || load.Source == "" {
			return nil, fmt.Errorf("prepare records of %s: a load without an id or a source", src.Name)
		}
		if load.Kind != "" && !slices.Contains(Kinds, load.Kind) {
			return nil, fmt.Errorf("prepare records of %s: a load of %q, which is no kind of record", src.Name, load.Kind)
		}
		p.load = &load
	}
	for i := range b.Contacts {
		c := b.Contacts[i] // a copy, which clean may change
		p.add(&entry{externalID: c.ExternalID, sourceVersion: c.SourceVersion, scope: cmp.Or(c.Scope, src.Account), fields: &c.Contact, connected: connectedOf(c.Connected)})
	}
	for i := range b.Campaigns {
		c := b.Campaigns[i]
		p.add(&entry{externalID: c.ExternalID, sourceVersion: c.SourceVersion, scope: src.Account, fields: &c.Campaign})
	}
	for i := range b.Emails {
		e := b.Emails[i]
		p.add(&entry{externalID: e.ExternalID, sourceVersion: e.SourceVersion, scope: cmp.Or(e.Scope, src.Account), fields: &e.Email})
	}
	for i := range b.Meetings {
		m := b.Meetings[i]
		p.add(&entry{externalID: m.ExternalID, sourceVersion: m.SourceVersion, scope: m.Calendar, fields: &m.Meeting, blank: m.Blank})
	}
	for i := range b.Opportunities {
		o := b.Opportunities[i]
		p.add(&entry{externalID: o.ExternalID, sourceVersion: o.SourceVersion, scope: src.Account, fields: &o.Opportunity})
	}
	p.engage(b.Engagements, s.clock())
	if p.skipped > 0 {
		s.log.WarnContext(ctx, "records that cannot be told from others are skipped", "organization", src.OrganizationID, "source", src.Name, "records", p.skipped)
	}
	for _, r := range b.Removed {
		if !slices.Contains(Kinds, r.Kind) {
			return nil, fmt.Errorf("prepare records of %s: %q is no kind of record", src.Name, r.Kind)
		}
		p.removed[r.Kind] = append(p.removed[r.Kind], indexed(r.ExternalID))
	}
	return p, p.encode()
}

func (p *Prepared) add(e *entry) {
	if e.externalID == "" {
		p.skipped++
		return
	}
	e.externalID, e.scope, e.sourceVersion = indexed(e.externalID), indexed(e.scope), cut(e.sourceVersion, maxName)
	e.fields.clean()
	k := e.fields.kind()
	p.entries[k] = append(p.entries[k], e)
}

// encode writes the fields, and leaves the last entry of each id.
func (p *Prepared) encode() error {
	for k, all := range p.entries {
		last := make(map[string]int, len(all))
		for i, e := range all {
			last[e.externalID] = i
		}
		kept := make([]*entry, 0, len(last))
		for i, e := range all {
			if last[e.externalID] != i {
				continue
			}
			var err error
			if c, ok := e.fields.(*Contact); ok {
				e.text, err = encodeSaid(c, e.connected)
			} else {
				e.text, err = encode(e.fields)
			}
			if err != nil {
				return err
			}
			kept = append(kept, e)
		}
		p.entries[k] = kept
	}
	return nil
}

// Apply writes a batch within the caller's transaction, which also saves how far
// the source was read: after a crash both are there or neither. A batch that is
// applied again changes nothing and raises nothing. It may run again for the same
// batch, as db.DB.Write says. What it locks last, many writers need: what the
// caller has to write itself is best written before.
func (s *Service) Apply(ctx context.Context, tx *db.Tx, p *Prepared) (Tally, error) {
	w := s.writing(tx, p.src)
	w.load, w.from, w.quiet = p.load, p.from, p.quiet
	w.tally.Skipped = p.skipped
	if err := w.lock(ctx); err != nil {
		return Tally{}, err
	}
	if len(p.entries[KindContact])+len(p.removed[KindContact]) > 0 || p.load != nil && p.load.Done {
		if err := w.lockContacts(ctx); err != nil {
			return Tally{}, err
		}
	}
	for _, k := range Kinds {
		if err := w.put(ctx, k, p.entries[k]); err != nil {
			return Tally{}, err
		}
	}
	for _, k := range Kinds {
		if err := w.removeNamed(ctx, k, p.removed[k]); err != nil {
			return Tally{}, err
		}
	}
	if p.load != nil && p.load.Done {
		if err := w.sweep(ctx); err != nil {
			return Tally{}, err
		}
	}
	if err := w.engage(ctx, p.engaged); err != nil {
		return Tally{}, err
	}
	if err := w.finish(ctx); err != nil {
		return Tally{}, err
	}
	return w.tally, nil
}
