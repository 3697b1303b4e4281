package sandbox

import (
	"errors"
	"io"
	"net/http"
)

// maxBody is the largest event, 256 KiB, in its envelope. A larger body is
// recorded without its text.
const maxBody = 260 << 10

// receiver takes every POST.
type receiver struct{ inbox *inbox }

// ServeHTTP records a message and answers it as the inbox was told to.
func (v receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		say(w, http.StatusMethodNotAllowed, "This is Patchboard's sandbox. It takes webhooks, which come by POST.\n")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		m := newMessage(r, nil, v.inbox.clock())
		m.Size = max(r.ContentLength, maxBody)
		v.inbox.refuse(m)
		say(w, http.StatusRequestEntityTooLarge, "The sandbox takes up to 256 KiB.\n")
		return
	}
	if err != nil {
		say(w, http.StatusBadRequest, "The body broke off.\n")
		return
	}
	behaviour, calm := v.inbox.add(r.Context(), newMessage(r, body, v.inbox.clock()))
	behaviour.perform(w, r, calm)
}
