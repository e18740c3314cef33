package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Read calls each with the records in r, in order, and returns how many bytes
// of r are whole records. What follows them, if anything, is a torn last line;
// it is not an error. A broken line that others follow is ErrCorrupt.
//
// An error of each stops the reading and is returned as it is.
func Read(r io.Reader, each func(Record) error) (good int64, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for number := 1; ; number++ {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			return good, nil // with or without a rest that has no newline
		}
		if err != nil {
			return good, fmt.Errorf("line %d: %w", number, err)
		}
		record, ok := parse(line)
		if !ok {
			return good, tornOrCorrupt(lines, number)
		}
		if err := each(record); err != nil {
			return good, err
		}
		good += int64(len(line))
	}
}

// readLine returns the next line with its newline. It never holds more than
// MaxRecord of a file that turns out not to be a journal.
func readLine(lines *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		piece, err := lines.ReadSlice('\n')
		line = append(line, piece...)
		if len(line) > MaxRecord {
			return nil, fmt.Errorf("%w: %w", ErrCorrupt, ErrTooLarge)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// parse reads one line. A record without a part or a body is none: valid JSON
// can be what is left of a longer line.
func parse(line []byte) (Record, bool) {
	var r Record
	if err := json.Unmarshal(line, &r); err != nil {
		return Record{}, false
	}
	return r, r.Part != "" && len(r.Body) > 0
}

// tornOrCorrupt judges a broken line by what follows it. Disks may write the
// end of a line before its middle, so a torn line can have its newline, but
// nothing was ever written behind a line that had not reached the disk.
func tornOrCorrupt(rest *bufio.Reader, number int) error {
	if _, err := rest.ReadByte(); errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("line %d: %w", number, ErrCorrupt)
}
