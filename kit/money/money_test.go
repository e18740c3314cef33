package money_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"golang.org/x/text/currency"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	"orpheus.example/kit/money"
)

func amount(code string, units int64, nanos int32) *moneypb.Money {
	return &moneypb.Money{CurrencyCode: code, Units: units, Nanos: nanos}
}

func TestAmountsOnTheWire(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		wire  *moneypb.Money
		minor int64
		text  string
	}{
		"euro_has_cents":             {amount("EUR", 42, 500_000_000), 4250, "42.50 EUR"},
		"yen_has_nothing_smaller":    {amount("JPY", 980, 0), 980, "980 JPY"},
		"dinar_has_a_thousand":       {amount("KWD", 1, 5_000_000), 1005, "1.005 KWD"},
		"unidad_has_ten_thousand":    {amount("CLF", 1, 100_000), 10001, "1.0001 CLF"},
		"forint_is_not_cash":         {amount("HUF", 1, 500_000_000), 150, "1.50 HUF"},
		"debt_is_negative":           {amount("EUR", -1, -10_000_000), -101, "-1.01 EUR"},
		"part_of_a_unit_is_negative": {amount("EUR", 0, -990_000_000), -99, "-0.99 EUR"},
		"nothing":                    {amount("EUR", 0, 0), 0, "0.00 EUR"},
		"largest":                    {amount("EUR", 92233720368547758, 70_000_000), math.MaxInt64, "92233720368547758.07 EUR"},
		"smallest":                   {amount("EUR", -92233720368547758, -80_000_000), math.MinInt64, "-92233720368547758.08 EUR"},
		"smallest_of_yen":            {amount("JPY", math.MinInt64, 0), math.MinInt64, "-9223372036854775808 JPY"},
		"largest_of_yen":             {amount("JPY", math.MaxInt64, 0), math.MaxInt64, "9223372036854775807 JPY"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			minor, code, err := money.Minor(c.wire)
			if minor != c.minor || code != c.wire.GetCurrencyCode() || err != nil {
				t.Errorf("Minor(%v) = %d, %q, %v; want %d", c.wire, minor, code, err, c.minor)
			}
			wire, err := money.Proto(c.minor, code)
			if !proto.Equal(wire, c.wire) || err != nil {
				t.Errorf("Proto(%d, %s) = %v, %v; want %v", c.minor, code, wire, err, c.wire)
			}
			if text, err := money.Text(c.minor, code); text != c.text || err != nil {
				t.Errorf("Text(%d, %s) = %q, %v; want %q", c.minor, code, text, err, c.text)
			}
		})
	}
}

func TestAmountsThatAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		wire *moneypb.Money
		want error
	}{
		"no_amount":           {nil, money.ErrCurrency},
		"no_currency":         {amount("", 1, 0), money.ErrCurrency},
		"none_meant":          {amount("XXX", 1, 0), money.ErrCurrency},
		"unknown":             {amount("ZZQ", 1, 0), money.ErrCurrency},
		"lower_case":          {amount("eur", 1, 0), money.ErrCurrency},
		"signs_differ":        {amount("EUR", 1, -1), money.ErrMalformed},
		"signs_differ_too":    {amount("EUR", -1, 10_000_000), money.ErrMalformed},
		"a_billion_nanos":     {amount("EUR", 0, 1_000_000_000), money.ErrMalformed},
		"half_a_cent":         {amount("EUR", 0, 5_000_000), money.ErrTooFine},
		"a_tenth_of_a_yen":    {amount("JPY", 1, 100_000_000), money.ErrTooFine},
		"one_cent_too_much":   {amount("EUR", 92233720368547758, 80_000_000), money.ErrTooLarge},
		"one_cent_too_little": {amount("EUR", -92233720368547758, -90_000_000), money.ErrTooLarge},
		"far_too_much":        {amount("EUR", math.MaxInt64, 0), money.ErrTooLarge},
		"far_too_little":      {amount("EUR", math.MinInt64, 0), money.ErrTooLarge},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if minor, code, err := money.Minor(c.wire); !errors.Is(err, c.want) {
				t.Errorf("Minor(%v) = %d, %q, %v; want %v", c.wire, minor, code, err, c.want)
			}
		})
	}
	if got, err := money.Proto(1, "eur"); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("Proto(1, eur) = %v, %v; want %v", got, err, money.ErrCurrency)
	}
}

// Every amount of every currency survives the wire.
func FuzzProto(f *testing.F) {
	f.Add(int64(4250), "EUR")
	f.Add(int64(math.MinInt64), "KWD")
	f.Fuzz(func(t *testing.T, minor int64, code string) {
		wire, err := money.Proto(minor, code)
		if err != nil {
			return
		}
		back, same, err := money.Minor(wire)
		if back != minor || same != code || err != nil {
			t.Errorf("Minor(Proto(%d, %s)) = %d, %q, %v; want the same", minor, code, back, same, err)
		}
	})
}

// Whatever is taken from the wire goes back to it unchanged: nothing is rounded.
func FuzzMinor(f *testing.F) {
	f.Add("EUR", int64(42), int32(500_000_000))
	f.Add("JPY", int64(-1), int32(-1))
	f.Fuzz(func(t *testing.T, code string, units int64, nanos int32) {
		wire := amount(strings.Clone(code), units, nanos)
		minor, same, err := money.Minor(wire)
		if err != nil {
			return
		}
		back, err := money.Proto(minor, same)
		if !proto.Equal(back, wire) || err != nil {
			t.Errorf("Proto(Minor(%v)) = %v, %v; want the same", wire, back, err)
		}
	})
}

// All currencies have an exponent that a billionth part can hold.
func TestEveryCurrencyFits(t *testing.T) {
	t.Parallel()
	for it := currency.Query(currency.Historical); it.Next(); {
		code := it.Unit().String()
		if code == "XXX" {
			continue
		}
		if _, err := money.Proto(math.MaxInt64, code); err != nil {
			t.Errorf("Proto(max, %s) = %v; want nil", code, err)
		}
		if exponent, _ := currency.Standard.Rounding(it.Unit()); exponent > 9 {
			t.Errorf("%s has exponent %d; want 9 at most", code, exponent)
		}
	}
}

func ExampleMinor() {
	minor, code, err := money.Minor(&moneypb.Money{CurrencyCode: "EUR", Units: 42, Nanos: 500_000_000})
	fmt.Println(minor, code, err)
	_, _, err = money.Minor(&moneypb.Money{CurrencyCode: "JPY", Nanos: 500_000_000})
	fmt.Println(err)
	// Output:
	// 4250 EUR <nil>
	// 500000000 nanos of JPY: amount is finer than the currency
}
