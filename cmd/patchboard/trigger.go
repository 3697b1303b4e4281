package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"patchboard/internal/config"
	"patchboard/internal/event"
	"patchboard/internal/fault"
)

type triggerCommand struct {
	Type    string        `arg:"" help:"Type of the event, as contact.created."`
	URL     string        `default:"http://localhost:8480" env:"PATCHBOARD_URL" help:"Address of the server." name:"url" placeholder:"URL"`
	KeyFile string        `help:"File whose first line is the API key; without it PATCHBOARD_API_KEY is used." placeholder:"FILE"`
	APIKey  config.Secret `env:"PATCHBOARD_API_KEY" hidden:"" name:"api-key"`
	Data    string        `help:"File with the event's data, a JSON object; - is standard input. Without it: the catalog's example." placeholder:"FILE"`
}

const (
	triggerTime = 30 * time.Second
	answerMost  = 1 << 20
)

// Run sends the event and prints the server's answer.
func (t *triggerCommand) Run(ctx context.Context, c console) error {
	key, err := t.key()
	if err != nil {
		return err
	}
	data, err := t.data(c.in)
	if err != nil {
		return err
	}
	name, err := json.Marshal(t.Type)
	if err != nil || !json.Valid(data) {
		return fault.New(fault.Invalid, "event-data", "The data is not a JSON object", "Correct the file of --data.")
	}
	// By hand, since encoding/json would rewrite the data's bytes.
	body := slices.Concat([]byte(`{"type":`), name, []byte(`,"data":`), data, []byte("}"))
	return t.send(ctx, key, body, c.out)
}

func (t *triggerCommand) key() (string, error) {
	key := t.APIKey.Reveal()
	if t.KeyFile != "" {
		text, err := os.ReadFile(t.KeyFile)
		if err != nil {
			return "", fault.New(fault.Invalid, "key-file", "The key file cannot be read: "+cause(err), "Name a file that holds the API key with --key-file.")
		}
		key, _, _ = strings.Cut(string(text), "\n")
	}
	if key = strings.TrimSpace(key); key == "" {
		return "", fault.New(fault.Invalid, "no-key", "There is no API key to send with", "Give it in PATCHBOARD_API_KEY, or in a file with --key-file.")
	}
	return key, nil
}

// data gives the event's data: a file's, or the catalog's example.
func (t *triggerCommand) data(in io.Reader) (json.RawMessage, error) {
	if t.Data == "" {
		example, ok := event.Example(t.Type)
		if !ok {
			return nil, fault.New(fault.NotFound, "no-example", fmt.Sprintf("The catalog has no event type %q", t.Type),
				"Use one of "+strings.Join(catalogTypes(), ", ")+"; or give the data of your own type with --data.")
		}
		return example.Data, nil
	}
	read := func() ([]byte, error) { return os.ReadFile(t.Data) }
	if t.Data == "-" {
		read = func() ([]byte, error) { return io.ReadAll(io.LimitReader(in, event.MaxEvent+1)) }
	}
	data, err := read()
	if err != nil {
		return nil, fault.New(fault.Invalid, "event-data", "The data cannot be read: "+cause(err), "Name a file that holds a JSON object with --data.")
	}
	return data, nil
}

func catalogTypes() []string {
	var names []string
	for _, t := range event.Catalog() {
		names = append(names, t.Type)
	}
	return names
}

func (t *triggerCommand) send(ctx context.Context, key string, body []byte, out io.Writer) error {
	if u, err := url.Parse(t.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fault.New(fault.Invalid, "url-invalid", "--url (PATCHBOARD_URL) is not the address of a server", "Give one such as http://localhost:8480.")
	}
	ctx, cancel := context.WithTimeout(ctx, triggerTime)
	defer cancel()
	unreachable := fault.New(fault.Unavailable, "no-server", "The server at "+t.URL+" cannot be reached", "Start it with: patchboard serve; or name another with --url.")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(t.URL, "/")+"/api/v1/events", bytes.NewReader(body))
	if err != nil {
		return unreachable.Because(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "patchboard/"+version())
	// A redirect would take the key to another address.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return unreachable.Because(err)
	}
	defer func() { _ = res.Body.Close() }() // only read
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerMost))
	if err != nil {
		return unreachable.Because(err)
	}
	if res.StatusCode == http.StatusAccepted {
		return printLine(out, strings.TrimSpace(string(answer)))
	}
	return refused(res, answer)
}

// refused turns the server's problem document into an error.
func refused(res *http.Response, answer []byte) error {
	var problem struct {
		Detail string `json:"detail"`
		Fix    string `json:"fix"`
	}
	if err := json.Unmarshal(answer, &problem); err != nil || problem.Detail == "" {
		return fault.New(fault.Invalid, "refused", "The server answered "+res.Status, "Check that --url names a Patchboard server.")
	}
	return fault.New(fault.Invalid, "refused", fmt.Sprintf("The server answered %s: %s", res.Status, problem.Detail), problem.Fix)
}
