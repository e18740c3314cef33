package shippingd

import (
	"testing"

	"google.golang.org/protobuf/proto"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/bus"
)

// preferred is who is asked first if all carriers are up, and down if none is.
func preferred(carriers []string) string { return carriers[0] }
func down([]string) string               { return "" }

// FuzzReact feeds anything to the hearing: it may refuse, and must not panic.
func FuzzReact(f *testing.F) {
	body, err := proto.Marshal(&orderv1.OrderConfirmed{OrderId: id, Order: &orderv1.OrderDetails{Lines: []*orderv1.OrderLine{{Sku: "TEAPOT"}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(byte(0), body)
	f.Add(byte(1), []byte{})
	f.Fuzz(func(t *testing.T, pick byte, body []byte) {
		kind := hears.Names()[int(pick)%len(hears)]
		reactions, err := hearer{[]string{"swift"}, preferred}.react(bus.Message{Type: kind, Body: body})
		if (err == nil) != (len(reactions) == 1) {
			t.Errorf("react(%s) = %v, %v; want one reaction or an error", kind, reactions, err)
		}
	})
}
