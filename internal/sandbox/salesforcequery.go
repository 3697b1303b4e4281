package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// locatorLife is how long a query can be gone on with.
const locatorLife = 2 * day

// salesforceWalk is a query whose rows are being fetched: those that there were when
// it was asked.
type salesforceWalk struct {
	query salesforceSOQL
	rows  []salesforceRef
	until time.Time
}

// salesforceRef is a row, without its text where that is computed.
type salesforceRef struct {
	row *salesforceRow // nil: the computed one of the number
	n   int
}

func (o *salesforceOrg) row(ref salesforceRef) *salesforceRow {
	if ref.row != nil {
		return ref.row
	}
	return o.computed(ref.n)
}

// salesforceSOQL is what the emulator knows of SOQL: one object, conditions that all
// hold, and rows in the order of their change.
type salesforceSOQL struct {
	fields []string // none: they are counted
	object string
	where  []salesforceCondition
	limit  int
}

type salesforceCondition struct {
	field, op string
	values    []string
}

var (
	soqlForm      = regexp.MustCompile(`^SELECT (.+?) FROM (\w+)(?: WHERE (.+?))?(?: ORDER BY SystemModstamp, Id)?(?: LIMIT (\d+))?$`)
	soqlCondition = regexp.MustCompile(`^(\w+) (>=|<=|=|<|>|IN) (.+)$`)
)

// parseSOQL reads a query; the name is of the refusal.
func (o *salesforceOrg) parseSOQL(text string) (q salesforceSOQL, no *refusal) {
	parts := soqlForm.FindStringSubmatch(text)
	if parts == nil {
		r := refusalOf("salesforce", "MALFORMED_QUERY")
		return q, &r
	}
	q.object = parts[2]
	if salesforceFields[q.object] == nil || o.hidden[q.object] {
		r := salesforceSays("INVALID_TYPE", "sObject type '"+q.object+"' is not supported.")
		return q, &r
	}
	if parts[1] != "COUNT()" {
		q.fields = strings.Split(parts[1], ", ")
	}
	asked := slices.Clone(q.fields)
	if parts[3] != "" {
		for one := range strings.SplitSeq(parts[3], " AND ") {
			c := soqlCondition.FindStringSubmatch(one)
			if c == nil {
				r := refusalOf("salesforce", "MALFORMED_QUERY")
				return q, &r
			}
			cond := salesforceCondition{field: c[1], op: c[2]}
			for v := range strings.SplitSeq(strings.Trim(c[3], "()"), ",") {
				cond.values = append(cond.values, strings.Trim(strings.TrimSpace(v), "'"))
			}
			q.where, asked = append(q.where, cond), append(asked, cond.field)
		}
	}
	q.limit, _ = strconv.Atoi(parts[4]) // none is none
	for _, f := range asked {
		if !o.readable(q.object, f) {
			r := salesforceSays("INVALID_FIELD", fmt.Sprintf("No such column '%s' on entity '%s'.", f, q.object))
			return q, &r
		}
	}
	return q, nil
}

// salesforceSays is a refusal with a message of its own.
func salesforceSays(name, message string) refusal {
	r := refusalOf("salesforce", name)
	r.List[0].(map[string]any)["message"] = message //nolint:forcetypeassert // it is so in the file
	return r
}

// holds reports whether a row is one of those asked for. The caller holds mu.
func (o *salesforceOrg) holds(r *salesforceRow, where []salesforceCondition) bool {
	for _, c := range where {
		if !c.holds(fmt.Sprint(o.value(r, c.field))) {
			return false
		}
	}
	return true
}

func (c salesforceCondition) holds(text string) bool {
	if c.op == "IN" || c.op == "=" {
		return slices.Contains(c.values, text)
	}
	order := strings.Compare(text, c.values[0])
	if a, err := time.Parse(salesforceTime, text); err == nil {
		b, err := time.Parse(time.RFC3339, c.values[0])
		if err != nil {
			return false
		}
		order = a.Compare(b)
	}
	switch c.op {
	case ">=":
		return order >= 0
	case "<=":
		return order <= 0
	case "<":
		return order < 0
	}
	return order > 0
}

// find gives the rows of a query. The caller holds mu.
func (o *salesforceOrg) find(q salesforceSOQL, dead bool) (refs []salesforceRef) {
	n := 0
	for r := range o.all(q.object, dead) {
		ref := salesforceRef{row: r, n: n}
		if q.object == "Contact" && n < o.made {
			ref.row = nil
		}
		n++
		if o.holds(r, q.where) {
			if refs = append(refs, ref); len(refs) == q.limit {
				break
			}
		}
	}
	return refs
}

// rest serves the REST API.
func (s *Salesforce) rest(m *http.ServeMux) {
	m.HandleFunc("GET /services/data/{version}/{$}", s.version("resources", func(w http.ResponseWriter, _ *http.Request, _ *salesforceOrg) {
		writeReply(w, http.StatusOK, reply("salesforce/resources", nil))
	}))
	m.HandleFunc("GET /services/data/{version}/limits", s.version("limits", func(w http.ResponseWriter, _ *http.Request, o *salesforceOrg) {
		if !o.setup {
			refusalOf("salesforce", "INSUFFICIENT_ACCESS").write(w)
			return
		}
		writeReply(w, http.StatusOK, reply("salesforce/limits", values{"DailyApiRequests.Max": o.most, "DailyApiRequests.Remaining": max(o.most-o.used, 0)}))
	}))
	m.HandleFunc("GET /services/data/{version}/sobjects/{object}/describe", s.version("describe", describe))
	m.HandleFunc("GET /services/data/{version}/query", s.version("query", query(false)))
	m.HandleFunc("GET /services/data/{version}/queryAll", s.version("queryAll", query(true)))
	m.HandleFunc("GET /services/data/{version}/query/{locator}", s.version("more", more))
	m.HandleFunc("POST /services/data/{version}/jobs/query", s.version("job", createJob))
	m.HandleFunc("GET /services/data/{version}/jobs/query/{id}", s.version("poll", pollJob))
	m.HandleFunc("GET /services/data/{version}/jobs/query/{id}/results", s.version("results", jobResults))
	m.HandleFunc("DELETE /services/data/{version}/jobs/query/{id}", s.version("deleteJob", deleteJob))
	m.HandleFunc("/services/data/", s.allowed(func(w http.ResponseWriter, _ *http.Request, _ *salesforceOrg) {
		refusalOf("salesforce", "NOT_FOUND").write(w)
	}))
}

// version lets a call through that names a version that there is, and counts it.
func (s *Salesforce) version(kind string, next func(w http.ResponseWriter, r *http.Request, o *salesforceOrg)) http.HandlerFunc {
	return s.allowed(func(w http.ResponseWriter, r *http.Request, o *salesforceOrg) {
		if v := r.PathValue("version"); !slices.Contains([]string{"v65.0", "v66.0", "v67.0"}, v) || o.newer && v == "v66.0" {
			refusalOf("salesforce", "UNSUPPORTED_API_VERSION").write(w)
			return
		}
		o.calls[kind]++
		next(w, r, o)
	})
}

func describe(w http.ResponseWriter, r *http.Request, o *salesforceOrg) {
	object := r.PathValue("object")
	if salesforceFields[object] == nil || o.hidden[object] {
		refusalOf("salesforce", "NOT_FOUND").write(w)
		return
	}
	fields := []any{}
	for _, f := range slices.Concat(salesforceCommon, salesforceFields[object]) {
		if o.readable(object, f) {
			fields = append(fields, reply("salesforce/field", values{"name": f, "label": f}))
		}
	}
	writeReply(w, http.StatusOK, reply("salesforce/describe", values{"name": object, "label": object, "fields": fields}))
}

// query answers query and, with dead, queryAll.
func query(dead bool) func(w http.ResponseWriter, r *http.Request, o *salesforceOrg) {
	return func(w http.ResponseWriter, r *http.Request, o *salesforceOrg) {
		q, no := o.parseSOQL(r.URL.Query().Get("q"))
		if no != nil {
			no.write(w)
			return
		}
		if o.timeouts > 0 && q.fields != nil {
			o.timeouts--
			refusalOf("salesforce", "QUERY_TIMEOUT").write(w)
			return
		}
		rows := o.find(q, dead)
		if q.fields == nil {
			writeReply(w, http.StatusOK, reply("salesforce/query", values{"totalSize": len(rows), "done": true, "nextRecordsUrl": nil}))
			return
		}
		o.numbers++
		locator := fmt.Sprintf("01g5g%010dAAK", o.numbers)
		o.walks[locator] = &salesforceWalk{query: q, rows: rows, until: o.now().Add(locatorLife)}
		o.walk(w, r, locator, 0)
	}
}

// more goes on with a query: "01g…-2000". It does not matter that it is below /query:
// what queryAll began goes on with what is deleted.
func more(w http.ResponseWriter, r *http.Request, o *salesforceOrg) {
	locator, text, _ := strings.Cut(r.PathValue("locator"), "-")
	from, err := strconv.Atoi(text)
	walk := o.walks[locator]
	if err != nil || walk == nil || from < 0 || from > len(walk.rows) || !o.now().Before(walk.until) {
		refusalOf("salesforce", "INVALID_QUERY_LOCATOR").write(w)
		return
	}
	o.walk(w, r, locator, from)
}

// walk writes a page of a query.
func (o *salesforceOrg) walk(w http.ResponseWriter, r *http.Request, locator string, from int) {
	walk, size := o.walks[locator], o.page
	if text, ok := strings.CutPrefix(r.Header.Get("Sforce-Query-Options"), "batchSize="); ok {
		size = min(size, max(atoi(text), 200))
	}
	to := min(from+size, len(walk.rows))
	records := []any{}
	for _, ref := range walk.rows[from:to] {
		records = append(records, o.wire(o.row(ref), walk.query.fields))
	}
	set := values{"totalSize": len(walk.rows), "records": records, "done": to == len(walk.rows), "nextRecordsUrl": nil}
	if to < len(walk.rows) {
		set["nextRecordsUrl"] = "/services/data/" + r.PathValue("version") + "/query/" + locator + "-" + strconv.Itoa(to)
	}
	writeReply(w, http.StatusOK, reply("salesforce/query", set))
}
