package logtest

import "sync"

// atOnce calls do for 0 to n-1, all at once, and returns their errors.
func atOnce(n int, do func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	group.Wait()
	return errs
}

// count returns how many of errs are want.
func count(errs []error, want error) (n int) {
	for _, err := range errs {
		if err == want { //nolint:errorlint // outcomes are never wrapped
			n++
		}
	}
	return n
}
