package alert

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

func TestScheduleEnds(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for tries := 1; ; tries++ {
		wait, again := after(tries)
		if !again {
			break
		}
		all = append(all, wait)
	}
	if want := []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour}; !slices.Equal(all, want) {
		t.Errorf("%v", all)
	}
	if _, again := after(0); again {
		t.Error("a wait before the first try")
	}
}

// What was committed before a crash is sent after the restart, also when the
// crash came after the claim.
func TestNothingIsLostBetweenCommitAndSending(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.raise(w.broken()) // nobody sends yet
		taken, err := w.claim(t.Context(), Email, 1)
		if err != nil || len(taken) != 1 {
			t.Fatal(taken, err)
		}
		if w.d.Shared() { // another node takes it up when the claim has run out
			w.due()
		}
		w.begin(w.node(w.d))
		to := []string{w.mail.Next().To[0], w.mail.Next().To[0]}
		slices.Sort(to)
		if !slices.Equal(to, []string{"ada@one.example", "bob@one.example"}) {
			t.Errorf("mailed %v", to)
		}
		w.until("all sent", func() bool { return w.states()[Sent] == 2 })
		// The one that had crashed comes back and knows nothing of it.
		w.check(w.finish(t.Context(), taken[0], errCut))
		if w.states()[Sent] != 2 {
			t.Errorf("%+v", w.sends())
		}
	})
}

func TestTwoNodesSendOnce(t *testing.T) {
	t.Parallel()
	for _, e := range dbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			c := dbtest.Fresh(t, e)
			d := dbtest.OpenConfig(t, c)
			w := newWorld(t, d)
			second := d
			if d.Shared() {
				second = dbtest.OpenConfig(t, c)
			}
			w.begin(w.Service)
			w.begin(w.node(second))
			const n = 40
			for i := range n {
				b := w.broken()
				b.Subject.ID += string(rune('a' + i))
				w.raise(b)
			}
			for range 2 * n {
				w.mail.Next()
			}
			w.until("all sent", func() bool { return w.states()[Sent] == 2*n })
			if len(w.mail.Got) > 0 {
				t.Errorf("%d mails came twice", len(w.mail.Got))
			}
			for _, m := range w.sends() {
				if m.attempts != 1 {
					t.Errorf("%+v", m)
				}
			}
		})
	}
}

func TestTriesEndAndTheEndIsShown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.mail.Refuse("", 451, "4.3.0 Try again later")
		w.begin(w.Service)
		_, err := w.SetPreferences(t.Context(), w.util, []Preference{{Kind: IntegrationBroken, Own: true}})
		w.check(err)
		w.raise(w.broken())
		for tries := 1; tries <= 6; tries++ {
			w.until("tried", func() bool { m := w.sends()[0]; return m.attempts == tries && m.claim == "" })
			w.due()
		}
		m := w.sends()[0]
		if m.state != Failed || !strings.Contains(m.lastError, "Try again later") {
			t.Errorf("%+v", m)
		}
		if len(w.list(w.sys).Items) != 1 {
			t.Error("a mail that fails raised an alert")
		}
		told := w.list(w.sys).Items[0].Told[0]
		if told.State != Failed || told.To != "ada@one.example" || told.Error == "" {
			t.Errorf("%+v", told)
		}
		if told := w.list(w.util).Items[0].Told[0]; told.To != "" || told.Error != "" {
			t.Errorf("a utility admin sees %+v", told)
		}
		s, err := w.MailState(t.Context(), w.sys)
		if err != nil || s.LastError == "" || s.LastFailed.IsZero() || !s.Configured || s.TLS != StartTLS {
			t.Errorf("%+v %v", s, err)
		}
		if s, err := w.MailState(t.Context(), w.other); err != nil || s.LastError != "" || !s.LastFailed.IsZero() {
			t.Errorf("another organization sees %+v %v", s, err)
		}
		w.close(w.recovered())
		if len(w.sends()) != 1 {
			t.Error("who was not told of a problem is told of its end")
		}
	})
}

func TestBadRecipientEndsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.mail.Refuse("bob@one.example", 550, "5.1.1 No such user here")
		w.begin(w.Service)
		w.raise(w.broken())
		if m := w.mail.Next(); m.To[0] != "ada@one.example" {
			t.Errorf("%v", m.To)
		}
		w.until("ended", func() bool { n := w.states(); return n[Sent] == 1 && n[Failed] == 1 })
		for _, m := range w.sends() {
			if m.state == Failed && (m.recipient != "bob@one.example" || m.attempts != 1 || !strings.Contains(m.lastError, "No such user here")) {
				t.Errorf("%+v", m)
			}
		}
	})
}

// The end of a problem is not told before its beginning.
func TestTheEndWaitsForTheBeginning(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		_, err := w.SetPreferences(t.Context(), w.util, []Preference{{Kind: IntegrationBroken, Own: true}})
		w.check(err)
		claimed := func(want ...Phase) []send {
			t.Helper()
			due, err := w.claim(t.Context(), Email, 8)
			w.check(err)
			var got []Phase
			for _, m := range due {
				got = append(got, m.phase)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("claimed %v, want %v", got, want)
			}
			return due
		}
		w.raise(w.broken())
		first := claimed(PhaseOpened)
		w.close(w.recovered())
		claimed() // the beginning is on its way
		w.check(w.finish(t.Context(), first[0], errors.New("451 later")))
		claimed() // and waits for its next try
		w.due()
		again := claimed(PhaseOpened)
		w.check(w.finish(t.Context(), again[0], nil))
		claimed(PhaseClosed)
	})
}

func TestDeletedPeopleAreNotMailed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.raise(w.broken())
		w.write(func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `DELETE FROM users WHERE id = $1`, w.util.UserID)
			return err
		})
		w.begin(w.Service)
		if m := w.mail.Next(); m.To[0] != "ada@one.example" {
			t.Errorf("%v", m.To)
		}
		w.until("ended", func() bool { n := w.states(); return n[Sent] == 1 && n[Failed] == 1 })
	})
}

// A mail server that hangs delays no other channel, and its own mails go out
// when it is back.
func TestAHangingServerHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := w.routes(true, false, true)
		w.Service.mail.timeout = 300 * time.Millisecond
		w.mail.Hang()
		w.begin(w.Service)
		w.raise(w.broken())
		w.hook.next(t, r.Secret)
		w.until("given up", func() bool {
			return !slices.ContainsFunc(w.sends(), func(m send) bool { return m.channel == Email && m.lastError == "" })
		})
		for _, m := range w.sends() {
			if m.channel == Email && (m.state != Pending || !strings.Contains(m.lastError, "did not finish within 300ms")) {
				t.Errorf("%+v", m)
			}
		}
		w.mail.Release()
		w.Service.mail.timeout = time.Minute
		w.due()
		w.until("sent", func() bool { return w.states()[Sent] == 3 })
	})
}

// Stopping lets what is on its way end, or cuts it off in time; it is sent later.
func TestStopCutsOffAndLosesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.mail.Hang()
		s := w.node(w.d)
		w.check(s.Start(t.Context()))
		w.raise(w.broken())
		w.mail.Reached(2)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		w.check(s.Stop(ctx))
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("stopping took %s", took)
		}
		for _, m := range w.sends() {
			if m.state != Pending || m.attempts != 0 || m.claim != "" {
				t.Errorf("%+v", m)
			}
		}
		w.mail.Release()
		w.begin(w.node(w.d))
		w.until("sent", func() bool { return w.states()[Sent] == 2 })
	})
}

func TestOperationalWebhookIsTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := w.routes(false, false, true)
		w.hook.answerWith(status(http.StatusServiceUnavailable))
		w.begin(w.Service)
		w.raise(w.broken())
		first, _ := w.hook.next(t, r.Secret)
		w.until("tried", func() bool { m := w.sends()[0]; return m.claim == "" && m.attempts == 1 })
		w.hook.answerWith(nil)
		w.due()
		second, _ := w.hook.next(t, r.Secret)
		if first.header.Get("Webhook-Id") != second.header.Get("Webhook-Id") || string(first.body) != string(second.body) {
			t.Error("a repetition differs")
		}
		w.until("sent", func() bool { return w.states()[Sent] == 1 })
		w.hook.answerWith(status(http.StatusGone))
		w.close(w.recovered())
		w.until("given up", func() bool { return w.states()[Failed] == 1 })
	})
}

// Without a mail server there is nothing to send, and no harm.
func TestWithoutAMailServer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, func(c *Config) { c.Mail = Mail{} })
		w.raise(w.broken())
		if len(w.list(w.sys).Items) != 1 || len(w.sends()) != 0 {
			t.Errorf("%+v", w.sends())
		}
		trial, err := w.Test(t.Context(), w.sys, Email)
		if err != nil || trial.OK || !strings.Contains(trial.Detail, "--smtp-address") {
			t.Errorf("%+v %v", trial, err)
		}
		if s, err := w.MailState(t.Context(), w.sys); err != nil || s.Configured {
			t.Errorf("%+v %v", s, err)
		}
	})
}

// A server that takes connections and says nothing, one that is not there, and
// one that breaks off.
func TestServersThatAreNone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var open sync.WaitGroup
		open.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				open.Go(func() { _, _ = conn.Read(make([]byte, 1)); conn.Close() })
			}
		})
		t.Cleanup(func() { l.Close(); open.Wait() })
		w := newWorld(t, d, func(c *Config) { c.Mail.Address = l.Addr().String() })
		w.Service.mail.timeout = 300 * time.Millisecond
		if trial, err := w.Test(t.Context(), w.sys, Email); err != nil || trial.OK || !strings.Contains(trial.Detail, "300ms") {
			t.Errorf("%+v %v", trial, err)
		}
		l.Close()
		if trial, err := w.Test(t.Context(), w.sys, Email); err != nil || trial.OK || !strings.Contains(trial.Detail, "connection refused") {
			t.Errorf("%+v %v", trial, err)
		}
	})
}
