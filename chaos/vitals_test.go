package chaos

import (
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"strings"
	"testing"
)

// Each of the vitals has a limit of its own, and what is normal keeps to all.
func TestVitalsHaveLimits(t *testing.T) {
	t.Parallel()
	normal := vitals{goroutines: 50, files: 20, sessions: 8, memory: 80 << 20}
	for name, most := range map[string]vitals{"busy": normal.busy(), "idle": normal.idle()} {
		if err := normal.over(most); err != nil {
			t.Errorf("%s: over() of what is normal = %v; want nil", name, err)
		}
		if err := most.over(most); err != nil {
			t.Errorf("%s: over() of what is just allowed = %v; want nil", name, err)
		}
		for what, v := range map[string]vitals{
			"goroutines": {goroutines: most.goroutines + 1}, "sockets": {files: most.files + 1},
			"sessions": {sessions: most.sessions + 1}, "memory": {memory: most.memory + 1},
		} {
			if err := v.over(most); err == nil || !strings.Contains(err.Error(), what) {
				t.Errorf("%s: over() of too much %s = %v; want it named", name, what, err)
			}
		}
	}
}

func TestVitalsGoUpTo(t *testing.T) {
	t.Parallel()
	got := vitals{1, 20, 3, 40}.upTo(vitals{10, 2, 30, 4})
	if want := (vitals{10, 20, 30, 40}); got != want {
		t.Errorf("upTo() = %v; want %v", got, want)
	}
}

// What a program uses is read from the pages that Go itself serves.
func TestProfilesAreRead(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	server := httptest.NewServer(mux)
	defer server.Close()
	debug := server.URL + "/debug/pprof/"
	if n, err := goroutines(t.Context(), debug); err != nil || n < 2 {
		t.Errorf("goroutines() = %d, %v; want some", n, err)
	}
	if n, err := heap(t.Context(), debug); err != nil || n < 1<<10 {
		t.Errorf("heap() = %d, %v; want some", n, err)
	}
	if n, err := heap(t.Context(), server.URL+"/nothing/"); err == nil {
		t.Errorf("heap() of a page that is not there = %d, nil; want an error", n)
	}
}
