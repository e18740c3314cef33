package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"

	"orpheus.example/sandbox/carrier"
	"orpheus.example/sandbox/mailbox"
	"orpheus.example/sandbox/provider"
)

// A world is what the books of the outside world say, by order.
type world struct {
	money  map[string][]provider.Entry
	labels map[string][]label
	mails  map[string][]mailbox.Message
}

// A label is what a carrier's books say of one label.
type label struct {
	carrier, id                   string
	booked, handedOver, cancelled int
}

// live reports whether the carrier expects, or has, a parcel for it.
func (l label) live() bool { return l.booked > l.cancelled }

// readWorld reads the ledgers whole, once each, and the mails by order, because
// the mail server lists no more than a thousand at once.
func readWorld(ctx context.Context, c Config, orders []*dossier) (*world, error) {
	w := &world{money: map[string][]provider.Entry{}, labels: map[string][]label{}, mails: map[string][]mailbox.Message{}}
	var money provider.Ledger
	if err := look(ctx, c, "/provider/ledger", &money); err != nil {
		return nil, err
	}
	for _, e := range money.Entries {
		w.money[e.Reference] = append(w.money[e.Reference], e)
	}
	for _, name := range c.Carriers {
		var ledger carrier.Ledger
		if err := look(ctx, c, "/carriers/"+url.PathEscape(name)+"/ledger", &ledger); err != nil {
			return nil, err
		}
		w.file(name, ledger.Entries)
	}
	return w, w.readMails(ctx, c, orders)
}

// file sorts a carrier's entries by label, and labels by order.
func (w *world) file(name string, entries []carrier.Entry) {
	for _, e := range entries {
		if e.Kind == carrier.Refuse {
			continue // no label was ever made
		}
		l := w.label(e.Reference, name, e.LabelID)
		switch e.Kind {
		case carrier.Book:
			l.booked++
		case carrier.Handover:
			l.handedOver++
		case carrier.Cancel:
			l.cancelled++
		case carrier.Refuse:
		}
	}
}

// label returns where the entries of a label are counted.
func (w *world) label(order, name, id string) *label {
	all := w.labels[order]
	for i := range all {
		if all[i].carrier == name && all[i].id == id {
			return &all[i]
		}
	}
	w.labels[order] = append(all, label{carrier: name, id: id})
	return &w.labels[order][len(all)]
}

func (w *world) readMails(ctx context.Context, c Config, orders []*dossier) error {
	found := make([]mailbox.List, len(orders))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, d := range orders {
		g.Go(func() error {
			return look(ctx, c, "/mailbox/messages?limit=1000&order="+url.QueryEscape(d.id), &found[i])
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, d := range orders {
		w.mails[d.id] = found[i].Messages
	}
	return nil
}

// look reads a page of the sandbox.
func look(ctx context.Context, c Config, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.Sandbox, "/")+path, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: c.Transport}).Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // it was read, or its error is returned
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", r.URL.Path, answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return fmt.Errorf("GET %s: %w", r.URL.Path, err)
	}
	return nil
}
