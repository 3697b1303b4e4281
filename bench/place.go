package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	_ "patchboard/internal/db" // registers the driver that speaks to Postgres
)

// The engines.
const (
	sqlite   = "sqlite"
	postgres = "postgres"
)

// places makes and removes the places where servers keep their data: a
// directory, and on Postgres a database of its own in the cluster.
type places struct {
	dir     string
	cluster *sql.DB // nil without Postgres
	url     string
	made    atomic.Int64
}

// place is one of them. A place whose server has stopped can be cloned, so that
// every run begins with the same data.
type place struct {
	all      *places
	engine   string
	dir      string
	database string // its name in the cluster
}

func openPlaces(dir, clusterURL string) (*places, error) {
	p := &places{dir: dir, url: clusterURL}
	if clusterURL == "" {
		return p, nil
	}
	var err error
	if p.cluster, err = sql.Open("pgx", clusterURL); err != nil {
		return nil, fmt.Errorf("open the Postgres cluster: %w", err)
	}
	return p, nil
}

func (p *places) close() error {
	if p.cluster == nil {
		return nil
	}
	return p.cluster.Close() //nolint:wrapcheck // nothing to add
}

func (p *places) next(engine string) *place {
	n := p.made.Add(1)
	made := &place{all: p, engine: engine, dir: filepath.Join(p.dir, fmt.Sprintf("%s-%d", engine, n))}
	if engine == postgres {
		made.database = fmt.Sprintf("patchboard_bench_%d_%d", os.Getpid(), n)
	}
	return made
}

// fresh makes an empty place.
func (p *places) fresh(ctx context.Context, engine string) (*place, error) {
	made := p.next(engine)
	if err := os.Mkdir(made.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a place: %w", err)
	}
	if engine == postgres {
		return made, p.statement(ctx, "CREATE DATABASE "+made.database)
	}
	return made, nil
}

// clone copies a place, to the disk.
func (p *place) clone(ctx context.Context) (*place, error) {
	made := p.all.next(p.engine)
	if err := copyTree(made.dir, p.dir); err != nil {
		return nil, err
	}
	if p.engine == postgres {
		return made, errors.Join(p.all.statement(ctx, "CREATE DATABASE "+made.database+" TEMPLATE "+p.database), p.all.statement(ctx, "CHECKPOINT"))
	}
	return made, nil
}

// settle does what autovacuum would do within a minute, so that it does not
// happen in the middle of one run and not of another.
func (p *place) settle(ctx context.Context) error {
	if p.engine != postgres {
		return nil
	}
	one, err := sql.Open("pgx", p.address())
	if err != nil {
		return fmt.Errorf("settle a place: %w", err)
	}
	defer func() { _ = one.Close() }()
	if _, err := one.ExecContext(ctx, "VACUUM (ANALYZE)"); err != nil {
		return fmt.Errorf("settle a place: %w", err)
	}
	return nil
}

// remove removes all that the place holds, also when ctx has ended.
func (p *place) remove(ctx context.Context) error {
	err := os.RemoveAll(p.dir)
	if p.engine == postgres {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, p.all.statement(ctx, "DROP DATABASE IF EXISTS "+p.database+" WITH (FORCE)"))
	}
	return err
}

// flags name the place on a command line of patchboard.
func (p *place) flags() []string {
	flags := []string{"--data-dir", p.dir}
	if p.engine == postgres {
		flags = append(flags, "--database", p.address())
	}
	return flags
}

// address is the URL of the place's database.
func (p *place) address() string {
	u, err := url.Parse(p.all.url)
	if err != nil {
		return p.all.url // the cluster was opened by it: it parses
	}
	u.Path = "/" + p.database
	return u.String()
}

func (p *places) statement(ctx context.Context, text string) error {
	if _, err := p.cluster.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}

// settings reads how the cluster is set where that decides about speed.
func (p *places) settings(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	for _, name := range []string{"server_version", "fsync", "full_page_writes", "synchronous_commit", "shared_buffers"} {
		var value string
		if err := p.cluster.QueryRowContext(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return nil, fmt.Errorf("read the setting %s: %w", name, err)
		}
		all[name], _, _ = strings.Cut(value, " ")
	}
	return all, nil
}

// copyTree copies a directory of plain files and has them on the disk before it
// returns, so that writing them back is not part of what is measured next.
func copyTree(to, from string) error {
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(from, path)
		if err != nil {
			return fmt.Errorf("copy %s: %w", path, err)
		}
		target := filepath.Join(to, inside)
		switch {
		case e.IsDir():
			return os.MkdirAll(target, 0o700)
		case e.Type().IsRegular():
			return copyFile(target, path)
		}
		return nil // a socket or a pipe belongs to the process that made it
	})
	if err != nil {
		return fmt.Errorf("copy a place: %w", err)
	}
	return nil
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err //nolint:wrapcheck // names the file
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err //nolint:wrapcheck // names the file
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := out.ReadFrom(in); err != nil {
		return err //nolint:wrapcheck // names the file
	}
	return out.Sync() //nolint:wrapcheck // names the file
}
