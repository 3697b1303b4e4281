package integration

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"patchboard/internal/audit"
	"patchboard/internal/connector"
	"patchboard/internal/db"
	"patchboard/internal/fault"
	"patchboard/internal/id"
	"patchboard/internal/rbac"
	"patchboard/internal/record"
)

const (
	importPart  = 500         // people in one transaction
	importLease = time.Minute // of a running import; each part prolongs it
	importScope = "file"      // of the records
	importShown = 20          // in the list
	fileMost    = 120         // characters of a file's name that are kept
)

// ImportState is how an import stands.
type ImportState string

// The states. One that was cut off is begun again with the same file, without harm.
const (
	ImportRunning     ImportState = "running"
	ImportSucceeded   ImportState = "succeeded"
	ImportInterrupted ImportState = "interrupted"
)

// RowResult is what an import makes of a row.
type RowResult string

// The results.
const (
	RowNew     RowResult = "new"
	RowChanged RowResult = "changed"
	RowSame    RowResult = "same"
	RowMerged  RowResult = "merged" // into an earlier row of the same person
	RowSkipped RowResult = "skipped"
)

// ImportedRow is one row of a file, and what became of it.
type ImportedRow struct {
	connector.ImportRow

	Result RowResult
	Alike  []Candidate // contacts that may be the same person
}

// FileImport is one import by file.
type FileImport struct {
	ID             string // empty: a preview
	By, File       string
	State          ImportState
	People, Done   int64 // to be written, and written so far
	Created        int64
	Changed        int64
	Same           int64
	Merged         int64
	Skipped        int64
	Events         int64
	Started, Ended time.Time

	Columns []connector.Column // of the file; not kept
	Rows    []ImportedRow      // the same
	// Proposed counts the rows that may be somebody who is known.
	Proposed int64
}

// ImportOrder is what a person wants of an import.
type ImportOrder struct {
	File  string // its name
	Data  []byte
	Quiet bool   // no events are raised
	Same  []Same // who are contacts that were proposed; all others are kept apart
}

var errNoImport = fault.New(fault.Conflict, "integration-imports-nothing", "No files of this integration are imported.", "Connect it instead.")

// PreviewImport says what an import of a file would do, and writes nothing.
func (s *Service) PreviewImport(ctx context.Context, actor rbac.Actor, slug string, o ImportOrder) (*FileImport, error) {
	w, err := s.readImport(ctx, key{actor.OrganizationID, slug}, o)
	if err != nil {
		return nil, err
	}
	outcomes, err := s.compare(ctx, w)
	if err != nil {
		return nil, err
	}
	for i, part := range w.parts {
		w.note(part, outcomes[i])
	}
	return w.result, s.propose(ctx, w, outcomes)
}

// Import writes a file's contacts, part after part, each in its own transaction with
// how far it got. It goes on when the caller is gone; what it could not finish is
// imported again without harm.
func (s *Service) Import(ctx context.Context, actor rbac.Actor, slug string, o ImportOrder) (*FileImport, error) {
	k := key{actor.OrganizationID, slug}
	w, err := s.readImport(ctx, k, o)
	if err != nil {
		return nil, err
	}
	if err := s.choose(ctx, actor, w, o.Same); err != nil {
		return nil, err
	}
	w.actor, w.owner = actor, s.owner+"/"+id.New("imp")
	if err := s.beginImport(ctx, w); err != nil {
		return nil, wrap("begin the import", err)
	}
	done := make(chan error, 1)
	if !s.pool.run(func(ctx context.Context) { done <- s.runImport(ctx, w) }) {
		done <- s.runImport(ctx, w) // the program stops: for as long as the caller waits
	}
	select {
	case err := <-done:
		return w.result, err
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the import: %w", ctx.Err())
	}
}

// importing is an import at work.
type importing struct {
	key      key
	provider connector.Provider
	actor    rbac.Actor
	owner    string
	result   *FileImport
	parts    []*importedPart
	index    map[string]int // of rows, by the id of their person
	joined   int            // rows that were put to contacts
}

// importedPart is the people of one transaction.
type importedPart struct {
	prepared *record.Prepared
	people   int
}

// readImport reads a file and prepares what is to be written.
func (s *Service) readImport(ctx context.Context, k key, o ImportOrder) (*importing, error) {
	p, err := s.provider(k.slug)
	if err != nil {
		return nil, err
	}
	importer, ok := p.(connector.Importer)
	if !ok {
		return nil, errNoImport
	}
	file, err := importer.Import(o.Data)
	if no, ok := errors.AsType[*connector.FileError](err); ok {
		f := fault.New(fault.Invalid, "import-"+no.Code, no.Detail, no.Fix).At("body", no.Detail)
		if len(no.Headers) > 0 {
			f = f.With("headers", no.Headers)
		}
		return nil, f
	}
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	w := &importing{key: k, provider: p, index: map[string]int{}, result: &FileImport{File: fileName(o.File), Columns: file.Columns, Rows: make([]ImportedRow, len(file.Rows))}}
	var changes []connector.Change
	for i, row := range file.Rows {
		r := &w.result.Rows[i]
		r.ImportRow = row
		switch {
		case row.Skipped != "":
			r.Result = RowSkipped
			w.result.Skipped++
		case row.Same != 0:
			r.Result = RowMerged
			w.result.Merged++
		default:
			w.index[record.Kept(row.ID)] = i
			changes = append(changes, connector.Change{ID: row.ID, Kind: connector.KindContact, Contact: &row.Contact})
		}
	}
	w.result.People = int64(len(changes))
	if len(changes) == 0 {
		return nil, fault.New(fault.Invalid, "import-no-people", "The file has a table, but nobody is in it.", "Request the archive again, and choose Connections.")
	}
	for len(changes) > 0 {
		n := min(importPart, len(changes))
		b := batchOf(&connector.Page{Changes: changes[:n]}, time.Time{}, true)
		b.Quiet = o.Quiet
		for i := range b.Contacts {
			b.Contacts[i].Scope = importScope
		}
		prepared, err := s.Records.Prepare(ctx, record.Source{OrganizationID: k.org, Name: k.slug}, b)
		if err != nil {
			return nil, wrap("prepare the import", err)
		}
		w.parts = append(w.parts, &importedPart{prepared, n})
		changes = changes[n:]
	}
	return w, nil
}

// fileName is the last part of a path, for people.
func fileName(name string) string {
	name = cut(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if name == "." || name == "/" {
		return ""
	}
	if r := []rune(name); len(r) > fileMost {
		name = string(r[:fileMost])
	}
	return name
}

// note takes what became of a part into the result.
func (w *importing) note(p *importedPart, outcomes map[string]record.Outcome) {
	w.result.Done += int64(p.people)
	for externalID, outcome := range outcomes {
		i, there := w.index[externalID]
		if !there {
			continue
		}
		r := &w.result.Rows[i]
		switch outcome {
		case record.OutcomeCreated:
			r.Result = RowNew
			w.result.Created++
		case record.OutcomeChanged:
			r.Result = RowChanged
			w.result.Changed++
		case record.OutcomeSame:
			r.Result = RowSame
			w.result.Same++
		}
	}
}

// beginImport stores an import that begins. One at a time: another of the same
// organization would count the same people.
func (s *Service) beginImport(ctx context.Context, w *importing) error {
	r := w.result
	r.ID, r.By, r.State, r.Started = id.New("imp"), label(w.actor), ImportRunning, s.clock()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE contact_imports SET state = $3, ended_at = $4 WHERE organization_id = $1 AND slug = $2 AND state = 'running' AND until <= $5",
			w.key.org, w.key.slug, string(ImportInterrupted), db.Micros(r.Started), db.Micros(now))
		if err != nil {
			return fmt.Errorf("look for an import that was cut off: %w", err)
		}
		hit, err := tx.Exec(ctx, `INSERT INTO contact_imports
				(id, organization_id, slug, by_whom, file, state, people, done, created, changed, same, merged, skipped, events, owner, until, started_at, ended_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, $8, $9, 0, $10, $11, $12, 0) ON CONFLICT DO NOTHING`,
			r.ID, w.key.org, w.key.slug, r.By, r.File, string(r.State), r.People, r.Merged, r.Skipped, w.owner, db.Micros(now.Add(importLease)), db.Micros(r.Started))
		switch {
		case err != nil:
			return fmt.Errorf("store the import: %w", err)
		case hit == 0:
			return fault.New(fault.Conflict, "import-running", "An import goes on already.", "Wait until it has ended; its page shows how far it is.")
		}
		s.changed(tx, w.key)
		e := target(w.provider, audit.IntegrationImportBegun)
		detail := map[string]any{"file": r.File, "people": r.People}
		if w.joined > 0 {
			detail["samePerson"] = w.joined
		}
		e.Detail = detail
		return s.Audit.Append(ctx, tx, w.actor, e)
	})
}

var errImportLost = errors.New("the import was taken for one that was cut off")

// runImport writes part after part.
func (s *Service) runImport(ctx context.Context, w *importing) error {
	for i, p := range w.parts {
		if err := s.importPart(ctx, w, p, i == len(w.parts)-1); err != nil {
			return s.cutImport(ctx, w, err)
		}
	}
	return nil
}

func (s *Service) importPart(ctx context.Context, w *importing, p *importedPart, last bool) error {
	var next FileImport
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		outcomes, err := s.Records.Compare(ctx, tx, p.prepared)
		if err != nil {
			return err
		}
		tally, err := s.Records.Apply(ctx, tx, p.prepared)
		if err != nil {
			return err
		}
		next = *w.result
		next.Rows = nil // counted here, and marked after the commit
		next.Done += int64(p.people)
		next.Created += int64(tally.Created - tally.Joined)
		next.Changed += int64(tally.Changed + tally.Joined)
		next.Same += int64(tally.Same)
		next.Events += int64(tally.Events)
		if last {
			next.State, next.Ended = ImportSucceeded, s.clock()
		}
		hit, err := tx.Exec(ctx, `UPDATE contact_imports SET state = $3, done = $4, created = $5, changed = $6, same = $7, events = $8, until = $9, ended_at = $10
			WHERE id = $1 AND owner = $2 AND state = 'running'`,
			next.ID, w.owner, string(next.State), next.Done, next.Created, next.Changed, next.Same, next.Events, db.Micros(now.Add(importLease)), microsOf(next.Ended))
		switch {
		case err != nil:
			return fmt.Errorf("store how far the import is: %w", err)
		case hit == 0:
			return errImportLost
		}
		tx.AfterCommit(func() {
			w.note(p, outcomes)
			w.result.State, w.result.Ended, w.result.Events = next.State, next.Ended, next.Events
		})
		s.changed(tx, w.key)
		if !last {
			return nil
		}
		e := target(w.provider, audit.IntegrationImported)
		e.Detail = map[string]any{"file": next.File, "created": next.Created, "changed": next.Changed, "same": next.Same, "skipped": next.Skipped + next.Merged}
		return s.Audit.Append(ctx, tx, w.actor, e)
	})
	return wrap("import a part of the file", err)
}

// cutImport notes that an import has ended before its end. What it has written stays.
func (s *Service) cutImport(ctx context.Context, w *importing, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenLimit)
	defer cancel()
	s.log.WarnContext(ctx, "an import was cut off", "organization", w.key.org, "integration", w.key.slug, "done", w.result.Done, "people", w.result.People, "error", cause)
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		hit, err := tx.Exec(ctx, "UPDATE contact_imports SET state = $3, ended_at = $4 WHERE id = $1 AND owner = $2 AND state = 'running'",
			w.result.ID, w.owner, string(ImportInterrupted), db.Micros(s.clock()))
		if err != nil || hit == 0 {
			return err
		}
		s.changed(tx, w.key)
		e := target(w.provider, audit.IntegrationImported)
		e.Result, e.Reason = audit.Failed, string(ImportInterrupted)
		e.Detail = map[string]any{"file": w.result.File, "done": w.result.Done, "people": w.result.People}
		return s.Audit.Append(ctx, tx, w.actor, e)
	})
	if err != nil {
		s.log.WarnContext(ctx, "that an import was cut off is seen only when its lease has ended", "organization", w.key.org, "integration", w.key.slug, "error", err)
	}
	return fault.New(fault.Unavailable, "import-interrupted", fmt.Sprintf("The import was cut off after %d of %d people.", w.result.Done, w.result.People),
		"Import the same file again: what was written is found, and nobody is written twice.").With("done", w.result.Done).Because(cause)
}

// Imports lists the last imports, newest first.
func (s *Service) Imports(ctx context.Context, actor rbac.Actor, slug string) ([]*FileImport, error) {
	if _, err := s.provider(slug); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, s.DB, func(row db.Scanner) (*FileImport, error) {
		r := &FileImport{}
		var until, started, ended int64
		if err := row.Scan(&r.ID, &r.By, &r.File, &r.State, &r.People, &r.Done, &r.Created, &r.Changed, &r.Same, &r.Merged, &r.Skipped, &r.Events, &until, &started, &ended); err != nil {
			return nil, fmt.Errorf("scan an import: %w", err)
		}
		r.Started, r.Ended = db.Time(started), timeOf(ended)
		if r.State == ImportRunning && s.clock().After(db.Time(until)) {
			r.State = ImportInterrupted // its process is gone
		}
		return r, nil
	}, `SELECT id, by_whom, file, state, people, done, created, changed, same, merged, skipped, events, until, started_at, ended_at
		FROM contact_imports WHERE organization_id = $1 AND slug = $2 ORDER BY started_at DESC, id DESC LIMIT $3`, actor.OrganizationID, slug, importShown)
	return all, wrap("list the imports", err)
}
