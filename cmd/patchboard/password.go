package main

import (
	"errors"
	"io"
	"os"
	"strings"

	"patchboard/internal/fault"
)

// passwordMost is more than any password that is accepted.
const passwordMost = 64 << 10

// readPassword gives the first line of a file, or of standard input for "-". A
// password is never a flag: every process of the machine sees those.
func readPassword(file string, in io.Reader) (string, error) {
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", passwordFault("The password file cannot be read: " + cause(err))
		}
		defer func() { _ = f.Close() }() // only read
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, passwordMost))
	if err != nil {
		return "", passwordFault("The password file cannot be read: " + cause(err))
	}
	line, _, _ := strings.Cut(string(text), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", passwordFault("The first line of the password file is empty")
	}
	return line, nil
}

func passwordFault(message string) error {
	return fault.New(fault.Invalid, "password-file", message, "Write the password to a file's first line and name it with --password-file; - is standard input.")
}

// cause is the part of a file error that does not repeat the path.
func cause(err error) string {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Path + ": " + p.Err.Error()
	}
	return err.Error()
}
