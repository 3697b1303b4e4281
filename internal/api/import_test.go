package api_test

import (
	"net/http"
	"strings"
	"testing"

	"patchboard/internal/db"
	"patchboard/internal/db/dbtest"
)

// A file is imported as a body or in a form, by whoever may change integrations. What
// is no export of LinkedIn's is refused, with the columns that were seen.
func TestImportFile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const file = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n" +
			"Bo,Rossi,https://www.linkedin.com/in/bo-rossi,,Acme,Buyer,15 Mar 2024\n,,,,,,1/2/20\n"
		form := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"Connections.csv\"\r\nContent-Type: text/csv\r\n\r\n" + file + "\r\n--b--\r\n"
		csv, multi := []string{"Content-Type", "text/csv; charset=utf-8"}, []string{"Content-Type", "multipart/form-data; boundary=b"}
		preview, apply := "integrations/linkedin/import?mode=preview", "integrations/linkedin/import?mode=apply&file=a.csv"
		same := func(list string) string {
			return "--b\r\nContent-Disposition: form-data; name=\"same\"\r\n\r\n" + list + "\r\n" + strings.Replace(form, "https://www.linkedin.com/in/bo-rossi", "", 1)
		}
		run(t, w, []scenario{
			{name: "a choice that nobody proposed", actor: utility, method: "POST", path: "integrations/linkedin/import?mode=apply", body: same(`[{"line":2,"contact":"con_1"}]`), headers: multi, status: 422, has: []string{"import-choice-refused", `body.same[0]`}},
			{name: "a choice that is none", actor: utility, method: "POST", path: "integrations/linkedin/import?mode=apply", body: same(`{"line":2}`), headers: multi, status: 400, has: []string{"import-same-malformed"}},
			{name: "a choice and more", actor: utility, method: "POST", path: "integrations/linkedin/import?mode=apply", body: same(`[] []`), headers: multi, status: 400, has: []string{"import-same-malformed"}},
			{name: "a choice of something else", actor: utility, method: "POST", path: "integrations/linkedin/import?mode=apply", body: same(`[{"row":2}]`), headers: multi, status: 400, has: []string{"import-same-malformed"}},
			{name: "no choice", actor: utility, method: "POST", path: "integrations/linkedin/import?mode=preview", body: same(`[]`), headers: multi, status: 200, has: []string{`"proposed":0`, `"new":1`}},
			{name: "preview", actor: utility, method: "POST", path: preview, body: file, headers: csv, status: 200,
				has: []string{`"state":"preview"`, `"new":1`, `"skipped":1`, `"field":"profileUrl"`, `"line":2`, `"result":"new"`, `"since":"2024-03-15"`}},
			{name: "nothing was written", actor: machine, method: "GET", path: "contacts?source=linkedin", status: 200, has: []string{`"items":[]`}},
			{name: "a form", actor: system, method: "POST", path: "integrations/linkedin/import?mode=apply", body: form, headers: multi, status: 200,
				has: []string{`"state":"succeeded"`, `"new":1`, `"file":"Connections.csv"`, `"events":1`}, entries: []string{"integration.import_begun", "integration.imported"}},
			{name: "again, as a body", actor: machine, method: "POST", path: apply, body: file, headers: csv, status: 200, has: []string{`"same":1`, `"new":0`, `"events":0`}},
			{name: "it is there", actor: machine, method: "GET", path: "contacts?source=linkedin", status: 200, has: []string{`"title":"Buyer"`, `linkedin.com/in/bo-rossi`, `"connected":{"date":"2024-03-15"}`}},
			{name: "the list", actor: utility, method: "GET", path: "integrations/linkedin/imports", status: 200, has: []string{`"by":"API key"`, `"file":"a.csv"`, `"file":"Connections.csv"`}},
			{name: "of another organization", actor: foreign, method: "GET", path: "integrations/linkedin/imports", status: 200, has: []string{`"imports":[]`}},
			{name: "nobody", actor: nobody, method: "POST", path: preview, body: file, headers: csv, status: 401},
			{name: "another file", actor: utility, method: "POST", path: preview, body: "Source,Name\n1,2\n", headers: csv, status: 422, has: []string{"import-not-the-export", `"headers":["Source","Name"]`, "Connections.csv"}},
			{name: "an empty one", actor: utility, method: "POST", path: preview, body: " ", headers: csv, status: 422, has: []string{"import-empty"}},
			{name: "nothing at all", actor: utility, method: "POST", path: preview, body: "", headers: csv, status: 422, has: []string{"import-empty", "The file is empty."}},
			{name: "no mode", actor: utility, method: "POST", path: "integrations/linkedin/import", body: file, headers: csv, status: 422},
			{name: "another mode", actor: utility, method: "POST", path: "integrations/linkedin/import?mode=do", body: file, headers: csv, status: 422},
			{name: "JSON", actor: utility, method: "POST", path: preview, body: "{}", headers: []string{"Content-Type", "application/json"}, status: 415, has: []string{"not-a-file"}},
			{name: "a form without a file", actor: utility, method: "POST", path: preview, body: "--b--\r\n", headers: multi, status: 400, has: []string{"import-no-file"}},
			{name: "no boundary", actor: utility, method: "POST", path: preview, body: form, headers: []string{"Content-Type", "multipart/form-data"}, status: 400, has: []string{"import-no-file"}},
			{name: "too large", actor: utility, method: "POST", path: preview, body: strings.Repeat("x", 20<<20+1), headers: csv, status: http.StatusRequestEntityTooLarge},
			{name: "of Gmail", actor: utility, method: "POST", path: "integrations/gmail/import?mode=apply", body: file, headers: csv, status: 409, has: []string{"integration-imports-nothing"}},
			{name: "of none", actor: utility, method: "POST", path: "integrations/moon/import?mode=apply", body: file, headers: csv, status: 404},
		})
	})
}
