package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	keepEvery    = time.Second      // look for lanes to claim, and at those that are held
	sweepEvery   = 10 * time.Second // look for rows to be held or discarded
	lookEvery    = time.Minute      // look for work that nobody told of
	releaseEvery = 5 * time.Second  // look for idle lanes
	laneTopic    = "lanes"          // notifications: the number of a lane with work
	freeTopic    = "lanes.free"     // notifications: lanes were given back
	elsewhere    = time.Second      // a lane that another node held is not claimed again so soon
)

// Start begins to claim lanes and to send.
func (s *Service) Start(ctx context.Context) {
	e := s.engine
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.runCtx, e.stop = run, stop
	send, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	e.sendCtx, e.cancelSend = send, giveUp
	e.giveUp = make(chan struct{})
	e.unsubscribe = append(e.unsubscribe, s.db.Subscribe(laneTopic, e.heard), s.db.Subscribe("webhooks", e.heardWebhook), s.db.Subscribe(freeTopic, e.heardFree))
	e.complete.Go(e.completeSuccesses)
	e.complete.Go(e.completeTroubles)
	e.keepers.Go(func() { e.wake(run) })
	e.keepers.Go(func() { e.leaser(run) })
	e.keepers.Go(func() { e.keeper(run) })
	e.keepers.Go(func() { e.holder(run) })
}

// Finish starts no request from now on, and gives back the lanes without any.
// Stop, which a server calls when its last client is answered, does the rest.
func (s *Service) Finish() {
	e := s.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closing = true
	e.idle = 0
	e.work.Broadcast()
	e.askKeeper()
}

// Stop starts nothing new, lets requests on their way finish until ctx ends
// (then they are cut off and tried again later), records them and gives the
// lanes back: those without requests at once, the others one by one. The lease
// is kept until the last has ended.
func (s *Service) Stop(ctx context.Context) error {
	e := s.engine
	s.Finish()
	e.mu.Lock()
	again := e.stopped
	e.stopped = true
	e.mu.Unlock()
	if again {
		return nil
	}
	if e.stop == nil { // it was never started
		return s.node.Leave(context.WithoutCancel(ctx))
	}
	for _, cancel := range e.unsubscribe {
		cancel()
	}
	keep := context.AfterFunc(ctx, e.cancelSend)
	defer keep()
	e.sending.Wait()
	close(e.results)
	close(e.troubles)
	patient := context.AfterFunc(ctx, func() { close(e.giveUp) })
	defer patient()
	e.complete.Wait()
	e.stop()
	e.keepers.Wait()
	e.cancelSend()
	return s.node.Leave(context.WithoutCancel(ctx))
}

// call asks for a lane: this node claims it, or the node that holds it is told.
func (e *engine) call(num int64) { e.s.db.Notify(laneTopic, fmt.Sprint(num)) }

// heard gets the number of a lane that may have new work, from this node or
// another; "" after notifications were lost.
func (e *engine) heard(payload string) {
	var num int64
	if _, err := fmt.Sscan(payload, &num); err != nil {
		e.lookAtAll()
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if l := e.lanes[num]; l != nil && !l.stopped {
		l.more, l.idle = true, time.Time{}
		e.schedule(l, time.Now())
		return
	}
	if time.Since(e.foreign[num]) >= elsewhere {
		e.wanted[num] = struct{}{}
		e.askKeeper()
	}
}

// heardWebhook gets the id of a webhook that has changed.
func (e *engine) heardWebhook(webhookID string) {
	if webhookID == "" {
		e.lookAtAll()
		return
	}
	e.mu.Lock()
	l := e.byID[webhookID]
	e.mu.Unlock()
	if l != nil {
		e.look(l)
	}
}

// heardFree gets word that a node has given lanes back.
func (e *engine) heardFree(string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweep = true
	e.askKeeper()
}

func (e *engine) lookAtAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweep, e.checkAll = true, true
	for _, l := range e.lanes {
		l.more = true
		e.schedule(l, time.Now())
	}
	e.askKeeper()
}

// look has the keeper compare a lane with its webhook.
func (e *engine) look(l *lane) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !l.stopped {
		e.checkAll = true
		e.askKeeper()
	}
}

func (e *engine) askKeeper() {
	select {
	case e.claim <- struct{}{}:
	default:
	}
}

// leaser is the goroutine that renews the lease. It does nothing else, so that
// no long or waiting statement of the keeper's costs this node its lanes.
func (e *engine) leaser(ctx context.Context) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	var renewed time.Time
	for {
		if now := time.Now(); e.frozen.Load() { //nolint:revive // only tests freeze a node
		} else if now.Sub(renewed) >= renewEvery {
			if err := e.renew(ctx); err == nil {
				renewed = now
			} else if ctx.Err() == nil {
				e.s.log.Warn("keep the lease", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// keeper is the goroutine that claims, checks and gives back lanes.
func (e *engine) keeper(ctx context.Context) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	var swept, looked, offs, released time.Time
	for {
		now := time.Now()
		e.mu.Lock()
		closing := e.closing
		sweep := !closing && (e.sweep || now.Sub(swept) >= e.sweepGap())
		check := !closing && (e.checkAll || sweep && e.s.db.Shared())
		release := closing || e.release || now.Sub(released) >= releaseEvery
		e.sweep, e.checkAll, e.release = false, false, false
		e.mu.Unlock()
		if e.frozen.Load() {
			sweep, check, release, closing = false, false, false, true
		}
		if check {
			e.attempt(ctx, "look at the webhooks of the lanes", e.checkLanes)
		}
		if sweep {
			swept = now
			e.attempt(ctx, "look for lanes with work", e.findLanes)
		}
		if !closing {
			e.attempt(ctx, "claim lanes", e.claimLanes)
		}
		if !closing && now.Sub(looked) >= lookEvery {
			looked = now
			e.lookAgain(now)
		}
		if sweep && now.Sub(offs) >= sweepEvery {
			offs = now
			e.attempt(ctx, "look for deliveries to be held", e.findHolds)
		}
		if release {
			released = now
			e.attempt(ctx, "give back idle lanes", e.releaseIdle)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-e.claim:
		}
	}
}

// lookAgain is the backstop where nodes share the work: one that died after a
// commit may not have told of it. It also forgets expected events that never came.
func (e *engine) lookAgain(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for key, since := range e.coming {
		if now.Sub(since) > lookEvery {
			delete(e.coming, key)
		}
	}
	if !e.s.db.Shared() {
		return
	}
	for _, l := range e.lanes {
		if now.Sub(l.fetched) > lookEvery && !l.fetching {
			l.more = true
			e.schedule(l, now)
		}
	}
}

// sweepGap is how often all webhooks are searched for work: a backstop where
// this node hears of everything itself, the way a dead node's lanes are found
// where there are others.
func (e *engine) sweepGap() time.Duration {
	if e.s.db.Shared() {
		return keepEvery
	}
	return sweepEvery
}

func (e *engine) attempt(ctx context.Context, what string, fn func(ctx context.Context) error) {
	if err := fn(ctx); err != nil && ctx.Err() == nil {
		e.s.log.Warn(what, "error", err)
	}
}

// renew extends the lease. When it was lost, the lanes are another node's:
// nothing of theirs starts any more here, and this process joins anew.
func (e *engine) renew(ctx context.Context) error {
	err := e.s.node.renew(ctx)
	if !errors.Is(err, errLeaseLost) {
		if err == nil {
			e.mu.Lock()
			e.rouseIfReady() // workers that found no lease wait, and nothing else would wake them
			e.mu.Unlock()
		}
		return err
	}
	e.s.log.Warn("the lease was lost; joining again")
	dropAll := func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, l := range e.lanes {
			e.drop(l)
		}
		e.sweep = true
		e.askKeeper()
	}
	dropAll()
	// Once more between taking the new name and the new lease: the keeper may
	// just have claimed lanes under the old one.
	if err := e.s.node.register(ctx, dropAll); err != nil {
		return err
	}
	e.s.keys.Renumber(int(e.s.node.Num()))
	e.s.db.Notify(laneTopic, "") // events accepted here meanwhile were offered to lanes that others hold
	return nil
}
