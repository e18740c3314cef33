package inventoryd

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	"orpheus.example/kit/servers/servertest"
)

// watch follows items; it ends with the test.
func (w *warehouse) watch(t *testing.T, skus ...string) grpc.ServerStreamingClient[inventoryv1.WatchStockResponse] {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	stream, err := w.WatchStock(ctx, &inventoryv1.WatchStockRequest{Skus: skus})
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// mustSee receives until an item is as wanted. Changes in between may be left
// out, but nothing may go back.
func mustSee(t *testing.T, stream grpc.ServerStreamingClient[inventoryv1.WatchStockResponse], sku string, onHand, reserved int64) {
	t.Helper()
	version := map[string]int64{}
	for {
		got, err := stream.Recv()
		if err != nil {
			t.Fatalf("while waiting for %d, %d of %s: %v", onHand, reserved, sku, err)
		}
		i := got.GetItem()
		if i.GetVersion() < version[i.GetSku()] {
			t.Errorf("%s goes back from version %d to %d", i.GetSku(), version[i.GetSku()], i.GetVersion())
		}
		version[i.GetSku()] = i.GetVersion()
		if i.GetSku() == sku && i.GetOnHand() == onHand && i.GetReserved() == reserved {
			return
		}
	}
}

func TestWatchStockOfNamedItems(t *testing.T) {
	t.Parallel()
	w := open(t)
	stream := w.watch(t, "TEAPOT")
	mustSee(t, stream, "TEAPOT", 0, 0)
	w.mustReceive(t, "CUP", 9) // nobody's business
	w.mustReceive(t, "TEAPOT", 5)
	mustSee(t, stream, "TEAPOT", 5, 0)
	order := uuid.NewString()
	w.hear(t, order, authorized(order, 2, "TEAPOT", "CUP"))
	mustSee(t, stream, "TEAPOT", 5, 2)
	if got, err := w.watch(t, "FORK").Recv(); err == nil {
		t.Errorf("watch of an unknown item = %v; want a refusal", got)
	} else {
		checkRefused(t, err, codes.NotFound, "ITEM_NOT_FOUND", "")
	}
}

// TestWatchStockOfAll: the view shows one item and lags behind with the other;
// the watcher sees both, and new ones as they are listed.
func TestWatchStockOfAll(t *testing.T) {
	t.Parallel()
	w := openOn(t, openDatabaseWithView(t))
	w.mustReceive(t, "TEAPOT", 5) // not shown by the view
	w.mustAdd(t, "CUP", eur(4))   // nor is this
	stream := w.watch(t)
	mustSee(t, stream, "TEAPOT", 5, 0)
	mustSee(t, stream, "CUP", 0, 0)
	w.mustAdd(t, "SPOON", eur(1))
	mustSee(t, stream, "SPOON", 0, 0)
	w.mustReceive(t, "SPOON", 1)
	mustSee(t, stream, "SPOON", 1, 0)
}

// openDatabaseWithView returns a database whose view shows a teapot.
func openDatabaseWithView(t *testing.T) string {
	t.Helper()
	url := servertest.Database(t)
	w := openOn(t, url)
	w.mustAdd(t, "TEAPOT", eur(21))
	w.show(t)
	return url
}
