package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
	"patchboard/internal/fault"
)

func export(t *testing.T, l *Log, f Filter, format Format) string {
	t.Helper()
	var b bytes.Buffer
	if err := l.Export(t.Context(), admin, f, format, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExportCSV(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		for _, name := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", `say "hi", now`, "two\nlines", "plain"} {
			appendEntry(t, l, admin, Entry{Action: WebhookCreated, TargetName: name, Reason: name})
		}
		rows, err := csv.NewReader(strings.NewReader(export(t, l, Filter{}, CSV))).ReadAll()
		if err != nil || len(rows) != 11 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i, row := range rows {
			if i > 0 && (row[0] != fmt.Sprint(i) || row[1] != "2026-03-04T05:06:07.891234Z" || row[5] != WebhookCreated) {
				t.Errorf("row %d: %q", i, row)
			}
			for _, cell := range row {
				if strings.HasPrefix(cell, "＝") || cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
					t.Errorf("a spreadsheet would run %q", cell)
				}
			}
		}
		if rows[8][8] != `say "hi", now` || rows[9][8] != "two\nlines" {
			t.Errorf("%q %q", rows[8][8], rows[9][8])
		}
	})
}

func TestAnExportIsAnEntry(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		sample(t, l, c)
		text := export(t, l, Filter{Action: "webhook", Since: c.Now().Add(-time.Hour), Limit: 1, Before: "no page"}, JSONLines)
		if n := strings.Count(text, "\n"); n != 4 {
			t.Errorf("%d lines, want 4, whatever the page size:\n%s", n, text)
		}
		all := records(t, l, org)
		last := all[len(all)-1]
		want := `{"action":"webhook","format":"jsonl","since":"` + stamp(c.Now().Add(-time.Hour)) + `"}`
		if last.Action != AuditExported || string(last.Detail) != want || last.ActorID != "usr_ada" {
			t.Errorf("%+v %s, want %s", last, last.Detail, want)
		}
		// A reader that goes away leaves the entry: it may have read it all.
		if err := l.Export(t.Context(), admin, Filter{}, CSV, brokenPipe{}); !errors.Is(err, errPipe) {
			t.Error(err)
		}
		if n := len(records(t, l, org)); n != len(all)+1 {
			t.Errorf("%d entries, want %d", n, len(all)+1)
		}
		if _, err := l.PrepareExport(t.Context(), admin, Filter{}, "xml"); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
	})
}

var errPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestExportOfManyPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		const n = 2*exportPage + 3
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for range n {
				if err := l.Append(t.Context(), tx, admin, Entry{Action: APIKeyCopied}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(export(t, l, Filter{}, JSONLines), "\n"); got != n {
			t.Errorf("%d lines, want %d", got, n)
		}
	})
}

// TestAnOutsiderCanVerify does what docs/audit-log.md says to somebody who has
// an export, a signed head and the verifier key, and shares no code with this
// package but the signature's.
func TestAnOutsiderCanVerify(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		l := newLog(t, d, c, t.TempDir())
		appendEntry(t, l, admin, Entry{
			Action: WebhookUpdated, TargetName: "<&>\u2028 \"quoted\" ünï", Before: json.RawMessage(`{"z":1e400,"a":"<\u2028>","n":1.0}`), After: []any{}, Detail: "text",
		})
		fill(t, l, admin, c, 12)
		deny(t, l, admin, noKeys)
		anchor(t, l)
		text := export(t, l, Filter{}, JSONLines)

		head, err := os.ReadFile(headFile(t, l))
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := note.NewVerifier(l.VerifierKey())
		if err != nil {
			t.Fatal(err)
		}
		n, err := note.Open(head, note.VerifierList(verifier))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(n.Text, "\n")
		if lines[0] != "patchboard-audit/"+org || lines[1] != "14" {
			t.Fatalf("%q", lines)
		}
		var leaves [][]byte
		for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
			leaves = append(leaves, outsidersLeaf(t, line))
		}
		if got := base64.StdEncoding.EncodeToString(merkle(leaves)); got != lines[2] {
			t.Errorf("the root of the export is %s, the head says %s", got, lines[2])
		}
	})
}

func outsidersLeaf(t *testing.T, text string) []byte {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	b := []byte{0}
	b = append(b, "patchboard-audit-entry/"...)
	b = append(b, m["version"]...)
	b = append(b, '\n')
	for name := range strings.FieldsSeq("organizationId seq at actorId actorRole actorEmail action targetType targetId targetName before after result reason detail address userAgent requestId count firstAt lastAt") {
		value := string(m[name]) // before, after, detail and numbers as they stand
		switch name {
		case "seq", "count", "before", "after", "detail":
		default:
			if err := json.Unmarshal(m[name], &value); err != nil {
				t.Fatal(err)
			}
		}
		if name == "at" || name == "firstAt" || name == "lastAt" {
			at, err := time.Parse(time.RFC3339Nano, value)
			if err != nil {
				t.Fatal(err)
			}
			value = fmt.Sprint(at.UnixMicro())
		}
		b = append(b, fmt.Sprintf("%d:%s,", len(value), value)...)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// merkle is RFC 6962, section 2.1.
func merkle(leaves [][]byte) []byte {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	b := append(append([]byte{1}, merkle(leaves[:k])...), merkle(leaves[k:])...)
	sum := sha256.Sum256(b)
	return sum[:]
}
