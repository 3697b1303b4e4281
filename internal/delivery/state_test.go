package delivery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/egress"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/webhook"
)

func TestTheDiagramIsTheTable(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/delivery-states.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "stateDiagram-v2\n")
	diagram, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("no diagram")
	}
	var drawn, table []string
	for line := range strings.Lines(diagram) {
		drawn = append(drawn, strings.TrimSpace(line))
	}
	for _, s := range Transitions {
		table = append(table, fmt.Sprintf("%s --> %s: %s", s.From, s.To, strings.ReplaceAll(string(s.On), " ", "_")))
	}
	if !slices.Equal(drawn, table) {
		t.Errorf("drawn\n%s\ntable\n%s", strings.Join(drawn, "\n"), strings.Join(table, "\n"))
	}
	for _, s := range States() {
		if !strings.Contains(string(page), "**"+s+"**") {
			t.Errorf("%s is not explained", s)
		}
		if st, ok := ParseState(s); !ok || st.String() != s {
			t.Errorf("ParseState(%s)", s)
		}
	}
	if State(-1).String() != "unknown" || State(5).String() != "unknown" {
		t.Error("an unknown state has a word")
	}
}

// walker makes changes on the real store as a running server would, one at a
// time, and compares every row before and after.
type walker struct {
	*server
	hook string
	num  int64
	rows map[id.Key]walked
	seen map[[2]State]int
}

type walked struct {
	state    State
	attempts int
	from     int
}

func newWalker(t testing.TB, e dbtest.Engine) *walker {
	t.Helper()
	w := newWorld(t, e)
	n := w.build()
	n.schedule = Schedule{Gaps: []time.Duration{time.Millisecond, time.Millisecond}}
	n.events.Start()
	hook := n.webhook(newReceiver(t).URL)
	return &walker{server: n, hook: hook.Webhook.ID, num: hook.Webhook.Num, rows: map[id.Key]walked{}, seen: map[[2]State]int{}}
}

// step does what a byte says.
func (w *walker) step(op byte) {
	ctx, pick := context.Background(), int(op>>4)
	var err error
	switch op % 16 {
	case 0, 1:
		w.accept(1 + pick%3)
	case 2:
		w.record(pick, egress.Result{Class: egress.ClassOK, Status: 200}, Pending)
	case 3, 4:
		w.record(pick, egress.Result{Class: egress.ClassStatus5xx, Status: 500}, Pending)
	case 5:
		w.record(pick, egress.Result{Class: egress.ClassStatus4xx, Status: http.StatusGone}, Pending)
	case 6: // it was on its way when it was held
		w.record(pick, egress.Result{Class: egress.ClassOK, Status: 200}, Held)
	case 7:
		w.record(pick, egress.Result{Class: egress.ClassTimeout}, Held)
	case 8, 9:
		_, err = w.webhooks.Update(ctx, w.w.util, w.hook, webhook.Patch{Enabled: new(op%16 == 9)})
	case 10:
		_, err = w.settle(ctx, w.num)
	case 11:
		_, err = w.Held(ctx, w.w.sys, w.hook, HeldSend)
	case 12:
		_, err = w.Held(ctx, w.w.sys, w.hook, HeldDiscard)
	case 13:
		if key, ok := w.find(pick, -1); ok {
			_, err = w.Retry(ctx, w.w.util, id.Pair(Prefix, key, w.num))
		}
	case 14:
		_, err = w.Replay(ctx, w.w.sys, Replay{WebhookID: w.hook, Since: time.Unix(1, 0), States: []string{States()[3+pick%2], NeverSent}})
	case 15:
		if pick == 15 {
			w.w.clock.add(time.Hour)
			_, err = w.Retain(ctx, before(w.w.clock.read().Add(-time.Minute)))
		}
	}
	if k := fault.KindOf(err); err != nil && k != fault.Conflict {
		w.w.t.Fatalf("step %d: %v", op%16, err)
	}
	w.look(op)
}

// find gives one of the rows in a state, of any for -1.
func (w *walker) find(pick int, st State) (id.Key, bool) {
	var keys []id.Key
	for k, r := range w.rows {
		if st == -1 || r.state == st {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return 0, false
	}
	slices.Sort(keys)
	return keys[pick%len(keys)], true
}

func (w *walker) record(pick int, res egress.Result, st State) {
	key, ok := w.find(pick, st)
	if !ok {
		return
	}
	row := w.rows[key]
	r := &result{
		task: &task{num: w.num, key: key, org: "org_a", attempts: row.attempts, retriesFrom: row.from, lane: newLane()},
		sent: true, key: w.keys.Next(), at: w.clock(), header: []byte("{}"), res: res,
	}
	w.engine.decide(r)
	writer, take := w.d.Writer(), func() []*result { return []*result{r} }
	w.w.check(w.engine.recordOnce(writer, take, false))
	// The answer to the commit may be lost: once more changes nothing.
	w.w.check(w.engine.recordOnce(writer, take, true))
}

// look reads all rows and fails on a change that is not in the table.
func (w *walker) look(op byte) {
	t := w.w.t
	t.Helper()
	now := map[id.Key]walked{}
	w.w.check(db.Each(context.Background(), w.d, func(s db.Scanner) error {
		var k id.Key
		var r walked
		if err := s.Scan(&k, &r.state, &r.attempts, &r.from); err != nil {
			return err
		}
		now[k] = r
		return nil
	}, "SELECT event_id, state, attempts, retries_from FROM deliveries"))
	for k, r := range now {
		old, was := w.rows[k]
		switch {
		case !was && r.state != Pending && r.state != Held:
			t.Fatalf("step %d: a delivery begins as %s", op%16, r.state)
		case was && old.state != r.state && !allowed(old.state, r.state):
			t.Fatalf("step %d: a delivery went from %s to %s", op%16, old.state, r.state)
		case was && r.attempts < old.attempts:
			t.Fatalf("step %d: tries were lost", op%16)
		case was && old.state != r.state:
			w.seen[[2]State{old.state, r.state}]++
		}
	}
	for k, old := range w.rows {
		if _, there := now[k]; !there && (old.state == Pending || old.state == Held && op%16 != 15) {
			t.Fatalf("step %d: a %s delivery is gone", op%16, old.state)
		}
	}
	w.rows = now
	w.books()
}

func allowed(from, to State) bool {
	return slices.ContainsFunc(Transitions, func(s Transition) bool { return s.From == from && s.To == to })
}

func TestADeliveryNeverLeavesTheTable(t *testing.T) {
	t.Parallel()
	for _, e := range dbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			w := newWalker(t, e)
			r := rand.New(rand.NewPCG(7, 11))
			for range 250 {
				w.step(byte(r.Uint32()))
			}
			w.step(9)
			w.step(0)
			w.w.check(w.webhooks.Delete(t.Context(), w.w.util, w.hook))
			for again := true; again; {
				var err error
				again, err = w.settle(t.Context(), w.num)
				w.w.check(err)
				w.look(10)
			}
			if c := w.books(); c.Pending+c.Held != 0 {
				t.Errorf("what waits for a deleted webhook: %+v", c)
			}
			for _, s := range Transitions {
				if s.From != s.To && w.seen[[2]State{s.From, s.To}] == 0 {
					t.Errorf("the walk never saw %s become %s", s.From, s.To)
				}
			}
		})
	}
}

func FuzzADeliveryNeverLeavesTheTable(f *testing.F) {
	f.Add([]byte{0, 3, 3, 3, 14, 2})
	f.Add([]byte{0, 8, 10, 0, 12, 9, 13, 5, 10, 11})
	f.Add([]byte{1, 8, 9, 10, 6, 7, 255})
	f.Fuzz(func(t *testing.T, ops []byte) {
		w := newWalker(t, dbtest.SQLite)
		for _, op := range ops[:min(len(ops), 50)] {
			w.step(op)
		}
	})
}
