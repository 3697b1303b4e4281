package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// buildBody makes the body that every webhook gets: {"type","timestamp","data"}
// with the data's bytes as they came, as Standard Webhooks lays it out. A type's
// name needs no escaping; data is one JSON object.
func buildBody(typ string, at time.Time, data []byte) []byte {
	b := make([]byte, 0, len(typ)+len(data)+72)
	b = append(b, `{"type":"`...)
	b = append(b, typ...)
	b = append(b, `","timestamp":"`...)
	b = at.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","data":`...)
	b = append(b, data...)
	return append(b, '}')
}

// dataOf gives the data in a body made by buildBody. Neither a type's name nor a
// time can hold what is looked for.
func dataOf(body []byte) []byte {
	mark := []byte(`,"data":`)
	i := bytes.Index(body, mark)
	if i < 0 || len(body) == 0 {
		return nil
	}
	return body[i+len(mark) : len(body)-1]
}

// meaning hashes what an event says, for comparing the uses of one key: its
// type, its time if the sender gave one, and its data, byte for byte.
func meaning(in *Input) []byte {
	h := sha256.New()
	var head [21]byte
	binary.BigEndian.PutUint64(head[:8], uint64(len(in.Type)))
	if !in.OccurredAt.IsZero() {
		head[8] = 1
		binary.BigEndian.PutUint64(head[9:], uint64(in.OccurredAt.Unix()))
		binary.BigEndian.PutUint32(head[17:], uint32(in.OccurredAt.Nanosecond()))
	}
	h.Write(head[:]) // a hash never fails to write
	h.Write([]byte(in.Type))
	h.Write(in.Data)
	return h.Sum(nil)
}
