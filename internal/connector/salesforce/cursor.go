package salesforce

import (
	"fmt"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

// cursor is how far one has read. It goes through walks, one an object: of a load of
// everything, or of what has changed.
type cursor struct {
	Version   string              `json:"version,omitempty"` // of the API; empty: the pinned one
	Described time.Time           `json:"described,omitzero"`
	Fields    map[string][]string `json:"fields,omitempty"` // that the user may read, of each object that they may
	More      bool                `json:"more,omitempty"`   // they may read more than before, also of rows that are known
	// Marks are the times up to which the changes of an object are known.
	Marks map[string]time.Time `json:"marks,omitempty"`
	Load  string               `json:"load,omitempty"` // the load of everything that goes on
	Began map[string]time.Time `json:"began,omitempty"`
	Walk  *walk                `json:"walk,omitempty"` // nil: between two runs
	Drop  string               `json:"drop,omitempty"` // a bulk job whose results are stored
}

// walk is the reading of one object.
type walk struct {
	Object string    `json:"object"`
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`    // of a window; zero: up to now
	Next   string    `json:"next,omitempty"` // where Salesforce goes on; empty: the query is asked
	Seen   time.Time `json:"seen,omitzero"`  // the newest change on the pages so far

	Bulk    bool   `json:"bulk,omitempty"`
	Counted bool   `json:"counted,omitempty"` // it is decided whether by bulk
	Job     string `json:"job,omitempty"`
	Ready   bool   `json:"ready,omitempty"` // the job has its results
	Locator string `json:"locator,omitempty"`
	Failed  int    `json:"failed,omitempty"` // jobs that came to nothing

	// Of accounts whose rows are to be read again, as their name may be another.
	Pending []string `json:"pending,omitempty"`
	Child   string   `json:"child,omitempty"`
}

const (
	overlap       = 5 * time.Minute     // rows are committed late, with an earlier stamp
	describeEvery = 24 * time.Hour      // permissions change
	recycled      = 14 * 24 * time.Hour // after which what was deleted may be purged, and nothing tells of it
	bulkFrom      = 10_000              // rows
	busyPercent   = 80                  // of the organization's calls, above which the rest is left to others
)

// budget says whether there are calls left to use: of the share that was chosen, and
// of what the organization has.
func budget(s *connector.Session, share int) error {
	if s.Usage == nil {
		return nil // no answer has told yet
	}
	all, made := s.Usage.Limit, s.Spent.Add(s.Calls, s.Now)
	total, free := made.Total(s.Now)
	most := max(all*share/100, 1)
	if total >= most {
		return &connector.Failure{
			Class: health.QuotaExhausted, Code: "budget_used", RetryAfter: max(free.Sub(s.Now), time.Minute),
			Detail: fmt.Sprintf("%d calls were used in 24 hours, of the %d that Patchboard may use (%d %% of %d).", total, most, share, all),
		}
	}
	return nil
}

// busy reports that the organization has used most of its calls.
func busy(u *connector.Usage) bool { return u != nil && u.Used*100 > u.Limit*busyPercent }

func busyFailure(u *connector.Usage) error {
	return &connector.Failure{
		Class: health.QuotaExhausted, Code: "organization_busy", RetryAfter: quotaPause,
		Detail: fmt.Sprintf("All programs together have used %d of the organization’s %d calls of 24 hours.", u.Used, u.Limit),
	}
}
