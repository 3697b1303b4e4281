package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestSecretsStayInside uses every kind of secret, rightly and wrongly, and then
// looks for each of them, byte by byte, wherever it must not be.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, in *install) {
		ca := newAuthority(t)
		in.flags = []string{"--trusted-ca", ca.file, "--allow-network", "127.0.0.0/8", "--log-level", "debug"}
		n := in.serve()
		w := &secretsWorld{t: t, in: in, n: n, r: newReceiver(t, ca), secrets: map[string]string{}}
		w.people()
		w.keys()
		w.webhooks()
		w.mistakes()
		n.settled(20 * time.Second)
		w.checkBackup("while the server runs")
		n.stop()
		w.checkBackup("after a stop")
		w.check("the server's log", []byte(n.log.String()))
		w.check("the answers that refuse", []byte(in.refusals.String()))
		if len(w.secrets) < 15 {
			t.Errorf("only %d secrets were looked for", len(w.secrets))
		}
	})
}

type secretsWorld struct {
	t       *testing.T
	in      *install
	n       *node
	r       *receiver
	admin   *caller
	secrets map[string]string // by what they are
}

func (w *secretsWorld) people() {
	w.admin = w.n.admin()
	w.secrets["password"] = password
	w.secrets["session token"] = w.admin.token()
	w.secrets["password by the API"] = "the second user's pass phrase"
	w.admin.must(http.StatusCreated, http.MethodPost, "/users",
		map[string]any{"email": "second@example.com", "role": "utility_admin", "password": w.secrets["password by the API"]}, nil)
	second, _ := w.n.signIn("second@example.com", w.secrets["password by the API"])
	w.secrets["another session token"] = second.token()
	second.must(http.StatusNoContent, http.MethodDelete, "/session", nil, nil)
	w.secrets["password by the command line"] = "the third user's pass phrase"
	w.in.command("admin", "create-user", "--email", "third@example.com", "--role", "system_admin",
		"--password-file", w.in.passwordFile(w.secrets["password by the command line"]))
	w.secrets["password that was reset"] = "a pass phrase that was forgotten"
	w.in.command("admin", "reset-password", "--email", "third@example.com", "--password-file", w.in.passwordFile(w.secrets["password that was reset"]))
}

func (w *secretsWorld) keys() {
	w.secrets["first API key"] = w.in.org.APIKey
	var copied struct {
		APIKey string `json:"apiKey"`
	}
	w.admin.must(http.StatusOK, http.MethodPost, "/api-key/copy", map[string]any{"copyMethod": "button"}, &copied)
	if copied.APIKey != w.in.org.APIKey {
		w.t.Error("the copy is another key")
	}
	var confirmed struct {
		Token string `json:"token"`
	}
	confirm := map[string]any{"purpose": "api_key.regenerate", "password": password}
	w.admin.must(http.StatusOK, http.MethodPost, "/session/confirm", confirm, &confirmed)
	w.secrets["confirmation that is never used"] = confirmed.Token
	w.admin.must(http.StatusOK, http.MethodPost, "/session/confirm", confirm, &confirmed)
	w.secrets["confirmation"] = confirmed.Token
	use := map[string]any{"token": confirmed.Token, "reason": "suspected_leak"}
	w.admin.must(http.StatusOK, http.MethodPost, "/api-key/regenerate", use, &copied)
	w.in.org.APIKey = copied.APIKey
	w.secrets["second API key"] = copied.APIKey
	if a, err := w.admin.call(http.MethodPost, "/api-key/regenerate", use); err != nil || a.status < 400 {
		w.t.Errorf("a confirmation is good twice: %d %v", a.status, err)
	}
	if a, err := w.n.bearer(w.secrets["first API key"]).call(http.MethodGet, "/webhooks", nil); err != nil || a.status != http.StatusUnauthorized {
		w.t.Errorf("the old key: %d %v", a.status, err)
	}
}

func (w *secretsWorld) webhooks() {
	w.secrets["header value"] = "Basic c2VjcmV0OmhlYWRlcg-0123456789"
	w.secrets["second header value"] = "another-header-value-9876543210"
	var h hook
	w.admin.must(http.StatusCreated, http.MethodPost, "/webhooks", map[string]any{
		"url": w.r.URL, "events": []string{"contact.created"},
		"headers": map[string]string{"Authorization": w.secrets["header value"], "X-Partner-Key": "the-first-partner-key-555"},
	}, &h)
	w.secrets["third header value"] = "the-first-partner-key-555"
	w.secrets["signing secret"] = h.Secret
	w.r.verify(h.Secret)
	m := w.r.await(w.n.send(contact(1)), 10*time.Second)
	if m.header.Get("Authorization") != w.secrets["header value"] {
		w.t.Error("the custom header did not arrive")
	}
	w.admin.must(http.StatusOK, http.MethodPatch, "/webhooks/"+h.ID,
		map[string]any{"headers": map[string]any{"Authorization": nil, "X-Partner-Key": w.secrets["second header value"]}}, nil)
	var rotated struct {
		Secret string `json:"secret"`
	}
	w.admin.must(http.StatusOK, http.MethodPost, "/webhooks/"+h.ID+"/secret/rotate", map[string]any{"overlapHours": 1}, &rotated)
	w.secrets["rotated signing secret"] = rotated.Secret
	w.admin.must(http.StatusOK, http.MethodPost, "/webhooks/secret", nil, &rotated)
	w.secrets["signing secret of a dialog"] = rotated.Secret
	w.admin.must(http.StatusOK, http.MethodPost, "/webhooks/"+h.ID+"/test", nil, nil)
	m = w.r.await(w.n.send(contact(2)), 10*time.Second)
	if m.header.Get("X-Partner-Key") != w.secrets["second header value"] || strings.Count(m.header.Get("webhook-signature"), "v1,") != 2 {
		w.t.Errorf("after the changes %v arrived", m.header)
	}
	w.r.answerWith(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusTeapot) })
	w.r.await(w.n.send(contact(3)), 10*time.Second)
	w.n.key().toggle(h.ID, false) // so that nothing stays pending
	for _, path := range []string{"/webhooks/" + h.ID + "/secret", "/webhooks", "/audit?limit=100", "/deliveries?webhookId=" + h.ID} {
		w.admin.get(path, nil)
	}
}

// mistakes makes requests that fail with secrets in them.
func (w *secretsWorld) mistakes() {
	fails := func(c *caller, method, path string, body any) {
		w.t.Helper()
		a, err := c.call(method, path, body)
		if err != nil || a.status < 400 || a.status >= 500 {
			w.t.Errorf("%s %s: %d %s %v, want a refusal", method, path, a.status, a.body, err)
		}
	}
	hidden := func(name, value string) string {
		w.secrets[name] = value
		return value
	}
	nobody := &caller{n: w.n}
	fails(nobody, http.MethodPost, "/session", map[string]any{"email": email, "password": hidden("mistyped password", "a mistyped pass phrase 123")})
	fails(nobody, http.MethodPost, "/session", map[string]any{"email": email, "password": hidden("password of the wrong type", "numbers-787878"), "more": 1})
	fails(nobody, http.MethodPost, "/session", raw(`{"email":"x","password":"`+hidden("password in broken JSON", "broken-json-pass-phrase")+`"`))
	fails(w.n.bearer(hidden("unknown key", "sX_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH")), http.MethodGet, "/webhooks", nil)
	fails(w.n.bearer(hidden("garbage as a key", "not-a-key-but-secret")), http.MethodGet, "/webhooks", nil)
	fails(w.admin, http.MethodPost, "/session/confirm", map[string]any{"purpose": "api_key.regenerate", "password": hidden("wrong confirmation", "a wrong pass phrase 456")})
	fails(w.admin, http.MethodPost, "/api-key/regenerate", map[string]any{"token": hidden("unknown confirmation", "confirm_0123456789abcdef")})
	fails(w.admin, http.MethodPost, "/users", map[string]any{"email": "no address", "role": "system_admin", "password": hidden("password of a refused user", "pass phrase of nobody 1")})
	webhook := func(change map[string]any) map[string]any {
		body := map[string]any{"url": w.r.URL, "events": []string{"contact.created"}}
		maps.Copy(body, change)
		return body
	}
	fails(w.admin, http.MethodPost, "/webhooks", webhook(map[string]any{"secret": hidden("malformed signing secret", "whsec_tooShortButSecret")}))
	fails(w.admin, http.MethodPost, "/webhooks", webhook(map[string]any{"headers": map[string]string{"Host": hidden("refused header value", "refused-header-value-31")}}))
	fails(w.admin, http.MethodPost, "/webhooks", webhook(map[string]any{"headers": map[string]string{"X-A": hidden("header value with a line break", "header-value-32") + "\n"}}))
	fails(w.admin, http.MethodPost, "/webhooks", webhook(map[string]any{"url": "https://user:" + hidden("password in a URL", "url-pass-word-33") + "@127.0.0.1/"}))
	fails(w.admin, http.MethodPost, "/webhooks", webhook(map[string]any{"url": "https://127.0.0.1:1/", "headers": map[string]string{"X-A": hidden("header value of an unreachable webhook", "header-value-34")}}))
	fails(w.n.key(), http.MethodGet, "/webhooks?key="+hidden("key in a URL", "sX_abcdefghijklmnopqrstuvwxyz0123456789ABCDEF"), nil)
	fails(&caller{n: w.n, header: "Cookie", value: "pb_session_" + w.n.addr[strings.LastIndex(w.n.addr, ":")+1:] + "=" + hidden("unknown session", "session-token-that-never-was")}, http.MethodGet, "/session", nil)
}

// checkBackup looks through all that is stored.
func (w *secretsWorld) checkBackup(when string) {
	w.t.Helper()
	files := 0
	err := filepath.WalkDir(w.in.dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			return nil // the WAL goes with the last connection
		}
		if err != nil {
			return err
		}
		files++
		w.check(filepath.Base(name)+" "+when, content)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	content := w.stored()
	// A search that cannot find is worth nothing: the URL is there in the clear.
	if !bytes.Contains(content, []byte(w.r.URL)) || files < 2 {
		w.t.Errorf("%s %d files and %d bytes were read, without the webhook's URL", when, files, len(content))
	}
	w.check("the database "+when, content)
}

// stored gives the database as bytes: SQLite's file and its WAL, and every value
// of every table of Postgres.
func (w *secretsWorld) stored() []byte {
	w.t.Helper()
	if w.in.engine == sqlite {
		var all []byte
		for _, name := range []string{w.in.sqliteFile(), w.in.sqliteFile() + "-wal"} {
			content, err := os.ReadFile(name)
			if err != nil && !os.IsNotExist(err) {
				w.t.Fatal(err)
			}
			all = append(all, content...)
		}
		return all
	}
	conn, err := pgx.Connect(w.t.Context(), w.in.database)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(w.t.Context()) }()
	var all []byte
	tables := column[string](w.in, `SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
		WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`)
	if len(tables) < 15 {
		w.t.Errorf("only %d tables: %v", len(tables), tables)
	}
	for _, table := range tables {
		rows, err := conn.Query(w.t.Context(), "TABLE "+table)
		if err != nil {
			w.t.Fatal(err)
		}
		for rows.Next() {
			all = append(append(all, bytes.Join(rows.RawValues(), []byte{0})...), '\n')
		}
		if err := rows.Err(); err != nil {
			w.t.Fatal(err)
		}
	}
	return all
}

// check looks for every secret as text, and in the disguises that it could have
// without being protected.
func (w *secretsWorld) check(where string, content []byte) {
	w.t.Helper()
	for what, secret := range w.secrets {
		if secret == "" {
			w.t.Fatalf("there is no %s", what)
		}
		forms := []string{secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))}
		if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
			forms = append(forms, encoded)
			if key, err := base64.StdEncoding.DecodeString(encoded); err == nil {
				forms = append(forms, string(key), hex.EncodeToString(key))
			}
		}
		if i := slices.IndexFunc(forms, func(f string) bool { return bytes.Contains(content, []byte(f)) }); i >= 0 {
			at := bytes.Index(content, []byte(forms[i]))
			w.t.Errorf("%s holds the %s: …%q…", where, what, content[max(0, at-80):min(len(content), at+len(forms[i])+20)])
		}
	}
}
