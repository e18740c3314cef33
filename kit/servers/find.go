package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Where distributions put what they do not put on the PATH.
var (
	postgresFolders = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"}
	rabbitFolders   = []string{"/usr/lib/rabbitmq/bin", "/usr/local/sbin", "/opt/homebrew/sbin"}
)

// HasPostgres returns nil if PostgreSQL is installed, and otherwise what to do.
func HasPostgres() error {
	_, err := findPostgres()
	return err
}

// HasRabbit returns nil if RabbitMQ is installed, and otherwise what to do.
func HasRabbit() error {
	if _, err := findEpmd(); err != nil {
		return err
	}
	_, err := findRabbit()
	return err
}

// findPostgres returns the folder of initdb and postgres, the newest if there
// are several.
func findPostgres() (string, error) {
	dirs := installed(postgresFolders, "initdb", "postgres")
	if len(dirs) > 0 {
		return slices.MaxFunc(dirs, func(a, b string) int { return version(a) - version(b) }), nil
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", fmt.Errorf("PostgreSQL (postgres, initdb): %w; on Debian and Ubuntu: apt-get install -y --no-install-recommends postgresql", ErrMissing)
}

// findRabbit returns the folder of rabbitmq-server and rabbitmqctl.
//
// Debian has two of each: those in /usr/sbin change to the user rabbitmq and
// touch the system's own node, those in /usr/lib do not.
func findRabbit() (string, error) {
	if dirs := installed(rabbitFolders, "rabbitmq-server", "rabbitmqctl"); len(dirs) > 0 {
		return dirs[0], nil
	}
	if path, err := exec.LookPath("rabbitmq-server"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", fmt.Errorf("RabbitMQ (rabbitmq-server): %w; on Debian and Ubuntu: apt-get install -y --no-install-recommends rabbitmq-server", ErrMissing)
}

// findEpmd returns Erlang's port mapper, which every RabbitMQ node needs.
func findEpmd() (string, error) {
	if path, err := exec.LookPath("epmd"); err == nil {
		return path, nil
	}
	for _, dir := range installed([]string{"/usr/lib/erlang/erts-*/bin", "/usr/local/lib/erlang/erts-*/bin"}, "epmd") {
		return filepath.Join(dir, "epmd"), nil
	}
	return "", fmt.Errorf("erlang (epmd): %w; it comes with the package rabbitmq-server", ErrMissing)
}

// installed returns the folders that match one of patterns and hold programs.
func installed(patterns []string, programs ...string) []string {
	var found []string
	for _, pattern := range patterns {
		dirs, _ := filepath.Glob(pattern) // the only error is a bad pattern
		for _, dir := range dirs {
			if holds(dir, programs) {
				found = append(found, dir)
			}
		}
	}
	return found
}

// holds reports whether dir has all of programs.
func holds(dir string, programs []string) bool {
	for _, p := range programs {
		if _, err := os.Stat(filepath.Join(dir, p)); err != nil {
			return false
		}
	}
	return true
}

// version reads the number out of a path such as /usr/lib/postgresql/15/bin;
// 0 if there is none.
func version(dir string) int {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, dir)
	n, _ := strconv.Atoi(digits)
	return n
}
