package onebox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	moneypb "google.golang.org/genproto/googleapis/type/money"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/onebox"
)

func euros(units int64) *moneypb.Money { return &moneypb.Money{CurrencyCode: "EUR", Units: units} }

// eventually calls f until it returns nil, and fails the test if that takes too
// long.
func eventually(t *testing.T, what string, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		err := f(ctx)
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// open opens a shop that is closed when the test ends.
func open(t *testing.T, c onebox.Config) *onebox.Box {
	t.Helper()
	b, err := onebox.Open(t.Context(), c)
	if err != nil {
		t.Fatalf("Open(%+v) = %v", c, err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Errorf("Close() = %v; want nil", err)
		}
	})
	return b
}

// stocked puts ten teapots on sale.
func stocked(t *testing.T, b *onebox.Box) {
	t.Helper()
	if _, err := b.Stock().AddItem(t.Context(), &inventoryv1.AddItemRequest{
		RequestId: uuid.NewString(), Sku: "TEAPOT", Name: "Teapot", Price: euros(21),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Stock().ReceiveStock(t.Context(), &inventoryv1.ReceiveStockRequest{
		RequestId: uuid.NewString(), Sku: "TEAPOT", Quantity: 10,
	}); err != nil {
		t.Fatal(err)
	}
}

func settle(t *testing.T, b *onebox.Box) {
	t.Helper()
	if err := b.Settle(t.Context()); err != nil {
		t.Fatalf("Settle() = %v", err)
	}
}

func checkState(t *testing.T, b *onebox.Box, id string, want orderv1.OrderState) {
	t.Helper()
	r, err := b.Orders().GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: id})
	if err != nil || r.GetOrder().GetState() != want {
		t.Errorf("GetOrder(%s) = %s, %v; want %s", id, r.GetOrder().GetState(), err, want)
	}
}

// TestSettleAndReopen takes an order half way in a stepped shop, closes it, and
// has another one on the same folder bring it to its end.
func TestSettleAndReopen(t *testing.T) {
	t.Parallel()
	c := onebox.Config{Data: t.TempDir(), Stepped: true}
	b, err := onebox.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	stocked(t, b)
	settle(t, b)
	placed, err := b.Orders().PlaceOrder(t.Context(), request(0))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // far enough for facts to be on their way, and not to the end
		for _, s := range b.Steps() {
			if _, err := s.Once(t.Context()); err != nil {
				t.Fatalf("%s: %v", s.Name(), err)
			}
		}
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatalf("Close() = %v", err)
	}

	b = open(t, c)
	settle(t, b)
	checkState(t, b, placed.GetOrderId(), orderv1.OrderState_ORDER_STATE_DISPATCHED)
	for range 3 {
		b.Advance(time.Second)
		settle(t, b)
	}
	checkState(t, b, placed.GetOrderId(), orderv1.OrderState_ORDER_STATE_DELIVERED)
}

// TestRun sees that a shop that runs delivers an order within a second of being
// opened, in memory and at full speed.
func TestRun(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	b := open(t, onebox.Config{Speed: 1000, TrackEvery: 10 * time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stocked(t, b)
	eventually(t, "an order is delivered", func(ctx context.Context) error {
		placed, err := b.Orders().PlaceOrder(ctx, request(0)) // the same one each time
		if err != nil {
			return err
		}
		r, err := b.Orders().GetOrder(ctx, &orderv1.GetOrderRequest{OrderId: placed.GetOrderId()})
		if err == nil && r.GetOrder().GetState() != orderv1.OrderState_ORDER_STATE_DELIVERED {
			err = fmt.Errorf("it is %s", r.GetOrder().GetState())
		}
		return err
	})
	t.Logf("from nothing to the first delivered order: %s", time.Since(begun).Round(time.Millisecond))
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run() = %v; want nil", err)
	}
}

// TestInstantWorld sees that nothing but the shop itself takes time when the
// world answers at once: an order is delivered without the clock moving.
func TestInstantWorld(t *testing.T) {
	t.Parallel()
	b := open(t, onebox.Config{Stepped: true, Instant: true})
	stocked(t, b)
	settle(t, b)
	placed, err := b.Orders().PlaceOrder(t.Context(), request(0))
	if err != nil {
		t.Fatal(err)
	}
	settle(t, b)
	checkState(t, b, placed.GetOrderId(), orderv1.OrderState_ORDER_STATE_DELIVERED)
}

// TestRunOrStep sees that a shop is driven in one way only.
func TestRunOrStep(t *testing.T) {
	t.Parallel()
	if err := open(t, onebox.Config{Stepped: true}).Run(t.Context()); !errors.Is(err, onebox.ErrStepped) {
		t.Errorf("Run() of a stepped shop = %v; want ErrStepped", err)
	}
	if err := open(t, onebox.Config{}).Settle(t.Context()); !errors.Is(err, onebox.ErrStepped) {
		t.Errorf("Settle() of a shop that runs = %v; want ErrStepped", err)
	}
}

// TestOneShopPerFolder sees that a second shop cannot have the folder of a first.
func TestOneShopPerFolder(t *testing.T) {
	t.Parallel()
	c := onebox.Config{Data: t.TempDir(), Stepped: true}
	open(t, c)
	if b, err := onebox.Open(t.Context(), c); err == nil {
		t.Error("Open() of a folder in use = nil; want an error")
		_ = b.Close(t.Context())
	}
}

// TestLostAnswer sees that a handler that aborts looks like a closed connection,
// and that nothing else of the world is different without a port.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: open(t, onebox.Config{}).Transport()}
	authorize := func() (*http.Response, error) {
		body := strings.NewReader(`{"reference":"o1","amount":1,"currency":"EUR","token":"tok_timeout_after"}`)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, onebox.World+"/provider/authorizations", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Idempotency-Key", "k1")
		return client.Do(r)
	}
	if answer, err := authorize(); err == nil {
		_ = answer.Body.Close()
		t.Errorf("first call = %s; want its answer lost", answer.Status)
	}
	answer, err := authorize()
	if err != nil {
		t.Fatalf("second call = %v; want an answer", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Errorf("second call = %d; want %d", answer.StatusCode, http.StatusCreated)
	}
}
