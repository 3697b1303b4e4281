package record

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"
	"time"

	"patchboard/internal/db"
)

// Engagement is what somebody did with a mail to many. It is told of once; of it only
// its id is kept.
type Engagement struct {
	ExternalID string
	Clicked    bool   // else opened
	Email      string // the source's id of the mail; empty: unknown
	Campaign   string // the source's id of the campaign; empty: the mail's
	Recipient  string // an e-mail address
	Subject    string // empty: the mail's
	URL        string // that was followed
	UserAgent  string
	At         time.Time // zero: now
}

// keepEngagements is how long the ids of engagements are kept. What is older is not
// told of, so that nothing is told of twice.
const keepEngagements = 90 * 24 * time.Hour

const (
	maxUserAgent  = 1024
	maxClickedURL = 2048
)

type engagedData struct {
	ID         string     `json:"id"`
	ContactID  string     `json:"contactId,omitempty"`
	CampaignID string     `json:"campaignId,omitempty"`
	To         string     `json:"to,omitempty"`
	Subject    string     `json:"subject,omitempty"`
	URL        string     `json:"url,omitempty"`
	UserAgent  string     `json:"userAgent,omitempty"`
	OpenedAt   *time.Time `json:"openedAt,omitempty"`
	ClickedAt  *time.Time `json:"clickedAt,omitempty"`
}

// engage cleans what a batch says of engagements. Of several with one id the first
// counts; a click on nothing is none.
func (p *Prepared) engage(all []Engagement, now time.Time) {
	seen := map[string]bool{}
	for i := range all {
		e := all[i]
		e.URL = link(e.URL)
		if e.ExternalID == "" || e.Clicked && e.URL == "" {
			p.skipped++
			continue
		}
		if e.ExternalID = indexed(e.ExternalID); seen[e.ExternalID] {
			continue
		}
		seen[e.ExternalID] = true
		e.Email, e.Campaign = indexed(e.Email), indexed(e.Campaign)
		e.Recipient, e.Subject, e.UserAgent = cleanAddress(e.Recipient), cut(e.Subject, maxSubject), cut(e.UserAgent, maxUserAgent)
		if e.At.IsZero() {
			e.At = now
		}
		e.At = bounded(e.At)
		p.engaged = append(p.engaged, &e)
	}
}

// link keeps an address that can be followed. One that is too long loses what follows
// the ?, which is mostly whose click it was.
func link(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxClickedURL {
		s, _, _ = strings.Cut(s, "?")
	}
	u, err := url.Parse(s)
	if err != nil || !plain(s) || len(s) > maxClickedURL || u.Scheme == "" {
		return ""
	}
	return u.String()
}

func engagementRef(src Source, externalID string) []byte {
	sum := sha256.Sum256([]byte(strings.Join([]string{"engagement", src.OrganizationID, src.Name, src.Account, externalID}, "\x00")))
	return sum[:]
}

var engagementCols = []db.Col{{Name: "ref", Type: db.Bytes}, {Name: "at", Type: db.Int}}

// engage tells of the engagements that are new.
func (w *writing) engage(ctx context.Context, all []*Engagement) error {
	fresh, err := w.unseen(ctx, all)
	if err != nil || len(fresh) == 0 {
		return err
	}
	if w.quiet {
		return nil
	}
	known, err := w.parties(ctx, fresh)
	if err != nil {
		return err
	}
	for _, e := range fresh {
		if err := w.tellEngaged(e, known); err != nil {
			return err
		}
	}
	return nil
}

// unseen notes engagements as seen, and gives those that were not.
func (w *writing) unseen(ctx context.Context, all []*Engagement) ([]*Engagement, error) {
	oldest := w.now.Add(-keepEngagements)
	byRef := map[string]*Engagement{}
	var refs, rows [][]any
	for _, e := range all {
		if e.At.Before(oldest) {
			continue
		}
		ref := engagementRef(w.src, e.ExternalID)
		byRef[string(ref)] = e
		refs = append(refs, []any{ref})
	}
	seen, err := db.FindMany(ctx, w.tx, "engagements", "ref", refCols, refs, "", func(s db.Scanner) (ref []byte, err error) { return ref, s.Scan(&ref) })
	if err != nil {
		return nil, fmt.Errorf("look for engagements: %w", err)
	}
	for _, ref := range seen {
		delete(byRef, string(ref))
	}
	var fresh []*Engagement
	for _, r := range refs {
		ref, _ := r[0].([]byte)
		if e := byRef[string(ref)]; e != nil {
			fresh = append(fresh, e)
			rows = append(rows, []any{ref, db.Micros(e.At)})
		}
	}
	if err := w.tx.InsertMany(ctx, "engagements", engagementCols, rows); err != nil {
		return nil, fmt.Errorf("note engagements: %w", err)
	}
	return fresh, nil
}

// parties are the records that engagements name.
type parties struct {
	emails, campaigns map[string]*Record // by the source's id
	contacts          map[string]string  // ids by folded address
}

func (w *writing) parties(ctx context.Context, all []*Engagement) (*parties, error) {
	emails, addresses := map[string]bool{}, map[string]bool{}
	for _, e := range all {
		emails[e.Email], addresses[folded(e.Recipient)] = true, true
	}
	p := &parties{contacts: map[string]string{}}
	var err error
	if p.emails, err = named(ctx, w.tx, w.src, KindEmail, keysOf(emails)); err != nil {
		return nil, err
	}
	campaigns := map[string]bool{}
	for _, e := range all {
		campaigns[p.campaignOf(e)] = true
	}
	if p.campaigns, err = named(ctx, w.tx, w.src, KindCampaign, keysOf(campaigns)); err != nil {
		return nil, err
	}
	var rows [][]any
	for _, a := range keysOf(addresses) {
		rows = append(rows, []any{w.src.OrganizationID, a})
	}
	found, err := db.FindMany(ctx, w.tx, KindContact.Plural(), contactColumns, emailCols, rows, "", scanContact)
	if err != nil {
		return nil, fmt.Errorf("look for recipients: %w", err)
	}
	oldest := map[string]*Record{}
	for _, r := range found {
		c, ok := r.Fields.(*Contact)
		if !ok {
			continue
		}
		if was := oldest[folded(c.Email)]; was == nil || r.Key < was.Key {
			oldest[folded(c.Email)] = r
			p.contacts[folded(c.Email)] = r.ID
		}
	}
	return p, nil
}

// keysOf gives the keys that are not empty.
func keysOf(all map[string]bool) []string {
	var keys []string
	for k := range all {
		if k != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

// campaignOf is the source's id of the campaign that an engagement belongs to.
func (p *parties) campaignOf(e *Engagement) string {
	if e.Campaign != "" {
		return e.Campaign
	}
	if r := p.emails[e.Email]; r != nil {
		if m, ok := r.Fields.(*Email); ok {
			return m.Campaign
		}
	}
	return ""
}

func (w *writing) tellEngaged(e *Engagement, known *parties) error {
	d := engagedData{ContactID: known.contacts[folded(e.Recipient)], To: e.Recipient, Subject: e.Subject, UserAgent: e.UserAgent}
	// A mail that is not known here has the source's own id, or stands for itself.
	d.ID = cut(cmp.Or(e.Email, e.ExternalID), maxExternalID)
	if r := known.emails[e.Email]; r != nil {
		d.ID = r.ID
		if m, ok := r.Fields.(*Email); ok && d.Subject == "" {
			d.Subject = m.Subject
		}
	}
	if r := known.campaigns[known.campaignOf(e)]; r != nil {
		d.CampaignID = r.ID
	}
	at := e.At
	if at.After(w.now) {
		at = w.now
	}
	if e.Clicked {
		d.URL, d.ClickedAt = e.URL, &at
		return w.tell("email.clicked", d, e.At)
	}
	d.OpenedAt = &at
	return w.tell("email.opened", d, e.At)
}

// purgeStep is how many ids one statement of PurgeEngagements removes.
const purgeStep = 5000

// PurgeEngagements forgets the ids of engagements that are too old to be told of.
func (s *Service) PurgeEngagements(ctx context.Context) error {
	for {
		var n int64
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = tx.Exec(ctx, "DELETE FROM engagements WHERE ref IN (SELECT ref FROM engagements WHERE at < $1 ORDER BY at LIMIT $2)",
				db.Micros(stored(s.clock().Add(-keepEngagements))), purgeStep)
			return err
		})
		if err != nil {
			return fmt.Errorf("forget old engagements: %w", err)
		}
		if n < purgeStep {
			return nil
		}
	}
}
