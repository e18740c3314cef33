package sqlitelog_test

import (
	"testing"

	"orpheus.example/kit/eventlog"
	"orpheus.example/kit/logtest"
	"orpheus.example/kit/sqlitelog"
)

// TestLaws shares its files, so that all laws can be put to the test.
func TestLaws(t *testing.T) {
	t.Parallel()
	logtest.Run(t, func(t *testing.T) logtest.Opened {
		c := sqlitelog.Config{Path: newPath(t), Shared: true}
		return logtest.Opened{
			Store:   mustOpen(t, c),
			Another: func(t *testing.T) eventlog.Store { return mustOpen(t, c) },
		}
	})
}

// TestLawsOfAFileOfOnesOwn leaves out those for which a second process is needed.
func TestLawsOfAFileOfOnesOwn(t *testing.T) {
	t.Parallel()
	logtest.Run(t, func(t *testing.T) logtest.Opened {
		return logtest.Opened{Store: mustOpen(t, sqlitelog.Config{Path: newPath(t), Durable: true})}
	})
}

func TestLawsInMemory(t *testing.T) {
	t.Parallel()
	logtest.Run(t, func(t *testing.T) logtest.Opened {
		return logtest.Opened{Store: mustOpen(t, sqlitelog.Config{Memory: true})}
	})
}
