package sandbox

import (
	"embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchboard/internal/signature"
)

//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page/*.html"))

const (
	pageLength = 50
	// shownBody is how much of a body the list shows; the message's own page
	// has all of it.
	shownBody = 8 << 10

	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// page serves the inbox to people, and to programs as JSON.
type page struct {
	inbox *inbox
	hosts []string // that may be asked for; nil for any
}

func newPage(b *inbox, listening net.Addr, more ...func(m *http.ServeMux)) http.Handler {
	p := &page{inbox: b, hosts: allowedHosts(listening)}
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", p.list)
	m.HandleFunc("GET /messages/{number}", p.message)
	m.HandleFunc("GET /messages.json", p.json)
	m.HandleFunc("GET /stream", p.stream)
	m.HandleFunc("POST /behaviour", p.behave)
	m.HandleFunc("POST /clear", p.clear)
	for _, pages := range more {
		pages(m)
	}
	for name, kind := range map[string]string{"inbox.css": "text/css; charset=utf-8", "inbox.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"} {
		m.Handle("GET /"+name, file("page/"+name, kind))
	}
	return p.guard(http.NewCrossOriginProtection().Handler(m))
}

// allowedHosts: a page on a loopback address answers to loopback names alone,
// or any site could lead its own name here and read what has arrived.
func allowedHosts(listening net.Addr) []string {
	at, err := netip.ParseAddrPort(listening.String())
	if err != nil || !at.Addr().IsLoopback() {
		return nil
	}
	return []string{"localhost", "127.0.0.1", "[::1]", at.Addr().String(), "[" + at.Addr().String() + "]"}
}

func (p *page) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		host := strings.ToLower(r.Host)
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
			if strings.Contains(name, ":") {
				host = "[" + name + "]"
			}
		}
		if p.hosts != nil && !slices.Contains(p.hosts, host) {
			http.Error(w, "The sandbox answers to localhost only. Open it as http://localhost, with its port.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func file(name, contentType string) http.Handler {
	text, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(text) // the browser may be gone
	})
}

// shown is a message on the page.
type shown struct {
	Message

	Address string
	Pretty  string
	Cut     bool // Pretty is not all of the body
	Lines   []headerLine
}

type headerLine struct{ Name, Value string }

// show lays a message out; a body of more than most bytes is cut, and stays in
// the form in which it came.
func show(m Message, most int) shown {
	s := shown{Message: m, Address: m.address()}
	if s.Cut = len(m.Body) > most; s.Cut {
		s.Pretty = strings.ToValidUTF8(string(m.Body[:most]), "\uFFFD")
	} else {
		s.Pretty = pretty(m.Body)
	}
	for name, values := range m.Header {
		for _, v := range values {
			s.Lines = append(s.Lines, headerLine{strings.ToLower(name), strings.ToValidUTF8(v, "\uFFFD")})
		}
	}
	// The three of the signature first; the others by name.
	first := []string{strings.ToLower(signature.HeaderID), strings.ToLower(signature.HeaderTimestamp), strings.ToLower(signature.HeaderSignature)}
	slices.SortStableFunc(s.Lines, func(a, b headerLine) int {
		ia, ib := slices.Index(first, a.Name), slices.Index(first, b.Name)
		switch {
		case ia >= 0 && ib >= 0:
			return ia - ib
		case ia >= 0:
			return -1
		case ib >= 0:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return s
}

// Time is when it came, on this machine's clock.
func (s shown) Time() string { return s.Received.Local().Format("15:04:05") } //nolint:gosmopolitan // the reader sits at this machine

// Date is the whole of it.
func (s shown) Date() string { return s.Received.Local().Format("2006-01-02 15:04:05.000 MST") } //nolint:gosmopolitan // as above

// UTC is for machines.
func (s shown) UTC() string { return s.Received.UTC().Format(time.RFC3339Nano) }

type listView struct {
	Messages   []shown
	Total      int
	Live       bool  // the newest ones
	Older      int64 // where older ones go on, 0 if there are none
	Plan       plan
	Behaviours any
	Hosts      []string
}

// list is the page: the newest messages, or those before a number.
func (p *page) list(w http.ResponseWriter, r *http.Request) {
	all := p.inbox.list()
	now, _ := p.inbox.state()
	v := listView{Total: len(all), Live: true, Plan: now, Behaviours: behaviours, Hosts: Hosts}
	if before, err := strconv.ParseInt(r.FormValue("before"), 10, 64); err == nil {
		v.Live = false
		all = slices.DeleteFunc(all, func(m Message) bool { return m.Number >= before })
	}
	if len(all) > pageLength {
		all = all[:pageLength]
		v.Older = all[pageLength-1].Number
	}
	for _, m := range all {
		v.Messages = append(v.Messages, show(m, shownBody))
	}
	render(w, http.StatusOK, "list.html", v)
}

// message is the page of one message, with its whole body.
func (p *page) message(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	all := p.inbox.list()
	i := slices.IndexFunc(all, func(m Message) bool { return m.Number == number })
	if err != nil || i < 0 {
		render(w, http.StatusNotFound, "missing.html", nil)
		return
	}
	render(w, http.StatusOK, "message.html", show(all[i], maxBody))
}

func render(w http.ResponseWriter, status int, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := pageTemplate.ExecuteTemplate(w, name, data); err != nil {
		panic(http.ErrAbortHandler) // the browser may be gone; a template that fails is seen in its test
	}
}

// wireMessage is a message for programs.
type wireMessage struct {
	Number    int64               `json:"number"`
	Received  time.Time           `json:"received"`
	URL       string              `json:"url"`
	EventType string              `json:"eventType"`
	WebhookID string              `json:"webhookId"`
	Arrival   int                 `json:"arrival"`
	Signature State               `json:"signature"`
	Verdict   string              `json:"verdict"`
	Answer    string              `json:"answer"`
	Headers   map[string][]string `json:"headers"`
	Size      int64               `json:"size"`
	Body      string              `json:"body"`
}

type wireMessages struct {
	Messages []wireMessage `json:"messages"`
}

// json gives all messages, newest first.
func (p *page) json(w http.ResponseWriter, _ *http.Request) {
	list := []wireMessage{}
	for _, m := range p.inbox.list() {
		list = append(list, wireMessage{
			m.Number, m.Received.UTC(), m.address(), m.EventType, m.WebhookID, m.Arrival, m.Verdict.State, m.Verdict.String(), m.Answer, m.Header, m.Size, string(m.Body),
		})
	}
	w.Header().Set("Content-Type", "application/json")
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	if err := out.Encode(wireMessages{list}); err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
}

// behave takes the panel's form.
func (p *page) behave(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<10)
	b := Behaviour(r.PostFormValue("behaviour"))
	if !known(b) {
		http.Error(w, "There is no such behaviour.", http.StatusBadRequest)
		return
	}
	p.inbox.behave(plan{Behaviour: b, Once: b != Accept && r.PostFormValue("times") != "all"})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (p *page) clear(w http.ResponseWriter, r *http.Request) {
	p.inbox.clear()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
