package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"patchboard/internal/db"
	"patchboard/internal/id"
)

// The lease of a node, and with it of all its lanes. It is written and compared
// by the database's clock; the node itself gives it up earlier, by its own
// monotonic clock, counted from before the renewal was sent.
const (
	leaseTime  = 15 * time.Second
	leaseGiven = leaseTime * 2 / 3
	renewEvery = 3 * time.Second
)

var errLeaseLost = errors.New("this node's lease has run out and another node has taken its place")

// Node is this running server among the others that share the database.
type Node struct {
	id      atomic.Pointer[string] // node_…, a new one after the lease was lost
	num     atomic.Int64
	address string
	version string
	d       *db.DB
	log     *slog.Logger
	renewed atomic.Pointer[time.Time] // monotonic; when the last renewal was sent
}

// Join registers this process as a node, with the smallest free number. On a
// database of one server the rows of earlier runs are removed, so that their
// lanes are free at once.
func Join(ctx context.Context, d *db.DB, address, version string, log *slog.Logger) (*Node, error) {
	n := &Node{d: d, address: address, version: version, log: log}
	n.num.Store(-1)
	if !d.Shared() {
		err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM nodes")
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("remove earlier nodes: %w", err)
		}
	}
	if err := n.register(ctx, func() {}); err != nil {
		return nil, err
	}
	return n, nil
}

// register takes a new identity. The number stays if it is still free. named
// runs when the node has its new name and not yet its lease.
func (n *Node) register(ctx context.Context, named func()) error {
	name := id.New("node")
	var num int64
	var sent time.Time
	insert := func() error {
		return n.d.Write(ctx, func(tx *db.Tx) error {
			sent = time.Now()
			used, err := db.Column[int64](ctx, tx, "SELECT num FROM nodes ORDER BY num")
			if err != nil {
				return fmt.Errorf("read node numbers: %w", err)
			}
			num = freeNumber(used, n.num.Load())
			now, err := tx.Now(ctx)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "INSERT INTO nodes (id, num, address, version, started_at, lease_until) VALUES ($1, $2, $3, $4, $5, $6)",
				name, num, n.address, n.version, db.Micros(now), db.Micros(now.Add(leaseTime)))
			return err
		})
	}
	err := insert()
	for try := 0; err != nil && db.IsUnique(err) && try < 10; try++ { // another node took the number
		err = insert()
	}
	if err != nil {
		return fmt.Errorf("register this node: %w", err)
	}
	n.id.Store(&name)
	n.num.Store(num)
	named()
	n.renewed.Store(&sent)
	return nil
}

// freeNumber gives mine if nobody has it, or else the smallest free number;
// used is sorted.
func freeNumber(used []int64, mine int64) int64 {
	free, taken := int64(0), false
	for _, u := range used {
		if u == mine {
			taken = true
		}
		if u == free {
			free++
		}
	}
	if mine >= 0 && !taken {
		return mine
	}
	return free
}

// ID names the node in lane rows.
func (n *Node) ID() string { return *n.id.Load() }

// Num is the node's number, for row keys and shards.
func (n *Node) Num() int64 { return n.num.Load() }

// Leased reports whether this node may still start requests.
func (n *Node) Leased() bool { return time.Since(*n.renewed.Load()) < leaseGiven }

// renew extends the lease; errLeaseLost says that the node was given up.
func (n *Node) renew(ctx context.Context) error {
	var hit int64
	var sent time.Time
	err := n.d.Write(ctx, func(tx *db.Tx) error {
		sent = time.Now()
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		hit, err = tx.Exec(ctx, "UPDATE nodes SET lease_until = $1 WHERE id = $2", db.Micros(now.Add(leaseTime)), n.ID())
		return err
	})
	if err != nil {
		return fmt.Errorf("renew the lease: %w", err)
	}
	if hit == 0 {
		return errLeaseLost
	}
	n.renewed.Store(&sent)
	return nil
}

// bury removes nodes whose lease has run out. Their lanes are free from then
// on, and they themselves learn of it at their next renewal.
func (n *Node) bury(ctx context.Context) (int64, error) {
	var gone int64
	err := n.d.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		gone, err = tx.Exec(ctx, "DELETE FROM nodes WHERE lease_until < $1 AND id <> $2", db.Micros(now), n.ID())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove dead nodes: %w", err)
	}
	return gone, nil
}

// Leave gives up the lanes and the registration, at a clean stop.
func (n *Node) Leave(ctx context.Context) error {
	err := n.d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE lanes SET owner = '' WHERE owner = $1", n.ID()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM nodes WHERE id = $1", n.ID()); err != nil {
			return err
		}
		tx.Notify(freeTopic, "left")
		return nil
	})
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

// NodeInfo is a node as the System page shows it.
type NodeInfo struct {
	ID, Address, Version string
	Started, LeaseUntil  time.Time
	Lanes                int64
	Self                 bool
}

// Nodes lists the running nodes.
func (s *Service) Nodes(ctx context.Context) ([]NodeInfo, error) {
	all, err := db.All(ctx, s.db, func(sc db.Scanner) (n NodeInfo, err error) {
		var started, until int64
		err = sc.Scan(&n.ID, &n.Address, &n.Version, &started, &until, &n.Lanes)
		n.Started, n.LeaseUntil, n.Self = db.Time(started), db.Time(until), n.ID == s.node.ID()
		return n, err
	}, "SELECT n.id, n.address, n.version, n.started_at, n.lease_until, (SELECT COUNT(*) FROM lanes l WHERE l.owner = n.id) FROM nodes n ORDER BY n.num")
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	return all, nil
}

// LastKey gives the largest row key in the database, for id.NewKeys.
func LastKey(ctx context.Context, d *db.DB) (id.Key, error) {
	k, err := db.Value[int64](ctx, d, "SELECT COALESCE(MAX(id), 0) FROM events")
	if err != nil {
		return 0, fmt.Errorf("read the last key: %w", err)
	}
	return id.Key(k), nil
}
