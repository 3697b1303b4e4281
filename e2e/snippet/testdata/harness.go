package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
)

// main reads messages and answers them, as harness.py says.
func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<22)
	for in.Scan() {
		f := strings.Split(in.Text(), "\t")
		r := httptest.NewRequest(http.MethodPost, "/webhooks", bytes.NewReader(decode(f[4])))
		for i, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
			if f[i+1] != "-" {
				r.Header.Set(name, string(decode(f[i+1])))
			}
		}
		w := httptest.NewRecorder()
		handler, err := receive(string(decode(f[0])))
		if err == nil {
			handler.ServeHTTP(w, r)
		}
		fmt.Println(err == nil && w.Code == http.StatusNoContent)
	}
}

func decode(field string) []byte {
	b, err := base64.StdEncoding.DecodeString(field)
	if err != nil {
		panic(err)
	}
	return b
}
