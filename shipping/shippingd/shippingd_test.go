package shippingd_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
	"orpheus.example/kit/agenda"
	"orpheus.example/kit/breaker"
	"orpheus.example/kit/rpc"
	"orpheus.example/sandbox/carrier"
	"orpheus.example/sandbox/faults"
)

const (
	booking    = shippingv1.ShipmentState_SHIPMENT_STATE_BOOKING
	booked     = shippingv1.ShipmentState_SHIPMENT_STATE_BOOKED
	handedOver = shippingv1.ShipmentState_SHIPMENT_STATE_HANDED_OVER
	refused    = shippingv1.ShipmentState_SHIPMENT_STATE_REFUSED
	shipped    = shippingv1.ShipmentState_SHIPMENT_STATE_SHIPPED
	delivered  = shippingv1.ShipmentState_SHIPMENT_STATE_DELIVERED
	cancelled  = shippingv1.ShipmentState_SHIPMENT_STATE_CANCELLED

	said = shippingv1.TrackingStatus_TRACKING_STATUS_SHIPPED
	lost = shippingv1.TrackingStatus_TRACKING_STATUS_LOST
	here = shippingv1.TrackingStatus_TRACKING_STATUS_DELIVERED
)

// sent returns the id of an order whose goods have left the warehouse.
func (s *stage) sent(t *testing.T, street string) string {
	t.Helper()
	id := s.confirm(t, street)
	s.do(t, 0)
	s.hear(t, &inventoryv1.StockDispatched{OrderId: id})
	return id
}

func TestAParcelIsBookedAndDelivered(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	id := s.confirm(t, "1 Main St")
	s.checkState(t, id, booking)
	s.do(t, 0)
	got := s.mustGet(t, id)
	if got.GetState() != booked || got.GetCarrier() != "swift" || got.GetTrackingNumber() == "" || got.GetShipmentId() != id {
		t.Errorf("shipment = %v; want booked with swift", got)
	}
	s.checkLedger(t, "swift", id, carrier.Book)
	s.hear(t, &inventoryv1.StockDispatched{OrderId: id})
	s.do(t, carrier.TransitAfter)
	s.checkState(t, id, handedOver)
	s.do(t, carrier.DeliveredAfter)
	s.checkState(t, id, shipped)
	s.do(t, 0)
	s.checkState(t, id, delivered)
	s.checkLedger(t, "swift", id, carrier.Book, carrier.Handover)
}

// A carrier that is asked after the parcel has arrived says only that.
func TestWhatWasSkippedIsSaid(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	id := s.sent(t, "1 Main St")
	s.do(t, time.Hour)
	s.do(t, 0)
	if got := s.mustGet(t, id); got.GetState() != delivered || got.GetVersion() != 6 {
		t.Errorf("shipment = %v; want delivered at version 6: opened, booked, handed over, accepted, shipped, delivered", got)
	}
}

func TestTheNextCarrierIsAskedWhenOneRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	id := s.confirm(t, "1 REFUSE SWIFT St")
	s.do(t, 0)
	got := s.mustGet(t, id)
	if got.GetState() != booked || got.GetCarrier() != "steady" || len(got.GetRefusals()) != 1 || got.GetRefusals()[0].GetCode() != "address_refused" {
		t.Errorf("shipment = %v; want booked with steady, refused by swift", got)
	}
	nobody := s.confirm(t, "1 REFUSE St")
	s.do(t, 0)
	if got := s.mustGet(t, nobody); got.GetState() != refused || len(got.GetRefusals()) != 2 || got.GetCarrier() != "" {
		t.Errorf("shipment = %v; want refused by both", got)
	}
	s.checkLedger(t, "swift", nobody, carrier.Refuse)
	s.checkLedger(t, "steady", nobody, carrier.Refuse)
}

// The carrier acts and its answer is lost; it then fails twice, at every call.
// Each call is made again, and does its work once, with one carrier.
func TestAnUnclearAnswerIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, street := range map[string]string{"lost_answers": "1 TIMEOUT AFTER St", "failures": "1 FLAKY St"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, 1)
			id, off := s.confirm(t, street), s.confirm(t, street)
			s.do(t, time.Minute)
			s.checkState(t, id, booking)
			s.again(t)
			s.checkState(t, id, booked)
			s.hear(t, &orderv1.OrderCancelled{OrderId: off})
			s.hear(t, &inventoryv1.StockDispatched{OrderId: id})
			s.again(t)
			s.checkState(t, off, cancelled)
			s.checkLedger(t, "swift", off, carrier.Book, carrier.Cancel)
			s.checkState(t, id, delivered)
			s.checkLedger(t, "swift", id, carrier.Book, carrier.Handover)
			s.checkLedger(t, "steady", id)
		})
	}
}

// again makes the calls that are owed, as often as the worst street needs.
func (s *stage) again(t *testing.T) {
	t.Helper()
	for range 4 {
		s.do(t, time.Minute)
	}
}

// fail has calls that are owed fail until their breaker opens, which takes less
// time than it stays open.
func (s *stage) fail(t *testing.T) {
	t.Helper()
	for try := 1; try < breaker.DefaultFailures; try++ {
		s.do(t, agenda.FirstPause+agenda.FirstPause<<try) // longer than any pause after so many tries
	}
	s.do(t, 0)
}

// Once a carrier is asked, the shipment stays with it until its answer is known.
// Others go to the next carrier when the first is believed to be down.
func TestACarrierIsDown(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	if err := s.world.Faults.Set(map[string]faults.Mode{"swift": {Kind: faults.Down}}); err != nil {
		t.Fatal(err)
	}
	first := s.confirm(t, "1 Main St")
	s.fail(t)
	next := s.confirm(t, "2 Main St")
	s.do(t, time.Minute)
	if got := s.mustGet(t, first); got.GetState() != booking || got.GetCarrier() != "swift" {
		t.Errorf("first shipment = %v; want one that waits for swift", got)
	}
	if got := s.mustGet(t, next); got.GetState() != booked || got.GetCarrier() != "steady" {
		t.Errorf("next shipment = %v; want booked with steady", got)
	}
	s.checkLedger(t, "steady", first)
}

// If all carriers are believed to be down nothing is chosen, and a cancellation
// closes the shipment at once.
func TestAllCarriersAreDown(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	down := map[string]faults.Mode{"swift": {Kind: faults.Down}, "steady": {Kind: faults.Down}}
	if err := s.world.Faults.Set(down); err != nil {
		t.Fatal(err)
	}
	s.confirm(t, "1 Main St") // waits for swift, whose breaker it opens
	s.fail(t)
	s.confirm(t, "1 Main St") // the same with steady
	s.fail(t)
	id := s.confirm(t, "2 Main St")
	s.do(t, 0)
	if got := s.mustGet(t, id); got.GetState() != booking || got.GetCarrier() != "" {
		t.Errorf("shipment = %v; want booking, with no carrier", got)
	}
	s.hear(t, &orderv1.OrderCancelled{OrderId: id})
	s.checkState(t, id, cancelled)
}

func TestACancelledOrderHasNoLabel(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	cancel := func(id string) { s.hear(t, &orderv1.OrderCancelled{OrderId: id}) }

	early := uuid.NewString()
	cancel(early)
	s.hear(t, &orderv1.OrderConfirmed{OrderId: early, Order: &orderv1.OrderDetails{Name: "Ann"}})
	soon := s.confirm(t, "1 Main St")
	cancel(soon) // the carrier may have been asked: only asking again tells
	unclear := s.confirm(t, "1 TIMEOUT AFTER St")
	ready := s.confirm(t, "1 Main St")
	no := s.confirm(t, "1 REFUSE St")
	s.do(t, time.Minute)
	for _, id := range []string{unclear, ready, no} {
		cancel(id)
	}
	s.again(t)

	for _, id := range []string{early, soon, unclear, ready} {
		s.checkState(t, id, cancelled)
	}
	s.checkState(t, no, refused)
	s.checkLedger(t, "swift", early)
	s.checkLedger(t, "swift", soon, carrier.Book, carrier.Cancel)
	s.checkLedger(t, "swift", unclear, carrier.Book, carrier.Cancel)
	s.checkLedger(t, "swift", ready, carrier.Book, carrier.Cancel)
	if got := s.mustGet(t, early); got.GetShipmentId() != "" || got.GetOrderId() != early {
		t.Errorf("shipment = %v; want a tombstone without an id", got)
	}
}

// Two replicas share the calls; no label is made twice, whoever makes it.
func TestReplicasShareTheCalls(t *testing.T) {
	t.Parallel()
	s := open(t, 2)
	var ids []string
	for i := range 20 {
		street := "1 Main St"
		if i%5 == 0 { // not so many that the breaker opens
			street = "1 TIMEOUT AFTER St"
		}
		ids = append(ids, s.confirm(t, street))
	}
	s.again(t)
	for _, id := range ids {
		s.checkState(t, id, booked)
		s.checkLedger(t, "swift", id, carrier.Book)
		s.checkLedger(t, "steady", id)
	}
}

// A lost parcel is shown as lost, is asked for now and then, and may still be
// delivered by somebody who has found it.
func TestALostParcel(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	id := s.sent(t, "1 LOST St")
	s.do(t, carrier.TransitAfter)
	s.do(t, carrier.DeliveredAfter)
	s.do(t, time.Minute)
	if got := s.mustGet(t, id); got.GetState() != shipped || !got.GetLost() {
		t.Errorf("shipment = %v; want shipped, and lost", got)
	}
	s.do(t, 0)
	got, err := s.RecordTracking(t.Context(), &shippingv1.RecordTrackingRequest{OrderId: id, RequestId: uuid.NewString(), Status: here})
	if err != nil || got.GetShipment().GetState() != delivered {
		t.Errorf("RecordTracking(delivered) = %v, %v; want delivered", got, err)
	}
}

func TestRecordTracking(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	id := s.sent(t, "1 Main St")
	record := func(status shippingv1.TrackingStatus) *shippingv1.Shipment {
		t.Helper()
		r := &shippingv1.RecordTrackingRequest{OrderId: id, RequestId: uuid.NewString(), Status: status, Note: "seen"}
		var got *shippingv1.RecordTrackingResponse
		for range 2 { // asked twice is asked once
			var err error
			if got, err = s.RecordTracking(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		return got.GetShipment()
	}
	if got := record(said); got.GetState() != shipped || got.GetVersion() != 4 {
		t.Errorf("shipment = %v; want shipped at version 4", got)
	}
	if got := record(here); got.GetState() != delivered || got.GetVersion() != 5 {
		t.Errorf("shipment = %v; want delivered at version 5", got)
	}
	if got := record(said); got.GetState() != delivered || got.GetVersion() != 5 {
		t.Errorf("shipment = %v; want no change", got)
	}
}

func TestRecordTrackingRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	gone, ready := s.sent(t, "1 Main St"), s.confirm(t, "1 Main St")
	used := uuid.NewString()
	if _, err := s.RecordTracking(t.Context(), &shippingv1.RecordTrackingRequest{OrderId: gone, RequestId: used, Status: here}); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name          string
		request       *shippingv1.RecordTrackingRequest
		code          codes.Code
		reason, field string
	}{
		{"before_the_goods_have_left", &shippingv1.RecordTrackingRequest{OrderId: ready, Status: said}, codes.FailedPrecondition, "NOT_HANDED_OVER", "order_id"},
		{"a_delivered_parcel_is_lost", &shippingv1.RecordTrackingRequest{OrderId: gone, Status: lost}, codes.FailedPrecondition, "DELIVERED", "order_id"},
		{"unknown_order", &shippingv1.RecordTrackingRequest{OrderId: uuid.NewString(), Status: said}, codes.NotFound, "SHIPMENT_NOT_FOUND", ""},
		{"same_request_other_status", &shippingv1.RecordTrackingRequest{OrderId: gone, RequestId: used, Status: said}, codes.InvalidArgument, "REQUEST_ID_REUSED", "request_id"},
		{"no_status", &shippingv1.RecordTrackingRequest{OrderId: gone}, codes.InvalidArgument, rpc.ReasonInvalid, "status"},
		{"status_nobody_knows", &shippingv1.RecordTrackingRequest{OrderId: gone, Status: 99}, codes.InvalidArgument, rpc.ReasonInvalid, "status"},
		{"line_break_in_note", &shippingv1.RecordTrackingRequest{OrderId: gone, Status: lost, Note: "a\nb"}, codes.InvalidArgument, rpc.ReasonInvalid, "note"},
		{"no_uuid", &shippingv1.RecordTrackingRequest{OrderId: "../etc", Status: lost}, codes.InvalidArgument, rpc.ReasonInvalid, "order_id"},
		{"request_id_in_capitals", &shippingv1.RecordTrackingRequest{OrderId: gone, RequestId: "2B0B5E9E-6F0E-5E0A-9D0C-0D3F6A5B7C11", Status: said}, codes.InvalidArgument, rpc.ReasonInvalid, "request_id"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.request.GetRequestId() == "" {
				c.request.RequestId = uuid.NewString()
			}
			_, err := s.RecordTracking(t.Context(), c.request)
			checkRefused(t, err, c.code, c.reason, c.field)
		})
	}
}

func TestGetShipmentRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	_, err := s.GetShipment(t.Context(), &shippingv1.GetShipmentRequest{OrderId: uuid.NewString()})
	checkRefused(t, err, codes.NotFound, "SHIPMENT_NOT_FOUND", "")
	_, err = s.GetShipment(t.Context(), &shippingv1.GetShipmentRequest{OrderId: "1; drop table events"})
	checkRefused(t, err, codes.InvalidArgument, rpc.ReasonInvalid, "order_id")
}

func TestListShipments(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	oldest := s.confirm(t, "1 REFUSE SWIFT St")
	s.do(t, time.Minute)
	for range 4 {
		s.confirm(t, "1 Main St")
	}
	s.show(t)
	var listed []*shippingv1.Shipment
	r := &shippingv1.ListShipmentsRequest{PageSize: 2}
	for {
		page, err := s.ListShipments(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, page.GetShipments()...)
		if r.PageToken = page.GetNextPageToken(); r.PageToken == "" {
			break
		}
	}
	seen := map[string]bool{}
	for _, p := range listed { // the view shows what the log holds
		seen[p.GetOrderId()] = true
		if want := s.mustGet(t, p.GetOrderId()); !proto.Equal(p, want) {
			t.Errorf("listed %v; want %v", p, want)
		}
	}
	if len(listed) != 5 || len(seen) != 5 || listed[4].GetOrderId() != oldest {
		t.Errorf("listed %d shipments, %d different; want 5, the oldest last", len(listed), len(seen))
	}
}

func TestListShipmentsByState(t *testing.T) {
	t.Parallel()
	s := open(t, 1)
	ready := s.confirm(t, "1 Main St")
	s.do(t, 0)
	s.confirm(t, "1 Main St")
	s.show(t)
	got, err := s.ListShipments(t.Context(), &shippingv1.ListShipmentsRequest{State: booked})
	if err != nil || len(got.GetShipments()) != 1 || got.GetShipments()[0].GetOrderId() != ready {
		t.Errorf("ListShipments(booked) = %v, %v; want %s alone", got, err, ready)
	}
	_, err = s.ListShipments(t.Context(), &shippingv1.ListShipmentsRequest{PageToken: "forged"})
	checkRefused(t, err, codes.InvalidArgument, rpc.ReasonInvalid, "page_token")
	_, err = s.ListShipments(t.Context(), &shippingv1.ListShipmentsRequest{PageSize: -1})
	checkRefused(t, err, codes.InvalidArgument, rpc.ReasonInvalid, "page_size")
	_, err = s.ListShipments(t.Context(), &shippingv1.ListShipmentsRequest{State: 99})
	checkRefused(t, err, codes.InvalidArgument, rpc.ReasonInvalid, "state")
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
		case *errdetails.PreconditionFailure:
			for _, v := range d.GetViolations() {
				fields[v.GetSubject()] = true
			}
		}
	}
	if s.Code() != code || info.GetReason() != reason || field != "" && !fields[field] {
		t.Errorf("refused with %v, reason %q, fields %v; want %v, %s, %q", err, info.GetReason(), fields, code, reason, field)
	}
}
