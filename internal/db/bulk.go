package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Type is the class of a column's values in a bulk write.
type Type string

// The classes, named as Postgres casts them.
const (
	Int   Type = "bigint"
	Text  Type = "text"
	Bytes Type = "bytea"
	Float Type = "double precision"
)

// Col is a column of a bulk write. A row's value for it is an int64, string,
// []byte or float64 by its type, or nil.
type Col struct {
	Name string
	Type Type
}

// InsertMany inserts rows: a prepared statement run in a loop on SQLite, one
// statement over arrays on Postgres (so that its text, and its plan, do not
// depend on the number of rows), which ExecLater runs.
func (tx *Tx) InsertMany(ctx context.Context, table string, cols []Col, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	tx.rows += len(rows)
	if tx.d.engine == onSQLite {
		return tx.loop(ctx, insertLoop(table, cols), rows, nil)
	}
	cast, args, err := arrays(cols, rows)
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return tx.ExecLater(ctx, "INSERT INTO "+table+" ("+names(cols, "")+") SELECT "+names(cols, "new_")+" FROM unnest("+cast+") AS new ("+names(cols, "new_")+")", args...)
}

// Update describes UpdateMany: the columns that name a row, the columns to set,
// and a condition that the old row must meet ("" for none).
type Update struct {
	Table string
	Keys  []Col
	Set   []Col
	Guard string
}

// UpdateMany updates one row for each of rows, whose values are those of Keys
// and then of Set; no key may come twice. hit tells which rows were there and
// met the guard.
func (tx *Tx) UpdateMany(ctx context.Context, u Update, rows [][]any) (hit []bool, err error) {
	hit = make([]bool, len(rows))
	if len(rows) == 0 {
		return hit, nil
	}
	tx.rows += len(rows)
	if tx.d.engine == onSQLite {
		turned := make([][]any, len(rows)) // the keys stand last in the statement
		for i, r := range rows {
			n := len(u.Keys)
			turned[i] = append(append(make([]any, 0, len(r)), r[n:]...), r[:n]...)
		}
		return hit, tx.loop(ctx, updateLoop(u), turned, hit)
	}
	cols := append(append(make([]Col, 0, len(u.Keys)+len(u.Set)), u.Keys...), u.Set...)
	cast, args, err := arrays(cols, rows)
	if err != nil {
		return nil, fmt.Errorf("update %s: %w", u.Table, err)
	}
	var b strings.Builder
	b.WriteString("UPDATE " + u.Table + " SET ")
	for i, c := range u.Set {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.Name + " = new.new_" + c.Name)
	}
	b.WriteString(" FROM unnest(" + cast + ") WITH ORDINALITY AS new (" + names(cols, "new_") + ", new_ord) WHERE ")
	for i, c := range u.Keys {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(u.Table + "." + c.Name + " = new.new_" + c.Name)
	}
	if u.Guard != "" {
		b.WriteString(" AND " + u.Guard)
	}
	b.WriteString(" RETURNING new.new_ord")
	err = Each(ctx, tx, func(s Scanner) error {
		var n int64
		if err := s.Scan(&n); err != nil {
			return fmt.Errorf("read updated row: %w", err)
		}
		hit[n-1] = true
		return nil
	}, b.String(), args...)
	return hit, err
}

// DeleteMany deletes the rows that the key columns name.
func (tx *Tx) DeleteMany(ctx context.Context, table string, keys []Col, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("DELETE FROM " + table)
	if tx.d.engine == onSQLite {
		for i, k := range keys {
			b.WriteString([]string{" AND ", " WHERE "}[btoi(i == 0)] + k.Name + " = ?")
		}
		return tx.loop(ctx, b.String(), rows, nil)
	}
	cast, args, err := arrays(keys, rows)
	if err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	b.WriteString(" USING unnest(" + cast + ") AS old (" + names(keys, "old_") + ")")
	for i, k := range keys {
		b.WriteString([]string{" AND ", " WHERE "}[btoi(i == 0)] + table + "." + k.Name + " = old.old_" + k.Name)
	}
	return tx.ExecLater(ctx, b.String(), args...)
}

// FindMany reads the rows that the key columns name, in any order: one prepared
// query a row on SQLite, one join for all on Postgres. There a list in the query
// would cost as many look-ups of an index, and while a table is new the planner
// prefers to read through it. lock is Tx.ForUpdate, Tx.ForShare, or "", which a DB needs.
func FindMany[T any](ctx context.Context, q Finder, table, columns string, keys []Col, rows [][]any, lock string, scan func(s Scanner) (T, error)) ([]T, error) {
	found := make([]T, 0, len(rows))
	if len(rows) == 0 {
		return found, nil
	}
	var b strings.Builder
	b.WriteString("SELECT " + columns + " FROM " + table)
	visit := func(s Scanner) error {
		v, err := scan(s)
		found = append(found, v)
		return err
	}
	if q.on() == onSQLite {
		for i, k := range keys {
			b.WriteString([]string{" AND ", " WHERE "}[btoi(i == 0)] + k.Name + " = ?")
		}
		for _, r := range rows {
			if err := Each(ctx, q, visit, b.String(), r...); err != nil {
				return nil, err
			}
		}
		return found, nil
	}
	cast, args, err := arrays(keys, rows)
	if err != nil {
		return nil, fmt.Errorf("find in %s: %w", table, err)
	}
	b.WriteString(" JOIN unnest(" + cast + ") AS want (" + names(keys, "want_") + ") ON ")
	for i, k := range keys {
		b.WriteString([]string{" AND ", ""}[btoi(i == 0)] + table + "." + k.Name + " = want.want_" + k.Name)
	}
	b.WriteString(lock)
	return found, Each(ctx, q, visit, b.String(), args...)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// loop runs one prepared statement for every row. On SQLite anonymous
// parameters bind in order; numbered ones are looked up by name each time.
func (tx *Tx) loop(ctx context.Context, query string, rows [][]any, hit []bool) error {
	ctx = context.WithoutCancel(ctx)
	st, err := tx.stmts.get(ctx, tx, query)
	if err != nil {
		return fmt.Errorf("%s: %w", firstWords(query), err)
	}
	for i, r := range rows {
		res, err := st.ExecContext(ctx, r...)
		if err != nil {
			return fmt.Errorf("%s: %w", firstWords(query), err)
		}
		if hit != nil {
			n, err := res.RowsAffected()
			if err != nil {
				return fmt.Errorf("rows affected: %w", err)
			}
			hit[i] = n > 0
		}
	}
	return nil
}

func insertLoop(table string, cols []Col) string {
	return "INSERT INTO " + table + " (" + names(cols, "") + ") VALUES (?" + strings.Repeat(",?", len(cols)-1) + ")"
}

func updateLoop(u Update) string {
	var b strings.Builder
	b.WriteString("UPDATE " + u.Table + " SET ")
	for i, c := range u.Set {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.Name + " = ?")
	}
	b.WriteString(" WHERE ")
	for i, c := range u.Keys {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(c.Name + " = ?")
	}
	if u.Guard != "" {
		b.WriteString(" AND " + u.Guard)
	}
	return b.String()
}

func names(cols []Col, prefix string) string {
	var b strings.Builder
	for i, c := range cols {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(prefix + c.Name)
	}
	return b.String()
}

// arrays turns rows into one array a column, with the casts for unnest.
func arrays(cols []Col, rows [][]any) (cast string, args []any, err error) {
	var b strings.Builder
	args = make([]any, len(cols))
	for i, c := range cols {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1) + "::" + string(c.Type) + "[]")
		switch c.Type {
		case Int:
			args[i], err = array[int64](rows, i)
		case Text:
			args[i], err = array[string](rows, i)
		case Float:
			args[i], err = array[float64](rows, i)
		case Bytes:
			args[i], err = array[[]byte](rows, i)
		default:
			err = fmt.Errorf("type %q", c.Type)
		}
		if err != nil {
			return "", nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return b.String(), args, nil
}

func array[T any](rows [][]any, i int) (any, error) {
	plain := make([]T, len(rows))
	var null []*T
	for n, r := range rows {
		switch v := r[i].(type) {
		case nil:
			if null == nil {
				null = make([]*T, len(rows))
				for k := range n {
					null[k] = &plain[k]
				}
			}
			continue
		case T:
			plain[n] = v
		default:
			return nil, fmt.Errorf("row %d holds a %T", n, v)
		}
		if null != nil {
			null[n] = &plain[n]
		}
	}
	if null != nil {
		return null, nil
	}
	return plain, nil
}
