package inventoryd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	"orpheus.example/inventory"
	"orpheus.example/kit/eventlog"
)

// Limits of a watch.
const (
	// heartbeat is how often a watcher of quiet stock hears that it is still
	// watching.
	heartbeat = 20 * time.Second
	// atOnce is how many items, or events, are read at a time.
	atOnce = 500
)

// WatchStock sends the wanted items as they are, or all, and then again whenever
// they change. It ends when the watcher leaves or the server stops.
func (m *methods) WatchStock(r *inventoryv1.WatchStockRequest, stream grpc.ServerStreamingServer[inventoryv1.WatchStockResponse]) error {
	w := watcher{methods: m, stream: stream, skus: r.GetSkus(), items: map[string]row{}}
	news := m.hub.Watch(w.streams()...) // before the first look, so that nothing falls between
	defer news.End()
	ctx := stream.Context()
	if err := w.snapshot(ctx); err != nil {
		return err
	}
	for {
		if err := w.catchUp(ctx); err != nil {
			return err
		}
		if err := w.wait(ctx, news.Grown()); err != nil {
			return err
		}
	}
}

// A watcher is one call of WatchStock.
type watcher struct {
	*methods
	stream grpc.ServerStreamingServer[inventoryv1.WatchStockResponse]
	skus   []string       // wanted; none means all
	items  map[string]row // as the watcher knows them
	after  int64          // place in the log up to which a watcher of all has read
}

// streams returns the streams to watch; none stands for the whole log.
func (w *watcher) streams() []string {
	streams := make([]string, len(w.skus))
	for i, sku := range w.skus {
		streams[i] = inventory.ItemStream(sku)
	}
	return streams
}

// snapshot sends the items as they are.
func (w *watcher) snapshot(ctx context.Context) error {
	if len(w.skus) == 0 {
		return w.snapshotAll(ctx)
	}
	for _, sku := range w.skus {
		state, _, err := w.host.Load(ctx, inventory.ItemStream(sku))
		if err != nil {
			return err
		}
		item, err := w.item(ctx, state.Items.Of(sku))
		if err != nil {
			return err
		}
		w.items[sku] = row{Item: state.Items.Of(sku), updatedAt: item.GetUpdateTime().AsTime()}
		if err := w.send(item); err != nil {
			return err
		}
	}
	return nil
}

// snapshotAll sends all items as the view shows them. It may be behind the log;
// what it has not shown yet follows from there.
func (w *watcher) snapshotAll(ctx context.Context) (err error) {
	if w.after, err = shownUpTo(ctx, w.store.DB()); err != nil {
		return err
	}
	last := ""
	for {
		rows, err := items(ctx, w.store.DB(), last, atOnce)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			w.items[r.SKU] = r
			if err := w.sendRow(r); err != nil {
				return err
			}
			last = r.SKU
		}
	}
}

// catchUp reads what the watcher has not seen, and sends each item that has
// changed, once.
func (w *watcher) catchUp(ctx context.Context) error {
	for {
		records, more, err := w.read(ctx)
		if err != nil {
			return err
		}
		changed, err := w.learn(records)
		if err != nil {
			return err
		}
		for _, sku := range changed {
			if err := w.sendRow(w.items[sku]); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
	}
}

// read returns the next events that the watcher has not seen, and whether there
// may be more.
func (w *watcher) read(ctx context.Context) (records []eventlog.Record, more bool, err error) {
	if len(w.skus) == 0 {
		records, err = w.store.ReadAll(ctx, w.after, atOnce)
		if len(records) > 0 {
			w.after = records[len(records)-1].Position
		}
		return records, len(records) == atOnce, err
	}
	for _, sku := range w.skus {
		some, err := w.store.ReadStream(ctx, inventory.ItemStream(sku), w.items[sku].Version, atOnce)
		if err != nil {
			return nil, false, err
		}
		records, more = append(records, some...), more || len(some) == atOnce
	}
	return records, more, nil
}

// learn takes in events and returns which items they have changed, in the order
// of the first change.
func (w *watcher) learn(records []eventlog.Record) (changed []string, err error) {
	seen := map[string]bool{}
	for _, r := range records {
		sku, ofItem := strings.CutPrefix(r.Stream, inventory.ItemStream(""))
		known := w.items[sku]
		if !ofItem || r.Version <= known.Version {
			continue // a reservation, or shown by the view already
		}
		e, err := codec.Decode(r)
		if err != nil {
			return nil, fmt.Errorf("watch %s: %w", sku, err)
		}
		state := inventory.Evolve(inventory.State{Items: inventory.Items{known.Item}}, e)
		item := state.Items.Of(sku)
		item.Version = r.Version // the view does not count what it does not show
		w.items[sku] = row{Item: item, updatedAt: r.Time}
		if !seen[sku] {
			seen[sku] = true
			changed = append(changed, sku)
		}
	}
	return changed, nil
}

// wait returns when there may be news, and gives signs of life until then.
func (w *watcher) wait(ctx context.Context, grown <-chan struct{}) error {
	quiet := time.NewTicker(heartbeat)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-grown:
			return nil
		case <-quiet.C:
			beat := &inventoryv1.Heartbeat{Time: timestamppb.New(w.now())}
			if err := w.stream.Send(&inventoryv1.WatchStockResponse{Update: &inventoryv1.WatchStockResponse_Heartbeat{Heartbeat: beat}}); err != nil {
				return err
			}
		}
	}
}

func (w *watcher) sendRow(r row) error {
	item, err := r.item()
	if err != nil {
		return err
	}
	return w.send(item)
}

func (w *watcher) send(item *inventoryv1.Item) error {
	return w.stream.Send(&inventoryv1.WatchStockResponse{Update: &inventoryv1.WatchStockResponse_Item{Item: item}})
}
