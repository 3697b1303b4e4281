package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

const tokenBytes = 32

// newToken makes a random bearer token and the hash under which it is stored.
// 256 random bits need no salt and no slow hash.
func newToken() (token string, hash []byte) {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, hashToken(token)
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// tokenShaped spares the database the question for what cannot be a token.
func tokenShaped(token string) bool {
	return len(token) == (tokenBytes*8+5)/6
}
