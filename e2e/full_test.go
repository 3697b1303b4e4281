package e2e

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestDiskFull fills the disk under SQLite: what is refused is refused for now,
// what was accepted is kept, and with space everything goes on by itself.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	in := emptyInstall(t, sqlite)
	disk := newSmallDisk(t, in)
	in.createOrg()
	ca := newAuthority(t)
	in.flags = []string{"--trusted-ca", ca.file, "--allow-network", "127.0.0.0/8"}
	n := in.serve()
	disk.attach(n)
	r := newReceiver(t, ca)
	r.verify(n.addWebhook(r.URL).Secret)

	ids := []string{n.send(contact(1))}
	r.await(ids[0], 10*time.Second)
	disk.fill()
	// First with large events, then with small ones: in the end there is no room
	// for a page, nor for the results of what was accepted last.
	for _, size := range []int{200 << 10, 1} {
		ids = append(ids, sendUntilFull(t, n, size)...)
	}
	t.Logf("%d events until the disk was full", len(ids))
	n.alive()
	if a, err := n.key().call(http.MethodGet, "/webhooks", nil); err != nil || a.status != http.StatusOK {
		t.Errorf("reading on a full disk: %d %s %v", a.status, a.body, err)
	}
	disk.free()
	until(t, "accepting again", 15*time.Second, func() bool {
		a, err := n.key().call(http.MethodPost, "/events", contact(2))
		if err != nil {
			t.Fatal(err)
		}
		if a.status != http.StatusAccepted {
			a.later(t)
			return false
		}
		var out struct {
			ID string `json:"id"`
		}
		a.decode(t, &out)
		ids = append(ids, out.ID)
		return true
	})
	if b := n.settled(20 * time.Second); b.delivered != len(ids) || b.created != len(ids) {
		t.Errorf("books: %+v, want %d delivered", b, len(ids))
	}
	if missing, extra, _ := r.missing(ids); missing > 0 || extra > 0 {
		t.Errorf("%d accepted events did not arrive, %d came twice", missing, extra)
	}
	n.stop()
	in.checkFile()
	if out := string(in.command("audit", "verify")); !strings.Contains(out, "nothing was altered") {
		t.Errorf("audit verify says:\n%s", out)
	}
	if stored := one[int](in, "SELECT COUNT(*) FROM events"); stored != len(ids) {
		t.Errorf("%d events are stored, %d were accepted", stored, len(ids))
	}
}

// sendUntilFull sends events until five in a row are refused, and gives the ids
// of those that were accepted.
func sendUntilFull(t *testing.T, n *node, size int) (ids []string) {
	t.Helper()
	event := map[string]any{"type": "contact.created", "data": map[string]any{"id": "1", "text": strings.Repeat("x", size)}}
	for refused, try := 0, 0; refused < 5; try++ {
		if try > 2000 {
			t.Fatal("the disk does not fill up")
		}
		a, err := n.key().call(http.MethodPost, "/events", event)
		switch {
		case err != nil:
			t.Fatal(err)
		case a.status == http.StatusAccepted:
			var out struct {
				ID string `json:"id"`
			}
			a.decode(t, &out)
			ids = append(ids, out.ID)
			refused = 0
		default:
			a.later(t)
			refused++
		}
	}
	return ids
}

// smallDisk is where the data directory lies: a small file system of memory
// where one may be mounted, otherwise a limit on the size of the server's files,
// which SQLite meets in the same place.
type smallDisk struct {
	t       *testing.T
	ballast string // file that fills the mounted file system; empty: limit
	n       *node
}

const diskSize = 24 << 20

func newSmallDisk(t *testing.T, in *install) *smallDisk {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Fatalf("this test fills a disk by the means of Linux; %s is not known to it", runtime.GOOS)
	}
	d := &smallDisk{t: t}
	err := unix.Mount("tmpfs", in.dir, "tmpfs", 0, "size=24m,mode=0700")
	if err != nil {
		t.Logf("a file system of its own cannot be mounted (%v): the size of the server's files is limited instead", err)
		return d
	}
	d.ballast = filepath.Join(in.dir, "ballast")
	t.Cleanup(func() {
		if err := unix.Unmount(in.dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return d
}

func (d *smallDisk) attach(n *node) { d.n = n }

// fill leaves a few MiB.
func (d *smallDisk) fill() {
	d.t.Helper()
	if d.ballast == "" {
		d.limit(4 << 20)
		return
	}
	f, err := os.Create(d.ballast)
	if err == nil {
		err = unix.Fallocate(int(f.Fd()), 0, 0, diskSize-8<<20)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *smallDisk) free() {
	d.t.Helper()
	if d.ballast == "" {
		d.limit(unix.RLIM_INFINITY)
		return
	}
	if err := os.Remove(d.ballast); err != nil {
		d.t.Fatal(err)
	}
}

func (d *smallDisk) limit(size uint64) {
	d.t.Helper()
	var old unix.Rlimit
	pid := d.n.cmd.Process.Pid
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &old); err != nil {
		d.t.Fatalf("neither a file system can be mounted nor a file limit be set for the server: %v", err)
	}
	size = min(size, old.Max)
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: old.Max}, nil); err != nil {
		d.t.Fatalf("neither a file system can be mounted nor a file limit be set for the server: %v", err)
	}
}
