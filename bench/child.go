package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// helpers are what this binary is started as, beside the measuring itself. Each
// gets its job as JSON and ends when its standard input does, so that none
// outlives the bench.
var helpers = map[string]func(ctx context.Context, job []byte) error{
	"sink": runSink,
	"load": runLoad,
	"bare": runBare,
	"null": runNull,
}

// runHelper is the helper's side.
func runHelper(ctx context.Context, run func(context.Context, []byte) error, job string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // whatever ends it, the bench is gone
		stop()
	}()
	return run(ctx, []byte(job))
}

// child is a process that the bench has started, and that it ends by its pid.
type child struct {
	name string
	cmd  *exec.Cmd
	in   io.Closer
	done chan struct{}
	err  error // after done
}

// start runs a command. What it writes to standard error goes to out.
func start(name string, cmd *exec.Cmd, in io.Closer) (*child, error) {
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c := &child{name: name, cmd: cmd, in: in, done: make(chan struct{})}
	go func() {
		c.err = cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// end asks the process to end and waits; after limit it is killed.
func (c *child) end(limit time.Duration) error {
	if c.in != nil {
		_ = c.in.Close() // a helper ends by it
	} else {
		_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-c.done:
		return c.err
	case <-t.C:
		c.kill()
		return fmt.Errorf("%s did not end within %s and was killed", c.name, limit)
	}
}

// kill ends the process at once.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may have ended
	<-c.done
}

// helper makes the command that runs this binary as a helper.
func helper(ctx context.Context, name string, job any) (*exec.Cmd, io.WriteCloser, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("find this binary: %w", err)
	}
	text, err := json.Marshal(job)
	if err != nil {
		return nil, nil, fmt.Errorf("write the job of %s: %w", name, err)
	}
	cmd := exec.CommandContext(ctx, self, name, string(text)) //nolint:gosec // this binary itself
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", name, err)
	}
	return cmd, in, nil
}

// serveHelper starts a helper that serves, and reads where.
func serveHelper(ctx context.Context, name string, job, place any) (*child, error) {
	cmd, in, err := helper(ctx, name, job)
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	line := make(chan error, 1)
	c, err := start(name, cmd, in)
	if err != nil {
		return nil, err
	}
	go func() {
		text, err := bufio.NewReader(out).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(text, place)
		}
		line <- err
	}()
	if err := <-line; err != nil {
		c.kill()
		return nil, fmt.Errorf("%s did not start: %w", name, err)
	}
	return c, nil
}

// ask runs a helper to its end and reads its report.
func ask[R any](ctx context.Context, name string, job any) (report R, err error) {
	cmd, in, err := helper(ctx, name, job)
	if err != nil {
		return report, err
	}
	defer func() { _ = in.Close() }()
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return report, fmt.Errorf("%s: %w: %s", name, errors.Join(ctx.Err(), err), strings.TrimSpace(said.String()))
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return report, fmt.Errorf("report of %s: %w", name, err)
	}
	return report, nil
}
