package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// books are the counts of deliveries, as /metrics shows them.
type books struct{ created, pending, held, delivered, failed, discarded int }

func (b books) hold() bool {
	return b.created == b.pending+b.held+b.delivered+b.failed+b.discarded
}

// metrics reads /metrics; nil if it does not answer.
func (n *node) metrics() map[string]float64 {
	n.t.Helper()
	q, err := http.NewRequestWithContext(context.Background(), http.MethodGet, n.url+"/metrics", nil)
	if err != nil {
		n.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+metricsToken)
	rs, err := client.Do(q)
	if err != nil {
		return nil
	}
	defer func() { _ = rs.Body.Close() }()
	text, err := io.ReadAll(rs.Body)
	if err != nil || rs.StatusCode != http.StatusOK {
		return nil
	}
	all := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		var v float64
		if _, err := fmt.Sscan(value, &v); ok && err == nil && name != "#" {
			all[name] = v
		}
	}
	return all
}

func (n *node) books() books {
	n.t.Helper()
	m := n.metrics()
	if m["patchboard_scrape_failed"] != 0 {
		return books{}
	}
	state := func(name string) int { return int(m[`patchboard_deliveries{state="`+name+`"}`]) }
	return books{
		created: int(m["patchboard_deliveries_created_total"]),
		pending: state("pending"), held: state("held"), delivered: state("delivered"), failed: state("failed"), discarded: state("discarded"),
	}
}

// settled waits until nothing is pending, and wants the books to hold.
func (n *node) settled(most time.Duration) books {
	n.t.Helper()
	var b books
	until(n.t, "nothing pending", most, func() bool {
		b = n.books()
		return b.created > 0 && b.pending == 0
	})
	n.checkBooks()
	return b
}

// checkBooks wants that the books add up, and that they are those of the rows.
// Where deliveries still move, both are read until they agree.
func (n *node) checkBooks() {
	n.t.Helper()
	var shown, rows books
	defer func() {
		if n.t.Failed() {
			n.t.Logf("books %+v, rows %+v", shown, rows)
		}
	}()
	until(n.t, "books that hold and agree with the rows", 10*time.Second, func() bool {
		shown = n.books()
		if shown.created == 0 || !shown.hold() {
			return false
		}
		rows = n.in.rows()
		return rows == shown
	})
}

// rows counts the deliveries themselves.
func (in *install) rows() (b books) {
	in.t.Helper()
	for i, at := range []*int{&b.pending, &b.held, &b.delivered, &b.failed, &b.discarded} {
		*at = one[int](in, fmt.Sprintf("SELECT COUNT(*) FROM deliveries WHERE state = %d", i))
		b.created += *at
	}
	return b
}
