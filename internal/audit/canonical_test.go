package audit

import (
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// canonicalHash was computed apart from this program, with Python's hashlib.
const canonicalHash = "2e3577a1e03010f98fdf8e0300b0d0a8216261169288aa9da3abfc47a3cc9141"

// The bytes are a contract with everyone who kept a signed head: this test
// may gain versions, never change one.
func TestCanonicalVersion1(t *testing.T) {
	t.Parallel()
	r := Record{
		Organization: "org_1", Seq: 42, Version: 1, At: time.UnixMicro(1_772_600_767_891_234).UTC(),
		ActorID: "usr_1", ActorRole: "system_admin", ActorEmail: "ada@example.com", Action: WebhookUpdated,
		TargetType: "webhook", TargetID: "wh_1", TargetName: "Zoë", Before: raw(`{"url":"a"}`), After: raw(`{"url":"b"}`),
		Result: OK, Reason: "", Detail: nil, Address: "203.0.113.7", UserAgent: "curl/8", RequestID: "req_1",
		Count: 1, First: time.UnixMicro(1_772_600_767_891_234), Last: time.UnixMicro(1_772_600_767_891_234),
	}
	const want = "patchboard-audit-entry/1\n5:org_1,2:42,16:1772600767891234,5:usr_1,12:system_admin,15:ada@example.com,15:webhook.updated," +
		"7:webhook,4:wh_1,4:Zoë,11:{\"url\":\"a\"},11:{\"url\":\"b\"},2:ok,0:,0:,11:203.0.113.7,6:curl/8,5:req_1,1:1,16:1772600767891234,16:1772600767891234,"
	if got := string(canonical(&r)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	h := tlog.RecordHash(canonical(&r))
	if got := hex.EncodeToString(h[:]); got != canonicalHash {
		t.Errorf("hash %s", got)
	}
}

// Every field of a record is in its bytes: one that is added and forgotten
// could be altered unseen.
func TestCanonicalHoldsEveryField(t *testing.T) {
	t.Parallel()
	var zero Record
	typ := reflect.TypeOf(zero)
	seen := map[string]string{string(canonical(&zero)): "none"}
	for i := range typ.NumField() {
		r := Record{}
		f := reflect.ValueOf(&r).Elem().Field(i)
		switch f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(time.UnixMicro(1)))
		default:
			switch f.Kind() {
			case reflect.String:
				f.SetString("1")
			case reflect.Int64:
				f.SetInt(1)
			case reflect.Slice:
				f.SetBytes([]byte("1"))
			default:
				t.Fatalf("field %s has a kind that this test does not know", typ.Field(i).Name)
			}
		}
		text := string(canonical(&r))
		if other, ok := seen[text]; ok {
			t.Errorf("field %s changes nothing, or the same as %s", typ.Field(i).Name, other)
		}
		seen[text] = typ.Field(i).Name
	}
}
