package peer

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	orderv1 "orpheus.example/gen/go/order/v1"
	"orpheus.example/kit/money"
)

// A pile is all orders of one state and one currency.
type pile struct {
	state    orderv1.OrderState
	currency string
}

// stats counts orders in this process, which is the only one: to count them in
// the database, often, would cost more than to handle them, and a row of
// counters would make all orders wait for each other.
type stats struct {
	mu     sync.Mutex
	orders map[pile]int64
	value  map[pile]int64 // in minor units
}

// countAll starts from what is in the database.
func countAll(ctx context.Context, pool *pgxpool.Pool) (*stats, error) {
	s := &stats{orders: map[pile]int64{}, value: map[pile]int64{}}
	rows, err := pool.Query(ctx, `SELECT state, currency, count(*), sum(total)::bigint FROM orders GROUP BY state, currency`)
	if err != nil {
		return nil, err
	}
	var p pile
	var orders, value int64
	_, err = pgx.ForEachRow(rows, []any{&p.state, &p.currency, &orders, &value}, func() error {
		s.orders[p], s.value[p] = orders, value
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	return s, nil
}

// moved counts an order in its new state, and no longer in the old one. A new
// order has none.
func (s *stats) moved(from, to orderv1.OrderState, total int64, currency string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from != orderv1.OrderState_ORDER_STATE_UNSPECIFIED {
		s.orders[pile{from, currency}]--
		s.value[pile{from, currency}] -= total
	}
	s.orders[pile{to, currency}]++
	s.value[pile{to, currency}] += total
}

// GetOrderStats counts orders by state, and what they are worth.
func (m orderMethods) GetOrderStats(context.Context, *orderv1.GetOrderStatsRequest) (*orderv1.GetOrderStatsResponse, error) {
	m.stats.mu.Lock()
	defer m.stats.mu.Unlock()
	response := &orderv1.GetOrderStatsResponse{}
	for p, orders := range m.stats.orders {
		if orders == 0 {
			continue
		}
		value, err := money.Proto(m.stats.value[p], p.currency)
		if err != nil {
			return nil, err
		}
		response.Stats = append(response.Stats, &orderv1.OrderStateStats{State: p.state, Count: orders, Value: value})
	}
	return response, nil
}
