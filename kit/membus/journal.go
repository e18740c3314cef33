package membus

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
)

// errBroken says that a journal can no longer be trusted. A broker that is
// started again reads what is there.
var errBroken = errors.New("journal has failed before")

// A journal is a file of what happened to the queues:
//
//	magic, then records of
//	length (4 bytes) · CRC-32C (4 bytes) · kind (1 byte) · the rest
//
// It is only ever written at its end, and replaced as a whole when most of it
// is of no use any more. All methods but commit are called with the broker
// locked.
type journal struct {
	path   string
	noSync bool
	slack  int64
	lock   *os.File // held as long as the journal is open
	buf    []byte   // of the records that are being written

	file *os.File // replaced only with syncing locked, too
	size int64    // of the file, up to the end of its last whole record
	kept int64    // what was its size when it was last written anew

	written atomic.Int64 // bytes since it was opened, whichever file they went to
	broken  atomic.Bool

	syncing sync.Mutex
	synced  int64 // how many of the written are on disk
}

// openJournal opens or makes a journal, and returns what it has kept.
func openJournal(c Config) (_ *journal, _ *past, err error) {
	lock, err := lockFile(c.Path + ".lock")
	if err != nil {
		return nil, nil, err
	}
	j := &journal{path: c.Path, noSync: c.NoSync, slack: c.Slack, lock: lock}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.release())
		}
	}()
	content, err := os.ReadFile(c.Path)
	if errors.Is(err, os.ErrNotExist) {
		return j, &past{}, j.rewrite(nil)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	records, ok := bytes.CutPrefix(content, []byte(magic))
	if !ok {
		return nil, nil, fmt.Errorf("journal %s: it does not begin like one", c.Path)
	}
	kept, good, err := replay(records)
	if err != nil {
		return nil, nil, fmt.Errorf("journal %s: %w", c.Path, err)
	}
	if tail := records[good:]; len(tail) > 0 {
		c.Log.Warn("end of the journal is torn and is cut off", "path", c.Path, "bytes", len(tail), "copy", c.Path+".cut")
		if err := os.WriteFile(c.Path+".cut", tail, 0o600); err != nil { //nolint:gosec // likewise, beside the journal
			return nil, nil, fmt.Errorf("journal: %w", err)
		}
	}
	return j, kept, j.resume(int64(len(magic) + good))
}

// resume goes on with the file that is there, after its last whole record.
func (j *journal) resume(size int64) error {
	file, err := os.OpenFile(j.path, os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.file, j.size = file, size
	if err := file.Truncate(size); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// close closes the journal. Who waits in commit finds that all is on disk.
func (j *journal) close() error {
	err := j.commit(j.written.Load())
	j.syncing.Lock()
	defer j.syncing.Unlock()
	return errors.Join(err, j.release())
}

func (j *journal) release() error {
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	return errors.Join(err, unlock(j.lock))
}

// declared takes note of a hearer, and waits until it is on disk: a queue that
// was promised must be there.
func (j *journal) declared(id uint64, name string, types []string) error {
	if err := j.append(frame(j.buf[:0], func(b []byte) []byte { return putHearer(b, id, name, types) })); err != nil {
		return err
	}
	return j.commit(j.written.Load())
}

// said takes note of letters, all of them or none.
func (j *journal) said(letters []*letter) error {
	b := j.buf[:0]
	for _, l := range letters {
		b = frame(b, func(b []byte) []byte { return putSaid(b, l, l.to) })
	}
	return j.append(b)
}

func (j *journal) settled(hearer uint64, done []*letter) error {
	return j.moved(recordSettled, hearer, seqsOf(done))
}

func (j *journal) buried(hearer uint64, dead []*letter) error {
	return j.moved(recordBuried, hearer, seqsOf(dead))
}

func (j *journal) revived(hearer uint64, seqs []uint64) error {
	return j.moved(recordRevived, hearer, seqs)
}

func (j *journal) moved(kind byte, hearer uint64, seqs []uint64) error {
	return j.append(frame(j.buf[:0], func(b []byte) []byte { return putSeqs(b, kind, hearer, seqs) }))
}

func seqsOf(letters []*letter) []uint64 {
	seqs := make([]uint64, len(letters))
	for i, l := range letters {
		seqs[i] = l.seq
	}
	return seqs
}

// append writes b, whole records, to the end. If it cannot, the end is where it
// was: half a record in the middle would hide all that follow.
func (j *journal) append(b []byte) error {
	j.buf = b[:0]
	if j.broken.Load() {
		return errBroken
	}
	if _, err := j.file.WriteAt(b, j.size); err != nil {
		if undone := j.file.Truncate(j.size); undone != nil {
			j.broken.Store(true)
		}
		return fmt.Errorf("journal: %w", err)
	}
	j.size += int64(len(b))
	j.written.Add(int64(len(b)))
	return nil
}

// commit waits until all that was written up to mark is on disk. Those who wait
// at the same time share one sync. A sync that fails is not tried again, since
// the system may by then have dropped what it could not write.
func (j *journal) commit(mark int64) error {
	if j.noSync {
		return nil
	}
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if j.synced >= mark {
		return nil
	}
	if j.broken.Load() {
		return errBroken
	}
	upTo := j.written.Load()
	if err := j.file.Sync(); err != nil {
		j.broken.Store(true)
		return fmt.Errorf("journal: %w", err)
	}
	j.synced = upTo
	return nil
}

// due reports whether the journal holds more that is settled than not, and more
// than slack. To write it anew then costs no more than to write what is in it.
func (j *journal) due() bool { return j.size-j.kept > j.slack+j.kept }

// rewrite replaces the file by one that holds only what is not settled. A crash
// leaves the old one or the new one, which say the same.
func (j *journal) rewrite(hearers []*hearer) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if j.broken.Load() {
		return errBroken
	}
	file, size, err := j.writeNew(hearers)
	if err != nil {
		j.kept = j.size // try again when it has grown as much once more
		return fmt.Errorf("journal: %w", err)
	}
	if j.file != nil {
		_ = j.file.Close() // nothing in it is needed
	}
	j.file, j.size, j.kept, j.synced = file, size, size, j.written.Load()
	return nil
}

// writeNew makes the new file, and gives it the name of the old one once it is
// whole and on disk.
func (j *journal) writeNew(hearers []*hearer) (_ *os.File, size int64, err error) {
	file, err := os.OpenFile(j.path+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, 0, err
	}
	defer func() {
		if err != nil {
			_ = file.Close() // err says what is wrong
		}
	}()
	w := &counter{w: bufio.NewWriter(file)}
	w.write([]byte(magic))
	snapshot(hearers, w.write)
	if err := w.w.Flush(); err != nil { // which tells of errors before, too
		return nil, 0, err
	}
	if err := j.sync(file); err != nil {
		return nil, 0, err
	}
	if err := os.Rename(j.path+".new", j.path); err != nil {
		return nil, 0, err
	}
	if err := j.syncFolder(); err != nil {
		j.broken.Store(true) // which of the two files is found after a crash, nobody knows
		return nil, 0, err
	}
	return file, w.n, nil
}

// A counter counts what is written.
type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) write(b []byte) {
	_, _ = c.w.Write(b) // Flush repeats the error
	c.n += int64(len(b))
}

func (j *journal) sync(file *os.File) error {
	if j.noSync {
		return nil
	}
	return file.Sync()
}

// syncFolder has the name of the file on disk, too.
func (j *journal) syncFolder() error {
	folder, err := os.Open(filepath.Dir(j.path))
	if err != nil {
		return err
	}
	return errors.Join(j.sync(folder), folder.Close())
}

// snapshot writes records that come to what hearers hold, and to nothing else.
func snapshot(hearers []*hearer, write func([]byte)) {
	to := map[*letter][]*hearer{}
	var letters []*letter
	for _, h := range hearers {
		write(frame(nil, func(b []byte) []byte { return putHearer(b, h.id, h.name, sortedTypes(h)) }))
		h.each(func(l *letter) {
			if to[l] == nil {
				letters = append(letters, l)
			}
			to[l] = append(to[l], h)
		})
	}
	slices.SortFunc(letters, func(a, b *letter) int { return cmp.Compare(a.seq, b.seq) })
	var buf []byte
	for _, l := range letters {
		buf = frame(buf[:0], func(b []byte) []byte { return putSaid(b, l, to[l]) })
		write(buf)
	}
	for _, h := range hearers {
		if len(h.dead) > 0 {
			write(frame(nil, func(b []byte) []byte { return putSeqs(b, recordBuried, h.id, seqsOf(h.dead)) }))
		}
	}
}

// sortedTypes makes files of the same content the same.
func sortedTypes(h *hearer) []string {
	var types []string
	for t := range h.hears {
		types = append(types, t)
	}
	slices.Sort(types)
	return types
}
