package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestGracefulStop stops a node with work on its way: it ends, is recorded, and
// is not done again.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, in *install) {
		ca := newAuthority(t)
		in.flags = []string{"--trusted-ca", ca.file, "--allow-network", "127.0.0.0/8"}
		n := in.serve()
		r := newReceiver(t, ca)
		h := n.addWebhook(r.URL)
		r.verify(h.Secret)
		r.hold()
		ids := n.sendBatch(100, "contact.created")
		until(t, "requests on their way", 10*time.Second, func() bool { return r.count() > 0 })
		onWay := r.quiet(500 * time.Millisecond)

		// A request to the API that takes long: its test request waits for a slow
		// receiver.
		slow := newReceiver(t, ca)
		other := n.addWebhook(slow.URL, "email.sent")
		slow.slowTests()
		answered := make(chan answer, 1)
		go func() {
			a, err := n.key().call(http.MethodPost, "/webhooks/"+other.ID+"/test", nil)
			if err != nil {
				t.Errorf("the request on its way: %v", err)
			}
			answered <- a
		}()
		until(t, "the test request", 10*time.Second, func() bool { return slow.count() == 1 })

		n.signal(syscall.SIGTERM)
		until(t, "no new work", 10*time.Second, func() bool { return n.probe("/healthz") == 0 })
		r.release()
		slow.release()
		if a := <-answered; a.status != http.StatusOK {
			t.Errorf("the request on its way got %d %s", a.status, a.body)
		}
		n.ends(30 * time.Second)
		if n.err != nil {
			t.Errorf("the stop ended with %v", n.err)
		}
		if got := r.count(); got != onWay {
			t.Errorf("%d requests began after the signal", got-onWay)
		}
		if rows := in.rows(); rows.delivered != onWay || rows.pending != len(ids)-onWay {
			t.Errorf("after the stop the rows are %+v; %d requests were on their way", rows, onWay)
		}
		n = in.serve()
		if b := n.settled(20 * time.Second); b.delivered != len(ids) {
			t.Errorf("books: %+v, want %d delivered", b, len(ids))
		}
		if missing, extra, _ := r.missing(ids); missing+extra > 0 {
			t.Errorf("%d events did not arrive, %d came twice, after a clean stop", missing, extra)
		}
		n.stop()
	})
}

// slowTests lets test events wait as well, and count.
func (r *receiver) slowTests() {
	r.hold()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tests = true
}

// TestSecondSignal ends at once what the first would let finish.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, in *install) {
		ca := newAuthority(t)
		in.flags = []string{"--trusted-ca", ca.file, "--allow-network", "127.0.0.0/8"}
		n := in.serve()
		r := newReceiver(t, ca)
		n.addWebhook(r.URL)
		r.hold()
		id := n.send(contact(1))
		r.await(id, 10*time.Second)
		n.signal(syscall.SIGINT)
		until(t, "stopping", 10*time.Second, func() bool { return n.probe("/healthz") == 0 })
		n.alive() // it waits for the request on its way
		n.signal(syscall.SIGINT)
		n.ends(2 * time.Second)
		if n.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(n.log.String(), "second signal") {
			t.Errorf("exit code %d, and the log says %s", n.cmd.ProcessState.ExitCode(), n.log)
		}
		// Nothing is lost by it.
		r.release()
		n = in.serve()
		if b := n.settled(30 * time.Second); b.delivered != 1 {
			t.Errorf("books: %+v", b)
		}
	})
}

// TestSecondServer refuses a second server of a data directory, and takes the
// directory over from one that was killed.
func TestSecondServer(t *testing.T) {
	t.Parallel()
	in := newInstall(t, sqlite)
	n := in.serve()
	_, stderr, err := run("serve", "--listen", freeAddress(t), "--data-dir", in.dir)
	for _, want := range []string{strconv.Itoa(n.cmd.Process.Pid), in.dir, "--data-dir"} {
		if err == nil || !bytes.Contains(stderr, []byte(want)) {
			t.Errorf("a second server: %v, without %q in\n%s", err, want, stderr)
		}
	}
	if _, stderr, err := run("serve", "--listen", n.addr, "--data-dir", filepath.Join(t.TempDir(), "other")); err == nil || !bytes.Contains(stderr, []byte("--listen")) {
		t.Errorf("a server on a taken address: %v\n%s", err, stderr)
	}
	n.kill()
	in.serve().stop()
}

// TestBadConfiguration wants the setting's name, what is wrong, and an example.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	unknown := write("unknown.json", `{"listenn": "localhost:1"}`)
	wrong := write("wrong.json", `{"retain-events-days": "soon"}`)
	notPEM := write("ca.pem", "no certificate")
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"address":            {[]string{"--listen", "nowhere"}, []string{"--listen", "PATCHBOARD_LISTEN", `"nowhere"`, "localhost:8480"}},
		"network":            {[]string{"--allow-network", "10.0.0.300/8"}, []string{"--allow-network", "10.0.0.300/8", "Example", "10.20.0.0/16"}},
		"every network":      {[]string{"--allow-network", "0.0.0.0/0"}, []string{"--allow-network", "address policy", "Example"}},
		"no authority":       {[]string{"--trusted-ca", filepath.Join(dir, "none.pem")}, []string{"--trusted-ca", "none.pem", "no such file", "Example"}},
		"authority":          {[]string{"--trusted-ca", notPEM}, []string{"--trusted-ca", "no certificate", "Example"}},
		"days":               {[]string{"--retain-events-days=-1"}, []string{"--retain-events-days", "Example", "30"}},
		"size":               {[]string{"--retain-bytes", "10 buckets"}, []string{"--retain-bytes", "10 buckets", "10GiB"}},
		"log level":          {[]string{"--log-level", "loud"}, []string{"--log-level", `"loud"`, "Example", "info"}},
		"metrics token":      {[]string{"--metrics-token", "short"}, []string{"--metrics-token", "16 characters", "Example"}},
		"public URL":         {[]string{"--public-url", "ftp://x"}, []string{"--public-url", "https://", "Example"}},
		"no Postgres":        {[]string{"--database", "mysql://x/y"}, []string{"--database", "postgres://", "Example"}},
		"no keyset place":    {[]string{"--database", "postgres://x/y"}, []string{"--keyset-file", "--audit-head-dir", "install -d", "Example"}},
		"unknown flag":       {[]string{"--lissten", "x"}, []string{"--lissten"}},
		"unknown key":        {[]string{"--config", unknown}, []string{unknown, "listenn"}},
		"wrong value":        {[]string{"--config", wrong}, []string{"retain-events-days", "soon", "30"}},
		"no file":            {[]string{"--config", filepath.Join(dir, "none.json")}, []string{"none.json"}},
		"two things at once": {[]string{"--log-level", "loud", "--listen", "nowhere"}, []string{"--log-level", "--listen"}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			args := append([]string{"serve"}, c.args...)
			if !strings.Contains(name, "Postgres") && name != "no keyset place" {
				args = append(args, "--data-dir", filepath.Join(dir, "data"))
			}
			_, stderr, err := run(args...)
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, want := range c.want {
				if !bytes.Contains(stderr, []byte(want)) {
					t.Errorf("no %q in\n%s", want, stderr)
				}
			}
			if len(stderr) > 1500 {
				t.Errorf("%d bytes for one mistake:\n%s", len(stderr), stderr)
			}
		})
	}
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
			t.Error("a refused start has made a data directory")
		}
	})
}

// TestNewerDatabase refuses a database that a newer program has used.
func TestNewerDatabase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, in *install) {
		db := in.open()
		_, err := db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) SELECT 9999, is_applied FROM goose_db_version WHERE version_id = 1")
		if err != nil {
			t.Fatal(err)
		}
		_ = db.Close()
		for _, line := range [][]string{{"serve", "--listen", freeAddress(t)}, {"audit", "verify"}} {
			_, stderr, err := run(append(line, in.places()...)...)
			if err == nil || !bytes.Contains(stderr, []byte("newer Patchboard")) || !bytes.Contains(stderr, []byte("9999")) {
				t.Errorf("%s: %v\n%s", line[0], err, stderr)
			}
		}
	})
}

// TestKeyset refuses a database whose keyset is missing, another's, open to
// others or damaged, and says how to get the right one there.
func TestKeyset(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, in *install) {
		file := filepath.Join(in.dir, "keyset.json")
		right, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the keyset's mode is %v, %v", info.Mode(), err)
		}
		other, err := os.ReadFile(filepath.Join(newInstall(t, sqlite).dir, "keyset.json"))
		if err != nil {
			t.Fatal(err)
		}
		refused := func(name string, want ...string) {
			t.Helper()
			_, stderr, err := run(append([]string{"serve", "--listen", freeAddress(t)}, in.places()...)...)
			for _, w := range append(want, "keyset") {
				if err == nil || !strings.Contains(strings.ToLower(string(stderr)), strings.ToLower(w)) {
					t.Errorf("%s: %v, without %q in\n%s", name, err, w, stderr)
				}
			}
			if bytes.Contains(stderr, right[len(right)/2:]) {
				t.Errorf("%s: the keyset is in the message", name)
			}
		}
		put := func(text []byte, mode os.FileMode) {
			t.Helper()
			_ = os.Remove(file)
			if err := os.WriteFile(file, text, mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		refused("missing", file, "PATCHBOARD_KEYSET", "chmod 600")
		if _, err := os.Stat(file); err == nil {
			t.Error("a new keyset was made for a database that has one")
		}
		put(other, 0o600)
		refused("another's", "is not the one that this database is sealed with")
		put(right, 0o644)
		refused("open to others", "0644", "chmod 600")
		put(right[:len(right)/2], 0o600)
		refused("damaged", "cannot be used")
		put(right, 0o600)
		n := in.serve()
		n.admin()
		n.stop()
	})
}
