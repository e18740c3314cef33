package inventoryd

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	"orpheus.example/inventory"
	"orpheus.example/kit/decider"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/money"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/watch"
)

// table says what callers are told of the errors that inventory knows.
var table = append(rpc.Table{
	{Err: inventory.ErrUnknownItem, Refusal: rpc.Refusal{Code: codes.NotFound, Reason: "ITEM_NOT_FOUND"}},
	{Err: inventory.ErrListed, Refusal: rpc.Refusal{Code: codes.AlreadyExists, Reason: "ITEM_EXISTS"}},
	{Err: inventory.ErrOtherCurrency, Refusal: rpc.Refusal{
		Code: codes.FailedPrecondition, Reason: "CURRENCY_DIFFERS",
		Fields: []rpc.Field{{Path: "price.currency_code", Description: "is not the currency that the item is priced in"}},
	}},
	{Err: inventory.ErrTooMany, Refusal: rpc.Refusal{
		Code: codes.FailedPrecondition, Reason: "STOCK_TOO_LARGE",
		Fields: []rpc.Field{{Path: "quantity", Description: "is more than can be counted on top of what is there"}},
	}},
	{Err: inventory.ErrBadPrice, Refusal: rpc.BadField("price", inventory.ErrBadPrice.Error())},
	{Err: inventory.ErrBadQuantity, Refusal: rpc.BadField("quantity", inventory.ErrBadQuantity.Error())},
	{Err: eventlog.ErrReused, Refusal: rpc.Refusal{
		Code: codes.InvalidArgument, Reason: "REQUEST_ID_REUSED",
		Fields: []rpc.Field{{Path: "request_id", Description: "was used for another request; make a new one"}},
	}},
}, rpc.StoreRows()...)

// methods answers gRPC. A request becomes a command, an error becomes a status;
// nothing is decided here.
type methods struct {
	inventoryv1.UnimplementedInventoryServiceServer
	host  *host
	store eventlog.Store
	hub   *watch.Hub
	now   func() time.Time
}

// AddItem lists an item.
func (m *methods) AddItem(ctx context.Context, r *inventoryv1.AddItemRequest) (*inventoryv1.AddItemResponse, error) {
	price, err := priceOf(r.GetPrice())
	if err != nil {
		return nil, err
	}
	item, err := m.ask(ctx, "AddItem", r, inventory.List{SKU: r.GetSku(), Name: r.GetName(), Price: price})
	return &inventoryv1.AddItemResponse{Item: item}, err
}

// SetPrice changes what an item costs. A repeat that comes after another change
// changes nothing.
func (m *methods) SetPrice(ctx context.Context, r *inventoryv1.SetPriceRequest) (*inventoryv1.SetPriceResponse, error) {
	price, err := priceOf(r.GetPrice())
	if err != nil {
		return nil, err
	}
	item, err := m.ask(ctx, "SetPrice", r, inventory.SetPrice{SKU: r.GetSku(), Price: price})
	return &inventoryv1.SetPriceResponse{Item: item}, err
}

// ReceiveStock adds pieces to an item's stock, once per request id.
func (m *methods) ReceiveStock(ctx context.Context, r *inventoryv1.ReceiveStockRequest) (*inventoryv1.ReceiveStockResponse, error) {
	item, err := m.ask(ctx, "ReceiveStock", r, inventory.Receive{SKU: r.GetSku(), Quantity: r.GetQuantity(), Request: r.GetRequestId()})
	return &inventoryv1.ReceiveStockResponse{Item: item}, err
}

// request is what all commands have in common.
type request interface {
	proto.Message
	GetRequestId() string
	GetSku() string
}

// ask has a command decided for an item, once per request id, and returns the
// item as it is then.
func (m *methods) ask(ctx context.Context, method string, r request, c inventory.Command) (*inventoryv1.Item, error) {
	mark := rpc.Once(method, r.GetRequestId(), r)
	cause := decider.Cause{ID: uuid.MustParse(r.GetRequestId()), Mark: mark, Actor: "caller"} // validated by the rules of the contract
	answer, err := m.host.Ask(ctx, cause, inventory.ItemStream(r.GetSku()), c)
	if err != nil {
		return nil, err
	}
	return m.item(ctx, answer.State.Items.Of(r.GetSku()))
}

// GetItem returns an item as it is.
func (m *methods) GetItem(ctx context.Context, r *inventoryv1.GetItemRequest) (*inventoryv1.GetItemResponse, error) {
	state, _, err := m.host.Load(ctx, inventory.ItemStream(r.GetSku()))
	if err != nil {
		return nil, err
	}
	item, err := m.item(ctx, state.Items.Of(r.GetSku()))
	return &inventoryv1.GetItemResponse{Item: item}, err
}

// item returns i as callers see it. When it last changed stands in its last
// event.
func (m *methods) item(ctx context.Context, i inventory.Item) (*inventoryv1.Item, error) {
	if !i.Listed() {
		return nil, inventory.ErrUnknownItem
	}
	last, err := m.store.ReadStream(ctx, inventory.ItemStream(i.SKU), i.Version-1, 1)
	if err != nil {
		return nil, err
	}
	if len(last) == 0 {
		return nil, eventlog.ErrConflict // the log has lost what it had: restored from a backup meanwhile
	}
	return row{Item: i, updatedAt: last[0].Time}.item()
}

// ListItems lists items by SKU.
func (m *methods) ListItems(ctx context.Context, r *inventoryv1.ListItemsRequest) (*inventoryv1.ListItemsResponse, error) {
	page, err := rpc.NewPage(r.GetPageSize(), r.GetPageToken())
	if err != nil {
		return nil, err
	}
	after := ""
	if len(page.After) > 0 {
		after = page.After[0]
	}
	rows, err := items(ctx, m.store.DB(), after, page.Size+1)
	if err != nil {
		return nil, err
	}
	response := &inventoryv1.ListItemsResponse{}
	rows, response.NextPageToken = rpc.Cut(page, rows, row.key)
	for _, row := range rows {
		item, err := row.item()
		if err != nil {
			return nil, err
		}
		response.Items = append(response.Items, item)
	}
	return response, nil
}

// item returns a row as callers see it.
func (r row) item() (*inventoryv1.Item, error) {
	price, err := toMoney(r.Price)
	return &inventoryv1.Item{
		Sku: r.SKU, Name: r.Name, Price: price, OnHand: r.OnHand, Reserved: r.Reserved, Available: r.Available(),
		Version: r.Version, UpdateTime: timestamppb.New(r.updatedAt),
	}, err
}

// priceOf returns the price that a request names, or a refusal.
func priceOf(m *moneypb.Money) (inventory.Money, error) {
	price, err := fromMoney(m)
	for _, wrong := range []error{money.ErrCurrency, money.ErrMalformed, money.ErrTooFine, money.ErrTooLarge} {
		if errors.Is(err, wrong) {
			return price, rpc.BadField("price", wrong.Error())
		}
	}
	return price, err
}
