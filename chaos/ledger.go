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
the mail server. *Missing* are effects that never came, such as a mail. *Stuck* are orders that have not ended, and messages that nobody handles. *Inexact* is any other law of ` + "`orpheus verify`" + ` that is broken: money, stock,
parcels. *Late* are faults after which it took longer than asked for until all handled messages again: 2 s for a service, 5 s for a server. *Back* is how long that
took, median / longest, when one service was killed (from its start), the broker (from when its port is open) or the database (from when it lets clients in).

| when (UTC) | commit | seed | faults for | orders | services killed | broker killed | wiped | database killed | faults | late | service back | broker back | database back | lost | doubled | missing | stuck | inexact |
|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
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
	return fmt.Sprintf("| %s | %s | %d | %s | %d | %d | %d | %d | %d | %d | %d | %s | %s | %s | %d | %d | %d | %d | %d |\n",
		r.Began.Format("2006-01-02 15:04"), commit, r.Seed, r.Faulted.Round(time.Second), r.Acknowledged,
		r.Services, r.Brokers, r.Wipes, r.Databases, len(r.Turns), r.Late(),
		r.back("kill-service"), r.back("kill-broker"), r.back("kill-database"), r.Lost, r.Doubled, r.Missing, r.Stuck, r.Inexact)
}

// back says how long it took to recover from one kind of fault.
func (r *Report) back(kind string) string {
	all := &line{}
	for _, t := range r.Turns {
		if len(t.Faults) == 1 && t.Faults[0] == kind {
			all.add(t)
		}
	}
	if len(all.recovered) == 0 {
		return "-"
	}
	median, longest := seconds(all.recovered)
	return fmt.Sprintf("%.2f / %.2f s", median, longest)
}
