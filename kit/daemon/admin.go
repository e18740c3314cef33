package daemon

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// An admin answers those who look after the process. It listens from the very
// start, so that a process that waits for its stores can be looked into.
type admin struct {
	server   *http.Server
	listener net.Listener
}

// openAdmin listens, and serves in a goroutine until it is closed.
func openAdmin(ctx context.Context, address string, handler http.Handler) (*admin, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for admin: %w", err)
	}
	// Without a limit on answers: a profile takes as long as it is asked to.
	a := &admin{&http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}, l}
	go func() { _ = a.server.Serve(l) }() // it only ends by close
	return a, nil
}

// close ends it at once: nobody waits for an answer about a process that is gone.
func (a *admin) close() { _ = a.server.Close() }

// adminHandler routes what an admin may ask. Metrics may be nil.
//
// livez says that the process runs, and no more: a process that cannot reach its
// database is not cured by a restart, so that is the business of readyz.
func adminHandler(state *state, level *slog.LevelVar, metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if why := state.notReady(); why != "" {
			say(w, http.StatusServiceUnavailable, "not ready: "+why)
			return
		}
		say(w, http.StatusOK, "ready")
	})
	if metrics == nil {
		metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			say(w, http.StatusNotFound, "no metrics are kept; set OTEL_METRICS_EXPORTER=prometheus")
		})
	}
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /loglevel", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, level.Level().String()) })
	mux.HandleFunc("PUT /loglevel", func(w http.ResponseWriter, r *http.Request) { setLevel(w, r, level) })
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

func say(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text+"\n") // whoever asked has left
}

// setLevel takes the level from the body, as in: curl -T - …/loglevel <<< debug.
func setLevel(w http.ResponseWriter, r *http.Request, level *slog.LevelVar) {
	const longest = 32 // "debug+3" and the like
	text, err := io.ReadAll(io.LimitReader(r.Body, longest))
	if err != nil {
		return // whoever asked has left
	}
	if err := level.UnmarshalText(bytes.TrimSpace(text)); err != nil {
		say(w, http.StatusBadRequest, err.Error())
		return
	}
	slog.InfoContext(r.Context(), "log level changed", "to", level.Level())
	say(w, http.StatusOK, level.Level().String())
}
