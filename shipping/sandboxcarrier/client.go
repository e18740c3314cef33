package sandboxcarrier

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"orpheus.example/shipping"
	"orpheus.example/shipping/shippingd"
)

// A Client calls one carrier. It may be used by many at a time.
type Client struct {
	base *url.URL
	http *http.Client
}

// New returns a client of the carrier at a URL such as
// http://127.0.0.1:7200/carriers/swift.
func New(base string) (*Client, error) { return NewOver(base, newTransport()) }

// NewOver returns a client whose calls go over t: to a carrier in the same
// process, for one.
func NewOver(base string, t http.RoundTripper) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("carrier: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("carrier: %q is not an http address", base)
	}
	return &Client{base: u, http: &http.Client{Transport: t}}, nil
}

var _ shippingd.Carrier = (*Client)(nil)

type address struct {
	Line1      string `json:"line1"`
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country"`
}

type line struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

type booking struct {
	Reference string  `json:"reference"`
	Name      string  `json:"name"`
	Address   address `json:"address"`
	Lines     []line  `json:"lines"`
}

// Book asks for a label. Whatever the carrier finds wrong with the parcel is a
// refusal: a repeat would be no better, and another carrier may take it.
func (c *Client) Book(ctx context.Context, p shipping.CallBook) (shippingd.Label, error) {
	b := booking{Reference: p.Order, Name: p.Name, Address: address{
		Line1: p.ShipTo.Street, Line2: p.ShipTo.Extra, City: p.ShipTo.City, Region: p.ShipTo.Region,
		PostalCode: p.ShipTo.PostalCode, Country: p.ShipTo.CountryCode,
	}}
	for _, l := range p.Lines {
		b.Lines = append(b.Lines, line(l))
	}
	a, err := c.call(ctx, request{method: http.MethodPost, path: []string{"labels"}, key: p.Key, body: b})
	return shippingd.Label{ID: a.ID, Tracking: a.TrackingNumber}, err
}

// HandOver says that the parcel waits to be collected.
func (c *Client) HandOver(ctx context.Context, p shipping.CallHandOver) error {
	_, err := c.call(ctx, request{method: http.MethodPost, path: []string{"labels", p.Label, "handover"}})
	return err
}

// Cancel asks for the label to be cancelled.
func (c *Client) Cancel(ctx context.Context, p shipping.CallCancel) error {
	_, err := c.call(ctx, request{method: http.MethodPost, path: []string{"labels", p.Label, "cancel"}})
	return err
}

// Track asks how far the parcel is.
func (c *Client) Track(ctx context.Context, p shipping.CallTrack) (shipping.Status, string, error) {
	a, err := c.call(ctx, request{method: http.MethodGet, path: []string{"labels", p.Label}})
	if err != nil {
		return shipping.NoWord, "", err
	}
	switch a.State {
	case "in_transit":
		return shipping.InTransit, "", nil
	case "delivered":
		return shipping.Arrived, "", nil
	case "lost":
		return shipping.Missing, "reported lost by the carrier", nil
	}
	return shipping.NoWord, "", nil
}
