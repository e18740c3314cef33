package devstack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"time"
)

// An image is a server as Docker has it.
type image struct {
	name string
	port string
	env  []string
	url  url.URL // without host
}

// dockerPassword is the password of PostgreSQL in a container. The container
// listens on the loopback only and holds nothing but test data.
const dockerPassword = "orpheus"

// The official images.
var (
	rabbitImage = image{
		name: "rabbitmq:3.13", port: "5672",
		url: url.URL{Scheme: "amqp", User: url.UserPassword("guest", "guest"), Path: "/"},
	}
	postgresImage = image{
		name: "postgres:15", port: "5432", env: []string{"POSTGRES_PASSWORD=" + dockerPassword},
		url: url.URL{
			Scheme: "postgres", User: url.UserPassword("postgres", dockerPassword),
			Path: "/postgres", RawQuery: "sslmode=disable",
		},
	}
)

// fromDocker starts a container on a free port. Its end removes it.
func fromDocker(ctx context.Context, k kind, say func(string)) (Provided, error) {
	if _, err := docker(ctx, "info"); err != nil {
		return Provided{}, fmt.Errorf("docker: %w: %w", errClosed, err)
	}
	say(k.name + ": starting " + k.image.name + " in Docker")
	name := "orpheus-test-" + strings.ToLower(rand.Text()[:10])
	if _, err := docker(ctx, k.image.runArgs(name)...); err != nil {
		return Provided{}, err
	}
	end := func() error {
		// ctx may be over when the end comes.
		_, err := docker(context.WithoutCancel(ctx), "rm", "--force", "--volumes", name)
		return err
	}
	url, err := k.awaitContainer(ctx, name)
	if err != nil {
		return Provided{}, errors.Join(err, end())
	}
	return Provided{URL: url, How: "the Docker image " + k.image.name + ", because it is not installed here", End: end}, nil
}

// runArgs are the arguments of docker that start a container.
func (i image) runArgs(name string) []string {
	args := []string{"run", "--detach", "--name", name, "--publish", "127.0.0.1::" + i.port}
	for _, kv := range i.env {
		args = append(args, "--env", kv)
	}
	return append(args, i.name)
}

// awaitContainer waits until the server in a container answers, and returns
// its URL.
func (k kind) awaitContainer(ctx context.Context, name string) (string, error) {
	published, err := docker(ctx, "port", name, k.image.port)
	if err != nil {
		return "", err
	}
	// One line for each address family; ours is on the first.
	at := k.image.url
	at.Host, _, _ = strings.Cut(published, "\n")
	for {
		err := k.answers(ctx, at.String())
		if err == nil {
			return at.String(), nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("container %s does not answer: %w", name, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// docker runs the docker client and returns what it says.
func docker(ctx context.Context, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput() //nolint:gosec // our own arguments
	said := strings.TrimSpace(string(text))
	if err != nil {
		return "", fmt.Errorf("docker %s: %w: %s", args[0], err, lastLine(said))
	}
	return said, nil
}

// lastLine returns the last line of text, where programs say what is wrong.
func lastLine(text string) string {
	return text[strings.LastIndexByte(text, '\n')+1:]
}
