package egress_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchboard/internal/egress"
	"patchboard/internal/signature"
)

// The benchmarks compare Send with a bare net/http loop that does the same
// useful work: 64 workers, a signed body of 500 bytes, the answer read. The
// receiver runs in the same process, so that both figures contain it.

const benchWorkersPerCPU = 32

func benchServer(b *testing.B) string {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "ok")
	}))
	b.Cleanup(server.Close)
	return server.URL
}

// cpuPerOp reports the process's CPU time for an operation: the figure that
// holds on a machine with other work.
func cpuPerOp(b *testing.B) {
	b.Helper()
	read := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began := read()
	b.Cleanup(func() { b.ReportMetric(float64(read()-began)/float64(b.N), "cpu-ns/op") })
}

func benchHeader(secrets []signature.Secret, id string, body []byte) http.Header {
	now := time.Now()
	var buf [128]byte
	return http.Header{
		"Content-Type":            {"application/json"},
		signature.HeaderID:        {id},
		signature.HeaderTimestamp: {strconv.FormatInt(now.Unix(), 10)},
		signature.HeaderSignature: {string(signature.Sign(buf[:0], secrets, id, now, body))},
	}
}

func BenchmarkSend(b *testing.B) {
	address := benchServer(b)
	client, err := egress.New(egress.Policy{AllowHTTP: true, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	u, v := client.CheckURL(address + "/hook")
	if v != nil {
		b.Fatal(v.Detail)
	}
	body := []byte(strings.Repeat("x", 500))
	secrets := []signature.Secret{signature.NewSecret()}
	b.SetParallelism(benchWorkersPerCPU)
	b.ReportAllocs()
	cpuPerOp(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := client.Send(b.Context(), egress.Request{URL: u, Header: benchHeader(secrets, "evt_1", body), Body: body})
			if r.Class != egress.ClassOK {
				b.Errorf("%s: %s", r.Class, r.Detail)
				return
			}
		}
	})
}

func BenchmarkBare(b *testing.B) {
	address := benchServer(b)
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxIdleConns: 64, DisableCompression: true},
		Timeout:   15 * time.Second,
	}
	b.Cleanup(client.CloseIdleConnections)
	body := []byte(strings.Repeat("x", 500))
	secrets := []signature.Secret{signature.NewSecret()}
	b.SetParallelism(benchWorkersPerCPU)
	b.ReportAllocs()
	cpuPerOp(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, address+"/hook", bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			req.Header = benchHeader(secrets, "evt_1", body)
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	})
}
