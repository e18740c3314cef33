package provider

import "time"

// A Kind says what an entry records.
type Kind string

// The kinds of entries.
const (
	Authorize Kind = "authorization"
	Capture   Kind = "capture"
	Void      Kind = "void"
	Refund    Kind = "refund"
)

// The accounts. Money only moves between them, so their sum is always 0.
const (
	Customer = "customer" // what customers have paid or promised, below zero
	Held     = "held"     // promised to the merchant
	Merchant = "merchant" // paid to the merchant
)

// A Posting is one side of an entry. The postings of an entry sum to 0.
type Posting struct {
	Account string `json:"account"`
	Amount  int64  `json:"amount"`
}

// An Entry records that money moved. Entries never change.
type Entry struct {
	Number        int       `json:"number"` // from 1, without gaps
	Time          time.Time `json:"time"`
	Kind          Kind      `json:"kind"`
	Key           string    `json:"key"` // of the call that did it
	Authorization string    `json:"authorization"`
	Reference     string    `json:"reference"`
	Amount        int64     `json:"amount"`
	Currency      string    `json:"currency"`
	Postings      []Posting `json:"postings"`
}

// Totals sum up the entries of one currency. Sum is of all accounts, and 0 in
// books that are right.
type Totals struct {
	Authorized int64            `json:"authorized"`
	Captured   int64            `json:"captured"`
	Voided     int64            `json:"voided"`
	Refunded   int64            `json:"refunded"`
	Accounts   map[string]int64 `json:"accounts"`
	Sum        int64            `json:"sum"`
}

// A Ledger is the books at one moment: entries, oldest first, and totals of
// just these entries by currency.
type Ledger struct {
	Entries []Entry           `json:"entries"`
	Totals  map[string]Totals `json:"totals"`
}

// entry returns the next entry. It is called under the lock.
func (p *Provider) entry(kind Kind, key string, a payment, amount int64) Entry {
	return Entry{
		Number: len(p.entries) + 1, Time: p.now().UTC(), Kind: kind, Key: key,
		Authorization: a.ID, Reference: a.Reference, Amount: amount, Currency: a.Currency,
		Postings: postings(kind, a.Amount, amount),
	}
}

// postings returns how money moves. A capture of less than was authorized lets
// the rest go in the same entry: nothing stays held.
func postings(kind Kind, authorized, amount int64) []Posting {
	switch kind {
	case Authorize:
		return []Posting{{Customer, -amount}, {Held, amount}}
	case Capture:
		return []Posting{{Held, -authorized}, {Merchant, amount}, {Customer, authorized - amount}}
	case Void:
		return []Posting{{Held, -amount}, {Customer, amount}}
	case Refund:
		return []Posting{{Merchant, -amount}, {Customer, amount}}
	}
	panic("provider: entry of unknown kind")
}

// Ledger returns the books; with a reference, only what they hold of it.
func (p *Provider) Ledger(reference string) Ledger {
	l := Ledger{Entries: []Entry{}, Totals: map[string]Totals{}}
	p.book.Look(func() {
		for _, e := range p.entries {
			if reference == "" || e.Reference == reference {
				l.Entries = append(l.Entries, e)
			}
		}
	})
	for _, e := range l.Entries {
		l.Totals[e.Currency] = l.Totals[e.Currency].plus(e)
	}
	return l
}

func (t Totals) plus(e Entry) Totals {
	if t.Accounts == nil {
		t.Accounts = map[string]int64{}
	}
	for _, p := range e.Postings {
		t.Accounts[p.Account] += p.Amount
		t.Sum += p.Amount
	}
	switch e.Kind {
	case Authorize:
		t.Authorized += e.Amount
	case Capture:
		t.Captured += e.Amount
	case Void:
		t.Voided += e.Amount
	case Refund:
		t.Refunded += e.Amount
	}
	return t
}
