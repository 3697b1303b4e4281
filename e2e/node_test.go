package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// metricsToken opens /metrics of every node of these tests.
const metricsToken = "token-of-the-e2e-tests"

// node is a running `patchboard serve`.
type node struct {
	in     *install
	t      *testing.T
	cmd    *exec.Cmd
	addr   string
	url    string
	name   string // application_name of its Postgres connections
	log    *syncBuffer
	exited chan struct{}
	err    error // of the process, once exited is closed
}

// serve starts a node and waits until it is ready.
func (in *install) serve() *node {
	in.t.Helper()
	return in.serveAt(freeAddress(in.t))
}

// serveAt is serve on an address, as a restart needs it.
func (in *install) serveAt(addr string) *node {
	in.t.Helper()
	n := in.spawn(addr)
	n.ready()
	return n
}

// spawn starts a node and waits for nothing.
func (in *install) spawn(addr string) *node {
	in.t.Helper()
	n := &node{in: in, t: in.t, addr: addr, url: "http://" + addr, name: "node-" + addr, log: &syncBuffer{}, exited: make(chan struct{})}
	line := append([]string{"serve", "--listen", addr, "--metrics-token", metricsToken}, in.places()...)
	for i, arg := range line {
		if in.database != "" && arg == in.database {
			line[i] = withName(in.t, in.database, n.name)
		}
	}
	n.cmd = exec.Command(binary, append(line, in.flags...)...)
	n.cmd.Env = cleanEnvironment()
	n.cmd.Stdout, n.cmd.Stderr = n.log, n.log
	if err := n.cmd.Start(); err != nil {
		in.t.Fatal(err)
	}
	go func() {
		n.err = n.cmd.Wait()
		close(n.exited)
	}()
	in.t.Cleanup(func() {
		n.kill()
		if in.t.Failed() {
			s := n.log.String()
			in.t.Logf("log of %s:\n%s", n.url, s[max(0, len(s)-8000):])
		}
	})
	return n
}

// withName names a node's connections, so that pg_stat_activity tells them
// apart.
func withName(t *testing.T, database, name string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("application_name", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// ports are handed out below those that the kernel takes for connections, so
// that none is lost between here and the start of a server.
var lastPort atomic.Int64 //nolint:gochecknoglobals // one range for the whole run

func freeAddress(t *testing.T) string {
	t.Helper()
	const first, number = 12000, 7000
	lastPort.CompareAndSwap(0, rand.Int64N(number)+1)
	for range number {
		addr := fmt.Sprintf("127.0.0.1:%d", first+lastPort.Add(1)%number)
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

func (n *node) ready() {
	n.t.Helper()
	until(n.t, "ready", 30*time.Second, func() bool {
		select {
		case <-n.exited:
			n.t.Fatalf("the server ended: %v", n.err)
		default:
		}
		return n.probe("/readyz") == http.StatusOK
	})
}

// probe gives the status of a page that needs no credentials, 0 for no answer.
func (n *node) probe(path string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+path, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	rs, err := client.Do(q)
	if err != nil {
		return 0
	}
	_ = rs.Body.Close()
	return rs.StatusCode
}

// signal sends a signal to the process.
func (n *node) signal(s syscall.Signal) {
	n.t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		n.t.Fatal(err)
	}
}

// kill ends the process at once, as a power cut would.
func (n *node) kill() {
	_ = n.cmd.Process.Kill()
	<-n.exited
}

// stop ends the process as an operator does, and wants exit code 0.
func (n *node) stop() {
	n.t.Helper()
	n.signal(syscall.SIGTERM)
	n.ends(40 * time.Second)
	if n.err != nil {
		n.t.Fatalf("a clean stop ended with %v", n.err)
	}
}

// ends waits for the end of the process.
func (n *node) ends(most time.Duration) {
	n.t.Helper()
	select {
	case <-n.exited:
	case <-time.After(most):
		n.t.Fatalf("the server has not ended after %s", most)
	}
}

// alive wants the process that was started to run still.
func (n *node) alive() {
	n.t.Helper()
	select {
	case <-n.exited:
		n.t.Fatalf("the server ended by itself: %v", n.err)
	default:
	}
}

// peakMemory gives the largest resident size that the process has had.
func (n *node) peakMemory() (kib int) {
	n.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		n.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				n.t.Fatal(err)
			}
			return kib
		}
	}
	n.t.Fatal("/proc tells no VmHWM")
	return 0
}
