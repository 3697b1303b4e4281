// Command testreport reads the output of one or more runs of go test -json and
// prints what go test would: a line a package, and the output of what failed.
// It closes with the slowest tests and the counts. It fails when a test failed,
// when a test took over 20 seconds without a written reason, and, where nothing
// may be left out (CI=true or REQUIRE_POSTGRES=1), when one was skipped.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	slow := flag.String("slow", "", "file of the tests that may take over 20 seconds, each with its reason")
	flag.Parse()
	reasons, err := readReasons(*slow)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(2)
	}
	complete := os.Getenv("CI") == "true" || os.Getenv("REQUIRE_POSTGRES") == "1"
	if !run(os.Stdin, os.Stdout, reasons, complete) {
		os.Exit(1)
	}
}

// run reports whether everything is as it must be.
func run(in io.Reader, out io.Writer, reasons map[string]string, complete bool) bool {
	r := newReport(out)
	if err := r.read(in); err != nil {
		r.fail(fmt.Sprintf("testreport: %v", err))
	}
	return r.close(reasons, complete)
}
