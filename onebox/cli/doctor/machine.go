package doctor

import (
	"cmp"
	"os"
	"os/exec"
	"runtime"
	"time"

	"orpheus.example/kit/servers"
)

func (c Config) complete() Config {
	c.Partitions = cmp.Or(c.Partitions, 1)
	c.Patience = cmp.Or(c.Patience, 5*time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.LookPath == nil {
		c.LookPath = exec.LookPath
	}
	return c
}

// installed says which programs there are. None is needed by the shop in one
// process; the real stack needs a broker and a database, from wherever.
func (d *doctor) installed() {
	if path, err := d.LookPath("go"); err == nil {
		d.say("go", Fine, path, "")
	} else {
		d.say("go", Note, "not installed; this program was built with "+runtime.Version(), "install Go 1.26 or later to build anything: https://go.dev/dl/")
	}
	d.program("rabbitmq", servers.HasRabbit())
	d.program("postgres", servers.HasPostgres())
	path, err := d.LookPath("docker")
	switch {
	case err != nil:
		d.say("docker", Note, "not installed; only looked for where rabbitmq or postgres are not", "")
	case !exists("/var/run/docker.sock") && os.Getenv("DOCKER_HOST") == "":
		d.say("docker", Note, path+" is there, and no engine to talk to", "start the engine, if it is to be used")
	default:
		d.say("docker", Fine, path, "")
	}
}

func (d *doctor) program(name string, err error) {
	if err == nil {
		d.say(name, Fine, "installed", "")
		return
	}
	d.say(name, Note, "not installed; 'orpheus dev' does without, 'make run' does not", line(err))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
