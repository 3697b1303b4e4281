package api

import (
	"log/slog"
	"net/http"
	"time"
)

// Limits of a connection. TLS is the reverse proxy's.
const (
	headerTime  = 10 * time.Second // for a request's head to arrive
	bodyTime    = time.Minute      // for its body: 10 MiB over a line of 1.5 Mbit/s
	idleTime    = 2 * time.Minute  // between two requests; longer than proxies keep theirs
	headerBytes = 64 << 10
)

// NewServer makes the HTTP server of a handler, with its limits. It has neither
// ReadTimeout nor WriteTimeout, which would end streams: a body has a time to
// arrive, and a stream sets the time of each event.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           bodyInTime(h),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // broken clients, mostly
	}
}

func bodyInTime(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // not supported: not a connection
		}
		h.ServeHTTP(w, r)
	})
}
