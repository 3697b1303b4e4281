// Command patchboard is the whole product: the server, and the commands that
// administer it. Each subcommand is a file of this folder.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"patchboard/internal/config"
	"patchboard/internal/fault"
)

// program is the command line.
type program struct {
	Serve   serveCommand   `cmd:"" help:"Run the server."`
	Demo    demoCommand    `cmd:"" help:"Run the server with data to try it on, and a webhook inbox."`
	Admin   adminCommand   `cmd:"" help:"Administer organizations and users, also beside a running server."`
	Audit   auditCommand   `cmd:"" help:"Check the audit log, or accept it after a restore."`
	Trigger triggerCommand `cmd:"" help:"Send an example event to a running server."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// console is where a command reads and writes.
type console struct {
	in  io.Reader
	out io.Writer // results, for programs
	err io.Writer // everything else
}

// Exit codes beside 0.
const (
	exitFailed = 1 // it did not work, or a check found something
	exitUsage  = 2 // the command line or the settings are wrong
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { // lives as long as the process
		<-signals
		stop()
		<-signals
		fmt.Fprintln(os.Stderr, "patchboard: ended at once by a second signal")
		os.Exit(exitFailed)
	}()
	os.Exit(run(ctx, os.Args[1:], console{os.Stdin, os.Stdout, os.Stderr}))
}

// run is the program without its process.
func run(ctx context.Context, args []string, c console) int {
	var p program
	exited := -1
	k, err := kong.New(&p, append(config.Options(),
		kong.Name("patchboard"), kong.Description("The integrations desk of a CRM: events in, signed webhooks out."),
		kong.Writers(c.out, c.err), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.ValueFormatter(describe))...)
	if err != nil {
		complain(c.err, err)
		return exitFailed
	}
	args = config.Arguments(args)
	parsed, err := k.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		complain(c.err, usage(config.Explain(err, args)))
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(c); err != nil {
		if !errors.Is(err, errFound) {
			complain(c.err, err)
		}
		return exitFailed
	}
	return 0
}

// describe is the text of a setting in the help: what it does, its default, and
// the variable that sets it.
func describe(v *kong.Value) string {
	c := *v
	if v.HasDefault && v.Default != "" {
		c.Help += " Default: " + v.Default + "."
	}
	return kong.DefaultHelpValueFormatter(&c)
}

// usage adds to a mistake on the command line where to read about it. A mistake
// in a setting says that itself.
func usage(err error) error {
	var p *kong.ParseError
	if _, ok := errors.AsType[*fault.Error](err); ok || !errors.As(err, &p) {
		return err
	}
	command := []string{"patchboard"}
	for _, part := range p.Context.Path {
		if part.Command != nil {
			command = append(command, part.Command.Name)
		}
	}
	return fmt.Errorf("%w (see %s --help)", err, strings.Join(command, " "))
}

// flags are the flags of the commands for what the API calls otherwise.
var flags = map[string]string{ //nolint:gochecknoglobals // a constant table
	"body.email": "--email", "body.password": "--password-file", "body.organizationName": "--name", "body.role": "--role",
}

// fieldsOf says which flags are at fault, and why.
func fieldsOf(f *fault.Error) string {
	var all []string
	for _, at := range f.Fields {
		if flag, ok := flags[at.Location]; ok {
			all = append(all, flag+" "+at.Message)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, "; ") + ")"
}

// complain says what is wrong and what to do about it.
func complain(w io.Writer, err error) {
	text := err.Error()
	if f, ok := errors.AsType[*fault.Error](err); ok {
		text = strings.TrimSuffix(f.Message, ".") + fieldsOf(f) + ". " + f.Fix
		if strings.Contains(f.Message, "\n") {
			text = f.Message + "\n" + f.Fix
		}
		if f.Kind == fault.Internal && f.Err != nil {
			text = f.Err.Error()
		}
	}
	_ = printLine(w, "patchboard: "+text) // nobody is left to be told
}
