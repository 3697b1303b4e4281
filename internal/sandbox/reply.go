package sandbox

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The folder reply holds what the providers answer, as their documentation
// prints it: a folder a provider, a file an answer, and errors.json for what goes
// wrong. The emulated providers fill values into these files; a member that a file
// does not have cannot be set, so that one that a connector misreads is not misread
// here in the same way. Values that are lists or objects themselves, such as the
// changes of a history or the times of a meeting, the emulators put together.
//
//go:embed reply/*/*.json
var replyFiles embed.FS

// values are what an answer says instead of its file: by the member's name, or by
// names with dots between for members of members. nil takes the member out.
type values map[string]any

// reply gives the answer of a file, "gmail/profile", with some values replaced.
// A member that the file does not have, or that is of another JSON type there, is
// a mistake of the emulator, and panics.
func reply(file string, set values) map[string]any {
	out := readReply[map[string]any](file)
	for _, path := range slices.Sorted(maps.Keys(set)) {
		fill(out, file, path, set[path])
	}
	return out
}

func fill(object map[string]any, file, path string, value any) {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		inner, ok := object[name].(map[string]any)
		if !ok {
			panic(fmt.Sprintf("the answer %s has no object %s", file, path))
		}
		object = inner
	}
	last := names[len(names)-1]
	old, ok := object[last]
	switch {
	case !ok:
		panic(fmt.Sprintf("the answer %s has no %s", file, path))
	case value == nil:
		delete(object, last)
	case old != nil && kindOf(old) != kindOf(value):
		panic(fmt.Sprintf("the answer %s has a %s as %s, not a %s", file, kindOf(old), path, kindOf(value)))
	default:
		object[last] = value
	}
}

// kindOf names the JSON type that a value becomes.
func kindOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("no JSON: %v", err))
	}
	switch text[0] {
	case '{':
		return "object"
	case '[':
		return "list"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	default:
		return "number"
	}
}

// refusal is an answer that says what went wrong.
type refusal struct {
	Name   string            `json:"name"`
	Status int               `json:"status"`
	Header map[string]string `json:"headers"`
	Body   map[string]any    `json:"body"`
	Page   string            `json:"page"` // HTML, in place of the body
}

// findRefusal gives a provider's refusal by its name in errors.json.
func findRefusal(provider, name string) (r refusal, ok bool) {
	for _, r := range readReply[[]refusal](provider + "/errors") {
		if r.Name == name {
			return r, true
		}
	}
	return refusal{}, false
}

// refusalOf gives one that there is.
func refusalOf(provider, name string) refusal {
	r, ok := findRefusal(provider, name)
	if !ok {
		panic(fmt.Sprintf("%s has no error %s", provider, name))
	}
	return r
}

// refusalNames lists a provider's refusals.
func refusalNames(provider string) (all []string) {
	for _, r := range readReply[[]refusal](provider + "/errors") {
		all = append(all, r.Name)
	}
	return all
}

// refuseNext takes the form by which a panel has the next call refused.
func (d *ward) refuseNext(provider string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		refuse, ok := findRefusal(provider, r.PostFormValue("error"))
		if !ok {
			http.Error(w, "There is no such error.", http.StatusUnprocessableEntity)
			return
		}
		d.refuse(&refuse)
		http.Redirect(w, r, "/"+provider, http.StatusSeeOther)
	}
}

func (r refusal) write(w http.ResponseWriter) {
	for name, value := range r.Header {
		w.Header().Set(name, value)
	}
	if r.Page != "" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(r.Status)
		_, _ = io.WriteString(w, r.Page) // whoever asked may be gone
		return
	}
	writeReply(w, r.Status, r.Body)
}

func writeReply(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("no JSON: %v", err))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // whoever asked may be gone
}

// readReply reads a file; each call gives a copy. Numbers stay as they are written.
func readReply[T any](file string) (out T) {
	text, err := replyFiles.ReadFile("reply/" + file + ".json")
	if err != nil {
		panic(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		panic(fmt.Sprintf("the answer %s: %v", file, err))
	}
	return out
}
