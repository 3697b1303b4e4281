package sandbox

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"patchboard/internal/id"
)

// workspace is one Slack workspace: its channels, and what was posted there.
type workspace struct {
	clock id.Clock

	mu       sync.Mutex
	channels []*channel
	posted   int
}

// channel is one channel, as the application's bot meets it.
type channel struct {
	id, name   string
	private    bool
	member     bool // the bot is in it
	archived   bool
	restricted bool // few may post
	posts      []post

	// What may still be posted at once; it grows again by one a second.
	left   int
	filled time.Time
}

// post is a message.
type post struct {
	ts, text string
	at       time.Time
}

// postBurst is how many messages a channel takes at once.
const postBurst = 5

func newWorkspace(clock id.Clock) *workspace {
	return &workspace{clock: clock, channels: []*channel{
		{id: "C0GENERAL", name: "general"},
		{id: "C0SALES", name: "sales", member: true},
		{id: "C0DEALS", name: "deals", private: true, member: true},
		{id: "C0BOARD", name: "board", private: true},
		{id: "C0OLD", name: "old-campaigns", archived: true},
	}}
}

// find gives a channel that the bot can see, or nil. The caller holds mu.
func (s *workspace) find(channelID string) *channel {
	i := slices.IndexFunc(s.channels, func(c *channel) bool { return c.id == channelID && (!c.private || c.member) })
	if i < 0 {
		return nil
	}
	return s.channels[i]
}

// change changes a channel, whether the bot can see it or not.
func (s *workspace) change(channelID string, how func(c *channel)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.channels, func(c *channel) bool { return c.id == channelID })
	if i < 0 {
		return false
	}
	how(s.channels[i])
	return true
}

// take reports whether the channel takes one more message now. The caller holds mu.
func (s *workspace) take(c *channel) bool {
	now := s.clock()
	if since := now.Sub(c.filled); since >= time.Second {
		c.left = min(postBurst, c.left+int(since/time.Second))
		c.filled = now
	}
	if c.left == 0 {
		return false
	}
	c.left--
	return true
}

// post adds a message, and gives its number. The caller holds mu.
func (s *workspace) post(c *channel, text string) string {
	s.posted++
	now := s.clock()
	p := post{ts: fmt.Sprintf("%d.%06d", now.Unix(), s.posted), text: text, at: now}
	c.posts = append(c.posts, p)
	return p.ts
}
