package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"time"

	"patchboard/internal/fault"
	"patchboard/internal/integration"
)

// fileTypes are what a body that is a file may be called.
var fileTypes = []string{"application/octet-stream", "application/zip", "application/x-zip-compressed", "text/csv", "application/csv", "text/plain", "application/vnd.ms-excel", multipartForm}

const multipartForm = "multipart/form-data"

// ImportColumnView is a column of the file.
type ImportColumnView struct {
	Name  string `json:"name" doc:"As the file has it"`
	Field string `json:"field,omitempty" doc:"What of a contact it becomes; without it, it is not used"`
}

// ImportRowView is a row of the file, and what becomes of it.
type ImportRowView struct {
	Line      int         `json:"line" doc:"Of the file, from 1"`
	Result    string      `json:"result" enum:"new,changed,same,merged,skipped"`
	SameAs    int         `json:"sameAs,omitempty" doc:"The line of the same person, for one that was merged"`
	FirstName string      `json:"firstName,omitempty"`
	LastName  string      `json:"lastName,omitempty"`
	Email     string      `json:"email,omitempty"`
	Company   string      `json:"company,omitempty"`
	Title     string      `json:"title,omitempty"`
	Profile   string      `json:"profile,omitempty" doc:"Address of the profile, in its one form"`
	Since     string      `json:"since,omitempty" doc:"A date, or the file's own text if it is none"`
	Alike     []AlikeView `json:"alike,omitempty" doc:"Contacts with the same name and company, for a row that nothing else tells apart: they may be the same person"`
	Notes     []string    `json:"notes,omitempty" doc:"What of it was not taken as it is; or why it was skipped"`
}

// AlikeView is a contact that may be the person of a row.
type AlikeView struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Company string `json:"company"`
	Title   string `json:"title,omitempty"`
	Email   string `json:"email,omitempty"`
}

// ImportView is an import by file.
type ImportView struct {
	ID      string     `json:"id,omitempty"`
	By      string     `json:"by,omitempty"`
	File    string     `json:"file,omitempty"`
	State   string     `json:"state" enum:"preview,running,succeeded,interrupted"`
	People  int64      `json:"people" doc:"That are to be written"`
	Done    int64      `json:"done" doc:"Of them, so far"`
	New     int64      `json:"new"`
	Changed int64      `json:"changed"`
	Same    int64      `json:"same"`
	Merged  int64      `json:"merged" doc:"Rows of somebody whom an earlier row has"`
	Skipped int64      `json:"skipped"`
	Events  int64      `json:"events" doc:"That were raised"`
	Started *time.Time `json:"started,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`
}

func importView(f *integration.FileImport) ImportView {
	v := ImportView{
		ID: f.ID, By: f.By, File: f.File, State: string(f.State), People: f.People, Done: f.Done, New: f.Created, Changed: f.Changed, Same: f.Same,
		Merged: f.Merged, Skipped: f.Skipped, Events: f.Events, Started: ago(f.Started), Ended: ago(f.Ended),
	}
	if f.ID == "" {
		v.State = "preview"
	}
	return v
}

type importRequest struct {
	BySlug

	Mode        string `query:"mode" required:"true" enum:"preview,apply" doc:"preview writes nothing"`
	Events      bool   `query:"events" default:"true" doc:"False: the contacts raise no events"`
	File        string `query:"file" maxLength:"300" doc:"Name of the file, for the list of imports; a form has its own"`
	ContentType string `header:"Content-Type" doc:"Of a file, or a form with one file and, for apply, a field same: a JSON list of {line, contact}, contacts that the preview proposes"`
	RawBody     []byte `contentType:"application/octet-stream"`
}

// ImportResult is an import with all its rows.
type ImportResult struct {
	ImportView

	Proposed int64 `json:"proposed" doc:"Rows that may be somebody who is known, see alike"`

	Columns []ImportColumnView `json:"columns"`
	Rows    []ImportRowView    `json:"rows"`
}

type importResponse struct{ Body ImportResult }

func (a *API) importFile(ctx context.Context, in *importRequest) (*importResponse, error) {
	o := integration.ImportOrder{File: in.File, Data: in.RawBody, Quiet: !in.Events}
	if kind, params, err := mime.ParseMediaType(in.ContentType); err == nil && kind == multipartForm {
		if o.Data, o.File, o.Same, err = fileOf(in.RawBody, params["boundary"]); err != nil {
			return nil, err
		}
	}
	do := a.Integration.Import
	if in.Mode == "preview" {
		do = a.Integration.PreviewImport
	}
	f, err := do(ctx, actorOf(ctx), in.Slug, o)
	if err != nil {
		return nil, err
	}
	out := &importResponse{Body: ImportResult{ImportView: importView(f), Proposed: f.Proposed, Columns: []ImportColumnView{}, Rows: make([]ImportRowView, len(f.Rows))}}
	for _, c := range f.Columns {
		out.Body.Columns = append(out.Body.Columns, ImportColumnView(c))
	}
	for i := range f.Rows {
		out.Body.Rows[i] = importRowView(&f.Rows[i])
	}
	return out, nil
}

func importRowView(r *integration.ImportedRow) ImportRowView {
	c := &r.Contact
	v := ImportRowView{
		Line: r.Line, Result: string(r.Result), SameAs: r.Same, FirstName: c.FirstName, LastName: c.LastName, Email: c.Email, Company: c.Company, Title: c.Title,
		Profile: c.Profile, Since: c.Connected, Notes: r.Notes,
	}
	for _, one := range r.Alike {
		v.Alike = append(v.Alike, AlikeView(one))
	}
	if r.Skipped != "" {
		v.Notes = append([]string{r.Skipped}, r.Notes...)
	}
	return v
}

var errEmptyFile = fault.New(fault.Invalid, "import-empty", "The file is empty.", "Request it again where it comes from, and choose the new one.").At("body", "is empty")

var errNoFile = fault.New(fault.Malformed, "import-no-file", "The form has no file.", "Send the file as the body, or in a form with one file.").At("body", "no file")

var errBadSame = fault.New(fault.Malformed, "import-same-malformed", "The field same is no list of lines and contacts.",
	`Send it once, as [{"line": 12, "contact": "con_…"}].`).At("body.same", "is no such list")

// fileOf takes the one file of a form, and who of it are contacts.
func fileOf(body []byte, boundary string) (file []byte, name string, same []integration.Same, err error) {
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	found := false
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) && found {
			return file, name, same, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, "", nil, errNoFile
		}
		if err != nil {
			return nil, "", nil, errNoFile.Because(err)
		}
		switch {
		case part.FileName() == "" && part.FormName() == "same":
			if same != nil {
				return nil, "", nil, errBadSame
			}
			if same, err = sameOf(part); err != nil {
				return nil, "", nil, err
			}
		case part.FileName() != "" && !found:
			if file, err = io.ReadAll(part); err != nil {
				return nil, "", nil, errNoFile.Because(err)
			}
			name, found = part.FileName(), true
		}
	}
}

func sameOf(r io.Reader) ([]integration.Same, error) {
	var all []struct {
		Line    int    `json:"line"`
		Contact string `json:"contact"`
	}
	in := json.NewDecoder(r)
	in.DisallowUnknownFields()
	if err := in.Decode(&all); err != nil {
		return nil, errBadSame.Because(err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errBadSame // something follows
	}
	same := make([]integration.Same, len(all))
	for i, one := range all {
		same[i] = integration.Same(one)
	}
	return same, nil
}

type importsResponse struct {
	Body struct {
		Imports []ImportView `json:"imports"`
	}
}

func (a *API) imports(ctx context.Context, in *BySlug) (*importsResponse, error) {
	all, err := a.Integration.Imports(ctx, actorOf(ctx), in.Slug)
	if err != nil {
		return nil, err
	}
	out := &importsResponse{}
	out.Body.Imports = []ImportView{}
	for _, f := range all {
		out.Body.Imports = append(out.Body.Imports, importView(f))
	}
	return out, nil
}
