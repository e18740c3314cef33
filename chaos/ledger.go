package chaos

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ledgerHead is what a ledger begins with.
const ledgerHead = `# What was survived

Each row is one run of ` + "`make chaos`" + `: the real programs over a real RabbitMQ and a real PostgreSQL on one machine, under load, while everything was killed, paused, cut and
wiped. *Lost* are acknowledged orders that are not there. *Doubled* are effects that came twice, in our books or in those of the payment provider, the carriers or
the mail server. *Stuck* are orders that have not ended, and messages that nobody handles. *Inexact* is any other law of ` + "`orpheus verify`" + ` that is broken: money, stock,
parcels. *Late* are faults after which it took longer than asked for until all handled messages again: 2 s for a service, 5 s for a server. The
median and the longest time are of all faults.

| when (UTC) | commit | seed | faults for | orders | services killed | broker killed | wiped | database killed | faults | late | median | longest | lost | doubled | stuck | inexact |
|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
`

// Enter adds a row to the ledger at path, which is made if it is missing.
func (r *Report) Enter(path, commit string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // of the repository
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // for everybody to read
	if err != nil {
		return err
	}
	row := r.row(commit)
	if s, err := f.Stat(); err == nil && s.Size() == 0 {
		row = ledgerHead + row
	}
	_, err = f.WriteString(row)
	return errors.Join(err, f.Close())
}

// row is the report in one line of the table.
func (r *Report) row(commit string) string {
	all := &line{}
	for _, t := range r.Turns {
		all.add(t)
	}
	return fmt.Sprintf("| %s | %s | %d | %s | %d | %d | %d | %d | %d | %d | %d | %.2f s | %.2f s | %d | %d | %d | %d |\n",
		r.Began.Format("2006-01-02 15:04"), commit, r.Seed, r.Faulted.Round(time.Second), r.Acknowledged,
		r.Services, r.Brokers, r.Wipes, r.Databases, len(r.Turns), r.Late(),
		all.quantile(0.5).Seconds(), all.quantile(1).Seconds(), r.Lost, r.Doubled, r.Stuck, r.Inexact)
}
