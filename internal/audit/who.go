package audit

import (
	"context"
	"fmt"
	"strings"

	"patchboard/internal/db"
	"patchboard/internal/rbac"
)

// byEmail reports whether a filter names the actor by an e-mail address.
func (f Filter) byEmail() bool { return strings.Contains(f.Actor, "@") }

// names reports whether a filter's actor is this one.
func (f Filter) names(a rbac.Actor) bool {
	return f.Actor == a.UserID || f.byEmail() && a.Email != "" && address(f.Actor) == a.Email
}

// address writes an e-mail address as accounts keep it, but for rare spellings.
func address(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// actorsSQL finds the actors of an e-mail address. It hops from actor to actor
// in the index on them, and looks at one entry of each: an actor's address never
// changes, and there are few actors in a log of many entries.
const actorsSQL = `WITH RECURSIVE actors(id) AS (
	SELECT MIN(actor_id) FROM audit_entries WHERE organization_id = $1
	UNION ALL
	SELECT (SELECT MIN(e.actor_id) FROM audit_entries e WHERE e.organization_id = $1 AND e.actor_id > actors.id) FROM actors WHERE actors.id IS NOT NULL
) SELECT id FROM actors WHERE id IS NOT NULL AND $2 = (
	SELECT e.actor_email FROM audit_entries e WHERE e.organization_id = $1 AND e.actor_id = actors.id ORDER BY e.at DESC, e.seq DESC LIMIT 1)
ORDER BY id`

// who turns an e-mail address in a filter into the ids of those who had it: a
// user, and users before who were deleted.
func (l *Log) who(ctx context.Context, org string, f Filter) (Filter, error) {
	if !f.byEmail() {
		return f, nil
	}
	ids, err := db.Column[string](ctx, l.db, actorsSQL, org, address(f.Actor))
	if err != nil {
		return Filter{}, fmt.Errorf("find the actors of an address: %w", err)
	}
	f.actors = ids
	return f, nil
}

// byActor adds the condition of the filter's actor.
func (q *query) byActor(f Filter, equal func(column, value string)) {
	switch {
	case !f.byEmail():
		equal("actor_id", f.Actor)
	case len(f.actors) == 0:
		q.add("1 = 0")
	case len(f.actors) == 1:
		equal("actor_id", f.actors[0])
	default: // of several the index on actors does not give the order
		places := make([]string, len(f.actors))
		for i, id := range f.actors {
			places[i] = q.arg(id)
		}
		q.add("(actor_id || '') IN (" + strings.Join(places, ", ") + ")")
	}
}
