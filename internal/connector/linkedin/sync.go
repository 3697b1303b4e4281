package linkedin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"patchboard/internal/connector"
	"patchboard/internal/health"
)

const (
	firstPage = "/rest/memberSnapshotData?q=criteria&domain=CONNECTIONS&start=0"
	// source is what a load is of: whoever is connected, their connections.
	source = "connections"
	// gone marks a contact who is no connection any more. They may be known otherwise,
	// so that they stay.
	gone = "no longer a connection"
	// pagesMost ends a chain of links that has no end.
	pagesMost = 10_000
	// notYet is how long an empty snapshot may still be in the making.
	notYet = 24 * time.Hour
)

// waits are the times between looks at a snapshot that is not there yet; the last one
// goes on.
var waits = []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour}

// place is how far the snapshot was read. There is no other cursor: each run reads
// everything, and the connections that it did not name are none any more.
type place struct {
	Load  string    `json:"load,omitempty"`
	Page  string    `json:"page,omitempty"`  // path of the next one
	Pages int       `json:"pages,omitempty"` // read so far
	Since time.Time `json:"since,omitzero"`  // when the first page was found missing
	Tries int       `json:"tries,omitempty"`
	Empty bool      `json:"empty,omitempty"` // there was nothing after all
}

// Next reads a page of the snapshot.
func (l LinkedIn) Next(ctx context.Context, s *connector.Session, cursor json.RawMessage) (*connector.Page, error) {
	if !l.Reads(s.Settings) {
		return &connector.Page{Cursor: cursor}, nil
	}
	var at place
	if !connector.Begins(cursor) {
		if err := json.Unmarshal(cursor, &at); err != nil {
			return nil, fmt.Errorf("read the place: %w", err)
		}
	}
	if at.Page == "" {
		at.Load, at.Page, at.Pages = s.Now.UTC().Format(time.RFC3339Nano), firstPage, 0
	}
	var answer snapshot
	err := get(ctx, s, at.Page, &answer)
	if f, ok := errors.AsType[*connector.Failure](err); ok && f.Code == noData {
		if at.Pages > 0 {
			return l.end(at, nil, 0)
		}
		return l.wait(s, at)
	}
	if err != nil {
		return nil, err
	}
	changes, skipped := answer.changes()
	next := answer.next()
	at.Pages++
	switch {
	case at.Pages >= pagesMost:
		return nil, &connector.Failure{Class: health.Unknown, Code: "no_end", Detail: fmt.Sprintf("LinkedIn’s list has more than %d pages.", pagesMost)}
	case next == "" || next == at.Page:
		return l.end(at, changes, skipped)
	}
	at.Page, at.Since, at.Tries, at.Empty = next, time.Time{}, 0, false
	to, err := connector.Encode(at)
	return &connector.Page{Changes: changes, Skipped: skipped, Cursor: to, More: true, Load: &connector.Load{Source: source, Kind: connector.KindContact, ID: at.Load, Tag: gone}}, err
}

// end is the last page of a load.
func (LinkedIn) end(at place, changes []connector.Change, skipped int) (*connector.Page, error) {
	to, err := connector.Encode(place{})
	return &connector.Page{Changes: changes, Skipped: skipped, Cursor: to, Load: &connector.Load{Source: source, Kind: connector.KindContact, ID: at.Load, Tag: gone, Done: true}}, err
}

// wait is for a first page that is not there: LinkedIn makes the snapshot after the
// consent, which takes minutes, or hours. What is not there after a day is nothing.
func (LinkedIn) wait(s *connector.Session, at place) (*connector.Page, error) {
	at.Page, at.Load, at.Pages = "", "", 0
	p := &connector.Page{}
	switch {
	case at.Since.IsZero():
		at.Since = s.Now
		fallthrough
	case s.Now.Sub(at.Since) < notYet && !at.Empty:
		p.Again = waits[min(at.Tries, len(waits)-1)]
		p.Partial = []string{"LinkedIn is still preparing the list of connections"}
		at.Tries++
	default:
		at.Empty = true
		p.Partial = []string{"no connections available"}
	}
	var err error
	p.Cursor, err = connector.Encode(at)
	return p, err
}

// snapshot is one page. The rows have the names of the columns of Connections.csv.
type snapshot struct {
	Paging struct {
		Links []struct{ Rel, Href string } `json:"links"`
	} `json:"paging"`
	Elements []struct {
		Data []map[string]any `json:"snapshotData"`
	} `json:"elements"`
}

// next is the path of the page behind this one; empty: there is none.
func (p *snapshot) next() string {
	for _, link := range p.Paging.Links {
		if link.Rel != "next" {
			continue
		}
		u, err := url.Parse(link.Href)
		if err != nil || !strings.HasPrefix(u.Path, "/rest/memberSnapshotData") || u.RawQuery == "" {
			return "" // not a place to send a token to
		}
		return u.Path + "?" + u.RawQuery
	}
	return ""
}

func (p *snapshot) changes() (all []connector.Change, skipped int) {
	for _, e := range p.Elements {
		for _, row := range e.Data {
			cell := func(name string) string { text, _ := row[name].(string); return text } // what is no text is empty
			r := rowOf(cell)
			if r.Skipped != "" {
				skipped++
				continue
			}
			all = append(all, connector.Change{ID: r.ID, Kind: connector.KindContact, Contact: &r.Contact})
		}
	}
	return all, skipped
}
