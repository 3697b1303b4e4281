package event

import (
	"testing"
	"time"
)

// oddData holds what re-encoding would change: markup, a number that no float
// holds, equal names, line separators, spaces, and an order of its own.
const oddData = "{ \"z\" : \"<b>&amp;\u2028\u2029</b>\",\t\"n\":1e400, \"a\":1,\"a\":2.50 ,\r\n  \"e\":\"\\u003c\\/\\ud800\", \"\":[ ] , \"big\":12345678901234567890123 }"

func TestBodyKeepsTheDataAsGiven(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 17, 45, 0, 120e6, time.FixedZone("", 3600))
	got := string(buildBody("contact.created", at, []byte(oddData)))
	want := `{"type":"contact.created","timestamp":"2026-11-23T16:45:00.12Z","data":` + oddData + `}`
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if string(dataOf([]byte(got))) != oddData {
		t.Errorf("data read back is %q", dataOf([]byte(got)))
	}
}

func TestMeaningTellsEventsApart(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 1, time.UTC)
	inputs := []Input{
		{Type: "a.b", Data: []byte(`{}`)},
		{Type: "a.b", Data: []byte(`{ }`)},
		{Type: "a.b{", Data: []byte(`}`)},
		{Type: "a.c", Data: []byte(`{}`)},
		{Type: "a.b", Data: []byte(`{}`), OccurredAt: at},
		{Type: "a.b", Data: []byte(`{}`), OccurredAt: at.Add(1)},
		{Type: "a.b", Data: []byte(`{}`), OccurredAt: at.Add(time.Second)},
		{Type: "a.b", Data: []byte(`{}`), OccurredAt: time.Unix(0, 0)},
	}
	seen := map[string]int{}
	for i := range inputs {
		h := string(meaning(&inputs[i]))
		if other, ok := seen[h]; ok {
			t.Errorf("%d and %d mean the same", i, other)
		}
		seen[h] = i
	}
	same := Input{Type: "a.b", Data: []byte(`{}`), OccurredAt: at.In(time.FixedZone("", 7200)), ID: "x"}
	if seen[string(meaning(&same))] != 4 {
		t.Error("the zone of a time, or the key, changes the meaning")
	}
}
