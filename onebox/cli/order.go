package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "orpheus.example/gen/go/order/v1"
)

// order is what can be asked of the order service.
func (s *session) order() *cobra.Command {
	return group("order", "Place orders and see what becomes of them",
		s.orderPlace(), s.orderGet(), s.orderList(), s.orderStats(), s.orderWatch(), s.orderCancel(), s.orderProgress(), s.orderHistory())
}

func (s *session) orderPlace() *cobra.Command {
	r := &orderv1.PlaceOrderRequest{ShipTo: &orderv1.Address{}}
	var watch bool
	c := &cobra.Command{
		Use: "place SKU=PIECES...", Short: "Place an order",
		Long: `Place an order. Who orders, and where it goes, has values that do for trying
things out. The payment token and the address decide how the sandboxes behave:
see sandbox/README.md.`,
		Example: "  orpheus order place TEAPOT=2\n  orpheus order place TEAPOT=1 CUP=6 --token tok_slow --watch",
		Args:    cobra.MinimumNArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			return s.place(c.Context(), r, args, watch)
		}),
	}
	f := c.Flags()
	f.StringVar(&r.CustomerId, "customer", "ann", "who orders")
	f.StringVar(&r.Email, "email", "ann@example.com", "where mails go")
	f.StringVar(&r.Name, "name", "Ann", "the recipient")
	f.StringVar(&r.ShipTo.Street, "street", "1 Main St", "street and house number")
	f.StringVar(&r.ShipTo.Extra, "extra", "", "flat, floor, care of")
	f.StringVar(&r.ShipTo.City, "city", "Ghent", "city")
	f.StringVar(&r.ShipTo.Region, "region", "", "state, province or canton")
	f.StringVar(&r.ShipTo.PostalCode, "postal-code", "9000", "postal code")
	f.StringVar(&r.ShipTo.CountryCode, "country", "BE", "country, two letters")
	f.StringVar(&r.PaymentToken, "token", "tok_ok", "what stands for the customer's card")
	f.BoolVar(&watch, "watch", false, "then watch it")
	return s.requestID(c)
}

func (s *session) place(ctx context.Context, r *orderv1.PlaceOrderRequest, args []string, watch bool) error {
	for _, a := range args {
		sku, pieces, err := parseLine(a)
		if err != nil {
			return err
		}
		r.Lines = append(r.Lines, &orderv1.PlaceOrderLine{Sku: sku, Quantity: pieces})
	}
	r.RequestId = s.id()
	asking, cancel := s.patient(ctx)
	defer cancel()
	placed, err := s.orders().PlaceOrder(asking, r)
	if err != nil {
		return err
	}
	if watch {
		return s.follow(ctx, placed.GetOrderId())
	}
	return s.show(placed, func(w io.Writer) {
		row(w, "order", placed.GetOrderId())
		row(w, "state", orderState(placed.GetState()))
		row(w, "total", amount(placed.GetTotal()))
	})
}

// parseLine reads SKU=PIECES; pieces alone are one.
func parseLine(text string) (sku string, pieces int64, err error) {
	sku, number, several := strings.Cut(text, "=")
	if !several {
		return sku, 1, nil
	}
	pieces, err = strconv.ParseInt(number, 10, 64)
	if err != nil {
		return "", 0, misuse("%q is no line of an order; write it as SKU=PIECES", text)
	}
	return sku, pieces, nil
}

func (s *session) orderGet() *cobra.Command {
	var least, version int64
	var at string
	c := &cobra.Command{
		Use: "get ORDER", Short: "Show an order, as it is or as it was", Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			r := &orderv1.GetOrderRequest{OrderId: args[0], MinVersion: least}
			if version != 0 {
				r.AsOf = &orderv1.GetOrderRequest_AtVersion{AtVersion: version}
			}
			if at != "" {
				t, err := time.Parse(time.RFC3339, at)
				if err != nil {
					return misuse("--at-time: %w", err)
				}
				r.AsOf = &orderv1.GetOrderRequest_AtTime{AtTime: timestamppb.New(t)}
			}
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			got, err := s.orders().GetOrder(ctx, r)
			if err != nil {
				return err
			}
			return s.show(got.GetOrder(), func(w io.Writer) { s.writeOrder(w, got.GetOrder()) })
		}),
	}
	c.Flags().Int64Var(&least, "min-version", 0, "answer from this version or a later one")
	c.Flags().Int64Var(&version, "at-version", 0, "as it was right after this event of its own")
	c.Flags().StringVar(&at, "at-time", "", "as it stood at this time, such as 2026-03-02T12:00:00Z")
	c.MarkFlagsMutuallyExclusive("at-version", "at-time")
	return c
}

// writeOrder writes an order as a list of its fields, and then its lines.
func (s *session) writeOrder(w io.Writer, o *orderv1.Order) {
	d, to := o.GetDetails(), o.GetDetails().GetShipTo()
	row(w, "order", o.GetOrderId())
	row(w, "state", orderState(o.GetState()))
	if o.GetCancelReason() != orderv1.CancelReason_CANCEL_REASON_UNSPECIFIED {
		row(w, "cancellation", safe(join(": ", plain(o.GetCancelReason(), "CANCEL_REASON_"), o.GetCancelNote())))
	}
	row(w, "version", o.GetVersion())
	row(w, "customer", safe(fmt.Sprintf("%s, %s <%s>", d.GetCustomerId(), d.GetName(), d.GetEmail())))
	row(w, "ship to", safe(join(", ", to.GetStreet(), to.GetExtra(), join(" ", to.GetPostalCode(), to.GetCity()), to.GetRegion(), to.GetCountryCode())))
	row(w, "placed", s.clock(o.GetPlaceTime()))
	row(w, "pay by", s.clock(o.GetPayBy()))
	row(w, "fulfil by", s.clock(o.GetFulfilBy()))
	row(w, "updated", s.clock(o.GetUpdateTime()))
	row(w, "parcel", orDash(join(" ", o.GetCarrier(), o.GetTrackingNumber())))
	for _, l := range d.GetLines() {
		row(w, "line", fmt.Sprintf("%d x %s, %s, at %s", l.GetQuantity(), l.GetSku(), safe(l.GetName()), amount(l.GetUnitPrice())))
	}
	row(w, "total", amount(d.GetTotal()))
}

// join joins what is not empty.
func join(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), separator)
}

func (s *session) orderList() *cobra.Command {
	var limit int
	var customer, state string
	c := &cobra.Command{
		Use: "list", Short: "List orders, the newest first", Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			want, err := enumOf(orderv1.OrderState_value, "ORDER_STATE_", state)
			if err != nil {
				return err
			}
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			all, err := pages(limit, func(token string, size int32) ([]*orderv1.OrderSummary, string, error) {
				r, err := s.orders().ListOrders(ctx, &orderv1.ListOrdersRequest{
					CustomerId: customer, State: orderv1.OrderState(want), PageSize: size, PageToken: token,
				})
				return r.GetOrders(), r.GetNextPageToken(), err
			})
			if err != nil {
				return err
			}
			return s.show(&orderv1.ListOrdersResponse{Orders: all}, func(w io.Writer) {
				row(w, "ORDER", "STATE", "TOTAL", "PLACED", "CUSTOMER")
				for _, o := range all {
					row(w, o.GetOrderId(), orderState(o.GetState()), amount(o.GetTotal()), s.clock(o.GetPlaceTime()), safe(o.GetCustomerId()))
				}
			})
		}),
	}
	c.Flags().StringVar(&customer, "customer", "", "only this customer's")
	s.stateFlag(c, &state, orderv1.OrderState_value, "ORDER_STATE_")
	return limited(c, &limit)
}

// stateFlag gives a command the flag --state, which completes to the words for
// an enum's values.
func (s *session) stateFlag(c *cobra.Command, into *string, values map[string]int32, prefix string) {
	c.Flags().StringVar(into, "state", "", "only those in this state")
	var all []string
	for name, number := range values {
		if number != 0 {
			all = append(all, strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, prefix), "_", "-")))
		}
	}
	slices.Sort(all)
	s.mustComplete(c.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp)))
}

// enumOf returns the number of an enum's value that is named in words; 0 for no
// words.
func enumOf(values map[string]int32, prefix, text string) (int32, error) {
	if text == "" {
		return 0, nil
	}
	n, ok := values[prefix+strings.ToUpper(strings.NewReplacer("-", "_", " ", "_").Replace(text))]
	if !ok || n == 0 {
		return 0, misuse("%q is no state that there is", text)
	}
	return n, nil
}

func (s *session) orderStats() *cobra.Command {
	return &cobra.Command{
		Use: "stats", Short: "Count all orders and add up their value, per state", Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			r, err := s.orders().GetOrderStats(ctx, &orderv1.GetOrderStatsRequest{})
			if err != nil {
				return err
			}
			return s.show(r, func(w io.Writer) {
				row(w, "STATE", "ORDERS", "VALUE")
				for _, one := range r.GetStats() {
					row(w, orderState(one.GetState()), one.GetCount(), amount(one.GetValue()))
				}
			})
		}),
	}
}

func (s *session) orderCancel() *cobra.Command {
	r := &orderv1.CancelOrderRequest{}
	var watch bool
	c := &cobra.Command{
		Use: "cancel ORDER", Short: "Ask for an order to be cancelled", Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			r.OrderId, r.RequestId = args[0], s.id()
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			answer, err := s.orders().CancelOrder(ctx, r)
			if err != nil {
				return err
			}
			if watch {
				return s.follow(c.Context(), r.GetOrderId())
			}
			return s.show(answer, func(w io.Writer) {
				row(w, "order", r.GetOrderId())
				row(w, "state", orderState(answer.GetState()))
			})
		}),
	}
	c.Flags().StringVar(&r.Reason, "reason", "", "the customer's words")
	c.Flags().BoolVar(&watch, "watch", false, "then watch it")
	return s.requestID(c)
}

func orderState(state orderv1.OrderState) string { return plain(state, "ORDER_STATE_") }

// errNoEnd says that a watch ended before the order did.
var errNoEnd = errors.New("the watch ended before the order did")
