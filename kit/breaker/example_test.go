package breaker_test

import (
	"context"
	"errors"
	"fmt"

	"orpheus.example/kit/breaker"
)

// Two carriers: when the first is believed to be down, the second is asked.
func Example() {
	first := breaker.New(breaker.Config{Name: "first", Failures: 1})
	second := breaker.New(breaker.Config{Name: "second"})
	_, err := breaker.Call(context.Background(), first, func(context.Context) (string, error) {
		return "", errors.New("connection refused")
	})
	fmt.Println(err, first.State())

	for _, b := range []*breaker.Breaker{first, second} {
		if !b.Ready() {
			continue
		}
		label, err := breaker.Call(context.Background(), b, func(context.Context) (string, error) {
			return "label from " + b.Name(), nil
		})
		fmt.Println(label, err)
	}
	// Output:
	// connection refused open
	// label from second <nil>
}
