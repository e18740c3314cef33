package rabbitbus

import "orpheus.example/kit/bus"

// seal makes letters of the messages, up to the first that cannot be sent.
func (s *sent) seal() {
	config := s.bus.config
	s.letters = make([]*letter, 0, len(s.messages))
	for i, m := range s.messages {
		if m.Source == "" {
			m.Source = config.Source
		}
		if s.unfit = bus.Check(m); s.unfit != nil {
			return
		}
		s.fit++
		s.letters = append(s.letters, &letter{
			first: i, mandatory: !m.Terminal,
			key:      bus.RoutingKey(m.Type, bus.Partition(m.Correlation, config.Partitions)),
			content:  encode(m),
			unwanted: s.unwanted, convoy: s.convoy, settled: make(chan struct{}),
		})
	}
}
