// Package journal keeps what the outside world has done in one file, so that
// a sandbox killed at any moment still knows whose card it has charged.
//
// A journal is JSON lines: one record is one line, and one line is one
// mutation, whole or not at all. Write puts a line in the file, and Settle
// returns when all lines so far are on the disk (fsync). Whoever settles before
// an answer leaves the sandbox never forgets what it has said, and need not hold
// a lock meanwhile: all who wait share one fsync, and the next begins with
// whatever was written during the one before.
//
// What a crash leaves behind is read back like this:
//
//   - The last line without its newline, or not a record: torn. The process died
//     before its fsync returned, so nobody was told of it. Open cuts it off.
//   - The same anywhere else: not the work of a process that dies. Open refuses
//     with ErrCorrupt, because to go on would be to forget silently. A loss of
//     power may leave that behind, too, since lines that share an fsync may reach
//     the disk in any order; remove the file then. It is a sandbox.
//
// A record may be in the file although its caller was told of a failure, when
// the write went through and the fsync did not. That is the same uncertainty
// that every remote call has, and it has the same cure: ask again by key.
//
// Nothing is ever rewritten or compacted. A journal grows by about a kilobyte
// per mutation, and removing the file between runs is how to forget.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// MaxRecord is the most bytes that one line may have. The largest record is a
// mail at its size limit, in base64.
const MaxRecord = 1 << 20

var (
	// ErrCorrupt says that a line other than the last is not a record.
	ErrCorrupt = errors.New("journal is corrupt")

	// ErrTooLarge says that a record would be longer than MaxRecord.
	ErrTooLarge = errors.New("record is too large")

	// ErrBroken says that an earlier write did not reach the disk. What the
	// file holds since then is unknown, so nothing more is written to it until
	// it is opened, and thereby read, again.
	ErrBroken = errors.New("journal is broken")
)

// A Record is one mutation as it is kept. Part names who wrote it and alone
// knows how to read Body.
type Record struct {
	Part string          `json:"part"`
	Body json.RawMessage `json:"body"`
}

// A Journal is an append-only file of records. It is safe for concurrent use.
type Journal struct {
	mu      sync.Mutex
	file    *os.File // nil: memory only, nothing outlives the process
	broken  error
	written int64      // lines in the file
	settled int64      // of them on the disk
	syncing bool       // somebody waits for the disk
	changed *sync.Cond // settled or broken have; or the disk has answered
}

// Memory returns a journal that keeps nothing. Those who write to it hold their
// state in memory anyway; only a restart shows the difference.
func Memory() *Journal { return in(nil) }

func in(file *os.File) *Journal {
	j := &Journal{file: file}
	j.changed = sync.NewCond(&j.mu)
	return j
}

// Open opens the journal in the file at path, creates it if it is not there,
// and cuts off a torn last line. An empty path is Memory. One process may have
// a journal open at a time; nothing here checks that.
func Open(path string) (*Journal, error) {
	if path == "" {
		return Memory(), nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // whoever starts the sandbox names its file
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err := settle(file, path); err != nil {
		_ = file.Close() // the first error says more
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	return in(file), nil
}

// settle leaves the file with whole records only, its end as the place to
// write, and its name in the folder on the disk.
func settle(file *os.File, path string) error {
	good, err := Read(file, func(Record) error { return nil })
	if err != nil {
		return err
	}
	if err := file.Truncate(good); err != nil {
		return err
	}
	if _, err := file.Seek(good, io.SeekStart); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a new file's name durable: fsync of a file does not cover
// the entry in its folder (fsync(2), NOTES).
func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }() // opened for reading only
	return folder.Sync()
}

// Write writes one mutation of part. Until Settle has returned nil it must not be
// shown to anybody; after an error of Write nothing was written that counts.
func (j *Journal) Write(part string, mutation any) error {
	body, err := json.Marshal(mutation)
	if err != nil {
		return fmt.Errorf("write to journal: %w", err)
	}
	line, err := json.Marshal(Record{Part: part, Body: body})
	if err != nil {
		return fmt.Errorf("write to journal: %w", err)
	}
	if len(line) >= MaxRecord {
		return fmt.Errorf("write %d bytes to journal: %w", len(line), ErrTooLarge)
	}
	return j.write(append(line, '\n'))
}

// write writes under the lock: the order of lines is the order in which callers
// go on.
func (j *Journal) write(line []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil || j.file == nil {
		return j.broken
	}
	if _, err := j.file.Write(line); err != nil {
		return j.fail(err)
	}
	j.written++
	return nil
}

// Settle returns nil once all that was written before the call is on the disk. If
// that fails once it fails for ever: what was written and not settled by then is
// told to nobody.
func (j *Journal) Settle() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for all := j.written; j.settled < all && j.broken == nil; {
		if j.syncing {
			j.changed.Wait() // for whoever is at it, and maybe for the next
			continue
		}
		j.sync()
	}
	return j.broken
}

// sync waits for the disk without the lock. It is called under it.
func (j *Journal) sync() {
	file, all := j.file, j.written
	j.syncing = true
	j.mu.Unlock()
	err := file.Sync()
	j.mu.Lock()
	j.syncing = false
	j.changed.Broadcast()
	if err != nil {
		_ = j.fail(err) // whoever settles is told
		return
	}
	j.settled = all
}

// fail breaks the journal. A retried fsync may report success for pages that were
// dropped (fsync(2), ERRORS, EIO), so the first failure is final.
func (j *Journal) fail(err error) error {
	if j.broken == nil {
		j.broken = fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return j.broken
}

// Replay calls each with every mutation that part has kept, oldest first. It
// is meant for the start, before that part appends.
func (j *Journal) Replay(part string, each func(body json.RawMessage) error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	size, err := j.file.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("replay %s: %w", part, err)
	}
	// A section has a position of its own: the file's stays at the end.
	_, err = Read(io.NewSectionReader(j.file, 0, size), func(r Record) error {
		if r.Part != part {
			return nil
		}
		return each(r.Body)
	})
	if err != nil {
		return fmt.Errorf("replay %s: %w", part, err)
	}
	return nil
}

// Close gives the file back. What was settled is on the disk already; what was not
// need not be.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file, j.broken = nil, fmt.Errorf("%w: closed", ErrBroken)
	j.changed.Broadcast()
	return err
}
