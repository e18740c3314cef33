package devstack

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// makeDatabases gives every service a database and a role of its own, with the
// passwords of the record. Doing it again changes nothing.
func (s *Stack) makeDatabases(ctx context.Context) error {
	c, err := pgx.Connect(ctx, s.Postgres.URL())
	if err != nil {
		return fmt.Errorf("make databases: %w", err)
	}
	defer func() { _ = c.Close(ctx) }() // every statement was answered
	// Nobody has any business in the database that PostgreSQL brings.
	if _, err := c.Exec(ctx, "REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC"); err != nil {
		return fmt.Errorf("close the database postgres: %w", err)
	}
	for service, password := range s.record.Passwords {
		if err := makeDatabase(ctx, c, service, password); err != nil {
			return fmt.Errorf("make database %s: %w", service, err)
		}
	}
	return nil
}

// makeDatabase makes one role, and one database that only it may enter. A role
// owns nothing but its database, so no service can read another's data, even
// if it were given the address.
func makeDatabase(ctx context.Context, c *pgx.Conn, service, password string) error {
	name := pgx.Identifier{service}.Sanitize()
	if ok, err := exists(ctx, c, "SELECT FROM pg_roles WHERE rolname = $1", service); err != nil {
		return err
	} else if !ok {
		if _, err := c.Exec(ctx, "CREATE ROLE "+name); err != nil {
			return err
		}
	}
	// A statement of this kind takes no parameters. The password is one of
	// ours, letters and digits only.
	if _, err := c.Exec(ctx, "ALTER ROLE "+name+" LOGIN PASSWORD '"+password+"'"); err != nil {
		return err
	}
	if ok, err := exists(ctx, c, "SELECT FROM pg_database WHERE datname = $1", service); err != nil {
		return err
	} else if !ok {
		if _, err := c.Exec(ctx, "CREATE DATABASE "+name+" OWNER "+name+" TEMPLATE template0"); err != nil {
			return err
		}
	}
	_, err := c.Exec(ctx, "REVOKE ALL ON DATABASE "+name+" FROM PUBLIC")
	return err
}

// exists reports whether query has a row.
func exists(ctx context.Context, c *pgx.Conn, query, name string) (bool, error) {
	var ok bool
	err := c.QueryRow(ctx, "SELECT EXISTS ("+query+")", name).Scan(&ok)
	return ok, err
}

// inventPasswords gives each service that has none a password.
func (s *Stack) inventPasswords() {
	for _, d := range s.config.Daemons {
		if d.Name == SandboxName || s.record.Passwords[d.service()] != "" {
			continue
		}
		s.record.Passwords[d.service()] = rand.Text()
	}
}

// DatabaseURL is how a service connects to its database.
func (s *Stack) DatabaseURL(service string) string {
	return s.Postgres.DatabaseURL(service, s.record.Passwords[service], service)
}
