package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"

	"patchboard/internal/db"
)

// version is the canonical encoding that new entries use. An older entry is
// verified by the version that it was written with.
const version = 1

// canonical gives the bytes of an entry that are hashed: a first line that names
// the encoding, then every field as "length:bytes," (a netstring), in the order
// below. Numbers are decimal, times are microseconds since the Unix epoch. No
// two different entries give the same bytes. docs/audit-log.md says the same to
// outsiders: a change here is a new version.
func canonical(r *Record) []byte {
	b := make([]byte, 0, 512+len(r.Before)+len(r.After)+len(r.Detail))
	b = append(b, "patchboard-audit-entry/"...)
	b = strconv.AppendInt(b, r.Version, 10)
	b = append(b, '\n')
	text := func(s string) {
		b = strconv.AppendInt(b, int64(len(s)), 10)
		b = append(b, ':')
		b = append(b, s...)
		b = append(b, ',')
	}
	number := func(n int64) { text(strconv.FormatInt(n, 10)) }

	text(r.Organization)
	number(r.Seq)
	number(db.Micros(r.At))
	text(r.ActorID)
	text(string(r.ActorRole))
	text(r.ActorEmail)
	text(r.Action)
	text(r.TargetType)
	text(r.TargetID)
	text(r.TargetName)
	text(string(r.Before))
	text(string(r.After))
	text(r.Result)
	text(r.Reason)
	text(string(r.Detail))
	text(r.Address)
	text(r.UserAgent)
	text(r.RequestID)
	number(r.Count)
	number(db.Micros(r.First))
	number(db.Micros(r.Last))
	return b
}

// seal is a keyed hash of an entry. Whoever can write to the database but does
// not hold the keyset can recompute every Merkle hash, but not this: so a
// rewritten or invented row is named exactly, even past the newest signed head.
func (l *Log) seal(canonical []byte) []byte {
	m := hmac.New(sha256.New, l.sealKey)
	m.Write(canonical)
	return m.Sum(nil)
}
