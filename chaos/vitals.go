package chaos

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// vitals are what a process uses.
type vitals struct {
	goroutines, files int
	memory            int64 // resident, in bytes
}

// How much more than before a process may use after a fault: for calls under way,
// for what the garbage collector has not given back, and for the connections to
// the outside world that a burst of work leaves open, 32 for each of two carriers
// with two goroutines each.
const (
	moreGoroutines = 200
	moreFiles      = 100
	moreMemory     = 64 << 20
)

// most is what is not yet too much.
func (v vitals) most() vitals {
	return vitals{v.goroutines*6/5 + moreGoroutines, v.files*6/5 + moreFiles, v.memory*3/2 + moreMemory}
}

// upTo returns the larger of each.
func (v vitals) upTo(other vitals) vitals {
	return vitals{max(v.goroutines, other.goroutines), max(v.files, other.files), max(v.memory, other.memory)}
}

// over says what of v is more than most.
func (v vitals) over(most vitals) error {
	switch {
	case v.goroutines > most.goroutines:
		return fmt.Errorf("%d goroutines; at most %d were expected", v.goroutines, most.goroutines)
	case v.files > most.files:
		return fmt.Errorf("%d open files and sockets; at most %d were expected", v.files, most.files)
	case v.memory > most.memory:
		return fmt.Errorf("%d MB of memory; at most %d were expected", v.memory>>20, most.memory>>20)
	}
	return nil
}

// look reads the vitals of a daemon.
func (s *shop) look(ctx context.Context, name string) (v vitals, err error) {
	pid := strconv.Itoa(s.Pid(name))
	open, err := os.ReadDir("/proc/" + pid + "/fd")
	if err != nil {
		return v, err
	}
	v.files = len(open)
	text, err := os.ReadFile("/proc/" + pid + "/statm") //nolint:gosec // of a process of ours
	if err != nil {
		return v, err
	}
	if pages := strings.Fields(string(text)); len(pages) > 1 { // proc(5): size, resident, …
		resident, _ := strconv.ParseInt(pages[1], 10, 64)
		v.memory = resident * int64(os.Getpagesize())
	}
	v.goroutines, err = goroutines(ctx, "http://"+s.Admin(name)+"/debug/pprof/goroutine?debug=1")
	return v, err
}

// goroutines reads how many there are from the head of their profile.
func goroutines(ctx context.Context, url string) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }() // what is needed was read
	head, err := io.ReadAll(io.LimitReader(answer.Body, 64))
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscanf(string(head), "goroutine profile: total %d", &n)
	return n, err
}

const (
	// normalFor is how long it is watched what is normal, and calmWithin how long
	// it may take until it is so again.
	normalFor  = 3 * time.Second
	calmWithin = 20 * time.Second
)

// watchNormal learns what services use while nothing is wrong.
func (s *shop) watchNormal(ctx context.Context) error {
	const times = 10
	for range times {
		for _, name := range services {
			v, err := s.look(ctx, name)
			if err != nil {
				return err
			}
			s.normal[name] = s.normal[name].upTo(v)
		}
		pause(ctx, normalFor/times)
	}
	return nil
}

// calm waits until all services use no more than is normal.
func (s *shop) calm(ctx context.Context) error {
	for _, name := range services {
		err := eventually(ctx, calmWithin, 100*time.Millisecond, name+" is calm", func() error {
			v, err := s.look(ctx, name)
			if err != nil {
				return err
			}
			return v.over(s.normal[name].most())
		})
		if err != nil {
			return err
		}
	}
	return nil
}
