package main

import (
	"errors"
	"testing"
)

func TestCommandLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tests := map[string]struct {
		args []string
		code int
		err  error
	}{
		"help_is_no_error":          {[]string{"--help"}, 0, nil},
		"help_of_a_verb":            {[]string{"run", "--help"}, 0, nil},
		"nothing":                   {nil, 2, errUsage},
		"unknown_verb":              {[]string{"dance"}, 2, errUsage},
		"unknown_flag":              {[]string{"run", "-fast"}, 2, errUsage},
		"test_without_command":      {[]string{"test", "--"}, 2, errUsage},
		"run_with_too_much":         {[]string{"run", "now"}, 2, errUsage},
		"stop_where_nothing_was":    {[]string{"stop", "-dir", dir + "/none"}, 0, nil},
		"wipe_where_nothing_was":    {[]string{"wipe", "-dir", dir + "/none"}, 0, nil},
		"status_where_nothing_runs": {[]string{"status", "-dir", dir}, 1, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, err := devstackMain(t.Context(), test.args)
			if code != test.code || !errors.Is(err, test.err) {
				t.Errorf("devstackMain(%q) = %d, %v; want %d, %v", test.args, code, err, test.code, test.err)
			}
		})
	}
}
