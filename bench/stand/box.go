package stand

import (
	"context"
	"fmt"

	"orpheus.example/bench/result"
	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/onebox"
	"orpheus.example/onebox/verify"
)

// OpenBox runs the shop in this process: on files, with every answer waiting for
// the disk, or in memory.
func OpenBox(ctx context.Context, mode result.Mode) (_ *Stand, err error) {
	s := &Stand{Mode: mode, pids: func() map[string][]int { return nil }}
	defer func() {
		if err != nil {
			_ = s.Close() // the first error says why
		}
	}()
	config := onebox.Config{Instant: true}
	if mode == result.OnFile {
		config.Durable = true
		if config.Data, err = s.scratch(); err != nil {
			return nil, err
		}
	}
	box, err := onebox.Open(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the shop: %w", err)
	}
	s.onClose(func() error { return box.Close(context.WithoutCancel(ctx)) })
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- box.Run(running) }()
	s.onClose(func() error { stop(); return <-ended })
	s.Orders = []orderv1.OrderServiceClient{box.Orders()}
	s.Stock = box.Stock()
	s.books = verify.Config{
		Orders: box.Orders(), Stock: box.Stock(), Payments: box.Payments(), Shipments: box.Shipments(), Mails: box.Mails(),
	}
	return s, nil
}
