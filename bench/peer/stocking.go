package peer

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	"orpheus.example/kit/money"
	"orpheus.example/kit/rpc"
)

// inventoryMethods answers inventory.v1.InventoryService as far as it takes to
// stock the shop. Whatever is not here is Unimplemented.
type inventoryMethods struct {
	inventoryv1.UnimplementedInventoryServiceServer
	service *service
}

// AddItem lists an item, once.
func (m inventoryMethods) AddItem(ctx context.Context, r *inventoryv1.AddItemRequest) (*inventoryv1.AddItemResponse, error) {
	price, currency, err := money.Minor(r.GetPrice())
	if err != nil {
		return nil, rpc.BadField("price", err.Error())
	}
	err = m.service.once(ctx, "AddItem", r.GetRequestId(), func(ctx context.Context, w *work) error {
		added, err := w.Exec(ctx, `INSERT INTO items (sku, name, price, currency) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			r.GetSku(), r.GetName(), price, currency)
		if err != nil {
			return err
		}
		if added.RowsAffected() == 0 {
			return rpc.Refusal{Code: codes.AlreadyExists, Reason: "ITEM_EXISTS", Message: "the item is listed already"}
		}
		return w.say(ctx, &inventoryv1.ItemListed{Sku: r.GetSku(), Name: r.GetName(), Price: r.GetPrice(), ItemVersion: 1})
	})
	if err != nil {
		return nil, err
	}
	it, err := m.item(ctx, r.GetSku())
	return &inventoryv1.AddItemResponse{Item: it}, err
}

// SetPrice changes what an item costs, once per request id.
func (m inventoryMethods) SetPrice(ctx context.Context, r *inventoryv1.SetPriceRequest) (*inventoryv1.SetPriceResponse, error) {
	price, currency, err := money.Minor(r.GetPrice())
	if err != nil {
		return nil, rpc.BadField("price", err.Error())
	}
	it, err := m.change(ctx, "SetPrice", r, func(i item) proto.Message {
		return &inventoryv1.ItemPriceChanged{Sku: i.sku, Name: i.name, Price: r.GetPrice(), ItemVersion: i.version}
	}, `UPDATE items SET price = $2, currency = $3, version = version + 1 WHERE sku = $1 RETURNING `+itemColumns, price, currency)
	return &inventoryv1.SetPriceResponse{Item: it}, err
}

// ReceiveStock adds pieces to an item's stock, once per request id.
func (m inventoryMethods) ReceiveStock(ctx context.Context, r *inventoryv1.ReceiveStockRequest) (*inventoryv1.ReceiveStockResponse, error) {
	it, err := m.change(ctx, "ReceiveStock", r, func(i item) proto.Message {
		price, err := money.Proto(i.price, i.currency)
		if err != nil {
			return nil // unreachable: it was checked when it was set
		}
		return &inventoryv1.StockLevelChanged{
			Sku: i.sku, Name: i.name, Price: price, OnHand: i.onHand, Reserved: i.reserved,
			Available: i.onHand - i.reserved, ItemVersion: i.version,
		}
	}, `UPDATE items SET on_hand = on_hand + $2, received = received + $2, version = version + 1
		WHERE sku = $1 RETURNING `+itemColumns, r.GetQuantity())
	return &inventoryv1.ReceiveStockResponse{Item: it}, err
}

// change runs an update of an item once per request, says what follows, and
// returns the item.
func (m inventoryMethods) change(ctx context.Context, method string, r interface {
	GetRequestId() string
	GetSku() string
}, follows func(item) proto.Message, update string, values ...any,
) (*inventoryv1.Item, error) {
	err := m.service.once(ctx, method, r.GetRequestId(), func(ctx context.Context, w *work) error {
		rows, err := w.Query(ctx, update, append([]any{r.GetSku()}, values...)...)
		if err != nil {
			return err
		}
		changed, err := pgx.CollectExactlyOneRow(rows, scanItem)
		if errors.Is(err, pgx.ErrNoRows) {
			return unknown("ITEM_NOT_FOUND", "there is no such item")
		}
		if err != nil {
			return err
		}
		return w.say(ctx, follows(changed))
	})
	if err != nil {
		return nil, err
	}
	return m.item(ctx, r.GetSku())
}

// GetItem returns an item as it is.
func (m inventoryMethods) GetItem(ctx context.Context, r *inventoryv1.GetItemRequest) (*inventoryv1.GetItemResponse, error) {
	it, err := m.item(ctx, r.GetSku())
	return &inventoryv1.GetItemResponse{Item: it}, err
}

// ListItems lists all items by SKU, on one page.
func (m inventoryMethods) ListItems(ctx context.Context, _ *inventoryv1.ListItemsRequest) (*inventoryv1.ListItemsResponse, error) {
	rows, err := m.service.pool.Query(ctx, `SELECT `+itemColumns+` FROM items ORDER BY sku`)
	if err != nil {
		return nil, err
	}
	items, err := pgx.CollectRows(rows, scanItem)
	if err != nil {
		return nil, err
	}
	response := &inventoryv1.ListItemsResponse{}
	for _, i := range items {
		wired, err := i.wire()
		if err != nil {
			return nil, err
		}
		response.Items = append(response.Items, wired)
	}
	return response, nil
}

// item reads one item.
func (m inventoryMethods) item(ctx context.Context, sku string) (*inventoryv1.Item, error) {
	rows, err := m.service.pool.Query(ctx, `SELECT `+itemColumns+` FROM items WHERE sku = $1`, sku)
	if err != nil {
		return nil, err
	}
	i, err := pgx.CollectExactlyOneRow(rows, scanItem)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, unknown("ITEM_NOT_FOUND", "there is no such item")
	}
	if err != nil {
		return nil, err
	}
	return i.wire()
}

// wire returns i as callers see it.
func (i item) wire() (*inventoryv1.Item, error) {
	price, err := money.Proto(i.price, i.currency)
	return &inventoryv1.Item{
		Sku: i.sku, Name: i.name, Price: price, OnHand: i.onHand, Reserved: i.reserved,
		Available: i.onHand - i.reserved, Version: i.version,
	}, err
}
