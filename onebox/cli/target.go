package cli

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	inventoryv1 "orpheus.example/gen/go/inventory/v1"
	notifyv1 "orpheus.example/gen/go/notify/v1"
	orderv1 "orpheus.example/gen/go/order/v1"
	paymentv1 "orpheus.example/gen/go/payment/v1"
	shippingv1 "orpheus.example/gen/go/shipping/v1"
)

const (
	// defaultTimeout is long enough for a service that has just started.
	defaultTimeout = 10 * time.Second

	defaultHost = "localhost"
	defaultBase = 7000
	sandboxPort = 200 // added to base
)

// services are the five, in the order of their ports.
var services = [...]string{"order", "payment", "inventory", "shipping", "notify"}

// where returns the host and the base port of the shop.
func (s *session) where() (host string, base int, err error) {
	target := cmp.Or(s.target, defaultHost)
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		// A host alone, or an IPv6 address with or without brackets.
		return strings.Trim(target, "[]"), defaultBase, nil
	}
	base, err = strconv.Atoi(port)
	if err != nil || base < 0 || base > 65000 {
		return "", 0, fmt.Errorf("--target is %q; want host or host:base, where base is a number such as 7000", target)
	}
	return cmp.Or(host, defaultHost), base, nil
}

// address returns where a service listens.
func (s *session) address(service string) string {
	if a := s.Env("ORPHEUS_" + strings.ToUpper(service) + "_ADDR"); a != "" {
		return a
	}
	host, base, _ := s.where() // checked before any command runs
	for i, name := range services {
		if name == service {
			return net.JoinHostPort(host, strconv.Itoa(base+1+i))
		}
	}
	panic("cli: service of unknown name")
}

// sandbox returns the URL of the sandboxes, and whether somebody has named it.
func (s *session) sandbox() (url string, named bool) {
	if u := s.Env("ORPHEUS_SANDBOX_URL"); u != "" {
		return strings.TrimSuffix(u, "/"), true
	}
	host, base, _ := s.where() // checked before any command runs
	return "http://" + net.JoinHostPort(host, strconv.Itoa(base+sandboxPort)), false
}

// conn returns the connection to a service. It is made when it is used.
func (s *session) conn(service string) *grpc.ClientConn {
	if c := s.conns[service]; c != nil {
		return c
	}
	c, err := grpc.NewClient(s.address(service), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		// An address that is none: the first call says so.
		c, _ = grpc.NewClient("passthrough:///"+s.address(service), grpc.WithTransportCredentials(insecure.NewCredentials()))
	}
	if s.conns == nil {
		s.conns = map[string]*grpc.ClientConn{}
	}
	s.conns[service] = c
	return c
}

func (s *session) close() {
	for _, c := range s.conns {
		_ = c.Close() // all answers are here
	}
	// A server that ends waits for connections that were opened and not used.
	s.web.CloseIdleConnections()
}

// patient returns a context that ends when an answer has taken too long.
func (s *session) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.timeout)
}

func (s *session) orders() orderv1.OrderServiceClient {
	return orderv1.NewOrderServiceClient(s.conn("order"))
}

func (s *session) payments() paymentv1.PaymentServiceClient {
	return paymentv1.NewPaymentServiceClient(s.conn("payment"))
}

func (s *session) items() inventoryv1.InventoryServiceClient {
	return inventoryv1.NewInventoryServiceClient(s.conn("inventory"))
}

func (s *session) shipments() shippingv1.ShippingServiceClient {
	return shippingv1.NewShippingServiceClient(s.conn("shipping"))
}

func (s *session) mails() notifyv1.NotifyServiceClient {
	return notifyv1.NewNotifyServiceClient(s.conn("notify"))
}
