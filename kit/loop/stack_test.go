package loop_test

import (
	"sync"
	"testing"

	"orpheus.example/kit/loop"
)

// BenchmarkRoomy has goroutines each do work that is as deep as that on one fact,
// with a stack that grows as it is needed, and with one that has grown at once.
func BenchmarkRoomy(b *testing.B) {
	for name, first := range map[string]func(){"growing": func() {}, "roomy": loop.Roomy} {
		b.Run(name, func(b *testing.B) {
			var group sync.WaitGroup
			for b.Loop() {
				group.Go(func() {
					first()
					descend(40)
				})
				group.Wait()
			}
		})
	}
}

// descend calls itself so many times, with a frame of some 200 bytes each.
//
//go:noinline
func descend(deep int) (sum byte) {
	var frame [160]byte
	frame[deep] = byte(deep)
	if deep > 0 {
		sum = descend(deep - 1)
	}
	return sum + frame[deep]
}
