package salesforce

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// role is the object that says who is who in an opportunity. It is no record: an
// opportunity that names no contact has the one of its primary role, else of its
// oldest.
const role = "OpportunityContactRole"

// unreadable are the refusals of what the user may not read.
var unreadable = []string{"INVALID_FIELD", "INVALID_TYPE", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"}

// roles reports whether roles are to be read, and may be.
func (r *reader) roles() bool {
	return r.settings.Opportunities && r.at.Fields[opportunity] != nil && len(r.at.Fields[role]) > 0
}

// withoutRoles goes on without roles, until it is looked up again what the user may read.
func (r *reader) withoutRoles() {
	r.at.Fields[role] = []string{}
	r.noteRoles()
}

// noteRoles says that roles are not read, once.
func (r *reader) noteRoles() {
	const text = "Contact roles: the user who connected may not read them in Salesforce, so this part is off. An opportunity has the contact that it names itself, or none."
	if !slices.Contains(r.page.Off, text) {
		r.page.Off = append(r.page.Off, text)
	}
}

// put adds rows of an object to the page, opportunities with the contact of their roles.
func (r *reader) put(ctx context.Context, object string, rows []row) error {
	if object == opportunity && r.roles() {
		if err := r.cast(ctx, rows); err != nil {
			return err
		}
	}
	for i := range rows {
		r.page.Changes = append(r.page.Changes, r.change(object, &rows[i]))
	}
	return nil
}

// cast gives opportunities that name no contact the one of their roles.
func (r *reader) cast(ctx context.Context, rows []row) error {
	var open []*row
	for i := range rows {
		if one := &rows[i]; one.ContactID == "" && !one.IsDeleted {
			open = append(open, one)
		}
	}
	for some := range slices.Chunk(open, idsMost) {
		best, err := r.bestRoles(ctx, some)
		if hasCode(err, unreadable...) {
			r.withoutRoles()
			return nil
		}
		if err != nil {
			return err
		}
		for _, one := range some {
			if b := best[one.ID]; b != nil {
				one.ContactID, one.cast = b.ContactID, true
			}
		}
	}
	return nil
}

// bestRoles gives the role of each opportunity that tells its contact.
func (r *reader) bestRoles(ctx context.Context, deals []*row) (map[string]*row, error) {
	ids := make([]string, len(deals))
	for i, one := range deals {
		ids[i] = one.ID
	}
	text := "SELECT " + strings.Join(r.at.Fields[role], ", ") + " FROM " + role + " WHERE OpportunityId IN ('" + strings.Join(ids, "','") + "')"
	best, lost := map[string]*row{}, false
	for next := ""; ; {
		found, err := r.queryText(ctx, "query", text, next, 0)
		if hasCode(err, "INVALID_QUERY_LOCATOR") && !lost {
			next, lost = "", true // once from the beginning: rows that come again are the same
			continue
		}
		if err != nil {
			return nil, err
		}
		for i := range found.Records {
			one := &found.Records[i]
			if one.ContactID != "" && !one.IsDeleted && one.before(best[one.OpportunityID]) {
				best[one.OpportunityID] = one
			}
		}
		if next = found.NextRecordsURL; found.Done {
			return best, nil
		}
	}
}

// before reports whether a role counts more than another: the primary one, else the
// oldest, and of two of one second the one with the lower id.
func (r *row) before(other *row) bool {
	switch {
	case other == nil:
		return true
	case r.IsPrimary != other.IsPrimary:
		return r.IsPrimary
	}
	return cmp.Or(r.made().Compare(other.made()), cmp.Compare(r.ID, other.ID)) < 0
}

// made is when a row was made; where that may not be read, when it was changed.
func (r *row) made() time.Time { return timeOf(cmp.Or(r.CreatedDate, r.SystemModstamp)) }

// recast reads the opportunities of changed and deleted roles again, whose own stamps
// stay as they are.
func (r *reader) recast(ctx context.Context) error {
	w := r.at.Walk
	if w.Child != "" {
		return r.children(ctx)
	}
	text := "SELECT Id, OpportunityId, SystemModstamp FROM " + role
	if where := r.bounds(w); where != "" {
		text += " WHERE " + where
	}
	found, err := r.queryText(ctx, "queryAll", text+" ORDER BY SystemModstamp, Id", w.Next, idsMost)
	switch {
	case hasCode(err, "INVALID_QUERY_LOCATOR"):
		w.Next = ""
		return nil
	case hasCode(err, unreadable...):
		r.withoutRoles()
		return r.next()
	case err != nil:
		return err
	}
	w.Pending, w.Next = nil, found.NextRecordsURL
	for i := range found.Records {
		if deal := found.Records[i].OpportunityID; deal != "" && !slices.Contains(w.Pending, deal) {
			w.Pending = append(w.Pending, deal)
		}
	}
	return r.nextChildren("")
}
