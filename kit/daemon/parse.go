package daemon

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"

	"orpheus.example/kit/gc"
)

var (
	// ErrHelp says that help was asked for and given.
	ErrHelp = errors.New("help was asked for")
	// ErrUsage says that the settings make no sense.
	ErrUsage = errors.New("see --help")
)

// Parse fills the struct that settings points to from the environment, and from
// flags, which override it. Each field with an env tag has a flag:
// ORPHEUS_DATABASE_URL is --database-url. The tags are those of
// github.com/caarlos0/env (env, envDefault), and envDoc for --help. A field
// without envDefault keeps what it holds unless it is set.
//
// Errors are ErrHelp, after the help was printed, or wrap ErrUsage; Main knows
// what to do about both.
func Parse(settings any) error {
	return parse(settings, os.Args, os.Environ(), os.Stdout)
}

func parse(settings any, args, environ []string, out io.Writer) error {
	all := variables(reflect.ValueOf(settings).Elem())
	program := filepath.Base(args[0])
	set, err := flags(program, all, args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		if _, err := io.WriteString(out, help(program, all)); err != nil {
			return fmt.Errorf("print help: %w", err)
		}
		return ErrHelp
	case err != nil:
		return fmt.Errorf("%w; %w", err, ErrUsage)
	}
	environment := env.ToMap(environ)
	maps.Copy(environment, set)
	if err := env.ParseWithOptions(settings, env.Options{Environment: environment}); err != nil {
		return fmt.Errorf("%w; %w", readable(err, all), ErrUsage)
	}
	if c, ok := settings.(interface{ Complete() error }); ok {
		if err := c.Complete(); err != nil {
			return fmt.Errorf("%w; %w", err, ErrUsage)
		}
	}
	return nil
}

// A variable is one setting, as its struct field declares it.
type variable struct {
	name      string // in the environment
	field     string // in the struct, by which env speaks of it
	doc       string // for people
	otherwise string // its default, empty if it has none
	required  bool   // there is no default that would make sense
	boolean   bool   // its flag needs no value
}

// variables lists the settings of a struct, in the order of its fields, those of
// structs within it included. A struct that has an env tag itself is one setting.
func variables(v reflect.Value) []variable {
	var all []variable
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("env"), ",")
		switch {
		case name != "":
			all = append(all, variable{
				name: name, field: field.Name, doc: field.Tag.Get("envDoc"),
				otherwise: otherwise(field, v.Field(i)),
				required:  strings.Contains(options, "required"),
				boolean:   field.Type.Kind() == reflect.Bool,
			})
		case field.Type.Kind() == reflect.Struct && field.IsExported():
			all = append(all, variables(v.Field(i))...)
		}
	}
	return all
}

// otherwise returns the default of a field: that of its tag, or what it holds.
func otherwise(field reflect.StructField, v reflect.Value) string {
	if tag, ok := field.Tag.Lookup("envDefault"); ok {
		return tag
	}
	if v.IsZero() {
		return ""
	}
	return fmt.Sprint(v.Interface())
}

// flag returns the name of the flag that overrides v. The prefix that all of our
// variables share would only be noise on a command line that names the program.
func (v variable) flag() string {
	name := strings.TrimPrefix(v.name, "ORPHEUS_")
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// flags returns the variables that are set by args. Flags only carry text: what
// it means, and whether it makes sense, is left to env, so that both ways of
// setting a variable understand the same.
func flags(program string, all []variable, args []string) (map[string]string, error) {
	f := flag.NewFlagSet(program, flag.ContinueOnError)
	f.SetOutput(io.Discard) // Main prints the error, once
	set := map[string]string{}
	for _, v := range all {
		f.Var(override{v, set}, v.flag(), v.doc)
	}
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("argument %q is not a flag", f.Arg(0))
	}
	return set, nil
}

// An override is a flag that sets a variable; a flag.Value.
type override struct {
	variable variable
	set      map[string]string
}

// String is asked for the default, which help prints in its own way.
func (o override) String() string { return "" }

// IsBoolFlag lets --quick stand for --quick=true.
func (o override) IsBoolFlag() bool { return o.variable.boolean }

// Set remembers the text. Of a flag that is given twice the last one counts.
func (o override) Set(text string) error {
	o.set[o.variable.name] = text
	return nil
}

// readable names variables where env names the fields of our structs: whoever
// reads it knows the one and not the other.
func readable(err error, all []variable) error {
	var several env.AggregateError
	if !errors.As(err, &several) {
		return err
	}
	var said []error
	for _, e := range several.Errors {
		said = append(said, named(e, all))
	}
	return errors.Join(said...)
}

func named(err error, all []variable) error {
	var wrong env.ParseError
	if !errors.As(err, &wrong) {
		return err
	}
	for _, v := range all {
		if v.field == wrong.Name {
			return fmt.Errorf("%s: %w", v.name, wrong.Err)
		}
	}
	return err
}

// help lists every setting with its meaning and its default. It is made of the
// struct itself, so it cannot be out of date.
func help(program string, all []variable) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Usage: %s [--flag=value ...]\n\n", program)
	out.WriteString("Settings come from the environment; flags override them.\n\n")
	for _, v := range all {
		fmt.Fprintf(&out, "  %s, --%s\n        %s%s\n", v.name, v.flag(), v.doc, v.remark())
	}
	out.WriteString("\nTelemetry is set by the standard OTEL_* variables, such as\n" +
		"OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER.\n" +
		"With OTEL_METRICS_EXPORTER=prometheus metrics are at /metrics of the admin address.\n")
	fmt.Fprintf(&out, "\nUnless GOGC is set it is %d, and GOMEMLIMIT is %d MiB: set GOMEMLIMIT, to\n"+
		"some three quarters of it, where there is less memory.\n", gc.Percent, gc.Limit>>20)
	return out.String()
}

func (v variable) remark() string {
	switch {
	case v.required:
		return " (required)"
	case v.otherwise != "":
		return " (default " + v.otherwise + ")"
	}
	return ""
}
