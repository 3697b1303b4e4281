package main

import (
	"encoding/json"
	"fmt"
	"io"
)

// printLine writes a line, and says so when nobody gets it: a full disk under
// a redirected output must not look like success.
func printLine(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text+"\n"); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// printJSON writes one line of JSON.
func printJSON(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return printLine(w, string(text))
}
