package cli

import "github.com/spf13/cobra"

// pageSize is what the services give at most.
const pageSize = 200

// limited gives a command the flag --limit.
func limited(c *cobra.Command, limit *int) *cobra.Command {
	c.Flags().IntVar(limit, "limit", 50, "show at most so many; 0 for all")
	return c
}

// pages reads page after page until there are limit things, or no more.
func pages[T any](limit int, read func(token string, size int32) (things []T, next string, err error)) ([]T, error) {
	var all []T
	for token := ""; ; {
		size := int32(pageSize)
		if limit > 0 {
			size = int32(min(limit-len(all), pageSize)) //nolint:gosec // at most pageSize
		}
		things, next, err := read(token, size)
		if err != nil {
			return nil, err
		}
		all = append(all, things...)
		if token = next; token == "" || limit > 0 && len(all) >= limit {
			return all, nil
		}
	}
}
