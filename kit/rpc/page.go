package rpc

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strconv"
)

// Sizes of a page (AIP-158).
const (
	DefaultPage = 50
	MaxPage     = 200
	// maxToken bounds what is decoded; ours are a tenth of it.
	maxToken = 2 << 10
)

// A Page is the part of a list that a caller asks for. The list goes on after a
// key, not after a number of rows, so that what is added or removed meanwhile
// neither hides a row nor shows one twice.
//
//	page, err := rpc.NewPage(req.GetPageSize(), req.GetPageToken(), "customer", customer)
//	rows := … WHERE customer = $1 AND (placed, id) < ($2, $3) LIMIT page.Size+1 …
//	rows, response.NextPageToken = rpc.Cut(page, rows, row.key)
type Page struct {
	Size  int      // how many rows at most
	After []string // key of the last row before the page; nil for the first page
	of    [sha256.Size]byte
}

// NewPage returns the page that a request asks for. The filter is whatever else
// in the request decides which rows are in the list; a token is good only for
// the list that it came from. Errors are refusals that name page_size or
// page_token.
//
// A token has a checksum, not a signature: it is no secret and grants nothing,
// because the filter is applied to every page. Whoever makes one up can only
// begin his own list at another row, so After is no more to be trusted than any
// other part of a request.
func NewPage(size int32, token string, filter ...string) (Page, error) {
	if size < 0 {
		return Page{}, BadField("page_size", "must not be negative")
	}
	p := Page{Size: min(int(size), MaxPage), of: sha256.Sum256(joined(filter))}
	if size == 0 {
		p.Size = DefaultPage
	}
	if token == "" {
		return p, nil
	}
	after, ok := p.open(token)
	if !ok {
		return Page{}, errToken
	}
	p.After = after
	return p, nil
}

// Cut returns the rows of a page, and the token of the page that follows; it is
// empty if this is the last, which shows by there being no more rows than Size. Key
// returns the key of a row.
func Cut[T any](p Page, rows []T, key func(T) []string) (kept []T, next string) {
	if len(rows) <= p.Size {
		return rows, ""
	}
	rows = rows[:p.Size]
	return rows, p.Next(key(rows[p.Size-1])...)
}

// Next returns the token of the page that follows a row, given the row's key.
func (p Page) Next(after ...string) string {
	key, err := json.Marshal(after)
	if err != nil {
		panic("rpc: strings are not JSON: " + err.Error()) // unreachable
	}
	return base64.RawURLEncoding.EncodeToString(append(p.sum(key), key...))
}

// Key returns the key of a row in a list that is sorted by a number, which is
// positive, and then by other things.
func Key(number int64, then ...string) []string {
	return append([]string{strconv.FormatInt(number, 10)}, then...)
}

// Place takes apart the key, made by Key, that the page follows: it returns the
// number, and puts the other things where then says. On the first page it returns
// first, and leaves then alone.
func (p Page) Place(first int64, then ...*string) (int64, error) {
	if len(p.After) == 0 {
		return first, nil
	}
	number, err := strconv.ParseInt(p.After[0], 10, 64)
	if err != nil || number < 1 || len(p.After) != 1+len(then) {
		return 0, errToken
	}
	for i, into := range then {
		*into = p.After[1+i]
	}
	return number, nil
}

// errToken refuses a page token that is of another list, or of none.
var errToken = BadField("page_token", "is not from this list; begin again without it")

// checksum is how many bytes of its hash go before a key.
const checksum = 8

// sum binds a key to its list. The list comes first and has a fixed length, so
// that no other list and key run together to the same bytes.
func (p Page) sum(key []byte) []byte {
	h := sha256.New()
	h.Write(p.of[:]) // a hash never fails to write
	h.Write(key)
	return h.Sum(nil)[:checksum]
}

// open returns the key in a token, and false if it is not one that Next has made
// for this list. Whatever the reason, callers are told the same.
func (p Page) open(token string) (after []string, ok bool) {
	if len(token) > maxToken {
		return nil, false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(sealed) < checksum {
		return nil, false
	}
	key := sealed[checksum:]
	if subtle.ConstantTimeCompare(sealed[:checksum], p.sum(key)) == 0 {
		return nil, false
	}
	return after, json.Unmarshal(key, &after) == nil && len(after) > 0
}

// joined makes one thing of several strings, such that no two lists of strings
// make the same.
func joined(filter []string) []byte {
	var b []byte
	for _, f := range filter {
		b = binary.AppendUvarint(b, uint64(len(f)))
		b = append(b, f...)
	}
	return b
}
