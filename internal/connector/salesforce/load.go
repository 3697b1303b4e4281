package salesforce

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

const (
	// resultsMost is how many rows of a bulk job are read at once: a page has to fit
	// into one answer and one transaction.
	resultsMost = 5000
	jobsMost    = 3 // that may come to nothing; then rows are queried

	pollFirst = 2 * time.Second
	pollMost  = time.Minute
	// pollWhole is how long one page waits for a job. The cursor after it knows the job.
	pollWhole = 2 * time.Minute
)

// load reads a part of everything that an object has.
func (r *reader) load(ctx context.Context) error {
	w := r.at.Walk
	r.page.Load = &connector.Load{Source: r.session.Account.ID, ID: r.at.Load}
	if !w.Counted {
		if err := r.count(ctx); err != nil {
			return err
		}
	}
	if w.Bulk {
		return r.bulk(ctx)
	}
	found, err := r.query(ctx, "query", w.Object, r.bounds(w), w.Next)
	switch {
	case hasCode(err, "INVALID_QUERY_LOCATOR"):
		w.From, w.Next = latest(w.From, w.Seen), ""
		return nil // from the newest row that is known
	case hasCode(err, "QUERY_TIMEOUT") && w.Failed < jobsMost:
		w.Bulk, w.Next = true, ""
		return nil
	case err != nil:
		return err
	}
	if err := r.take(ctx, w, found); err != nil || !found.Done {
		return err
	}
	return r.next()
}

// count decides how an object is loaded, and notes the time before it is.
func (r *reader) count(ctx context.Context) error {
	w := r.at.Walk
	text := "SELECT COUNT() FROM " + w.Object
	if where := r.bounds(w); where != "" {
		text += " WHERE " + where
	}
	var found answer
	err := r.client.get(ctx, "query?q="+url.QueryEscape(text), &found)
	if err != nil && !hasCode(err, "QUERY_TIMEOUT") { // one that takes too long is of many
		return err
	}
	w.Counted, w.Bulk = true, err != nil || found.TotalSize > bulkFrom
	if r.at.Began == nil {
		r.at.Began = map[string]time.Time{}
	}
	r.at.Began[w.Object] = r.client.now()
	return nil
}

// job is a job of the Bulk API 2.0.
type job struct {
	ID           string
	State        string
	ErrorMessage string
}

// bulk goes on with a bulk job: it is made, waited for, and its results are read.
//
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm
func (r *reader) bulk(ctx context.Context) error {
	w := r.at.Walk
	if w.Job == "" {
		body, err := json.Marshal(map[string]string{
			"operation": "query", "query": r.soql(w.Object, r.bounds(w)), "contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF",
		})
		if err != nil {
			return fmt.Errorf("write a job: %w", err)
		}
		var made job
		if err := r.client.call(ctx, http.MethodPost, "jobs/query", body, &made); err != nil {
			return err
		}
		w.Job, w.Ready, w.Locator = made.ID, false, ""
		return nil // and the job is known, whatever happens
	}
	var err error
	if !w.Ready {
		err = r.poll(ctx)
	} else {
		err = r.results(ctx)
	}
	if hasCode(err, "NOT_FOUND", "INVALID_QUERY_LOCATOR") { // its results are gone
		r.again()
		return nil
	}
	return err
}

// again begins with another job, or with queries if jobs come to nothing. What was read
// stays: a row that is read twice is the same.
func (r *reader) again() {
	w := r.at.Walk
	w.Job, w.Ready, w.Locator = "", false, ""
	if w.Failed++; w.Failed >= jobsMost {
		w.Bulk = false
	}
}

// poll waits for a job.
func (r *reader) poll(ctx context.Context) error {
	w := r.at.Walk
	wait, whole := pollFirst, time.Duration(0)
	for {
		var j job
		if err := r.client.get(ctx, "jobs/query/"+url.PathEscape(w.Job), &j); err != nil {
			return err
		}
		switch j.State {
		case "JobComplete":
			w.Ready = true
			return r.results(ctx)
		case "Failed", "Aborted":
			r.again()
			return nil
		}
		if whole += wait; whole > pollWhole {
			return nil // the next page goes on waiting
		}
		if err := r.provider.wait(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, pollMost)
	}
}

func (p Salesforce) wait(ctx context.Context, d time.Duration) error {
	if p.Wait != nil {
		return p.Wait(ctx, d)
	}
	return connector.Wait(ctx, d)
}

// results reads the next rows of a job, and goes on to the next object after the last.
func (r *reader) results(ctx context.Context) error {
	w := r.at.Walk
	q := url.Values{"maxRecords": {strconv.Itoa(resultsMost)}}
	if w.Locator != "" {
		q.Set("locator", w.Locator)
	}
	got, err := r.client.do(ctx, http.MethodGet, "jobs/query/"+url.PathEscape(w.Job)+"/results?"+q.Encode(), nil, "Accept", "text/csv")
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }() // it is read to its end, or not wanted
	rows, err := readCSV(got.Body)
	if err != nil {
		return connector.FailureOf(fmt.Errorf("read the results of a job: %w", err))
	}
	if n, err := strconv.Atoi(got.Header.Get("Sforce-NumberOfRecords")); err == nil && n != len(rows) {
		return &connector.Failure{
			Class: health.ProviderDown, Code: "results_cut", Detail: fmt.Sprintf("Of %d rows of a job %d came.", n, len(rows)),
		}
	}
	if err := r.put(ctx, w.Object, rows); err != nil {
		return err
	}
	if next := got.Header.Get("Sforce-Locator"); next != "" && next != "null" {
		w.Locator = next
		return nil
	}
	r.at.Drop = w.Job // once this page is stored
	return r.next()
}

// dropJob deletes a job. One that is gone, or that cannot be deleted now, is deleted by
// Salesforce after some days.
func (r *reader) dropJob(ctx context.Context) error {
	err := r.client.call(ctx, http.MethodDelete, "jobs/query/"+url.PathEscape(r.at.Drop), nil, nil)
	if f, ok := errors.AsType[*connector.Failure](err); ok && (f.Class == health.TokenExpired || f.Moved) {
		return err
	}
	r.at.Drop = ""
	return ctx.Err()
}

// readCSV reads rows. The first line names the columns; what is empty is null.
func readCSV(in io.Reader) (rows []row, err error) {
	c := csv.NewReader(in)
	c.ReuseRecord = true
	head, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil // there are no rows
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // results says what was read
	}
	set := make([]func(*row, string), len(head))
	for i, name := range head {
		set[i] = columns[name]
	}
	for {
		line, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err //nolint:wrapcheck // as above
		}
		one := row{}
		for i, v := range line {
			if set[i] != nil && v != "" {
				set[i](&one, v)
			}
		}
		rows = append(rows, one)
	}
}

// columns put the text of a column into a row.
var columns = map[string]func(r *row, v string){
	"Id": func(r *row, v string) { r.ID = v }, "FirstName": func(r *row, v string) { r.FirstName = v }, "LastName": func(r *row, v string) { r.LastName = v },
	"Name": func(r *row, v string) { r.Name = v }, "Email": func(r *row, v string) { r.Email = v }, "Phone": func(r *row, v string) { r.Phone = v },
	"Title": func(r *row, v string) { r.Title = v }, "StageName": func(r *row, v string) { r.StageName = v }, "Amount": func(r *row, v string) { r.Amount = number(v) },
	"CurrencyIsoCode": func(r *row, v string) { r.CurrencyIsoCode = v }, "CloseDate": func(r *row, v string) { r.CloseDate = v },
	"Probability": func(r *row, v string) { r.Probability = number(v) }, "ContactId": func(r *row, v string) { r.ContactID = v },
	"IsClosed": func(r *row, v string) { r.IsClosed = v == "true" }, "IsWon": func(r *row, v string) { r.IsWon = v == "true" },
	"IsDeleted": func(r *row, v string) { r.IsDeleted = v == "true" }, "SystemModstamp": func(r *row, v string) { r.SystemModstamp = v },
	companyName: func(r *row, v string) { r.Account = &struct{ Name string }{v} },
}
