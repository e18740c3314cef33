package servers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"

	"orpheus.example/kit/servers"
	"orpheus.example/kit/servers/servertest"
)

// mustExec runs statements on one connection, and returns that connection.
func mustExec(t *testing.T, url string, statements ...string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("pgx.Connect(%q) = %v; want nil", url, err)
	}
	for _, s := range statements {
		if _, err := c.Exec(t.Context(), s); err != nil {
			t.Fatalf("Exec(%q) = %v; want nil", s, err)
		}
	}
	return c
}

// TestPostgresSurvivesKill commits, kills with a client connected, and looks
// whether the commit is there after the restart.
func TestPostgresSurvivesKill(t *testing.T) {
	t.Parallel()
	p := servertest.Postgres(t)
	c := mustExec(t, p.URL(), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")
	if err := p.Kill(); err != nil {
		t.Fatalf("Kill() = %v; want nil", err)
	}
	if err := c.Ping(t.Context()); err == nil {
		t.Errorf("Ping() of a killed server = nil; want an error")
	}
	if err := p.Restart(t.Context()); err != nil {
		t.Fatalf("Restart() = %v; want nil", err)
	}
	var n int
	if err := mustExec(t, p.URL()).QueryRow(t.Context(), "SELECT n FROM kept").Scan(&n); err != nil || n != 42 {
		t.Errorf("SELECT n = %d, %v; want 42, nil", n, err)
	}
}

func TestPostgresKeepsToDisk(t *testing.T) {
	t.Parallel()
	c := mustExec(t, servertest.PostgresURL(t))
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var got string
		if err := c.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got); err != nil || got != "on" {
			t.Errorf("current_setting(%q) = %q, %v; want on", setting, got, err)
		}
	}
}

// TestPostgresHangsWhilePaused asks a paused server: nothing may come back,
// neither an answer nor a refusal. Resumed, it answers on the same connection.
func TestPostgresHangsWhilePaused(t *testing.T) {
	t.Parallel()
	p := servertest.Postgres(t)
	c := mustExec(t, p.URL())
	if err := p.Pause(); err != nil {
		t.Fatalf("Pause() = %v; want nil", err)
	}
	answer := make(chan error, 1)
	go func() { answer <- c.Ping(t.Context()) }()
	select {
	case err := <-answer:
		t.Errorf("Ping() of a paused server = %v; want silence", err)
	case <-time.After(300 * time.Millisecond): // silence can only be waited for
	}
	if err := p.Resume(); err != nil {
		t.Fatalf("Resume() = %v; want nil", err)
	}
	if err := <-answer; err != nil {
		t.Errorf("Ping() after Resume = %v; want nil", err)
	}
}

func TestPostgresStopsAndStartsInItsFolder(t *testing.T) {
	t.Parallel()
	p := servertest.Postgres(t)
	mustExec(t, p.URL(), "CREATE TABLE kept (n int)").Close(t.Context())
	if err := p.Stop(); err != nil {
		t.Fatalf("Stop() = %v; want nil", err)
	}
	// A second one in the same folder, as after a restart of the machine.
	again, err := servers.StartPostgres(t.Context(), servers.Config{Dir: p.Dir()})
	if err != nil {
		t.Fatalf("StartPostgres(the same folder) = %v; want nil", err)
	}
	defer again.Kill()
	mustExec(t, again.URL(), "SELECT n FROM kept").Close(t.Context())
}

// TestRabbitSurvivesKill publishes durably with a confirm, kills, and looks
// whether the message is there after the restart; and gone after a wipe.
func TestRabbitSurvivesKill(t *testing.T) {
	t.Parallel()
	r := servertest.Rabbit(t)
	mustPublish(t, r.URL(), "kept")
	if err := r.Sync(t.Context()); err != nil {
		t.Fatalf("Sync() = %v; want nil", err)
	}
	if err := r.Kill(); err != nil {
		t.Fatalf("Kill() = %v; want nil", err)
	}
	if _, err := amqp.Dial(r.URL()); err == nil {
		t.Errorf("Dial() of a killed broker = nil; want an error")
	}
	if err := r.Restart(t.Context()); err != nil {
		t.Fatalf("Restart() = %v; want nil", err)
	}
	if d, ok := mustGet(t, r.URL(), "kept"); !ok || string(d.Body) != "hello" {
		t.Errorf("Get(kept) = %q, %v; want hello, true", d.Body, ok)
	}
	if err := r.Wipe(t.Context()); err != nil {
		t.Fatalf("Wipe() = %v; want nil", err)
	}
	if queues, err := r.Ctl(t.Context(), "list_queues", "name"); err != nil || queues != "" {
		t.Errorf("Ctl(list_queues) after Wipe = %q, %v; want none", queues, err)
	}
}

// TestRabbitHangsWhilePaused is TestPostgresHangsWhilePaused for the broker,
// and that Stop then ends it in good order.
func TestRabbitHangsWhilePaused(t *testing.T) {
	t.Parallel()
	r := servertest.Rabbit(t)
	if err := r.Pause(); err != nil {
		t.Fatalf("Pause() = %v; want nil", err)
	}
	answer := make(chan error, 1)
	go func() {
		c, err := amqp.Dial(r.URL())
		answer <- errors.Join(err, c.Close())
	}()
	select {
	case err := <-answer:
		t.Errorf("Dial() of a paused broker = %v; want silence", err)
	case <-time.After(300 * time.Millisecond): // silence can only be waited for
	}
	if err := r.Resume(); err != nil {
		t.Fatalf("Resume() = %v; want nil", err)
	}
	if err := <-answer; err != nil {
		t.Errorf("Dial() after Resume = %v; want nil", err)
	}
	if err := r.Stop(); err != nil {
		t.Errorf("Stop() = %v; want nil", err)
	}
}

func TestStartRefusesATakenPort(t *testing.T) {
	t.Parallel()
	p := servertest.Postgres(t)
	dir, err := servers.Scratch()
	if err != nil {
		t.Fatalf("Scratch() = %v; want nil", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := servers.StartPostgres(ctx, servers.Config{Dir: dir, Port: p.Port()}); err == nil {
		t.Errorf("StartPostgres(taken port) = nil; want an error")
	}
}

func TestFreePortIsGivenOnce(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for range 50 {
		port, err := servers.FreePort()
		if err != nil || seen[port] {
			t.Fatalf("FreePort() = %d, %v; want one not among %v", port, err, seen)
		}
		seen[port] = true
	}
}
