package inbox

// Begins reports whether the step still begins with facts.
func (s *Step) Begins() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended
}
