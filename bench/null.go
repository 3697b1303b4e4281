package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// nullJob is a pipeline that keeps nothing: it checks the key in memory, reads
// the body, hands it to one of 64 senders by a channel, and answers. What the
// product does beyond it is what storage and its promises cost. Without targets
// it is the bare handler: the key, the body, the answer.
type nullJob struct {
	Key     string   `json:"key"`
	Targets []string `json:"targets"` // taken in turn
}

// nullPlace is where a null pipeline can be reached.
type nullPlace struct {
	Address string `json:"address"`
}

const nullQueue = 1 << 16

type nullPipeline struct {
	keys    map[[sha256.Size]byte]bool
	targets []string
	queue   chan []byte
	turn    atomic.Int64
	sender  *sender
}

func runNull(ctx context.Context, text []byte) error {
	var job nullJob
	if err := json.Unmarshal(text, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	p := &nullPipeline{
		keys: map[[sha256.Size]byte]bool{sha256.Sum256([]byte(job.Key)): true}, targets: job.Targets,
		queue: make(chan []byte, nullQueue), sender: newSender(bareWorkers),
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for range bareWorkers {
		go p.work(ctx)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/events", p.accept)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	if err := json.NewEncoder(os.Stdout).Encode(nullPlace{l.Addr().String()}); err != nil {
		return fmt.Errorf("say where it listens: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); ctx.Err() == nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func (p *nullPipeline) accept(w http.ResponseWriter, r *http.Request) {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || !p.keys[sha256.Sum256([]byte(key))] {
		http.Error(w, "unknown key", http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if len(p.targets) > 0 {
		p.queue <- body
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"id":"evt_01h455vb4pex5vsknk084sn02q"}`) // who asked has gone: nobody to tell
}

func (p *nullPipeline) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case body := <-p.queue:
			n := p.turn.Add(1)
			target := p.targets[int(n)%len(p.targets)]
			if err := p.sender.send(ctx, target, "evt_"+strconv.FormatInt(n, 10), time.Now(), body); err != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "null pipeline:", err) // the load generator misses the event and fails the run
			}
		}
	}
}
