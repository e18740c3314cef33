package faults

import (
	"net/http"

	"orpheus.example/sandbox/internal/wire"
)

// position is how one switch looks in JSON. The object leaves room for more.
type position struct {
	Mode Mode `json:"mode"`
}

// ServeHTTP serves GET and POST of the switches, at whatever path it stands.
func (b *Board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		if err := b.flip(w, r); err != nil {
			wire.WriteError(w, err)
			return
		}
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		wire.WriteError(w, wire.Refuse(http.StatusMethodNotAllowed, "method_not_allowed", "GET or POST"))
		return
	}
	all := map[string]position{}
	for name, m := range b.Modes() {
		all[name] = position{m}
	}
	wire.Write(w, http.StatusOK, all)
}

func (b *Board) flip(w http.ResponseWriter, r *http.Request) error {
	var asked map[string]position
	if err := wire.Read(w, r, &asked); err != nil {
		return err
	}
	modes := map[string]Mode{}
	for name, p := range asked {
		modes[name] = p.Mode
	}
	if err := b.Set(modes); err != nil {
		return wire.Refuse(http.StatusUnprocessableEntity, "switch_unknown", "%v", err)
	}
	return nil
}
