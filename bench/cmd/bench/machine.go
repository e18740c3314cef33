package main

import (
	"bufio"
	"context"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"orpheus.example/bench/result"
)

// machine says where it is measured. What cannot be found out stays empty.
func machine(ctx context.Context, root string) result.Machine {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease") // empty elsewhere
	kB, _ := strconv.ParseInt(strings.TrimSuffix(after("/proc/meminfo", "MemTotal:"), " kB"), 10, 64)
	return result.Machine{
		CPU: after("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Memory: kB << 10,
		Kernel: strings.TrimSpace(string(kernel)), Commit: commit(ctx, root),
	}
}

// after returns what follows name on the first line of a file that begins with it.
func after(path, name string) string {
	f, err := os.Open(path) //nolint:gosec // of /proc
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // it is read only
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok {
			return strings.TrimSpace(strings.TrimLeft(rest, "\t :"))
		}
	}
	return ""
}

// commit returns the commit of the source, with a mark if the source differs.
func commit(ctx context.Context, root string) string {
	id := said(ctx, "git", "-C", root, "rev-parse", "--short=12", "HEAD")
	if id != "" && said(ctx, "git", "-C", root, "status", "--porcelain") != "" {
		id += " with changes"
	}
	return id
}

// versions returns the versions of what is measured: of the servers, and of the
// libraries that the programs in a folder were built with.
func versions(ctx context.Context, bin string) map[string]string {
	v := map[string]string{"Go": runtime.Version()}
	if text := said(ctx, newest("/usr/lib/postgresql/*/bin/postgres"), "--version"); text != "" {
		v["PostgreSQL"] = strings.TrimPrefix(text, "postgres (PostgreSQL) ")
	}
	if dir := filepath.Base(newest("/usr/lib/rabbitmq/lib/rabbitmq_server-*")); dir != "." {
		v["RabbitMQ"] = strings.TrimPrefix(dir, "rabbitmq_server-")
	}
	if dir := newest("/usr/lib/erlang/releases/[0-9]*"); dir != "" {
		v["Erlang/OTP"] = filepath.Base(dir)
	}
	for _, program := range []string{"orderd", "peerd"} {
		info, err := buildinfo.ReadFile(filepath.Join(bin, program))
		if err != nil {
			continue // it would not have been built
		}
		for _, m := range info.Deps {
			switch m.Path {
			case "google.golang.org/grpc", "github.com/jackc/pgx/v5", "github.com/rabbitmq/amqp091-go",
				"github.com/ThreeDotsLabs/watermill", "github.com/ThreeDotsLabs/watermill-amqp/v3", "github.com/ThreeDotsLabs/watermill-sql/v4":
				v[m.Path] = m.Version
			}
		}
	}
	return v
}

// newest returns the last path that matches a pattern, empty if none does.
func newest(pattern string) string {
	paths, _ := filepath.Glob(pattern) // the only error is a bad pattern
	if len(paths) == 0 {
		return ""
	}
	return paths[len(paths)-1]
}

// said returns what a program says, empty if it cannot be run.
func said(ctx context.Context, program string, args ...string) string {
	if program == "" {
		return ""
	}
	text, err := exec.CommandContext(ctx, program, args...).Output() //nolint:gosec // our own arguments
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
