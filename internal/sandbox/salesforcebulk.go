package sandbox

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// salesforceJob is a query of the Bulk API 2.0. It comes a state further each time
// that it is looked at.
type salesforceJob struct {
	id      string
	query   salesforceSOQL
	op      string
	rows    []salesforceRef
	created time.Time
	polls   int
	fails   bool
}

// salesforceResults is how long the results of a job are kept.
const salesforceResults = 7 * day

var salesforceStates = []string{"UploadComplete", "InProgress", "JobComplete"}

func (j *salesforceJob) state() string {
	if j.fails && j.polls > 0 {
		return "Failed"
	}
	return salesforceStates[min(j.polls, len(salesforceStates)-1)]
}

func (j *salesforceJob) wire() map[string]any {
	file := "salesforce/job"
	if j.state() == "Failed" {
		file = "salesforce/job-failed"
	}
	return reply(file, values{
		"id": j.id, "operation": j.op, "object": j.query.object, "state": j.state(),
		"createdDate": j.created.Format(salesforceTime), "systemModstamp": j.created.Format(salesforceTime),
	})
}

func createJob(w http.ResponseWriter, r *http.Request, o *salesforceOrg) {
	var asked struct {
		Operation string `json:"operation"`
		Query     string `json:"query"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&asked); err != nil || asked.Operation != "query" && asked.Operation != "queryAll" {
		refusalOf("salesforce", "MALFORMED_QUERY").write(w)
		return
	}
	q, no := o.parseSOQL(asked.Query)
	if no != nil {
		no.write(w)
		return
	}
	o.numbers++
	j := &salesforceJob{id: fmt.Sprintf("7505g%010dAAK", o.numbers), query: q, op: asked.Operation, rows: o.find(q, asked.Operation == "queryAll"), created: o.now()}
	if o.failJobs > 0 {
		o.failJobs--
		j.fails = true
	}
	o.jobs[j.id] = j
	writeReply(w, http.StatusOK, j.wire())
}

// job gives one that there still is; else it refuses.
func (o *salesforceOrg) job(w http.ResponseWriter, r *http.Request) *salesforceJob {
	j := o.jobs[r.PathValue("id")]
	if j == nil || o.now().Sub(j.created) > salesforceResults {
		refusalOf("salesforce", "NOT_FOUND").write(w)
		return nil
	}
	return j
}

func pollJob(w http.ResponseWriter, r *http.Request, o *salesforceOrg) {
	if j := o.job(w, r); j != nil {
		j.polls++
		writeReply(w, http.StatusOK, j.wire())
	}
}

func deleteJob(w http.ResponseWriter, r *http.Request, o *salesforceOrg) {
	if j := o.job(w, r); j != nil {
		delete(o.jobs, j.id)
		w.WriteHeader(http.StatusNoContent)
	}
}

// jobResults gives a part of the results as CSV. The word null is the end.
func jobResults(w http.ResponseWriter, r *http.Request, o *salesforceOrg) {
	j := o.job(w, r)
	if j == nil {
		return
	}
	from := 0
	if text := r.FormValue("locator"); text != "" {
		plain, err := base64.RawStdEncoding.DecodeString(text)
		from, _ = strconv.Atoi(string(plain)) // what is none is caught below
		if err != nil || from <= 0 || from > len(j.rows) {
			refusalOf("salesforce", "INVALID_QUERY_LOCATOR").write(w)
			return
		}
	}
	if j.state() != "JobComplete" {
		refusalOf("salesforce", "NOT_FOUND").write(w)
		return
	}
	to, next := len(j.rows), "null"
	if most := atoi(r.FormValue("maxRecords")); most > 0 && from+most < to {
		to = from + most
		next = base64.RawStdEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
	w.Header().Set("Sforce-Locator", next)
	w.Header().Set("Sforce-NumberOfRecords", strconv.Itoa(to-from))
	out := csv.NewWriter(w)
	defer out.Flush() // whoever asked may be gone
	_ = out.Write(j.query.fields)
	line := make([]string, len(j.query.fields))
	for _, ref := range j.rows[from:to] {
		row := o.row(ref)
		for i, f := range j.query.fields {
			line[i] = ""
			if v := o.value(row, f); v != nil {
				line[i] = fmt.Sprint(v)
			}
			if at, err := time.Parse(salesforceTime, line[i]); err == nil { // written in another way here
				line[i] = at.Format("2006-01-02T15:04:05.000Z")
			}
		}
		_ = out.Write(line)
	}
}
