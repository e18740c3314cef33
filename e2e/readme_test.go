package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"orpheus.example/deploy/devstack"
)

// walks are the README's commands that are to be tried out, in order.
var walks = regexp.MustCompile("(?s)<!-- walk -->\n```sh\n(.*?)```")

// untilPriced asks for the teapot together with what nobody sells, until it is the
// latter that is unknown.
const untilPriced = `until { call -d '{"request_id": "'$(uuid)'", "customer_id": "ann", "email": "ann@example.com", "name": "Ann",
  "ship_to": {"street": "1 Main St", "city": "Ghent", "country_code": "BE"},
  "lines": [{"sku": "TEAPOT", "quantity": 1}, {"sku": "NO-SUCH-ITEM", "quantity": 1}], "payment_token": "tok_ok"}' \
  localhost:7001 order.v1.OrderService/PlaceOrder 2>&1 || :; } | grep -q 'lines\[1\]'; do sleep 0.1; done
`

// TestReadme runs the README's walk and then the runbooks' commands as they
// stand, but for the ports: here the stack is on free ones. A walker types more
// slowly than a script, so the script waits where order may not have heard of the
// new price yet.
func TestReadme(t *testing.T) {
	t.Parallel()
	root, err := devstack.Root()
	if err != nil {
		t.Fatal(err)
	}
	s := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // grpcurl may have to be built
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-c", s.here(script(t, root)))
	c.Dir = root
	output, err := c.CombinedOutput()
	out := string(output)
	if err != nil {
		t.Fatalf("the walk ends with %v:\n%s", err, out)
	}
	for _, want := range []string{
		"order.v1.OrderService", "SERVING", "order.v1.OrderDelivered", `"state": "ORDER_STATE_DELIVERED"`,
		"ORDER_STATE_PLACED", "CANCEL_REASON_CUSTOMER", "ORDER_STATE_CANCELLED", "PAYMENT_STATE_VOIDED",
		"SHIPMENT_STATE_DELIVERED",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the walk does not show %s", want)
		}
	}
	if t.Failed() {
		t.Logf("the walk printed:\n%s", out)
	}
}

// script puts the pages' commands together.
func script(t *testing.T, root string) string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(root, "docs", "runbooks", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("set -euo pipefail\n")
	for _, page := range append([]string{filepath.Join(root, "README.md")}, pages...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		found := walks.FindAllStringSubmatch(string(text), -1)
		if len(found) == 0 && strings.Contains(string(text), "```sh\n") {
			t.Errorf("%s has commands, and none of them to try", page)
		}
		for _, w := range found {
			b.WriteString(w[1])
			if strings.Contains(w[1], "/ReceiveStock") {
				b.WriteString(untilPriced)
			}
		}
	}
	return b.String()
}

// here puts this stack's addresses into a script.
func (s *shop) here(script string) string {
	for port, name := range map[string]string{
		"7001": "order", "7002": "payment", "7003": "inventory", "7004": "shipping", "7005": "notify", "7200": devstack.SandboxName,
	} {
		script = strings.ReplaceAll(script, "localhost:"+port, s.Addr(name))
	}
	return script
}
