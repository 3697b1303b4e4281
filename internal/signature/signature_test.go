package signature_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"patchboard/internal/fault"
	"patchboard/internal/signature"
)

// The vector that the specification's libraries share.
const (
	vectorSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorSeconds   = 1614265330
	vectorBody      = `{"test": 2432232314}`
	vectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func mustParse(tb testing.TB, text string) signature.Secret {
	tb.Helper()
	s, err := signature.ParseSecret(text)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func headers(id, seconds string, signatures ...string) http.Header {
	return http.Header{
		signature.HeaderID: {id}, signature.HeaderTimestamp: {seconds}, signature.HeaderSignature: signatures,
	}
}

func TestSignGivesThePublishedVector(t *testing.T) {
	t.Parallel()
	got := signature.Sign(nil, []signature.Secret{mustParse(t, vectorSecret)}, vectorID, time.Unix(vectorSeconds, 999), []byte(vectorBody))
	if string(got) != vectorSignature {
		t.Fatalf("got %s, want %s", got, vectorSignature)
	}
}

func TestSignAppendsOneSignatureForEachSecret(t *testing.T) {
	t.Parallel()
	other := signature.NewSecret()
	secrets := []signature.Secret{mustParse(t, vectorSecret), {}, other}
	got := string(signature.Sign([]byte("x:"), secrets, vectorID, time.Unix(vectorSeconds, 0), []byte(vectorBody)))
	want := "x:" + vectorSignature + " " + string(signature.Sign(nil, []signature.Secret{other}, vectorID, time.Unix(vectorSeconds, 0), []byte(vectorBody)))
	if got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	for _, s := range []signature.Secret{secrets[0], other} {
		h := headers(vectorID, strconv.Itoa(vectorSeconds), strings.TrimPrefix(got, "x:"))
		if err := signature.Verify(s, h, []byte(vectorBody), time.Unix(vectorSeconds, 0)); err != nil {
			t.Errorf("a receiver with one of the secrets refuses: %v", err)
		}
	}
	if got := signature.Sign(nil, nil, "a", time.Unix(1, 0), nil); len(got) != 0 {
		t.Errorf("no secrets must give no signature, got %q", got)
	}
}

// The published library must accept what we sign, and we what it signs.
func TestAgreesWithThePublishedLibrary(t *testing.T) {
	t.Parallel()
	now := time.Now()
	bodies := [][]byte{nil, {}, []byte("{}"), []byte("\x00\xff<&>\u2028"), []byte(strings.Repeat("long ", 60_000))}
	for size := 24; size <= 64; size += 8 {
		text := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", size)))
		ours := mustParse(t, text)
		theirs, err := standardwebhooks.NewWebhook(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, body := range bodies {
			id := fmt.Sprintf("evt_%d_%d", size, i)
			stamp := strconv.FormatInt(now.Unix(), 10)
			signed := string(signature.Sign(nil, []signature.Secret{ours, signature.NewSecret()}, id, now, body))
			if err := theirs.Verify(body, headers(id, stamp, signed)); err != nil {
				t.Errorf("size %d, body %d: the library refuses ours: %v", size, i, err)
			}
			signed, err := theirs.Sign(id, now, body)
			if err != nil {
				t.Fatal(err)
			}
			if err := signature.Verify(ours, headers(id, stamp, signed), body, now); err != nil {
				t.Errorf("size %d, body %d: we refuse the library's: %v", size, i, err)
			}
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	secret := mustParse(t, vectorSecret)
	stamp := strconv.Itoa(vectorSeconds)
	at := time.Unix(vectorSeconds, 0)
	wrong := "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
	cases := []struct {
		name string
		h    http.Header
		body string
		now  time.Time
		want error
	}{
		{"valid", headers(vectorID, stamp, vectorSignature), vectorBody, at, nil},
		{"valid among others", headers(vectorID, stamp, wrong+" v2,abc "+vectorSignature+" "+wrong), vectorBody, at, nil},
		{"valid on a second line", headers(vectorID, stamp, wrong, vectorSignature), vectorBody, at, nil},
		{"valid with odd spaces", headers(vectorID, stamp, "  "+vectorSignature+"  "), vectorBody, at, nil},
		{"edge of old", headers(vectorID, stamp, vectorSignature), vectorBody, at.Add(5 * time.Minute), nil},
		{"edge of new", headers(vectorID, stamp, vectorSignature), vectorBody, at.Add(-5 * time.Minute), nil},
		{"too old", headers(vectorID, stamp, vectorSignature), vectorBody, at.Add(5*time.Minute + time.Second), signature.ErrTooOld},
		{"too new", headers(vectorID, stamp, vectorSignature), vectorBody, at.Add(-5*time.Minute - time.Second), signature.ErrTooNew},
		{"no headers", http.Header{}, vectorBody, at, signature.ErrMissingHeader},
		{"nil headers", nil, vectorBody, at, signature.ErrMissingHeader},
		{"empty id", headers("", stamp, vectorSignature), vectorBody, at, signature.ErrMissingHeader},
		{"empty timestamp", headers(vectorID, "", vectorSignature), vectorBody, at, signature.ErrMissingHeader},
		{"empty signature", headers(vectorID, stamp, ""), vectorBody, at, signature.ErrMissingHeader},
		{"no signature line", headers(vectorID, stamp), vectorBody, at, signature.ErrMissingHeader},
		{"two ids", http.Header{signature.HeaderID: {vectorID, "b"}, signature.HeaderTimestamp: {stamp}, signature.HeaderSignature: {vectorSignature}}, vectorBody, at, signature.ErrMalformedHeader},
		{"timestamp words", headers(vectorID, "now", vectorSignature), vectorBody, at, signature.ErrMalformedHeader},
		{"timestamp plus", headers(vectorID, "+"+stamp, vectorSignature), vectorBody, at, signature.ErrMalformedHeader},
		{"timestamp zero padded", headers(vectorID, "0"+stamp, vectorSignature), vectorBody, at, signature.ErrMalformedHeader},
		{"timestamp negative", headers(vectorID, "-1", vectorSignature), vectorBody, at, signature.ErrMalformedHeader},
		{"timestamp minus zero", headers(vectorID, "-0", vectorSignature), vectorBody, at, signature.ErrMalformedHeader},
		{"timestamp space", headers(vectorID, " "+stamp, vectorSignature), vectorBody, at, signature.ErrMalformedHeader},
		{"timestamp too large", headers(vectorID, "99999999999999999999", vectorSignature), vectorBody, at, signature.ErrMalformedHeader},
		{"timestamp far future", headers(vectorID, "9223372036854775807", vectorSignature), vectorBody, at, signature.ErrTooNew},
		{"wrong signature", headers(vectorID, stamp, wrong), vectorBody, at, signature.ErrNoMatch},
		{"other body", headers(vectorID, stamp, vectorSignature), vectorBody + " ", at, signature.ErrNoMatch},
		{"other id", headers(vectorID+"x", stamp, vectorSignature), vectorBody, at, signature.ErrNoMatch},
		{"version only", headers(vectorID, stamp, "v1,"), vectorBody, at, signature.ErrNoMatch},
		{"version missing", headers(vectorID, stamp, strings.TrimPrefix(vectorSignature, "v1,")), vectorBody, at, signature.ErrNoMatch},
		{"other version", headers(vectorID, stamp, "v1a"+strings.TrimPrefix(vectorSignature, "v1")), vectorBody, at, signature.ErrNoMatch},
	}
	for _, c := range cases {
		if err := signature.Verify(secret, c.h, []byte(c.body), c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if err := signature.Verify(signature.Secret{}, cases[0].h, []byte(vectorBody), at); !errors.Is(err, signature.ErrNoMatch) {
		t.Errorf("the zero secret must verify nothing, got %v", err)
	}
}

func TestParseSecret(t *testing.T) {
	t.Parallel()
	encode := func(n int) string { return "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for _, text := range []string{vectorSecret, encode(24), encode(25), encode(32), encode(64)} {
		if got := mustParse(t, text).Reveal(); got != text {
			t.Errorf("reveal gives %q for %q", got, text)
		}
	}
	refused := map[string]string{
		"":                                     "does not start",
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw":     "does not start",
		"WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa": "does not start",
		"whsec_":                               "shorter",
		encode(23):                             "shorter",
		encode(65):                             "longer",
		encode(1 << 20):                        "longer",
		"whsec_!!!!":                           "not valid base64",
		vectorSecret + "\n":                    "not valid base64",
		vectorSecret[:20] + "\n" + vectorSecret[20:]: "not valid base64",
		vectorSecret + " ":                           "not valid base64",
		vectorSecret + "=":                           "not valid base64",
		strings.TrimRight(encode(25), "="):           "not valid base64",
		"whsec_" + strings.Repeat("-", 32):           "not valid base64",
		"whsec_" + strings.Repeat("A", 33) + "B==":   "not valid base64", // stray bits
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS\x00":  "not valid base64",
	}
	for text, want := range refused {
		_, err := signature.ParseSecret(text)
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fix == "" || !strings.Contains(f.Message, want) {
			t.Errorf("%.40q: got %v, want a fault that says %q", text, err, want)
		}
		if len(text) > 12 && err != nil && strings.Contains(err.Error(), text[6:12]) {
			t.Errorf("the error repeats the secret: %v", err)
		}
	}
}

func TestNewSecretIsRandomAndParses(t *testing.T) {
	t.Parallel()
	a, b := signature.NewSecret(), signature.NewSecret()
	if a.Reveal() == b.Reveal() || a.IsZero() || !(signature.Secret{}).IsZero() {
		t.Fatal("new secrets must differ and not be zero")
	}
	mustParse(t, a.Reveal())
}

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	s := mustParse(t, vectorSecret)
	asJSON, err := json.Marshal(map[string]any{"s": s, "p": &s})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s, "list", []signature.Secret{s})
	printed := []string{
		string(asJSON), log.String(), s.String(), fmt.Sprint([]signature.Secret{s}), fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s),
		fmt.Sprintf("%+v", struct{ S signature.Secret }{s}),
	}
	for _, out := range printed {
		if strings.Contains(out, "MfKQ") || strings.Contains(out, "31f290") || !strings.Contains(out, "***") {
			t.Errorf("not masked: %s", out)
		}
	}
}

// A message that we accept must be one that the published library accepts too.
func FuzzVerify(f *testing.F) {
	stamp := strconv.Itoa(vectorSeconds)
	f.Add(vectorID, stamp, vectorSignature, []byte(vectorBody))
	f.Add(vectorID, stamp, "v1, v1,, ,"+vectorSignature, []byte(vectorBody))
	f.Add("", "-0", "v1,", []byte(nil))
	f.Add("a.1", "+5", strings.Repeat(" v1", 100), []byte{0})
	f.Add("é\x00", "9223372036854775808", "v1,====", []byte("{}"))
	ours := mustParse(f, vectorSecret)
	theirs, err := standardwebhooks.NewWebhook(vectorSecret)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id, seconds, list string, body []byte) {
		h := headers(id, seconds, list)
		if signature.Verify(ours, h, body, time.Unix(vectorSeconds, 0)) != nil {
			return
		}
		if err := theirs.VerifyIgnoringTimestamp(body, h); err != nil {
			t.Fatalf("accepted what the library refuses: %v", err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	body := []byte(strings.Repeat("x", 500))
	at := time.Unix(vectorSeconds, 0)
	secrets := []signature.Secret{mustParse(b, vectorSecret)}
	b.Run("ours", func(b *testing.B) {
		dst := make([]byte, 0, 128)
		b.ReportAllocs()
		for b.Loop() {
			dst = signature.Sign(dst[:0], secrets, vectorID, at, body)
		}
	})
	b.Run("library", func(b *testing.B) {
		wh, err := standardwebhooks.NewWebhook(vectorSecret)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := wh.Sign(vectorID, at, body); err != nil {
				b.Fatal(err)
			}
		}
	})
}
