package sqlitelog_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"orpheus.example/kit/sqlitelog"
)

// childPath names the variable that makes a process of this test the child of
// TestKilledProcessLosesNothing: the path of its log.
const childPath = "SQLITELOG_TEST_CHILD"

// TestMain runs the tests, or the child of one.
func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		fmt.Fprintln(os.Stderr, appendForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// appendForEver goes on where the log ends, with sixteen writers, and prints
// each unit once it is acknowledged. It only returns if something is wrong.
func appendForEver(path string) error {
	ctx := context.Background()
	log, err := sqlitelog.Open(ctx, sqlitelog.Config{Path: path, Durable: true})
	if err != nil {
		return err
	}
	return errors.Join(atOnce(16, func(i int) error {
		stream := fmt.Sprint("stream", i)
		past, err := log.ReadStream(ctx, stream, 0, 1_000_000)
		for version := int64(len(past)); err == nil; version++ {
			if err = try(ctx, log, unit(stream, version)); err == nil {
				_, err = os.Stdout.WriteString(fmt.Sprintf("%s/%d\n", stream, version+1)) // in one write
			}
		}
		return err
	})...)
}

// TestKilledProcessLosesNothing kills a process in the middle of its appends,
// five times over, and looks for what it was told is committed. That the disk
// was waited for shows only when the power fails, which no test does.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	acknowledged := map[string]bool{}
	for range 5 {
		child, lines := mustStart(t, path)
		for range 300 {
			if !lines.Scan() {
				t.Fatalf("child ended by itself: %v", lines.Err())
			}
			acknowledged[lines.Text()] = true
		}
		checkInUse(t, sqlitelog.Config{Path: path})
		checkInUse(t, sqlitelog.Config{Path: path, Shared: true})
		if err := child.Process.Kill(); err != nil {
			t.Fatalf("Kill() = %v; want nil", err)
		}
		for lines.Scan() { // what it had said before it died
			acknowledged[lines.Text()] = true
		}
		_ = child.Wait() // it says that it was killed
		checkKept(t, path, acknowledged)
	}
}

// mustStart starts a child that appends to the log at path.
func mustStart(t *testing.T, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0]) // it does not outlive the test
	child.Env = append(os.Environ(), childPath+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatalf("starting the child: %v", err)
	}
	return child, bufio.NewScanner(out)
}

func checkInUse(t *testing.T, c sqlitelog.Config) {
	t.Helper()
	if _, err := sqlitelog.Open(within(t, patience), c); !errors.Is(err, sqlitelog.ErrInUse) {
		t.Fatalf("Open(%+v) while another process has it = %v; want %v", c, err, sqlitelog.ErrInUse)
	}
}

// checkKept checks that all that was acknowledged is in the log, that streams
// have no gaps, and that the database is sound. There may be units of which
// nobody has heard.
func checkKept(t *testing.T, path string, acknowledged map[string]bool) {
	t.Helper()
	log, err := sqlitelog.Open(within(t, patience), sqlitelog.Config{Path: path})
	if err != nil {
		t.Fatalf("Open after Kill = %v; want nil", err)
	}
	defer mustClose(t, log)
	kept, versions := map[string]bool{}, map[string]int{}
	for _, body := range mustRead(t, log) {
		kept[body] = true
		stream, version, _ := strings.Cut(body, "/")
		versions[stream]++
		if version != strconv.Itoa(versions[stream]) {
			t.Errorf("%s comes as number %d of its stream", body, versions[stream])
		}
	}
	for name := range acknowledged {
		if !kept[name] {
			t.Errorf("%s was acknowledged, and is not in the log", name)
		}
	}
	var sound string
	if err := log.DB().QueryRowContext(within(t, patience), "PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		t.Errorf("integrity_check = %s, %v; want ok, nil", sound, err)
	}
}
