package record

import (
	"slices"
	"strings"
	"time"
)

// Campaign is something that is sent or shown to many people over some time.
type Campaign struct {
	Name     string        `json:"name,omitempty"`
	Channel  string        `json:"channel,omitempty" enum:"email,sms,social,ads,event,other" doc:"How it reaches people"`
	Audience int           `json:"audience,omitempty" minimum:"0" doc:"How many people it is meant for"`
	Begin    time.Time     `json:"begin,omitzero"`
	End      time.Time     `json:"end,omitzero"`
	State    CampaignState `json:"state,omitempty" enum:"planned,running,completed,cancelled" doc:"Left out or planned, its times tell when it runs and is completed"`
	Stats    *Stats        `json:"stats,omitempty" doc:"What came of it"`
}

// CampaignState is how far a campaign is.
type CampaignState string

// The states.
const (
	CampaignPlanned   CampaignState = "planned"
	CampaignRunning   CampaignState = "running"
	CampaignCompleted CampaignState = "completed"
	CampaignCancelled CampaignState = "cancelled"
)

var (
	channels       = []string{"email", "sms", "social", "ads", "event", "other"}
	campaignStates = []CampaignState{CampaignPlanned, CampaignRunning, CampaignCompleted, CampaignCancelled}
)

// maxAudience is more than there are people.
const maxAudience = 100_000_000_000

func (*Campaign) kind() Kind          { return KindCampaign }
func (c *Campaign) at() time.Time     { return c.Begin }
func (c *Campaign) words() []string   { return []string{c.Name, c.Channel, string(c.State)} }
func (*Campaign) addresses() []string { return nil }

// StateAt is how far the campaign is at a time: what its source says, or, once they
// have passed, its times. A source that forgets to say that it runs is not waited for.
func (c *Campaign) StateAt(now time.Time) CampaignState {
	passed := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	switch {
	case c.State == CampaignCancelled, c.State == CampaignCompleted:
		return c.State
	case passed(c.End):
		return CampaignCompleted
	case c.State == CampaignRunning, passed(c.Begin):
		return CampaignRunning
	}
	return CampaignPlanned
}

// next is when the next of its times passes; zero: none does.
func (c *Campaign) next(now time.Time) time.Time {
	if c.State == CampaignCancelled || c.State == CampaignCompleted {
		return time.Time{}
	}
	next := time.Time{}
	for _, t := range []time.Time{c.Begin, c.End} {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

func (c *Campaign) check(k *checker) {
	c.Name = strings.TrimSpace(c.Name)
	c.Begin, c.End = stored(c.Begin), stored(c.End)
	k.text("name", c.Name, maxName)
	if c.Name == "" {
		k.wrong("name", "is empty")
	}
	if c.Channel != "" && !slices.Contains(channels, c.Channel) {
		k.wrong("channel", "must be "+strings.Join(channels, ", "))
	}
	if c.Audience < 0 || c.Audience > maxAudience {
		k.wrong("audience", "is not a number of people")
	}
	if c.State != "" && !slices.Contains(campaignStates, c.State) {
		k.wrong("state", "must be planned, running, completed or cancelled")
	}
	for name, t := range map[string]time.Time{"begin": c.Begin, "end": c.End} {
		if !t.IsZero() {
			k.time(name, t)
		}
	}
	if !c.End.IsZero() && c.End.Before(c.Begin) {
		k.wrong("end", "is before begin")
	}
	k.stats(c.Stats)
}

func (c *Campaign) clean() {
	c.Name = cut(c.Name, maxName)
	if c.Channel = strings.ToLower(strings.TrimSpace(c.Channel)); c.Channel != "" && !slices.Contains(channels, c.Channel) {
		c.Channel = "other"
	}
	c.Audience = min(max(c.Audience, 0), maxAudience)
	if !slices.Contains(campaignStates, c.State) {
		c.State = ""
	}
	c.Begin, c.End = knownTime(c.Begin), knownTime(c.End)
	if !c.End.IsZero() && c.End.Before(c.Begin) {
		c.End = c.Begin
	}
	c.Stats = c.Stats.clean()
}

// knownTime bounds a time that may be left out.
func knownTime(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return bounded(t)
}

// A CampaignPatch sets those fields of a campaign that are not nil.
type CampaignPatch struct {
	Name     *string        `json:"name,omitempty"`
	Channel  *string        `json:"channel,omitempty" enum:"email,sms,social,ads,event,other"`
	Audience *int           `json:"audience,omitempty" minimum:"0"`
	Begin    *time.Time     `json:"begin,omitempty"`
	End      *time.Time     `json:"end,omitempty"`
	State    *CampaignState `json:"state,omitempty" enum:"planned,running,completed,cancelled"`
	Stats    *Stats         `json:"stats,omitempty" doc:"Replaces them all"`
}

func (p *CampaignPatch) apply(f Fields) {
	if c, ok := f.(*Campaign); ok {
		set(&c.Name, p.Name)
		set(&c.Channel, p.Channel)
		set(&c.Audience, p.Audience)
		set(&c.Begin, p.Begin)
		set(&c.End, p.End)
		set(&c.State, p.State)
		if p.Stats != nil {
			c.Stats = p.Stats
		}
	}
}
