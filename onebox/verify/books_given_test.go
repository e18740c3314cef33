package verify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/onebox/verify"
	"orpheus.example/sandbox/carrier"
	"orpheus.example/sandbox/provider"
)

// TestCompareTakesBooksAsGiven finds what belongs to no order in books that
// somebody else has read, and checks no lists, since there are none.
func TestCompareTakesBooksAsGiven(t *testing.T) {
	t.Parallel()
	empty := verify.Compare(verify.Config{}, verify.Books{})
	if err := empty.Err(); err != nil || !empty.World {
		t.Errorf("Compare(empty books) = %v, with the world: %t; want nil, true", err, empty.World)
	}
	for _, c := range empty.Checks {
		if c.Name == "list" || c.Name == "statistics" {
			t.Errorf("Compare checks %q; want no checks of lists", c.Name)
		}
	}
	r := verify.Compare(verify.Config{}, verify.Books{
		Money:   []provider.Entry{{Number: 1, Kind: provider.Authorize, Reference: "nobody"}},
		Carried: map[string][]carrier.Entry{"swift": {{Number: 1, Kind: carrier.Book, Reference: "no one", LabelID: "l"}}},
	})
	for _, want := range []string{"nobody", "no one"} {
		if err := r.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Compare = %v; want %q named", err, want)
		}
	}
}

// late is a shop without orders whose list shows one at the second look only, and
// then no more.
type late struct {
	orderv1.OrderServiceClient
	inventoryv1.InventoryServiceClient
	looks *int
}

func (l late) ListOrders(context.Context, *orderv1.ListOrdersRequest, ...grpc.CallOption) (*orderv1.ListOrdersResponse, error) {
	if *l.looks++; *l.looks == 2 {
		return &orderv1.ListOrdersResponse{Orders: []*orderv1.OrderSummary{{OrderId: "o1"}}}, nil
	}
	return &orderv1.ListOrdersResponse{}, nil
}

func (late) GetOrderStats(context.Context, *orderv1.GetOrderStatsRequest, ...grpc.CallOption) (*orderv1.GetOrderStatsResponse, error) {
	return &orderv1.GetOrderStatsResponse{}, nil
}

func (late) ListItems(context.Context, *inventoryv1.ListItemsRequest, ...grpc.CallOption) (*inventoryv1.ListItemsResponse, error) {
	return &inventoryv1.ListItemsResponse{}, nil
}

// Books that agree are not at rest if an order came up that was not read.
func TestRunLooksAgainWhenOrdersCameUp(t *testing.T) {
	t.Parallel()
	looks := 0
	shop := late{looks: &looks}
	r, err := verify.Run(t.Context(), verify.Config{Orders: shop, Stock: shop, Patience: time.Minute})
	if err != nil || !r.Clean() || looks != 4 {
		t.Errorf("Run = %+v, %v after %d looks at the list; want clean books after two rounds of two", r, err, looks)
	}
}
