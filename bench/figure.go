package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// figure is one measured thing: a value of each run, and, where it is judged
// beside something else of the same run, that reference.
type figure struct {
	what   string
	engine string
	unit   string // "/s", "ms", "s" or "MB"
	values []float64

	beside     string // what the references are
	references []float64

	floor *floor // nil: only told
	note  string
}

// floor is what must be reached: by the ratio where there are references, by the
// value else.
type floor struct {
	limit  float64
	atMost bool
	aim    float64 // 0: none
}

func atLeast(limit, aim float64) *floor { return &floor{limit: limit, aim: aim} }
func atMost(limit float64) *floor       { return &floor{limit: limit, atMost: true} }

// missing notes events that were too late to be waited for.
func (f *figure) missing(n int64) {
	if n > 0 {
		f.note = strings.TrimPrefix(f.note+fmt.Sprintf("; %d events came after more than %s", n, stragglers), "; ")
	}
}

// add notes a run.
func (f *figure) add(value float64) { f.values = append(f.values, value) }

// pair notes a run and its reference.
func (f *figure) pair(value, reference float64) {
	f.values, f.references = append(f.values, value), append(f.references, reference)
}

// judged is what the floor is held against: the ratios of the pairs, or the
// values.
func (f *figure) judged() []float64 {
	if f.beside == "" {
		return f.values
	}
	ratios := make([]float64, len(f.values))
	for i, v := range f.values {
		ratios[i] = v / f.references[i]
	}
	return ratios
}

// missed reports whether the floor is not reached.
func (f *figure) missed() bool {
	if f.floor == nil {
		return false
	}
	m := median(f.judged())
	return math.IsNaN(m) || f.floor.atMost && m > f.floor.limit || !f.floor.atMost && m < f.floor.limit
}

// The cells of a figure's line, as columns names them.
var columns = []string{"what", "on", "median (least to most)", "beside it", "ratio (least to most)", "floor", ""}

func (f *figure) cells() []string {
	cells := []string{f.what, engineNames[f.engine], spread(f.values, f.unit), "", "", "", ""}
	if f.beside != "" {
		cells[3] = spread(f.references, f.unit) + " " + f.beside
		cells[4] = spread(f.judged(), "")
	}
	switch {
	case f.floor == nil:
	case f.missed():
		cells[5], cells[6] = f.floor.String(f), "MISSED"
	default:
		cells[5], cells[6] = f.floor.String(f), "reached"
	}
	if f.note != "" {
		cells[6] = strings.TrimPrefix(cells[6]+"; "+f.note, "; ")
	}
	return cells
}

// String tells the floor in the unit of what is judged.
func (l *floor) String(f *figure) string {
	unit := f.unit
	if f.beside != "" {
		unit = ""
	}
	word := "at least "
	if l.atMost {
		word = "at most "
	}
	text := word + number(l.limit, unit)
	if l.aim > 0 {
		text += ", aim " + number(l.aim, unit)
	}
	return text
}

var engineNames = map[string]string{sqlite: "SQLite", postgres: "Postgres"}

// spread tells a median and, of several runs, between what they lie.
func spread(values []float64, unit string) string {
	if len(values) == 0 {
		return "–"
	}
	text := number(median(values), unit)
	if len(values) > 1 {
		text += fmt.Sprintf(" (%s to %s)", number(slices.Min(values), ""), number(slices.Max(values), ""))
	}
	return text
}

// number writes a value with as many digits as mean something.
func number(v float64, unit string) string {
	var text string
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		text = "–"
	case math.Abs(v) >= 1000:
		text = thousands(int64(math.Round(v/10)) * 10)
	case math.Abs(v) >= 100:
		text = strconv.FormatFloat(v, 'f', 0, 64)
	case math.Abs(v) >= 10:
		text = strconv.FormatFloat(v, 'f', 1, 64)
	default:
		text = strconv.FormatFloat(v, 'f', 2, 64)
	}
	if unit == "" || strings.HasPrefix(unit, "/") {
		return text + unit
	}
	return text + " " + unit
}

func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// median of several; NaN of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}
