package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
)

// stock is what can be asked of the inventory service.
func (s *session) stock() *cobra.Command {
	return group("stock", "List items, price them, receive and watch stock",
		s.stockAdd(), s.stockPrice(), s.stockReceive(), s.stockGet(), s.stockList(), s.stockWatch())
}

// currency gives a command the flag --currency.
func currency(c *cobra.Command, into *string) {
	c.Flags().StringVar(into, "currency", "EUR", "of a price that names none")
}

func (s *session) stockAdd() *cobra.Command {
	var pieces int64
	var code string
	c := &cobra.Command{
		Use: "add SKU NAME PRICE", Short: "List a new item", Args: cobra.ExactArgs(3),
		Example: "  orpheus stock add TEAPOT 'A teapot' 21.00 --pieces 10",
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			price, err := parseAmount(args[2], code)
			if err != nil {
				return err
			}
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			r, err := s.items().AddItem(ctx, &inventoryv1.AddItemRequest{RequestId: s.id(), Sku: args[0], Name: args[1], Price: price})
			if err != nil {
				return err
			}
			if pieces == 0 {
				return s.showItem(r.GetItem())
			}
			return s.receive(ctx, next(s.id()), args[0], pieces)
		}),
	}
	currency(c, &code)
	c.Flags().Int64Var(&pieces, "pieces", 0, "and receive so many at once")
	return s.requestID(c)
}

// next returns the id of the second half of a request, so that both halves are
// done once however often the whole is asked.
func next(id string) string { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(id+"/2")).String() }

func (s *session) receive(ctx context.Context, id, sku string, pieces int64) error {
	r, err := s.items().ReceiveStock(ctx, &inventoryv1.ReceiveStockRequest{RequestId: id, Sku: sku, Quantity: pieces})
	if err != nil {
		return err
	}
	return s.showItem(r.GetItem())
}

func (s *session) stockPrice() *cobra.Command {
	var code string
	c := &cobra.Command{
		Use: "price SKU PRICE", Short: "Change what an item costs", Args: cobra.ExactArgs(2),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			price, err := parseAmount(args[1], code)
			if err != nil {
				return err
			}
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			r, err := s.items().SetPrice(ctx, &inventoryv1.SetPriceRequest{RequestId: s.id(), Sku: args[0], Price: price})
			if err != nil {
				return err
			}
			return s.showItem(r.GetItem())
		}),
	}
	currency(c, &code)
	return s.requestID(c)
}

func (s *session) stockReceive() *cobra.Command {
	c := &cobra.Command{
		Use: "receive SKU PIECES", Short: "Say that pieces have come in", Args: cobra.ExactArgs(2),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			pieces, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil {
				return misuse("%q is no number of pieces", args[1])
			}
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			return s.receive(ctx, s.id(), args[0], pieces)
		}),
	}
	return s.requestID(c)
}

func (s *session) stockGet() *cobra.Command {
	return &cobra.Command{
		Use: "get SKU", Short: "Show one item", Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			r, err := s.items().GetItem(ctx, &inventoryv1.GetItemRequest{Sku: args[0]})
			if err != nil {
				return err
			}
			return s.showItem(r.GetItem())
		}),
	}
}

func (s *session) stockList() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List all items with price and stock", Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			all, err := pages(limit, func(token string, size int32) ([]*inventoryv1.Item, string, error) {
				r, err := s.items().ListItems(ctx, &inventoryv1.ListItemsRequest{PageSize: size, PageToken: token})
				return r.GetItems(), r.GetNextPageToken(), err
			})
			if err != nil {
				return err
			}
			return s.show(&inventoryv1.ListItemsResponse{Items: all}, func(w io.Writer) { writeItems(w, all...) })
		}),
	}
	return limited(c, &limit)
}

func (s *session) showItem(i *inventoryv1.Item) error {
	return s.show(i, func(w io.Writer) { writeItems(w, i) })
}

func writeItems(w io.Writer, items ...*inventoryv1.Item) {
	row(w, "SKU", "PRICE", "ON HAND", "RESERVED", "AVAILABLE", "NAME")
	for _, i := range items {
		row(w, i.GetSku(), amount(i.GetPrice()), i.GetOnHand(), i.GetReserved(), i.GetAvailable(), safe(i.GetName()))
	}
}

func (s *session) stockWatch() *cobra.Command {
	return &cobra.Command{
		Use: "watch [SKU...]", Short: "Watch stock change, all of it or some",
		Args: cobra.MaximumNArgs(100),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			ctx := c.Context()
			if c.Flags().Changed("timeout") {
				var cancel context.CancelFunc
				ctx, cancel = s.patient(ctx)
				defer cancel()
			}
			stream, err := s.items().WatchStock(ctx, &inventoryv1.WatchStockRequest{Skus: args})
			if err != nil {
				return err
			}
			return s.watchStock(stream.Recv)
		}),
	}
}

// watchStock writes each item as it comes. The columns are of fixed width,
// because what will come is not known.
func (s *session) watchStock(recv func() (*inventoryv1.WatchStockResponse, error)) error {
	for {
		r, err := recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		i := r.GetItem()
		switch {
		case i == nil:
			continue // a sign of life
		case s.output == "json":
			err = s.showLine(i)
		default:
			_, err = fmt.Fprintf(s.Out, "%s  %-16s %6d on hand %6d reserved %6d available\n",
				i.GetUpdateTime().AsTime().In(s.Zone).Format("15:04:05.000"), i.GetSku(), i.GetOnHand(), i.GetReserved(), i.GetAvailable())
		}
		if err != nil {
			return err
		}
	}
}
