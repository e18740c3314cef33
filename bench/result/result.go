// Package result is what a bench has measured, as it is kept: raw figures in JSON,
// from which everything that is said in docs/bench.md is computed anew. Nothing
// in it is rounded or summed up.
package result

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"orpheus.example/bench/limit"
	"orpheus.example/onebox/load"
)

// A Mode is one of the shops that are compared.
type Mode string

// The modes.
const (
	Single  Mode = "single"  // ours, one fact per message
	Bundled Mode = "bundled" // ours, several facts in a message under load
	Peer    Mode = "peer"    // the same saga written with Watermill
	// PeerCalm is the peer with forwarders that look for something every 50 ms in
	// place of 10: which serves it better depends on the machine.
	PeerCalm Mode = "peer-50ms"
	OnFile   Mode = "file"   // ours in one process, SQLite with full durability
	InMind   Mode = "memory" // ours in one process, nothing on disk
)

// A File is one bench from beginning to end.
type File struct {
	Begun   time.Time `json:"begun"`
	Ended   time.Time `json:"ended"`
	Machine Machine   `json:"machine"`
	Plan    Plan      `json:"plan"`
	// Settings are what each mode ran with, by name of the setting.
	Settings map[Mode]map[string]string `json:"settings"`
	Servers  map[string]string          `json:"servers"`  // settings of PostgreSQL and RabbitMQ
	Versions map[string]string          `json:"versions"` // of programs and libraries

	Parts  []Parts   `json:"parts"`  // one for each round
	Runs   []Run     `json:"runs"`   // in the order in which they were made
	Timing []Timing  `json:"timing"` // what is no run of a load
	Books  []Books   `json:"books"`  // of the stands that have had loads
	Failed []Failure `json:"failed"` // what was planned and yielded nothing, or nothing that counts
}

// A Failure is a part of a bench that broke, or that there was no time for. The
// rest went on without it.
type Failure struct {
	Scene string `json:"scene"` // the scenario, such as "compare"
	What  string `json:"what"`  // which part of it, empty if it was all
	Round int    `json:"round"`
	Why   string `json:"why"`
}

// A Machine is where it was measured.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memory"` // bytes
	Kernel string `json:"kernel"`
	Commit string `json:"commit"` // of the source, with a mark if it was changed
}

// A Form is how thoroughly a bench measures.
type Form string

// The forms.
const (
	Full  Form = "full"  // everything in every round: for hours
	Brief Form = "brief" // everything, most of it once: for half an hour
	Quick Form = "quick" // as little as shows that it works; its figures mean nothing
)

// A Plan is how much was measured.
type Plan struct {
	Form     Form          `json:"form"`
	Runs     int           `json:"runs"`        // rounds
	Duration time.Duration `json:"duration_ns"` // of a load of the comparison at saturation, without its warm-up
	Warmup   time.Duration `json:"warmup_ns"`
	// Aside and AsideWarmup are the same for all other loads.
	Aside       time.Duration `json:"aside_ns"`
	AsideWarmup time.Duration `json:"aside_warmup_ns"`
	Within      time.Duration `json:"within_ns"` // nothing is begun that would end after it; 0 if that does not matter
	Events      int64         `json:"events"`    // in the log that is long
	Only        []string      `json:"only"`      // scenarios, if not all
}

// A Run is one load on one shop.
type Run struct {
	Scene string    `json:"scene"` // such as "saturation"
	Mode  Mode      `json:"mode"`
	Round int       `json:"round"` // from 1
	At    time.Time `json:"at"`
	Stand int       `json:"stand"` // runs of one stand share a number
	// Checked says that the books of the stand agreed in the end. A run of which
	// nobody knows that does not count.
	Checked bool `json:"checked"`

	Load load.Report `json:"load"`

	// Window is the steady time between the first and the last look at the
	// processes, and Delivered how many orders were delivered in it. CPU and WAL
	// are what was used in it, Memory what was held at its end.
	Window    time.Duration            `json:"window_ns"`
	Delivered int64                    `json:"delivered"`
	CPU       map[string]time.Duration `json:"cpu_ns"` // by process
	Memory    map[string]int64         `json:"memory"` // bytes, by process
	WAL       int64                    `json:"wal"`    // bytes

	Counts *limit.Counts `json:"counts,omitempty"` // of the whole run, per order
}

// Books are what was found when all loads of a stand were over.
type Books struct {
	Stand    int           `json:"stand"`    // as in Run
	Orders   int64         `json:"orders"`   // that all logs and tables were counted for
	Verified int           `json:"verified"` // that were read whole, by every service's own account
	Checks   int           `json:"checks"`   // laws that those were held to
	Took     time.Duration `json:"took_ns"`
}

// A Timing is something that was timed once in a round, such as a start.
type Timing struct {
	Scene  string             `json:"scene"`
	Mode   Mode               `json:"mode"`
	Round  int                `json:"round"`
	Values map[string]float64 `json:"values"` // by name, with the unit in it
}

// Parts are what the parts can do by themselves, in one round.
type Parts struct {
	Round int         `json:"round"`
	Costs limit.Costs `json:"costs"`
	// Rates are what was reached in a second, by part.
	Rates map[string]float64 `json:"rates"`
	// Commits is the bare commit behind gRPC at given rates.
	Commits []Commit `json:"commits"`
}

// A Commit is the latency of one row and one commit behind gRPC.
type Commit struct {
	Rate float64      `json:"rate"` // asked for
	Beat float64      `json:"beat"` // reached
	Took load.Latency `json:"took"`
}

// Save writes f whole, or leaves what was there.
func (f *File) Save(path string) error {
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return fmt.Errorf("save results: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // results are for all to read
		return err
	}
	draft := path + ".new"
	if err := os.WriteFile(draft, append(text, '\n'), 0o644); err != nil { //nolint:gosec // likewise
		return err
	}
	return os.Rename(draft, path)
}

// Load reads what Save wrote.
func Load(path string) (*File, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the caller names it
	if err != nil {
		return nil, err
	}
	var f File
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &f, nil
}
