package record

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

const (
	contactColumns = "id, public_id, organization_id, at, version, created_at, updated_at, changes, fields"
	sourceColumns  = "id, contact_id, source, account, external_id, scope, source_version, load_id, created_at, updated_at, stamps, fields"
	sourceTable    = "contact_sources"
)

var (
	contactMutable = []db.Col{
		{Name: "email", Type: db.Text}, {Name: "version", Type: db.Int}, {Name: "updated_at", Type: db.Int}, {Name: "changes", Type: db.Text}, {Name: "fields", Type: db.Text},
	}
	contactInsert = append([]db.Col{
		idCol, {Name: "public_id", Type: db.Text}, {Name: "organization_id", Type: db.Text}, {Name: "at", Type: db.Int}, {Name: "created_at", Type: db.Int},
	}, contactMutable...)
	sourceMutable = []db.Col{
		{Name: "contact_id", Type: db.Int}, {Name: "at", Type: db.Int}, {Name: "profile_ref", Type: db.Bytes}, {Name: "scope", Type: db.Text},
		{Name: "source_version", Type: db.Text}, {Name: "load_id", Type: db.Text}, {Name: "updated_at", Type: db.Int}, {Name: "stamps", Type: db.Text},
		{Name: "fields", Type: db.Text},
	}
	sourceInsert = append([]db.Col{
		idCol, {Name: "organization_id", Type: db.Text}, {Name: "source", Type: db.Text}, {Name: "account", Type: db.Text},
		{Name: "external_id", Type: db.Text}, {Name: "ref", Type: db.Bytes}, {Name: "created_at", Type: db.Int},
	}, sourceMutable...)

	emailCols   = []db.Col{{Name: "organization_id", Type: db.Text}, {Name: "email", Type: db.Text}}
	profileCols = []db.Col{{Name: "profile_ref", Type: db.Bytes}}
	contactCols = []db.Col{{Name: "contact_id", Type: db.Int}}
)

func scanContact(row db.Scanner) (*Record, error) {
	r := &Record{Kind: KindContact}
	var at, created, updated int64
	var changes string
	if err := row.Scan(&r.Key, &r.ID, &r.OrganizationID, &at, &r.Version, &created, &updated, &changes, &r.text); err != nil {
		return nil, fmt.Errorf("scan a contact: %w", err)
	}
	r.At, r.CreatedAt, r.UpdatedAt = db.Time(at), db.Time(created), db.Time(updated)
	if err := r.readChanges(changes); err != nil {
		return nil, err
	}
	var err error
	r.Fields, err = decode(KindContact, r.text)
	return r, err
}

func scanSource(row db.Scanner) (*ContactSource, error) {
	s := &ContactSource{}
	var created, updated int64
	var stamps string
	err := row.Scan(&s.Key, &s.contact, &s.Source, &s.Account, &s.ExternalID, &s.scope, &s.SourceVersion, &s.loadID, &created, &updated, &stamps, &s.text)
	if err != nil {
		return nil, fmt.Errorf("scan a contact's source: %w", err)
	}
	s.CreatedAt, s.UpdatedAt = db.Time(created), db.Time(updated)
	if stamps != "" {
		if err := json.Unmarshal([]byte(stamps), &s.stamps); err != nil {
			return nil, fmt.Errorf("read when fields were set: %w", err)
		}
	}
	all := said{Contact: &s.Contact}
	if err := json.Unmarshal([]byte(s.text), &all); err != nil {
		return nil, fmt.Errorf("read what a source says of a contact: %w", err)
	}
	s.Connected = all.Connected
	return s, nil
}

func (r *Record) contactMutable() ([]any, error) {
	changes, err := r.changesText()
	email := ""
	if c, ok := r.Fields.(*Contact); ok {
		email = folded(c.Email)
	}
	return []any{email, r.Version, db.Micros(r.UpdatedAt), changes, r.text}, err
}

func (r *Record) contactInsert() ([]any, error) {
	rest, err := r.contactMutable()
	return append([]any{int64(r.Key), r.ID, r.OrganizationID, db.Micros(r.At), db.Micros(r.CreatedAt)}, rest...), err
}

func (s *ContactSource) mutable(org string, p *person) ([]any, error) {
	stamps, err := s.stampsText()
	var profile any
	if ref := profileRef(org, s.Source, s.Contact.ProfileURL); ref != nil {
		profile = ref
	}
	return []any{int64(p.Key), db.Micros(p.At), profile, s.scope, s.SourceVersion, s.loadID, db.Micros(s.UpdatedAt), stamps, s.text}, err
}

func (s *ContactSource) insertRow(org string, p *person) ([]any, error) {
	var ref any
	if s.ExternalID != "" {
		ref = refOf(Source{org, s.Source, s.Account}, s.ExternalID)
	}
	rest, err := s.mutable(org, p)
	return append([]any{int64(s.Key), org, s.Source, s.Account, s.ExternalID, ref, db.Micros(s.CreatedAt)}, rest...), err
}

// profileRef hashes the address of a person's page, within a source; nil for none.
func profileRef(org, source, address string) []byte {
	page := pageOf(address)
	if page == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{org, source, page}, "\x00")))
	return sum[:]
}

// sourcesOf reads what the sources of contacts say, and puts it beside them.
func sourcesOf(ctx context.Context, q db.Queryer, contacts ...*Record) error {
	byKey := make(map[id.Key]*Record, len(contacts))
	for part := range slices.Chunk(contacts, maxLimit) {
		args := make([]any, 0, maxLimit)
		for _, r := range part {
			args, byKey[r.Key] = append(args, int64(r.Key)), r
		}
		// Few lengths make few statements to be prepared.
		for len(args) > 1 && len(args) != defaultLimit && len(args) != maxLimit {
			args = append(args, args[0])
		}
		all, err := db.All(ctx, q, scanSource, "SELECT "+sourceColumns+" FROM "+sourceTable+" WHERE "+db.In("contact_id", len(args), 1)+" ORDER BY id", args...)
		if err != nil {
			return fmt.Errorf("read the sources of contacts: %w", err)
		}
		for _, s := range all {
			r := byKey[s.contact]
			r.Sources = append(r.Sources, s)
		}
	}
	for _, r := range contacts {
		merge(r.Sources) // for who wins
		r.first()
	}
	return nil
}

// first says of a contact which source knew it first.
func (r *Record) first() {
	if len(r.Sources) > 0 {
		first := r.Sources[0]
		r.Source, r.Account, r.ExternalID, r.SourceVersion = first.Source, first.Account, first.ExternalID, first.SourceVersion
	}
}
