package sandbox

import (
	"cmp"
	"net/http"
	"slices"
)

// salesforceRole is the object that says who is who in an opportunity.
const salesforceRole = "OpportunityContactRole"

// addRole gives a contact a role in an opportunity, or in all.
func addRole(o *salesforceOrg, r *http.Request) string {
	deals, contact := []string{r.PostFormValue("opportunity")}, r.PostFormValue("contact")
	if deals[0] == "all" {
		deals = nil
		for row := range o.all("Opportunity", false) {
			deals = append(deals, row.id)
		}
	}
	primary := r.PostFormValue("primary") == "yes"
	for _, deal := range deals {
		if o.living("Opportunity", deal) == nil || o.living("Contact", contact) == nil {
			return there(false)
		}
		if primary {
			o.noPrimary(deal)
		}
		o.add(salesforceRole, map[string]any{
			"OpportunityId": deal, "ContactId": contact, "Role": cmp.Or(r.PostFormValue("role"), "Decision Maker"), "IsPrimary": primary,
		}, o.now())
	}
	return ""
}

// makePrimary makes a role the primary one of its opportunity, which has one at most.
func makePrimary(o *salesforceOrg, r *http.Request) string {
	i := slices.IndexFunc(o.rows[salesforceRole], func(row *salesforceRow) bool { return row.id == r.PostFormValue("id") && !row.deleted })
	if i < 0 {
		return there(false)
	}
	o.noPrimary(text(o.rows[salesforceRole][i].fields["OpportunityId"]))
	return there(o.change(salesforceRole, r.PostFormValue("id"), func(row *salesforceRow) { row.fields["IsPrimary"] = true }))
}

// noPrimary takes the primary role of an opportunity to be like the others. The caller
// holds mu.
func (o *salesforceOrg) noPrimary(deal string) {
	for _, row := range slices.Clone(o.rows[salesforceRole]) { // a change brings them into another order
		if text(row.fields["OpportunityId"]) == deal && is(row.fields["IsPrimary"]) {
			o.change(salesforceRole, row.id, func(row *salesforceRow) { row.fields["IsPrimary"] = false })
		}
	}
}

// demoteAll has no role be a primary one any more.
func demoteAll(o *salesforceOrg, _ *http.Request) string {
	for _, row := range slices.Clone(o.rows["Opportunity"]) {
		o.noPrimary(row.id)
	}
	return ""
}

// living gives a row that is not deleted; nil: there is none. The caller holds mu.
func (o *salesforceOrg) living(object, rowID string) *salesforceRow {
	for r := range o.all(object, false) {
		if r.id == rowID {
			return r
		}
	}
	return nil
}

// nameOf is what a living row is called; empty: there is none. The caller holds mu.
func (o *salesforceOrg) nameOf(object, rowID string) string {
	if r := o.living(object, rowID); r != nil {
		return text(r.fields["Name"])
	}
	return ""
}
