package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// vitals are what a process uses.
type vitals struct {
	goroutines, files int
	sessions          int   // at the database
	memory            int64 // on the heap and of use, in bytes
}

// String says it in words.
func (v vitals) String() string {
	return fmt.Sprintf("%d goroutines, %d files and sockets, %d sessions, %d MB", v.goroutines, v.files, v.sessions, v.memory>>20)
}

// How much more than before a process may use after a fault while orders flow: for
// calls under way, for caches that were empty at first, and for the connections to
// the outside world that a burst of work leaves open, 32 for each of two carriers
// with two goroutines each. It is always compared with what was normal before the
// first fault, so what leaks a little each time is found in the end.
const (
	moreGoroutines = 200
	moreFiles      = 100
	moreSessions   = 10
	moreMemory     = 64 << 20
)

// busy is what is not yet too much while orders flow.
func (v vitals) busy() vitals {
	return vitals{v.goroutines*6/5 + moreGoroutines, v.files*6/5 + moreFiles, v.sessions + moreSessions, v.memory*3/2 + moreMemory}
}

// spare is how much more than under its first load a process may use at rest.
const spare = 25

// idle is what is not yet too much when no orders flow any more.
func (v vitals) idle() vitals {
	return vitals{v.goroutines + spare, v.files + spare, v.sessions + spare, v.memory*3/2 + moreMemory}
}

// upTo returns the larger of each.
func (v vitals) upTo(other vitals) vitals {
	return vitals{
		max(v.goroutines, other.goroutines), max(v.files, other.files),
		max(v.sessions, other.sessions), max(v.memory, other.memory),
	}
}

// over says what of v is more than most.
func (v vitals) over(most vitals) error {
	switch {
	case v.goroutines > most.goroutines:
		return fmt.Errorf("%d goroutines; at most %d were expected", v.goroutines, most.goroutines)
	case v.files > most.files:
		return fmt.Errorf("%d open files and sockets; at most %d were expected", v.files, most.files)
	case v.sessions > most.sessions:
		return fmt.Errorf("%d sessions at the database; at most %d were expected", v.sessions, most.sessions)
	case v.memory > most.memory:
		return fmt.Errorf("%d MB of memory; at most %d were expected", v.memory>>20, most.memory>>20)
	}
	return nil
}

// sessions counts those of a service, and the one that asks.
const sessions = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()`

// look reads the vitals of a daemon.
func (s *shop) look(ctx context.Context, name string) (v vitals, err error) {
	pid := strconv.Itoa(s.Pid(name))
	open, err := os.ReadDir("/proc/" + pid + "/fd")
	if err != nil {
		return v, err
	}
	v.files = len(open)
	if err := s.pulse.ask(ctx, name, &v.sessions, sessions); err != nil {
		return v, err
	}
	debug := "http://" + s.Admin(name) + "/debug/pprof/"
	if v.goroutines, err = goroutines(ctx, debug); err != nil {
		return v, err
	}
	v.memory, err = heap(ctx, debug)
	return v, err
}

// goroutines reads how many there are from the head of their profile.
func goroutines(ctx context.Context, debug string) (n int, err error) {
	err = profile(ctx, debug+"goroutine?debug=1", func(line string) (bool, error) {
		_, err := fmt.Sscanf(line, "goroutine profile: total %d", &n)
		return true, err
	})
	return n, err
}

// heap has a program collect its garbage, and reads how much is left from the foot
// of its profile. What it has from the kernel says less: it gives that back late.
func heap(ctx context.Context, debug string) (n int64, err error) {
	err = profile(ctx, debug+"heap?gc=1&debug=1", func(line string) (bool, error) {
		if !strings.HasPrefix(line, "# HeapAlloc = ") {
			return false, nil
		}
		_, err := fmt.Sscanf(line, "# HeapAlloc = %d", &n)
		return true, err
	})
	return n, err
}

// profile reads a page line by line until it has been found what is looked for.
func profile(ctx context.Context, url string, found func(line string) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // what is needed was read
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		if done, err := found(lines.Text()); done || err != nil {
			return err
		}
	}
	return errors.Join(lines.Err(), fmt.Errorf("GET %s: %s, without what it should hold", url, answer.Status))
}

// longestLine is how long a line of a profile may be.
const longestLine = 1 << 20

const (
	// normalFor is how long it is watched what is normal.
	normalFor = 3 * time.Second
	// calmWithin is how long it is waited after a fault until it is so again. On a
	// slow machine there may be too much to do for that, which is told and is no
	// failure: what leaks is found at rest, when nothing else is left.
	calmWithin = 20 * time.Second
)

// watchNormal learns what services use while nothing is wrong.
func (s *shop) watchNormal(ctx context.Context) error {
	const times = 10
	for range times {
		for _, name := range services {
			err := eventually(ctx, patience, beat, name+" can be looked at", func() error {
				v, err := s.look(ctx, name)
				s.normal[name] = s.normal[name].upTo(v)
				return err
			})
			if err != nil {
				return err
			}
		}
		pause(ctx, normalFor/times)
	}
	return nil
}

// calm waits until all services use no more than is normal, while orders flow.
func (s *shop) calm(ctx context.Context) error {
	for _, name := range services {
		if _, err := s.awaitCalm(ctx, name, calmWithin, s.normal[name].busy()); err != nil {
			return err
		}
	}
	return nil
}

// awaitCalm waits until a service uses no more than most.
func (s *shop) awaitCalm(ctx context.Context, name string, within time.Duration, most vitals) (v vitals, err error) {
	err = eventually(ctx, within, beat*10, name+" is calm", func() (err error) {
		if v, err = s.look(ctx, name); err != nil {
			return err
		}
		return v.over(most)
	})
	return v, err
}

// checkRest sees that services at rest use no more than they did under their first
// load, after all that they went through. Idle connections are kept for 90 seconds.
func (r *run) checkRest(ctx context.Context) error {
	for _, name := range services {
		v, err := r.awaitCalm(ctx, name, patience, r.normal[name].idle())
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.report.Inexact++
			r.report.wrong("%v", err)
		}
		r.report.Vitals = append(r.report.Vitals, fmt.Sprintf("%-10s at first %s; in the end %s", name, r.normal[name], v))
	}
	return nil
}
