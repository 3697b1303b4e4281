package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test binary be the program: its main, signals and exit
// codes are tried in processes of their own.
const asProgram = "PATCHBOARD_TEST_IS_THE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "1" {
		main()
	}
	os.Exit(m.Run())
}

const patience = 20 * time.Second

// process is a running patchboard.
type process struct {
	*exec.Cmd

	lines <-chan string // of its log
	url   string
	ended chan error
}

var readyLine = regexp.MustCompile(`msg=ready address=(\S+)`)

func asProcess(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// serveProcess starts a server and waits until it is ready.
func serveProcess(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{Cmd: asProcess(t, "serve", "--data-dir", dir, "--listen", "localhost:0"), ended: make(chan error, 1)}
	log, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 1000)
	p.lines = lines
	go func() {
		for s := bufio.NewScanner(log); s.Scan(); {
			lines <- s.Text()
		}
		close(lines)
		p.ended <- p.Wait()
	}()
	p.url = readyLine.FindStringSubmatch(p.waitLine(t, "msg=ready"))[1]
	return p
}

func (p *process) waitLine(t *testing.T, word string) string {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				t.Fatalf("it ended without a line with %q", word)
			}
			if strings.Contains(line, word) {
				return line
			}
		case <-limit:
			t.Fatalf("no line with %q", word)
		}
	}
}

// exit waits for the end and gives the exit code.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	select {
	case err := <-p.ended:
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			t.Fatal(err)
		}
		return p.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatal("it does not end")
		return -1
	}
}

func (p *process) signal(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

func TestSignalStopsInOrderAndDataStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := serveProcess(t, dir)

	var out, errs bytes.Buffer
	second := asProcess(t, "serve", "--data-dir", dir, "--listen", "localhost:0")
	second.Stdout, second.Stderr = &out, &errs
	if err := second.Run(); second.ProcessState.ExitCode() != exitFailed || !strings.Contains(errs.String(), "process "+strconv.Itoa(p.Process.Pid)) {
		t.Errorf("a second server: %v, %q, want a refusal that names process %d", err, errs.String(), p.Process.Pid)
	}

	org := succeed(t, testPassword, "admin", "create-org", "--data-dir", dir, "--name", "Acme", "--email", "ada@example.com", "--password-file", "-")
	key := passwordFile(t, org["apiKey"]+"\n")
	sent := triggered(t, p.url, key)
	p.signal(t)
	p.waitLine(t, "msg=stopped")
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}

	p = serveProcess(t, dir)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+org["apiKey"])
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(body), sent["id"]) {
		t.Errorf("%s, %v: no %s", body, err, sent["id"])
	}
	p.signal(t)
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// triggered sends an event as soon as the server knows the new key.
func triggered(t *testing.T, url, keyFile string) map[string]string {
	t.Helper()
	limit := time.After(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		o := command(t, "", "trigger", "contact.created", "--url", url, "--key-file", keyFile)
		if o.code == 0 {
			return succeed(t, "", "trigger", "contact.created", "--url", url, "--key-file", keyFile)
		}
		select {
		case <-again.C:
		case <-limit:
			t.Fatalf("%+v", o)
		}
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	p := serveProcess(t, t.TempDir())
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// A request whose body never ends holds the stop up. The answer to the first
	// one on the same connection shows that the server reads from it.
	if _, err := fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(conn, "POST /api/v1/setup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil { // 100 Continue: the handler reads the body
		t.Fatal(err)
	}
	p.signal(t)
	p.waitLine(t, "msg=stopping")
	select {
	case <-p.ended:
		t.Fatal("it did not wait for the request")
	default:
	}
	p.signal(t)
	p.waitLine(t, "second signal")
	if code := p.exit(t); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	start := serveProcess(t, filepath.Join(t.TempDir(), "other")) // and the machine is none the worse
	start.signal(t)
	if code := start.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestTrigger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := serveProcess(t, dir)
	org := succeed(t, testPassword, "admin", "create-org", "--data-dir", dir, "--name", "Acme", "--email", "ada@example.com", "--password-file", "-")
	key := passwordFile(t, org["apiKey"]+"\n")
	if sent := triggered(t, p.url, key); !strings.HasPrefix(sent["id"], "evt_") {
		t.Errorf("prints %v", sent)
	}
	data := passwordFile(t, `{"odd":  1e400}`)
	if o := command(t, "", "trigger", "contact.created", "--url", p.url+"/", "--key-file", key, "--data", data); o.code != 0 || !strings.Contains(o.out, "evt_") {
		t.Errorf("%+v", o)
	}
	if o := command(t, `{"a": 1}`, "trigger", "contact.created", "--url", p.url, "--key-file", key, "--data", "-"); o.code != 0 {
		t.Errorf("%+v", o)
	}
	refuse(t, command(t, "", "trigger", "contact.create", "--url", p.url, "--key-file", key), "contact.create", "contact.created", "--data")
	refuse(t, command(t, "{}", "trigger", "contact.create", "--url", p.url, "--key-file", key, "--data", "-"), "contact.created") // the server's own words
	refuse(t, command(t, "{", "trigger", "contact.created", "--url", p.url, "--key-file", key, "--data", "-"), "JSON")
	refuse(t, command(t, "", "trigger", "contact.created", "--url", p.url, "--key-file", passwordFile(t, "sX_wrong\n")), "401")
	refuse(t, command(t, "", "trigger", "contact.created", "--url", p.url), "PATCHBOARD_API_KEY")
	refuse(t, command(t, "", "trigger", "contact.created", "--url", p.url, "--key-file", dir+"/missing"), "missing")
	refuse(t, command(t, "", "trigger", "contact.created", "--url", "http://localhost:1", "--key-file", key), "http://localhost:1", "patchboard serve")
	refuse(t, command(t, "", "trigger", "contact.created", "--url", "://", "--key-file", key), "--url")
	p.signal(t)
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
