package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	shippingv1 "orpheus.example/gen/go/shipping/v1"
)

// shipment is what can be asked of the shipping service.
func (s *session) shipment() *cobra.Command {
	return group("shipment", "See parcels, and say what their carrier says", s.shipmentGet(), s.shipmentList(), s.shipmentTrack())
}

func (s *session) shipmentGet() *cobra.Command {
	return &cobra.Command{
		Use: "get ORDER", Short: "Show the shipment of an order", Args: cobra.ExactArgs(1),
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			r, err := s.shipments().GetShipment(ctx, &shippingv1.GetShipmentRequest{OrderId: args[0]})
			if err != nil {
				return err
			}
			return s.showShipment(r.GetShipment())
		}),
	}
}

func (s *session) showShipment(p *shippingv1.Shipment) error {
	return s.show(p, func(w io.Writer) {
		to := p.GetShipTo()
		state := plain(p.GetState(), "SHIPMENT_STATE_")
		if p.GetLost() {
			state += ", reported lost"
		}
		row(w, "order", p.GetOrderId())
		row(w, "shipment", orDash(p.GetShipmentId()))
		row(w, "state", state)
		row(w, "parcel", orDash(join(" ", p.GetCarrier(), p.GetTrackingNumber())))
		row(w, "ship to", orDash(safe(join(", ", p.GetName(), to.GetStreet(), to.GetExtra(), join(" ", to.GetPostalCode(), to.GetCity()), to.GetRegion(), to.GetCountryCode()))))
		row(w, "updated", s.clock(p.GetUpdateTime()))
		for _, l := range p.GetLines() {
			row(w, "line", fmt.Sprintf("%d x %s", l.GetQuantity(), l.GetSku()))
		}
		for _, r := range p.GetRefusals() {
			row(w, "refused", safe(fmt.Sprintf("by %s: %s, %s", r.GetCarrier(), r.GetCode(), r.GetMessage())))
		}
	})
}

func (s *session) shipmentList() *cobra.Command {
	var limit int
	var state string
	c := &cobra.Command{
		Use: "list", Short: "List shipments, the newest first", Args: cobra.NoArgs,
		RunE: s.runs(func(c *cobra.Command, _ []string) error {
			want, err := enumOf(shippingv1.ShipmentState_value, "SHIPMENT_STATE_", state)
			if err != nil {
				return err
			}
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			all, err := pages(limit, func(token string, size int32) ([]*shippingv1.Shipment, string, error) {
				r, err := s.shipments().ListShipments(ctx, &shippingv1.ListShipmentsRequest{State: shippingv1.ShipmentState(want), PageSize: size, PageToken: token})
				return r.GetShipments(), r.GetNextPageToken(), err
			})
			if err != nil {
				return err
			}
			return s.show(&shippingv1.ListShipmentsResponse{Shipments: all}, func(w io.Writer) {
				row(w, "ORDER", "STATE", "CARRIER", "PARCEL", "UPDATED")
				for _, p := range all {
					row(w, p.GetOrderId(), plain(p.GetState(), "SHIPMENT_STATE_"), orDash(p.GetCarrier()), orDash(p.GetTrackingNumber()), s.clock(p.GetUpdateTime()))
				}
			})
		}),
	}
	s.stateFlag(c, &state, shippingv1.ShipmentState_value, "SHIPMENT_STATE_")
	return limited(c, &limit)
}

func (s *session) shipmentTrack() *cobra.Command {
	r := &shippingv1.RecordTrackingRequest{}
	c := &cobra.Command{
		Use: "track ORDER shipped|delivered|lost", Short: "Write down what the carrier says of a parcel",
		Args: cobra.ExactArgs(2), ValidArgs: []string{"shipped", "delivered", "lost"},
		RunE: s.runs(func(c *cobra.Command, args []string) error {
			status, err := enumOf(shippingv1.TrackingStatus_value, "TRACKING_STATUS_", args[1])
			if err != nil {
				return misuse("%q is nothing that a carrier says; it says shipped, delivered or lost", strings.TrimSpace(args[1]))
			}
			r.OrderId, r.RequestId, r.Status = args[0], s.id(), shippingv1.TrackingStatus(status)
			ctx, cancel := s.patient(c.Context())
			defer cancel()
			answer, err := s.shipments().RecordTracking(ctx, r)
			if err != nil {
				return err
			}
			return s.showShipment(answer.GetShipment())
		}),
	}
	c.Flags().StringVar(&r.Note, "note", "", "the carrier's words")
	return s.requestID(c)
}
