package orderd

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/wire"
)

// shop is the order service over a real store, called over gRPC. What others say
// is put into its inbox by hand; the way over the broker is tried in kit and in
// e2e.
type shop struct {
	orderv1.OrderServiceClient
	server *Server
	heed   deadletter.Handler
}

func open(t *testing.T) *shop {
	t.Helper()
	store, err := pglog.Open(t.Context(), pglog.Config{URL: servertest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	server, err := New(t.Context(), Config{
		Store: store, Bus: deaf{}, Holder: "test", Now: time.Now, PayWithin: time.Hour, FulfilWithin: 48 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{OrderServiceClient: orderv1.NewOrderServiceClient(dial(t, server)), server: server}
	s.heed = inbox.Heed(Name, server.methods.host, react)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go loop.Runner{Step: server.methods.hub}.Run(ctx)
	s.hear(t, &inventoryv1.ItemListed{Sku: "TEAPOT", Name: "A teapot", Price: eur(21), ItemVersion: 1})
	s.hear(t, &inventoryv1.ItemListed{Sku: "FAN", Name: "A fan", Price: &moneypb.Money{CurrencyCode: "JPY", Units: 900}, ItemVersion: 1})
	return s
}

// deaf is a bus that never brings anything; nothing is published in these tests.
type deaf struct{ bus.Bus }

func (deaf) Subscribe(context.Context, bus.Subscription) (bus.Queue, error) { return nil, nil }

func dial(t *testing.T, server *Server) *grpc.ClientConn {
	t.Helper()
	g := rpc.NewServer(rpc.Config{Name: Name, Table: server.Table()})
	server.Register(g)
	l := bufconn.Listen(1 << 20)
	go g.Serve(l)
	conn, err := grpc.NewClient("passthrough:orderd",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		g.Stop(ctx)
	})
	return conn
}

func (s *shop) hear(t *testing.T, fact proto.Message) {
	t.Helper()
	body, err := proto.Marshal(fact)
	if err != nil {
		t.Fatal(err)
	}
	m := bus.Message{ID: uuid.New(), Type: wire.Kind(fact), Source: bus.Owner(wire.Kind(fact)), Body: body, Time: time.Now()}
	if err := s.heed(t.Context(), m, nil); err != nil {
		t.Fatalf("hear %s: %v", m.Type, err)
	}
}

func eur(units int64) *moneypb.Money { return &moneypb.Money{CurrencyCode: "EUR", Units: units} }

func request() *orderv1.PlaceOrderRequest {
	return &orderv1.PlaceOrderRequest{
		RequestId: uuid.NewString(), CustomerId: "ann", Email: "ann@example.com", Name: "Ann",
		ShipTo:       &orderv1.Address{Street: "1 Main St", City: "Ghent", PostalCode: "9000", CountryCode: "BE"},
		Lines:        []*orderv1.PlaceOrderLine{{Sku: "TEAPOT", Quantity: 2}},
		PaymentToken: "tok_ok",
	}
}

func (s *shop) mustPlace(t *testing.T) string {
	t.Helper()
	placed, err := s.PlaceOrder(t.Context(), request())
	if err != nil {
		t.Fatal(err)
	}
	return placed.GetOrderId()
}

func (s *shop) show(t *testing.T) {
	t.Helper()
	for _, step := range s.server.Steps() {
		if step.Name() == "order.view" {
			if err := loop.Until(t.Context(), step); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestPlaceOrderIsPricedFromTheBook(t *testing.T) {
	t.Parallel()
	s := open(t)
	r := request()
	first, err := s.PlaceOrder(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(first.GetTotal(), eur(42)) || first.GetState() != orderv1.OrderState_ORDER_STATE_PLACED || first.GetVersion() != 1 {
		t.Errorf("PlaceOrder = %v; want 42 EUR, placed, version 1", first)
	}
	s.hear(t, &paymentv1.PaymentAuthorized{OrderId: first.GetOrderId(), Amount: eur(42)})
	again, err := s.PlaceOrder(t.Context(), r)
	if err != nil || !proto.Equal(first, again) {
		t.Errorf("PlaceOrder again = %v, %v; want %v", again, err, first)
	}
	r.Name = "Bob"
	_, err = s.PlaceOrder(t.Context(), r)
	checkRefused(t, err, codes.InvalidArgument, "REQUEST_ID_REUSED", "request_id")
}

// Old clients send random ids, and repeat what they asked of an older release.
func TestOrderIDFollowsFromTheRequest(t *testing.T) {
	t.Parallel()
	s := open(t)
	for id, want := range map[string]string{
		"3b241101-e2bb-4255-8caf-4136c566a962": "054cb7df-a8fb-5f38-bb2a-d2f4eac1c6f1", // as ever
		"0198f3ac-0102-7304-8506-0708090a0b0c": "0198f3ac-0102-8224-b2df-824c88be6c78", // of the request's time
	} {
		r := request()
		r.RequestId = id
		for range 2 {
			if got, err := s.PlaceOrder(t.Context(), r); err != nil || got.GetOrderId() != want {
				t.Errorf("PlaceOrder(%s) = %s, %v; want %s", id, got.GetOrderId(), err, want)
			}
		}
	}
	r, err := s.ListOrderEvents(t.Context(), &orderv1.ListOrderEventsRequest{OrderId: "0198f3ac-0102-8224-b2df-824c88be6c78"})
	if err != nil || len(r.GetEvents()) != 1 {
		t.Fatalf("ListOrderEvents = %v, %v; want one event", r, err)
	}
	for _, e := range r.GetEvents() {
		if !strings.HasPrefix(e.GetEventId(), "0198f3ac-0102-8") {
			t.Errorf("event %s is not of its order's time", e.GetEventId())
		}
	}
}

func TestPlaceOrderRefusesBadInput(t *testing.T) {
	t.Parallel()
	s := open(t)
	line := func(sku string, n int64) func(*orderv1.PlaceOrderRequest) {
		return func(r *orderv1.PlaceOrderRequest) {
			r.Lines = append(r.Lines, &orderv1.PlaceOrderLine{Sku: sku, Quantity: n})
		}
	}
	cases := []struct {
		name          string
		change        func(*orderv1.PlaceOrderRequest)
		reason, field string
	}{
		{"unknown_item", line("CUP", 1), "ITEM_UNKNOWN", "lines[1].sku"},
		{"mixed_currency", line("FAN", 1), "CURRENCY_MIXED", "lines[1].sku"},
		{"no_lines", func(r *orderv1.PlaceOrderRequest) { r.Lines = nil }, rpc.ReasonInvalid, "lines"},
		{"item_twice", line("TEAPOT", 1), rpc.ReasonInvalid, "lines"},
		{"nothing_of_it", line("CUP", 0), rpc.ReasonInvalid, "lines[1].quantity"},
		{"too_many", line("CUP", 1<<62), rpc.ReasonInvalid, "lines[1].quantity"},
		{"lower_case_sku", line("cup", 1), rpc.ReasonInvalid, "lines[1].sku"},
		{"no_request_id", func(r *orderv1.PlaceOrderRequest) { r.RequestId = "" }, rpc.ReasonInvalid, "request_id"},
		{"sql_in_request_id", func(r *orderv1.PlaceOrderRequest) { r.RequestId = "'; drop table events" }, rpc.ReasonInvalid, "request_id"},
		{"header_in_email", func(r *orderv1.PlaceOrderRequest) { r.Email = "a@b.c\r\nBcc: x@y.z" }, rpc.ReasonInvalid, "email"},
		{"two_addresses", func(r *orderv1.PlaceOrderRequest) { r.Email = "a@b.c, d@e.f" }, rpc.ReasonInvalid, "email"},
		{"line_break_in_name", func(r *orderv1.PlaceOrderRequest) { r.Name = "Ann\nBob" }, rpc.ReasonInvalid, "name"},
		{"bidi_override_in_city", func(r *orderv1.PlaceOrderRequest) { r.ShipTo.City = "Gh\u202eent" }, rpc.ReasonInvalid, "ship_to.city"},
		{"no_address", func(r *orderv1.PlaceOrderRequest) { r.ShipTo = nil }, rpc.ReasonInvalid, "ship_to"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := request()
			c.change(r)
			_, err := s.PlaceOrder(t.Context(), r)
			checkRefused(t, err, codes.InvalidArgument, c.reason, c.field)
		})
	}
}

func TestCancelOrder(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := s.mustPlace(t)
	cancel := &orderv1.CancelOrderRequest{OrderId: id, RequestId: uuid.NewString(), Reason: "changed my mind"}
	for range 2 { // asked twice is asked once
		got, err := s.CancelOrder(t.Context(), cancel)
		if err != nil || got.GetState() != orderv1.OrderState_ORDER_STATE_CANCELLING || got.GetVersion() != 2 {
			t.Fatalf("CancelOrder = %v, %v; want cancelling at version 2", got, err)
		}
	}
	_, err := s.CancelOrder(t.Context(), &orderv1.CancelOrderRequest{OrderId: id, RequestId: cancel.GetRequestId(), Reason: "another"})
	checkRefused(t, err, codes.InvalidArgument, "REQUEST_ID_REUSED", "request_id")
	_, err = s.CancelOrder(t.Context(), &orderv1.CancelOrderRequest{OrderId: uuid.NewString(), RequestId: uuid.NewString()})
	checkRefused(t, err, codes.NotFound, "ORDER_NOT_FOUND", "")

	gone := s.mustPlace(t)
	s.hear(t, &inventoryv1.StockReserved{OrderId: gone})
	s.hear(t, &inventoryv1.StockDispatched{OrderId: gone})
	_, err = s.CancelOrder(t.Context(), &orderv1.CancelOrderRequest{OrderId: gone, RequestId: uuid.NewString()})
	checkRefused(t, err, codes.FailedPrecondition, "GOODS_HAVE_LEFT", "")
}

func TestGetOrderAsItWas(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := s.mustPlace(t)
	s.hear(t, &inventoryv1.StockReserved{OrderId: id})
	now, err := s.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: id, MinVersion: 2})
	if err != nil || now.GetOrder().GetState() != orderv1.OrderState_ORDER_STATE_CONFIRMED {
		t.Fatalf("GetOrder = %v, %v; want confirmed", now, err)
	}
	was, err := s.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: id, AsOf: &orderv1.GetOrderRequest_AtVersion{AtVersion: 1}})
	if err != nil || was.GetOrder().GetState() != orderv1.OrderState_ORDER_STATE_PLACED {
		t.Fatalf("GetOrder at version 1 = %v, %v; want placed", was, err)
	}
	at := was.GetOrder().GetUpdateTime()
	then, err := s.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: id, AsOf: &orderv1.GetOrderRequest_AtTime{AtTime: at}})
	if err != nil || !proto.Equal(then, was) {
		t.Errorf("GetOrder at %s = %v, %v; want %v", at.AsTime(), then, err, was)
	}
	_, err = s.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: id, MinVersion: 3})
	checkRefused(t, err, codes.FailedPrecondition, "VERSION_NOT_REACHED", "")
	_, err = s.GetOrder(t.Context(), &orderv1.GetOrderRequest{OrderId: uuid.NewString()})
	checkRefused(t, err, codes.NotFound, "ORDER_NOT_FOUND", "")
}

func TestListOrdersAndStats(t *testing.T) {
	t.Parallel()
	s := open(t)
	var ids []string
	for range 5 {
		ids = append(ids, s.mustPlace(t))
	}
	s.hear(t, &inventoryv1.StockReserved{OrderId: ids[4]})
	s.show(t)
	var listed []string
	r := &orderv1.ListOrdersRequest{CustomerId: "ann", PageSize: 2}
	for {
		page, err := s.ListOrders(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.GetOrders() {
			listed = append(listed, o.GetOrderId())
		}
		if r.PageToken = page.GetNextPageToken(); r.PageToken == "" {
			break
		}
	}
	for i, id := range listed {
		if want := ids[len(ids)-1-i]; id != want {
			t.Errorf("order %d in the list is %s; want %s, the newest first", i, id, want)
		}
	}
	if len(listed) != 5 {
		t.Errorf("listed %d orders; want 5", len(listed))
	}
	_, err := s.ListOrders(t.Context(), &orderv1.ListOrdersRequest{CustomerId: "bob", PageToken: "forged"})
	checkRefused(t, err, codes.InvalidArgument, rpc.ReasonInvalid, "page_token")
	checkStats(t, s)
}

func checkStats(t *testing.T, s *shop) {
	t.Helper()
	got, err := s.GetOrderStats(t.Context(), &orderv1.GetOrderStatsRequest{})
	want := &orderv1.GetOrderStatsResponse{Stats: []*orderv1.OrderStateStats{
		{State: orderv1.OrderState_ORDER_STATE_PLACED, Count: 4, Value: eur(168)},
		{State: orderv1.OrderState_ORDER_STATE_CONFIRMED, Count: 1, Value: eur(42)},
	}}
	if err != nil || !proto.Equal(got, want) {
		t.Errorf("GetOrderStats = %v, %v; want %v", got, err, want)
	}
}

func TestProgressSaysWhatIsAwaited(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := s.mustPlace(t)
	check := func(fact, from string, held orderv1.MoneyState, stock bool) {
		t.Helper()
		p, err := s.GetOrderProgress(t.Context(), &orderv1.GetOrderProgressRequest{OrderId: id})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.GetAwaited()) != 1 || p.GetAwaited()[0].GetFact() != fact || p.GetAwaited()[0].GetFromService() != from {
			t.Errorf("awaited %v; want %s from %s", p.GetAwaited(), fact, from)
		}
		if p.GetMoney().GetHeldState() != held || p.GetStock().GetHeld() != stock {
			t.Errorf("money %v, stock %v; want %v, %v", p.GetMoney(), p.GetStock(), held, stock)
		}
	}
	check("payment.v1.PaymentAuthorized", "payment", orderv1.MoneyState_MONEY_STATE_NONE, false)
	s.hear(t, &paymentv1.PaymentAuthorized{OrderId: id, Amount: eur(42)})
	check("inventory.v1.StockReserved", "inventory", orderv1.MoneyState_MONEY_STATE_AUTHORIZED, false)
	s.hear(t, &inventoryv1.StockReserved{OrderId: id})
	check("shipping.v1.ShipmentBooked", "shipping", orderv1.MoneyState_MONEY_STATE_AUTHORIZED, true)
}

func TestWatchOrderEndsWithTheOrder(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := s.mustPlace(t)
	stream, err := s.WatchOrder(t.Context(), &orderv1.WatchOrderRequest{OrderId: id})
	if err != nil {
		t.Fatal(err)
	}
	first, err := stream.Recv()
	if err != nil || first.GetSnapshot().GetOrderId() != id {
		t.Fatalf("first update = %v, %v; want a snapshot", first, err)
	}
	s.hear(t, &paymentv1.PaymentDeclined{OrderId: id, Code: "card_declined"})
	var facts []string
	for {
		u, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		facts = append(facts, u.GetChange().GetEvent().GetType())
	}
	if len(facts) != 2 || facts[0] != "order.v1.ProgressNoted" || facts[1] != "order.v1.OrderCancelled" {
		t.Errorf("watched %v; want the note and the cancellation", facts)
	}
}

func TestListOrderEventsIsTheWholeRecord(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := s.mustPlace(t)
	s.hear(t, &inventoryv1.StockReserved{OrderId: id})
	page, err := s.ListOrderEvents(t.Context(), &orderv1.ListOrderEventsRequest{OrderId: id, PageSize: 1})
	if err != nil || len(page.GetEvents()) != 1 || page.GetNextPageToken() == "" {
		t.Fatalf("ListOrderEvents = %v, %v; want one event and a token", page, err)
	}
	e := page.GetEvents()[0]
	if e.GetType() != "order.v1.OrderPlaced" || !e.GetPublished() || e.GetActor() != "customer:ann" || e.GetCorrelationId() != id {
		t.Errorf("first event = %v; want OrderPlaced by customer:ann", e)
	}
	if got := e.GetBody().GetFields()["transactionId"].GetStringValue(); got == "" {
		t.Errorf("body = %v; want the fact as JSON", e.GetBody())
	}
	page, err = s.ListOrderEvents(t.Context(), &orderv1.ListOrderEventsRequest{OrderId: id, PageToken: page.GetNextPageToken()})
	if err != nil || len(page.GetEvents()) != 1 || page.GetEvents()[0].GetVersion() != 2 {
		t.Errorf("second page = %v, %v; want version 2 alone", page, err)
	}
}

// checkRefused checks a refusal's code, its reason, and, if named, the field that
// it is about.
func checkRefused(t *testing.T, err error, code codes.Code, reason, field string) {
	t.Helper()
	s := status.Convert(err)
	var info *errdetails.ErrorInfo
	fields := map[string]bool{}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			info = d
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				fields[v.GetField()] = true
			}
		}
	}
	if s.Code() != code || info.GetReason() != reason || field != "" && !fields[field] {
		t.Errorf("refused with %v, reason %q, fields %v; want %v, %s, %q", err, info.GetReason(), fields, code, reason, field)
	}
}
