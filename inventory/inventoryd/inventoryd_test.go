package inventoryd

import (
	"context"
	"fmt"
	"net"
	"sync"
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
	"orpheus.example/inventory"
	"orpheus.example/kit/bus"
	"orpheus.example/kit/deadletter"
	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/inbox"
	"orpheus.example/kit/loop"
	"orpheus.example/kit/pglog"
	"orpheus.example/kit/rpc"
	"orpheus.example/kit/servers/servertest"
	"orpheus.example/kit/wire"
)

// warehouse is the inventory service over a real store, called over gRPC. What
// others say is put into its inbox by hand; the way over the broker is tried in
// kit and in e2e.
type warehouse struct {
	inventoryv1.InventoryServiceClient
	server *Server
	store  eventlog.Store
	heed   deadletter.Handler
}

// open returns a service on a database of its own, with a teapot and a cup
// listed and without stock.
func open(t *testing.T) *warehouse {
	t.Helper()
	w := openOn(t, servertest.Database(t))
	w.mustAdd(t, "TEAPOT", eur(21))
	w.mustAdd(t, "CUP", eur(4))
	return w
}

// openOn returns one replica of the service on a database.
func openOn(t *testing.T, url string) *warehouse {
	t.Helper()
	store, err := pglog.Open(t.Context(), pglog.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	server, err := New(t.Context(), Config{Store: store, Bus: deaf{}, Holder: uuid.NewString(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	w := &warehouse{InventoryServiceClient: inventoryv1.NewInventoryServiceClient(dial(t, server)), server: server, store: store}
	w.heed = inbox.Heed(Name, server.methods.host, react)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go loop.Runner{Step: server.methods.hub}.Run(ctx) // returns nil when ctx is done
	return w
}

// deaf is a bus that never brings anything; nothing is published in these tests.
type deaf struct{ bus.Bus }

func (deaf) Subscribe(context.Context, bus.Subscription) (bus.Queue, error) { return nil, nil }

func dial(t *testing.T, server *Server) *grpc.ClientConn {
	t.Helper()
	g := rpc.NewServer(rpc.Config{Name: Name, Table: server.Table()})
	server.Register(g)
	l := bufconn.Listen(1 << 20)
	go g.Serve(l) // ends with the test
	conn, err := grpc.NewClient("passthrough:inventoryd",
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

func eur(units int64) *moneypb.Money { return &moneypb.Money{CurrencyCode: "EUR", Units: units} }

func (w *warehouse) mustAdd(t *testing.T, sku string, price *moneypb.Money) {
	t.Helper()
	_, err := w.AddItem(t.Context(), &inventoryv1.AddItemRequest{RequestId: uuid.NewString(), Sku: sku, Name: "A " + sku, Price: price})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *warehouse) mustReceive(t *testing.T, sku string, quantity int64) {
	t.Helper()
	_, err := w.ReceiveStock(t.Context(), &inventoryv1.ReceiveStockRequest{RequestId: uuid.NewString(), Sku: sku, Quantity: quantity})
	if err != nil {
		t.Fatal(err)
	}
}

func message(t *testing.T, order string, fact proto.Message) bus.Message {
	t.Helper()
	body, err := proto.Marshal(fact)
	if err != nil {
		t.Fatal(err)
	}
	return bus.Message{ID: uuid.New(), Type: wire.Kind(fact), Source: bus.Owner(wire.Kind(fact)), Body: body, Time: time.Now(), Correlation: order}
}

func (w *warehouse) hear(t *testing.T, order string, fact proto.Message) {
	t.Helper()
	if err := w.heed(t.Context(), message(t, order, fact), nil); err != nil {
		t.Fatalf("hear %s: %v", wire.Kind(fact), err)
	}
}

// authorized is the fact that reserves: quantity of each SKU.
func authorized(order string, quantity int64, skus ...string) *paymentv1.PaymentAuthorized {
	fact := &paymentv1.PaymentAuthorized{OrderId: order, Amount: eur(1)}
	for _, sku := range skus {
		fact.Lines = append(fact.Lines, &paymentv1.PaymentLine{Sku: sku, Quantity: quantity})
	}
	return fact
}

// checkStock checks how many pieces of an item there are.
func (w *warehouse) checkStock(t *testing.T, sku string, onHand, reserved int64) {
	t.Helper()
	got, err := w.GetItem(t.Context(), &inventoryv1.GetItemRequest{Sku: sku})
	if err != nil {
		t.Fatal(err)
	}
	i := got.GetItem()
	if i.GetOnHand() != onHand || i.GetReserved() != reserved || i.GetAvailable() != onHand-reserved {
		t.Errorf("%s = %v; want %d on hand, %d reserved", sku, i, onHand, reserved)
	}
}

// checkSaid checks which kinds of facts a stream holds.
func (w *warehouse) checkSaid(t *testing.T, stream string, want ...string) []eventlog.Record {
	t.Helper()
	records, err := w.store.ReadStream(t.Context(), stream, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, r.Type[len("inventory.v1."):])
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s holds %v; want %v", stream, got, want)
	}
	return records
}

func (w *warehouse) show(t *testing.T) {
	t.Helper()
	for _, step := range w.server.Steps() {
		if step.Name() == "inventory.view" {
			if err := loop.Until(t.Context(), step); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAddItemOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := &inventoryv1.AddItemRequest{RequestId: uuid.NewString(), Sku: "SPOON", Name: "A spoon", Price: eur(1)}
	first, err := w.AddItem(t.Context(), r)
	if err != nil || first.GetItem().GetVersion() != 1 || first.GetItem().GetUpdateTime() == nil || !proto.Equal(first.GetItem().GetPrice(), eur(1)) {
		t.Fatalf("AddItem = %v, %v; want the item at version 1", first, err)
	}
	if _, err := w.SetPrice(t.Context(), &inventoryv1.SetPriceRequest{RequestId: uuid.NewString(), Sku: "SPOON", Price: eur(2)}); err != nil {
		t.Fatal(err)
	}
	again, err := w.AddItem(t.Context(), r) // though its price is another one by now
	if err != nil || again.GetItem().GetVersion() != 2 {
		t.Errorf("AddItem again = %v, %v; want the item as it is now", again, err)
	}
	other := &inventoryv1.AddItemRequest{RequestId: uuid.NewString(), Sku: "SPOON", Name: "A fork", Price: eur(2)}
	_, err = w.AddItem(t.Context(), other)
	checkRefused(t, err, codes.AlreadyExists, "ITEM_EXISTS", "")
}

// A repeat that comes after another change must not undo it.
func TestSetPriceComesLate(t *testing.T) {
	t.Parallel()
	w := open(t)
	first := &inventoryv1.SetPriceRequest{RequestId: uuid.NewString(), Sku: "CUP", Price: eur(5)}
	second := &inventoryv1.SetPriceRequest{RequestId: uuid.NewString(), Sku: "CUP", Price: eur(6)}
	for _, r := range []*inventoryv1.SetPriceRequest{first, second, first} {
		if _, err := w.SetPrice(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.GetItem(t.Context(), &inventoryv1.GetItemRequest{Sku: "CUP"})
	if err != nil || !proto.Equal(got.GetItem().GetPrice(), eur(6)) {
		t.Errorf("GetItem = %v, %v; want a price of 6 EUR", got, err)
	}
	yen := &moneypb.Money{CurrencyCode: "JPY", Units: 5}
	_, err = w.SetPrice(t.Context(), &inventoryv1.SetPriceRequest{RequestId: uuid.NewString(), Sku: "CUP", Price: yen})
	checkRefused(t, err, codes.FailedPrecondition, "CURRENCY_DIFFERS", "")
}

func TestReceiveStockOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	early := &inventoryv1.ReceiveStockRequest{RequestId: uuid.NewString(), Sku: "CUP", Quantity: 3}
	for _, r := range []*inventoryv1.ReceiveStockRequest{
		early, early, {RequestId: uuid.NewString(), Sku: "CUP", Quantity: 4}, early,
	} {
		if _, err := w.ReceiveStock(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	w.checkStock(t, "CUP", 7, 0)
	_, err := w.ReceiveStock(t.Context(), &inventoryv1.ReceiveStockRequest{RequestId: early.GetRequestId(), Sku: "CUP", Quantity: 9})
	checkRefused(t, err, codes.InvalidArgument, "REQUEST_ID_REUSED", "request_id")
	_, err = w.ReceiveStock(t.Context(), &inventoryv1.ReceiveStockRequest{RequestId: uuid.NewString(), Sku: "FORK", Quantity: 1})
	checkRefused(t, err, codes.NotFound, "ITEM_NOT_FOUND", "")
}

func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	w := open(t)
	add := func(change func(*inventoryv1.AddItemRequest)) error {
		r := &inventoryv1.AddItemRequest{RequestId: uuid.NewString(), Sku: "SPOON", Name: "A spoon", Price: eur(1)}
		change(r)
		_, err := w.AddItem(t.Context(), r)
		return err
	}
	price := func(p *moneypb.Money) error { return add(func(r *inventoryv1.AddItemRequest) { r.Price = p }) }
	receive := func(n int64) error {
		_, err := w.ReceiveStock(t.Context(), &inventoryv1.ReceiveStockRequest{RequestId: uuid.NewString(), Sku: "CUP", Quantity: n})
		return err
	}
	for _, c := range []struct {
		name  string
		err   error
		field string
	}{
		{"no_request_id", add(func(r *inventoryv1.AddItemRequest) { r.RequestId = "" }), "request_id"},
		{"upper_case_request_id", add(func(r *inventoryv1.AddItemRequest) { r.RequestId = "AAAAAAAA-0000-0000-0000-000000000000" }), "request_id"},
		{"lower_case_sku", add(func(r *inventoryv1.AddItemRequest) { r.Sku = "spoon" }), "sku"},
		{"sql_in_sku", add(func(r *inventoryv1.AddItemRequest) { r.Sku = "X'; DROP TABLE EVENTS" }), "sku"},
		{"path_in_sku", add(func(r *inventoryv1.AddItemRequest) { r.Sku = "../X" }), "sku"},
		{"line_break_in_name", add(func(r *inventoryv1.AddItemRequest) { r.Name = "A\r\nspoon" }), "name"},
		{"bidi_override_in_name", add(func(r *inventoryv1.AddItemRequest) { r.Name = "A \u202espoon" }), "name"},
		{"no_name", add(func(r *inventoryv1.AddItemRequest) { r.Name = "" }), "name"},
		{"no_price", price(nil), "price"},
		{"for_nothing", price(eur(0)), "price"},
		{"for_less_than_nothing", price(eur(-1)), "price"},
		{"half_a_cent", price(&moneypb.Money{CurrencyCode: "EUR", Nanos: 5_000_000}), "price"},
		{"half_a_yen", price(&moneypb.Money{CurrencyCode: "JPY", Nanos: 500_000_000}), "price"},
		{"unknown_currency", price(&moneypb.Money{CurrencyCode: "ABC", Units: 1}), "price"},
		{"nothing_received", receive(0), "quantity"},
		{"less_than_nothing_received", receive(-1), "quantity"},
		{"too_much_received", receive(1 << 62), "quantity"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkRefused(t, c.err, codes.InvalidArgument, rpc.ReasonInvalid, c.field)
		})
	}
	_, err := w.GetItem(t.Context(), &inventoryv1.GetItemRequest{Sku: "FORK"})
	checkRefused(t, err, codes.NotFound, "ITEM_NOT_FOUND", "")
}

func TestGoodsLeaveOnceTheyArePaid(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.mustReceive(t, "TEAPOT", 5)
	w.mustReceive(t, "CUP", 9)
	order := uuid.NewString()
	w.hear(t, order, authorized(order, 2, "TEAPOT", "CUP"))
	w.checkStock(t, "TEAPOT", 5, 2)
	w.checkStock(t, "CUP", 9, 2)
	w.hear(t, order, &paymentv1.PaymentCaptured{OrderId: order})
	w.checkStock(t, "TEAPOT", 3, 0)
	w.checkStock(t, "CUP", 7, 0)
	w.hear(t, order, &orderv1.OrderCancellationRequested{OrderId: order})
	w.checkSaid(t, inventory.Stream(order), "StockReserved", "StockDispatched", "StockReleaseRefused")

	records := w.checkSaid(t, inventory.ItemStream("TEAPOT"),
		"ItemListed", "StockReceived", "StockLevelChanged", "StockLevelChanged", "StockLevelChanged")
	for _, r := range records {
		e, err := codec.Decode(r)
		if err != nil {
			t.Fatal(err)
		}
		if l, ok := e.(inventory.LevelChanged); ok && l.Version != r.Version {
			t.Errorf("level at version %d of the item says it is %d", r.Version, l.Version)
		}
	}
	if got := records[4].Correlation; got != order {
		t.Errorf("the item's last event belongs to %s; want the order %s", got, order)
	}
}

func TestCancellationReleases(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.mustReceive(t, "TEAPOT", 5)
	order := uuid.NewString()
	w.hear(t, order, authorized(order, 2, "TEAPOT"))
	request := message(t, order, &orderv1.OrderCancellationRequested{OrderId: order})
	for range 3 { // delivered again and again
		if err := w.heed(t.Context(), request, nil); err != nil {
			t.Fatal(err)
		}
	}
	w.hear(t, order, &orderv1.OrderCancelled{OrderId: order})
	w.hear(t, order, &paymentv1.PaymentCaptured{OrderId: order})
	w.checkStock(t, "TEAPOT", 5, 0)
	w.checkSaid(t, inventory.Stream(order), "StockReserved", "StockReleased")

	early := uuid.NewString()
	w.hear(t, early, &orderv1.OrderCancelled{OrderId: early})
	w.hear(t, early, authorized(early, 2, "TEAPOT"))
	w.checkStock(t, "TEAPOT", 5, 0)
	w.checkSaid(t, inventory.Stream(early), "ReservationClosed")
}

// What contradicts the chain of facts, or cannot be read, is set aside for people.
func TestWhatCannotBeIsSetAside(t *testing.T) {
	t.Parallel()
	w := open(t)
	order := uuid.NewString()
	for name, fact := range map[string]proto.Message{
		"captured_before_anything": &paymentv1.PaymentCaptured{OrderId: order},
		"no_lines":                 authorized(order, 1),
		"an_item_twice":            authorized(order, 1, "CUP", "CUP"),
		"nothing_of_it":            authorized(order, 0, "CUP"),
	} {
		err := w.heed(t.Context(), message(t, order, fact), nil)
		if why := deadletter.Judge(err, 1); why != deadletter.Refused && why != deadletter.Unreadable {
			t.Errorf("%s: heed = %v; want it set aside", name, err)
		}
	}
	garbage := bus.Message{ID: uuid.New(), Type: "payment.v1.PaymentAuthorized", Source: "payment", Body: []byte{0xff}}
	if err := w.heed(t.Context(), garbage, nil); deadletter.Judge(err, 1) != deadletter.Unreadable {
		t.Errorf("garbage: heed = %v; want it never to be heard", err)
	}
}

// TestLastPieces lets orders race for less than they want together, at two
// replicas of the service.
func TestLastPieces(t *testing.T) {
	t.Parallel()
	const racing, pieces = 40, 7
	url := servertest.Database(t)
	replicas := []*warehouse{openOn(t, url), openOn(t, url)}
	replicas[0].mustAdd(t, "TEAPOT", eur(21))
	replicas[0].mustAdd(t, "CUP", eur(4))
	replicas[0].mustReceive(t, "TEAPOT", pieces)
	replicas[1].mustReceive(t, "CUP", 1000)
	var race sync.WaitGroup
	orders := make([]string, racing)
	for i := range orders {
		orders[i] = uuid.NewString()
		lines := []string{"TEAPOT", "CUP"}
		if i%2 == 1 {
			lines[0], lines[1] = lines[1], lines[0]
		}
		m := message(t, orders[i], authorized(orders[i], 1, lines...))
		race.Go(func() {
			if err := replicas[i%2].heed(t.Context(), m, nil); err != nil {
				t.Errorf("hear of order %d: %v", i, err)
			}
		})
	}
	race.Wait()
	reserved := 0
	for _, order := range orders {
		state, _, err := replicas[0].server.methods.host.Load(t.Context(), inventory.Stream(order))
		if err != nil {
			t.Fatal(err)
		}
		if state.Phase == inventory.Reserved {
			reserved++
		}
	}
	if reserved != pieces {
		t.Errorf("%d of %d orders have a teapot; want %d", reserved, racing, pieces)
	}
	replicas[1].checkStock(t, "TEAPOT", pieces, pieces)
	replicas[1].checkStock(t, "CUP", 1000, pieces)
}

func TestListItems(t *testing.T) {
	t.Parallel()
	w := open(t)
	for i := range 5 {
		w.mustAdd(t, fmt.Sprintf("X%d", i), eur(1))
	}
	w.mustReceive(t, "CUP", 9)
	order := uuid.NewString()
	w.hear(t, order, authorized(order, 2, "CUP"))
	w.show(t)
	var listed []*inventoryv1.Item
	r := &inventoryv1.ListItemsRequest{PageSize: 3}
	for {
		page, err := w.ListItems(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, page.GetItems()...)
		if r.PageToken = page.GetNextPageToken(); r.PageToken == "" {
			break
		}
	}
	if len(listed) != 7 || listed[0].GetSku() != "CUP" || listed[6].GetSku() != "X4" {
		t.Errorf("listed %v; want seven items by sku", listed)
	}
	cup, err := w.GetItem(t.Context(), &inventoryv1.GetItemRequest{Sku: "CUP"})
	if err != nil || !proto.Equal(cup.GetItem(), listed[0]) {
		t.Errorf("listed %v; want it as it is, %v, %v", listed[0], cup, err)
	}
	_, err = w.ListItems(t.Context(), &inventoryv1.ListItemsRequest{PageToken: "forged"})
	checkRefused(t, err, codes.InvalidArgument, rpc.ReasonInvalid, "page_token")
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

// TestStockOfAnotherReplicaCounts: what one replica remembers of an item must not
// stand against what another has received since.
func TestStockOfAnotherReplicaCounts(t *testing.T) {
	t.Parallel()
	url := servertest.Database(t)
	here, there := openOn(t, url), openOn(t, url)
	here.mustAdd(t, "TEAPOT", eur(21)) // and remembers that there are none
	there.mustReceive(t, "TEAPOT", 5)
	order := uuid.NewString()
	here.hear(t, order, authorized(order, 2, "TEAPOT"))
	here.checkStock(t, "TEAPOT", 5, 2)
}
