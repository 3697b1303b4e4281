package record

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"patchboard/internal/db"
)

// Which events of a campaign were raised, or passed over: each comes once, whatever
// becomes of its times and its state later.
const (
	toldStarted int64 = 1 << iota
	toldCompleted
)

type campaignStartedData struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	Channel      string     `json:"channel,omitempty"`
	AudienceSize int        `json:"audienceSize,omitempty"`
	StartedAt    *time.Time `json:"startedAt,omitempty"`
}

type campaignCompletedData struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Channel     string    `json:"channel,omitempty"`
	Stats       *Stats    `json:"stats,omitempty"`
	CompletedAt time.Time `json:"completedAt"`
}

// progress tells how far a campaign is, and notes when to look again. What a quiet
// writing does not tell stays untold.
func (w *writing) progress(r *Record) error {
	c, ok := r.Fields.(*Campaign)
	if !ok {
		return nil
	}
	r.due = c.next(w.now)
	state := c.StateAt(w.now)
	if r.told&toldStarted == 0 && (state == CampaignRunning || state == CampaignCompleted) {
		r.told |= toldStarted
		d := campaignStartedData{ID: r.ID, Name: c.Name, Channel: c.Channel, AudienceSize: c.Audience}
		at := w.now
		if !c.Begin.IsZero() && c.Begin.Before(at) {
			at = c.Begin
		}
		if state == CampaignRunning || at.Equal(c.Begin) { // else nobody knows when it was
			d.StartedAt = &at
		}
		if err := w.tell("campaign.started", d, at); err != nil {
			return err
		}
	}
	if r.told&toldCompleted == 0 && state == CampaignCompleted {
		r.told |= toldCompleted
		at := w.now
		if !c.End.IsZero() && c.End.Before(at) {
			at = c.End
		}
		d := campaignCompletedData{ID: r.ID, Name: c.Name, Channel: c.Channel, Stats: c.Stats, CompletedAt: at}
		return w.tell("campaign.completed", d, at)
	}
	return nil
}

// dueStep is how many campaigns one transaction of Progress looks at.
const dueStep = 200

// Progress tells of the campaigns whose begin or end has passed since their source
// was read, on any number of nodes at once.
func (s *Service) Progress(ctx context.Context) error {
	for {
		n := 0
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			rs, err := db.All(ctx, tx, scan(KindCampaign), "SELECT "+columns(KindCampaign)+" FROM campaigns WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2"+tx.SkipLocked(),
				db.Micros(stored(s.clock())), dueStep)
			if err != nil {
				return fmt.Errorf("look for campaigns: %w", err)
			}
			n = len(rs)
			return s.progressAll(ctx, tx, rs)
		})
		if err != nil {
			return fmt.Errorf("tell how far campaigns are: %w", err)
		}
		if n < dueStep {
			return nil
		}
	}
}

func (s *Service) progressAll(ctx context.Context, tx *db.Tx, rs []*Record) error {
	byOrg := map[string]*writing{}
	var rows [][]any
	for _, r := range rs {
		w := byOrg[r.OrganizationID]
		if w == nil {
			w = s.writing(tx, Source{OrganizationID: r.OrganizationID, Name: r.Source})
			byOrg[r.OrganizationID] = w
		}
		if err := w.progress(r); err != nil {
			return err
		}
		w.ids = append(w.ids, r.ID)
		rows = append(rows, []any{int64(r.Key), db.Micros(r.due), r.told})
	}
	set := []db.Col{{Name: "due", Type: db.Int}, {Name: "told", Type: db.Int}}
	if _, err := tx.UpdateMany(ctx, db.Update{Table: KindCampaign.Plural(), Keys: []db.Col{idCol}, Set: set}, rows); err != nil {
		return fmt.Errorf("note how far campaigns are: %w", err)
	}
	for _, org := range slices.Sorted(maps.Keys(byOrg)) {
		if err := byOrg[org].finish(ctx); err != nil {
			return err
		}
	}
	return nil
}
