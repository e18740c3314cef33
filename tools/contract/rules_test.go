package contract_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
)

const uuid = "0b8a6a4e-52c7-4f55-9b3f-1de9a7a9e001"

// place returns a request that every rule lets through, changed by change.
func place(change func(*orderv1.PlaceOrderRequest)) *orderv1.PlaceOrderRequest {
	request := &orderv1.PlaceOrderRequest{
		RequestId:    uuid,
		CustomerId:   "alice",
		Email:        "alice@example.com",
		Name:         "Alice",
		ShipTo:       &orderv1.Address{Street: "High Street 1", City: "Bonn", PostalCode: "53111", CountryCode: "DE"},
		Lines:        []*orderv1.PlaceOrderLine{{Sku: "MUG-1", Quantity: 1}},
		PaymentToken: "tok_ok",
	}
	if change != nil {
		change(request)
	}
	return request
}

// lines returns n good lines.
func lines(n int) []*orderv1.PlaceOrderLine {
	made := make([]*orderv1.PlaceOrderLine, n)
	for i := range made {
		made[i] = &orderv1.PlaceOrderLine{Sku: fmt.Sprintf("MUG-%d", i), Quantity: 1}
	}
	return made
}

func TestGoodRequestsPass(t *testing.T) {
	t.Parallel()
	euro := &money.Money{CurrencyCode: "EUR", Units: 12, Nanos: 500_000_000}
	cases := map[string]proto.Message{
		"place":              place(nil),
		"name_of_200":        place(func(r *orderv1.PlaceOrderRequest) { r.Name = strings.Repeat("ß", 200) }),
		"name_with_emoji":    place(func(r *orderv1.PlaceOrderRequest) { r.Name = "Zoë 👩‍🚀" }),
		"name_right_to_left": place(func(r *orderv1.PlaceOrderRequest) { r.Name = "יעל" }),
		"name_like_code":     place(func(r *orderv1.PlaceOrderRequest) { r.Name = "{{.}} <script> %s%n" }),
		"largest_quantity":   place(func(r *orderv1.PlaceOrderRequest) { r.Lines[0].Quantity = 1_000_000 }),
		"most_lines":         place(func(r *orderv1.PlaceOrderRequest) { r.Lines = lines(100) }),
		"no_postal_code":     place(func(r *orderv1.PlaceOrderRequest) { r.ShipTo.PostalCode = "" }),
		"get_latest":         &orderv1.GetOrderRequest{OrderId: uuid},
		"list_all":           &orderv1.ListOrdersRequest{},
		"huge_page":          &orderv1.ListOrdersRequest{PageSize: 1_000_000_000},
		"cancel_wordless":    &orderv1.CancelOrderRequest{OrderId: uuid, RequestId: uuid},
		"refund_all":         &paymentv1.RefundPaymentRequest{OrderId: uuid, RequestId: uuid, Reason: "broken"},
		"refund_some":        &paymentv1.RefundPaymentRequest{OrderId: uuid, RequestId: uuid, Reason: "broken", Amount: euro},
		"add_item":           &inventoryv1.AddItemRequest{RequestId: uuid, Sku: "A", Name: "Mug", Price: euro},
		"watch_all":          &inventoryv1.WatchStockRequest{},
		"messages_of_all":    &notifyv1.ListMessagesRequest{},
		"tracking": &shippingv1.RecordTrackingRequest{
			OrderId: uuid, RequestId: uuid, Status: shippingv1.TrackingStatus_TRACKING_STATUS_LOST,
		},
	}
	for name, request := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := protovalidate.Validate(request); err != nil {
				t.Errorf("Validate(%v) = %v; want nil", request, err)
			}
		})
	}
}

// placing is one way to spoil a good order, and the field that must be named.
type placing struct {
	field string
	spoil func(*orderv1.PlaceOrderRequest)
}

// spoiled holds the rows on PlaceOrder: what gets in here goes everywhere.
var spoiled = map[string]placing{
	"no_request_id":       {"request_id", func(r *orderv1.PlaceOrderRequest) { r.RequestId = "" }},
	"request_id_capitals": {"request_id", func(r *orderv1.PlaceOrderRequest) { r.RequestId = strings.ToUpper(uuid) }},
	"request_id_newline":  {"request_id", func(r *orderv1.PlaceOrderRequest) { r.RequestId = uuid + "\n" }},
	"customer_path":       {"customer_id", func(r *orderv1.PlaceOrderRequest) { r.CustomerId = "../bob" }},
	"customer_nul":        {"customer_id", func(r *orderv1.PlaceOrderRequest) { r.CustomerId = "bob\x00" }},
	"customer_homoglyph":  {"customer_id", func(r *orderv1.PlaceOrderRequest) { r.CustomerId = "аlice" }},
	"no_email":            {"email", func(r *orderv1.PlaceOrderRequest) { r.Email = "" }},
	"email_header":        {"email", func(r *orderv1.PlaceOrderRequest) { r.Email = "a@example.com\r\nBcc: x@example.com" }},
	"email_two":           {"email", func(r *orderv1.PlaceOrderRequest) { r.Email = "a@example.com, b@example.com" }},
	"email_quoted":        {"email", func(r *orderv1.PlaceOrderRequest) { r.Email = `"a b"@example.com` }},
	"email_display_name":  {"email", func(r *orderv1.PlaceOrderRequest) { r.Email = "Al <a@example.com>" }},
	"email_idn":           {"email", func(r *orderv1.PlaceOrderRequest) { r.Email = "a@exämple.com" }},
	"email_long":          {"email", func(r *orderv1.PlaceOrderRequest) { r.Email = strings.Repeat("a", 243) + "@example.com" }},
	"no_name":             {"name", func(r *orderv1.PlaceOrderRequest) { r.Name = "" }},
	"name_long":           {"name", func(r *orderv1.PlaceOrderRequest) { r.Name = strings.Repeat("a", 201) }},
	"name_marks":          {"name", func(r *orderv1.PlaceOrderRequest) { r.Name = "a" + strings.Repeat("\u0301", 10_000) }},
	"name_newline":        {"name", func(r *orderv1.PlaceOrderRequest) { r.Name = "Al\nBcc: x" }},
	"name_nul":            {"name", func(r *orderv1.PlaceOrderRequest) { r.Name = "Al\x00" }},
	"name_escape":         {"name", func(r *orderv1.PlaceOrderRequest) { r.Name = "\x1b[31mAl" }},
	"name_c1":             {"name", func(r *orderv1.PlaceOrderRequest) { r.Name = "Al\u0085" }},
	"name_override":       {"name", func(r *orderv1.PlaceOrderRequest) { r.Name = "Al\u202ela" }},
	"name_isolate":        {"name", func(r *orderv1.PlaceOrderRequest) { r.Name = "Al\u2066la" }},
	"no_address":          {"ship_to", func(r *orderv1.PlaceOrderRequest) { r.ShipTo = nil }},
	"no_street":           {"ship_to.street", func(r *orderv1.PlaceOrderRequest) { r.ShipTo.Street = "" }},
	"extra_newline":       {"ship_to.extra", func(r *orderv1.PlaceOrderRequest) { r.ShipTo.Extra = "a\r\nb" }},
	"city_override":       {"ship_to.city", func(r *orderv1.PlaceOrderRequest) { r.ShipTo.City = "\u202e" }},
	"region_long":         {"ship_to.region", func(r *orderv1.PlaceOrderRequest) { r.ShipTo.Region = strings.Repeat("a", 201) }},
	"country_small":       {"ship_to.country_code", func(r *orderv1.PlaceOrderRequest) { r.ShipTo.CountryCode = "de" }},
	"no_lines":            {"lines", func(r *orderv1.PlaceOrderRequest) { r.Lines = nil }},
	"lines_101":           {"lines", func(r *orderv1.PlaceOrderRequest) { r.Lines = lines(101) }},
	"sku_twice":           {"lines", func(r *orderv1.PlaceOrderRequest) { r.Lines = append(r.Lines, r.Lines[0]) }},
	"sku_small":           {"lines[0].sku", func(r *orderv1.PlaceOrderRequest) { r.Lines[0].Sku = "mug" }},
	"quantity_zero":       {"lines[0].quantity", func(r *orderv1.PlaceOrderRequest) { r.Lines[0].Quantity = 0 }},
	"quantity_negative":   {"lines[0].quantity", func(r *orderv1.PlaceOrderRequest) { r.Lines[0].Quantity = -1 }},
	"quantity_31_bits":    {"lines[0].quantity", func(r *orderv1.PlaceOrderRequest) { r.Lines[0].Quantity = 1 << 31 }},
	"quantity_63_bits":    {"lines[0].quantity", func(r *orderv1.PlaceOrderRequest) { r.Lines[0].Quantity = 1<<63 - 1 }},
	"no_payment_token":    {"payment_token", func(r *orderv1.PlaceOrderRequest) { r.PaymentToken = "" }},
}

func TestBadOrdersAreRefused(t *testing.T) {
	t.Parallel()
	for name, row := range spoiled {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkRefused(t, place(row.spoil), row.field)
		})
	}
}

func TestBadRequestsAreRefused(t *testing.T) {
	t.Parallel()
	atVersion := &orderv1.GetOrderRequest_AtVersion{AtVersion: 0}
	atTime := &orderv1.GetOrderRequest_AtTime{AtTime: &timestamppb.Timestamp{Seconds: 1 << 60}}
	refund := func(amount *money.Money) *paymentv1.RefundPaymentRequest {
		return &paymentv1.RefundPaymentRequest{OrderId: uuid, RequestId: uuid, Reason: "broken", Amount: amount}
	}
	cases := map[string]struct {
		field   string
		request proto.Message
	}{
		"order_id_sql":       {"order_id", &orderv1.GetOrderRequest{OrderId: "' or 1=1 --"}},
		"min_version":        {"min_version", &orderv1.GetOrderRequest{OrderId: uuid, MinVersion: -1}},
		"version_zero":       {"at_version", &orderv1.GetOrderRequest{OrderId: uuid, AsOf: atVersion}},
		"time_without_end":   {"at_time", &orderv1.GetOrderRequest{OrderId: uuid, AsOf: atTime}},
		"page_size_negative": {"page_size", &orderv1.ListOrdersRequest{PageSize: -1}},
		"page_token_long":    {"page_token", &orderv1.ListOrdersRequest{PageToken: strings.Repeat("a", 1025)}},
		"state_unknown":      {"state", &orderv1.ListOrdersRequest{State: 99}},
		"reason_long": {"reason", &orderv1.CancelOrderRequest{
			OrderId: uuid, RequestId: uuid, Reason: strings.Repeat("a", 201),
		}},
		"refund_nothing":   {"amount", refund(&money.Money{CurrencyCode: "EUR"})},
		"refund_negative":  {"amount", refund(&money.Money{CurrencyCode: "EUR", Units: -1})},
		"refund_overflow":  {"amount", refund(&money.Money{CurrencyCode: "EUR", Units: 1<<63 - 1})},
		"refund_many_nano": {"amount", refund(&money.Money{CurrencyCode: "EUR", Nanos: 1_000_000_000})},
		"refund_currency":  {"amount", refund(&money.Money{CurrencyCode: "eur", Units: 1})},
		"price_missing":    {"price", &inventoryv1.AddItemRequest{RequestId: uuid, Sku: "A", Name: "Mug"}},
		"receive_nothing":  {"quantity", &inventoryv1.ReceiveStockRequest{RequestId: uuid, Sku: "A"}},
		"watch_twice":      {"skus", &inventoryv1.WatchStockRequest{Skus: []string{"A", "A"}}},
		"watch_small":      {"skus[0]", &inventoryv1.WatchStockRequest{Skus: []string{"a"}}},
		"tracking_unset":   {"status", &shippingv1.RecordTrackingRequest{OrderId: uuid, RequestId: uuid}},
		"message_id":       {"message_id", &notifyv1.GetMessageRequest{MessageId: "1"}},
	}
	for name, row := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkRefused(t, row.request, row.field)
		})
	}
}

// checkRefused demands that the request is refused, and for this field alone.
func checkRefused(t *testing.T, request proto.Message, field string) {
	t.Helper()
	err := protovalidate.Validate(request)
	var refusal *protovalidate.ValidationError
	if !errors.As(err, &refusal) {
		t.Fatalf("Validate(%v) = %v; want a refusal of %s", request, err, field)
	}
	for _, violation := range refusal.Violations {
		if got := protovalidate.FieldPathString(violation.Proto.GetField()); got != field {
			t.Errorf("Validate refuses %s (%v); want %s", got, err, field)
		}
	}
}
