package audit

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/db"
)

// Ask is for the last entry about a target, up to a time.
type Ask struct {
	Target string
	Until  time.Time
}

// lastWidths are the numbers of asks in one statement: it then has a few texts
// only, and each is prepared once.
var lastWidths = []int{1, 8, 64} //nolint:gochecknoglobals // a constant list

// Last gives for each ask the last entry of one of some actions that was done,
// a zero Record where there is none. It does not ask who wants to know: what of
// it is shown to whom is the caller's to decide.
func (l *Log) Last(ctx context.Context, org string, actions []string, asks []Ask) ([]Record, error) {
	found := make([]Record, len(asks))
	for at := 0; at < len(asks); {
		n := min(len(asks)-at, lastWidths[len(lastWidths)-1])
		width := lastWidths[slices.IndexFunc(lastWidths, func(w int) bool { return w >= n })]
		text, args := lastQuery(org, actions, asks[at:at+n], width)
		err := db.Each(ctx, l.db, func(s db.Scanner) error {
			var i int
			r, err := scanRecord(s, &i)
			if err == nil && i < n {
				found[at+i] = r
			}
			return err
		}, text, args...)
		if err != nil {
			return nil, fmt.Errorf("look for audit entries: %w", err)
		}
		at += n
	}
	return found, nil
}

// lastQuery asks for the last entry of each; what is missing to the width is
// asked for again, and passed over.
func lastQuery(org string, actions []string, asks []Ask, width int) (string, []any) {
	q := &query{}
	mine := q.arg(org)
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = q.arg(a)
	}
	parts := make([]string, width)
	for i := range parts {
		a := asks[min(i, len(asks)-1)]
		n := strconv.Itoa(i)
		parts[i] = "SELECT " + entryColumns + ", " + n + " FROM (SELECT " + entryColumns + " FROM audit_entries WHERE organization_id = " + mine + " AND target_id = " + q.arg(a.Target) +
			" AND at <= " + q.arg(db.Micros(a.Until)) + " AND (action || '') IN (" + strings.Join(names, ", ") + ") AND (result || '') = '" + OK +
			"' ORDER BY at DESC, seq DESC LIMIT 1) AS last" + n
	}
	return strings.Join(parts, " UNION ALL "), q.args
}
