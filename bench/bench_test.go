package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"patchboard/internal/event"
	"patchboard/internal/signature"
)

func TestMedianAndSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		unit   string
		want   string
	}{
		{nil, "ms", "–"},
		{[]float64{1.234}, "ms", "1.23 ms"},
		{[]float64{3, 1, 2}, "", "2.00 (1.00 to 3.00)"},
		{[]float64{10, 20, 30, 40}, "MB", "25.0 MB (10.0 to 40.0)"},
		{[]float64{26_204, 18_316}, "/s", "22,260/s (18,320 to 26,200)"},
		{[]float64{1_234_567}, "/s", "1,234,570/s"},
	} {
		if got := spread(c.values, c.unit); got != c.want {
			t.Errorf("spread(%v, %q) = %q, want %q", c.values, c.unit, got, c.want)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("the median of nothing is a number")
	}
}

func TestFloors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		f    figure
		want bool
	}{
		"none":            {figure{values: []float64{1}}, false},
		"ratio reached":   {figure{values: []float64{6, 1, 6}, beside: "x", references: []float64{10, 10, 10}, floor: atLeast(0.5, 0)}, false},
		"ratio missed":    {figure{values: []float64{4, 9, 4}, beside: "x", references: []float64{10, 10, 10}, floor: atLeast(0.5, 0)}, true},
		"value reached":   {figure{values: []float64{199}, floor: atMost(200)}, false},
		"value missed":    {figure{values: []float64{201}, floor: atMost(200)}, true},
		"nothing at all":  {figure{floor: atMost(200)}, true},
		"against nothing": {figure{values: []float64{0}, beside: "x", references: []float64{0}, floor: atMost(1.5)}, true},
	} {
		if got := c.f.missed(); got != c.want {
			t.Errorf("%s: missed %v, want %v", name, got, c.want)
		}
	}
}

// Every row has its marks on the page, and what stands outside them stays.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("PERFORMANCE.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, name := range append(rowNames(), "machine") {
		if text, err = replace(text, name, "the figures of "+name+"\n"); err != nil {
			t.Error(err)
		}
	}
	for _, name := range rowNames() {
		if again, err := replace(text, name, "the figures of "+name+"\n"); err != nil || again != text {
			t.Errorf("%s: written twice it is not the same (%v)", name, err)
		}
	}
	if !strings.HasPrefix(text, "# Performance\n") || !strings.Contains(text, "## Where the time goes\n") {
		t.Error("the words of the page are lost")
	}
	if _, err := replace("no marks", "drain", ""); err == nil {
		t.Error("a page without marks was written")
	}
}

// The event is one that Patchboard takes, of about 500 bytes, and its time
// comes back out of what a webhook gets.
func TestPayload(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 30, 0, 123456789, time.UTC)
	if _, err := event.Decode(appendEvent(nil, kindOf(0), at)); err != nil {
		t.Fatal(err)
	}
	if b, err := event.DecodeBatch(appendBatch(nil, func() string { return kindOf(0) }, 3, at)); err != nil || len(b.Events) != 3 {
		t.Fatalf("%d events (%v)", len(b.Events), err)
	}
	body := appendDelivery(nil, kindOf(0), at)
	if !json.Valid(body) || len(body) < 450 || len(body) > 600 {
		t.Errorf("%d bytes: %s", len(body), body)
	}
	if got := sentAt(body); got != at.UnixNano() {
		t.Errorf("sent at %d, want %d", got, at.UnixNano())
	}
	for _, text := range []string{"", `{"ts":}`, `{"ts":12`, `{"ts":"soon"}`} {
		if got := sentAt([]byte(text)); got != 0 {
			t.Errorf("%q: sent at %d", text, got)
		}
	}
}

func TestProc(t *testing.T) {
	t.Parallel()
	if mb, err := residentIn([]byte("VmPeak:\t  999 kB\nVmRSS:\t  100000 kB\nThreads: 3\n")); err != nil || mb != 102.4 {
		t.Errorf("%v MB (%v)", mb, err)
	}
	stat := []byte("123 (a ) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0")
	if took, err := processorTimeIn(stat); err != nil || took != 2*time.Second {
		t.Errorf("took %s (%v)", took, err)
	}
	for _, text := range []string{"", "Name: x"} {
		if _, err := residentIn([]byte(text)); err == nil {
			t.Errorf("%q has a resident memory", text)
		}
		if _, err := processorTimeIn([]byte(text)); err == nil {
			t.Errorf("%q has a processor time", text)
		}
	}
}

// The sink counts by group, takes latencies of what was sent after a sample
// began, notices what is not signed, and holds answers until told.
func TestSink(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(&sink{})
	defer server.Close()
	c := newSinkClient(sinkPlace{Address: strings.TrimPrefix(server.URL, "http://")})
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s := newSender(1)
	send := func(group string, at time.Time) error {
		return s.send(ctx, c.url(group, 1), "evt_1", time.Now(), appendDelivery(nil, kindOf(0), at))
	}
	must(send("a", time.Now()))
	_, err := c.sample(ctx, "a")
	must(err)
	must(send("a", time.Now().Add(-time.Minute)))
	must(send("a", time.Now()))
	r, err := c.report(ctx, "a")
	must(err)
	if r.Answered != 3 || r.Samples != 1 || r.P99 <= 0 || r.P99 > 1000 {
		t.Errorf("report %+v", r)
	}
	if n, err := c.count(ctx, "b"); err != nil || n != 0 {
		t.Errorf("%d of another group (%v)", n, err)
	}

	must(c.tell(ctx, "hold", "a"))
	held := make(chan error, 1)
	go func() { held <- send("a", time.Now()) }()
	must(poll(ctx, time.Millisecond, func() (bool, error) {
		r, err := c.report(ctx, "a")
		return r.Samples == 2, err
	}))
	if n, err := c.count(ctx, "a"); err != nil || n != 3 {
		t.Errorf("%d answered while held (%v)", n, err)
	}
	must(c.tell(ctx, "release", "a"))
	must(<-held)
	must(c.wait(ctx, "a", 4))

	answer, err := http.Post(c.url("a", 2), "application/json", bytes.NewReader([]byte("{}")))
	must(err)
	must(answer.Body.Close())
	if _, err := c.report(ctx, "a"); err == nil {
		t.Errorf("a request without %s was not noticed", signature.HeaderSignature)
	}
	must(c.tell(ctx, "reset", "a"))
	if r, err := c.report(ctx, "a"); err != nil || r.Answered != 0 || r.Samples != 0 {
		t.Errorf("after a reset: %+v (%v)", r, err)
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	var g gate
	g.open()
	g.pass()
	g.shut()
	passed := make(chan struct{})
	go func() {
		g.pass()
		close(passed)
	}()
	select {
	case <-passed:
		t.Fatal("it passed a shut gate")
	default:
	}
	g.open()
	<-passed
}

func TestOptions(t *testing.T) {
	t.Parallel()
	var o options
	if err := o.parse([]string{"-only", "drain, start", "-engine", "postgres", "-quick"}); err != nil || len(o.rows) != 2 || o.rows[1].name != "start" || o.engines[0] != postgres {
		t.Errorf("%+v (%v)", o, err)
	}
	for _, args := range [][]string{{"-only", "all"}, {"-engine", "mysql"}, {"-quick", "-write"}, {"-engine", "sqlite", "-write"}, {"drain"}} {
		if err := new(options).parse(args); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}
