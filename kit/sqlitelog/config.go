package sqlitelog

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// A Config says where the log is. Either Path or Memory is required.
type Config struct {
	// Path names the file, which is made if it is not there, as are three more
	// whose names begin with it. Its folder must be there.
	Path string

	// Memory has the log kept in memory, and forgotten when it is closed.
	Memory bool

	// Durable has Append wait for the disk, so that not even a loss of power
	// loses what was acknowledged.
	Durable bool

	// Shared lets others open the file at the same time, if they say so too.
	Shared bool

	// Readers is how many connections there may be for reading a file; the
	// default is 4. A log in memory has one for everything.
	Readers int

	// Now is the clock that leases of cursors go by; the default is time.Now.
	Now func() time.Time
}

// ErrUnfit says that a log cannot be kept in the place that it was given.
var ErrUnfit = errors.New("place is unfit for a log")

const (
	defaultReaders = 4

	// busyWithin is how long a connection tries to get what another holds.
	// Within one process that only happens while a view makes its tables.
	busyWithin = 5 * time.Second

	// walKept is what is left of the WAL, in bytes, after it was long once.
	walKept = 64 << 20

	// walPages is after how many pages the WAL is copied into the file. Under load
	// the same pages change with every commit: the later they are copied, the more
	// often each is for one copy. It is half of what is kept of the WAL.
	walPages = walKept / 2 / pageSize
	pageSize = 4096 // SQLite's default

	// pageCache is how many bytes of pages a connection keeps at most, of which there
	// are five for a file. Names are random, so every commit touches leaves all over
	// the indexes, and those that are not in memory are read again each time.
	pageCache = 16 << 20
)

// complete returns c with its defaults, or why it cannot be.
func (c Config) complete() (Config, error) {
	if (c.Path != "") == c.Memory {
		return c, fmt.Errorf("%w: give it either a path or memory", ErrUnfit)
	}
	if c.Memory && c.Shared {
		return c, fmt.Errorf("%w: memory cannot be shared", ErrUnfit)
	}
	if c.Readers <= 0 {
		c.Readers = defaultReaders
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Memory {
		return c, nil
	}
	path, err := filepath.Abs(c.Path) // what it means must not change later
	c.Path = path
	return c, err
}

// source returns the name by which the driver opens the log's connections.
func (c Config) source() string {
	settings := url.Values{
		// Transactions of database/sql are those that write; each gets the write
		// lock when it begins, since one that asks for it later may be refused.
		// Nothing that only reads needs a transaction.
		"_txlock": {"immediate"},
		// As in PostgreSQL, "x" is a name and never a text.
		"_dqs": {"0"},
		"_pragma": {
			pragma("busy_timeout", busyWithin.Milliseconds()),
			pragma("synchronous", "NORMAL"), // Append raises it
			pragma("journal_size_limit", walKept),
			pragma("temp_store", "MEMORY"),
			pragma("cache_size", -pageCache>>10),
			pragma("wal_autocheckpoint", walPages),
			// On macOS the disk's own cache is only emptied on demand.
			pragma("fullfsync", c.Durable),
			pragma("checkpoint_fullfsync", c.Durable),
		},
	}
	if c.Memory {
		return ":memory:?" + settings.Encode()
	}
	return fileSource(c.Path, settings)
}

func pragma(name string, value any) string { return fmt.Sprintf("%s(%v)", name, value) }

// fileSource names a file by its URI, in which it may have any letters.
func fileSource(path string, settings url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive's letter
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: settings.Encode()}).String()
}
