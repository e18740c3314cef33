// Package money takes amounts from the wire and puts them there.
//
// Inside, an amount is a number of the currency's minor units (cents of EUR,
// yen of JPY, fils of KWD) with its ISO 4217 code. On the wire it is a
// google.type.Money, which has whole units and a billionth part. The exponents
// are those of ISO 4217, as golang.org/x/text knows them, not those of the cash
// that is in circulation.
//
// Nothing is rounded: what cannot be told exactly is an error. There is no
// arithmetic here beyond that.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/currency"
	moneypb "google.golang.org/genproto/googleapis/type/money"
)

// What can be wrong with an amount.
var (
	// ErrCurrency says that the code is not that of a currency in ISO 4217, in
	// upper case.
	ErrCurrency = errors.New("currency is not known")
	// ErrMalformed says that the nanos are out of range, or that units and nanos
	// have different signs.
	ErrMalformed = errors.New("amount is malformed")
	// ErrTooFine says that the amount is not a whole number of minor units.
	ErrTooFine = errors.New("amount is finer than the currency")
	// ErrTooLarge says that the amount does not fit into 64 bits.
	ErrTooLarge = errors.New("amount is too large")
)

const billion = 1_000_000_000

// Minor returns an amount as a number of minor units and the code of its
// currency. Of a nil m it is the currency that is not known.
func Minor(m *moneypb.Money) (minor int64, code string, err error) {
	code = m.GetCurrencyCode()
	scale, err := scaleOf(code)
	if err != nil {
		return 0, "", err
	}
	units, nanos := m.GetUnits(), int64(m.GetNanos())
	switch {
	case nanos <= -billion, nanos >= billion, units > 0 && nanos < 0, units < 0 && nanos > 0:
		return 0, "", fmt.Errorf("%d units and %d nanos: %w", units, nanos, ErrMalformed)
	case nanos%(billion/scale) != 0:
		return 0, "", fmt.Errorf("%d nanos of %s: %w", nanos, code, ErrTooFine)
	case units > math.MaxInt64/scale, units < math.MinInt64/scale:
		return 0, "", fmt.Errorf("%d units of %s: %w", units, code, ErrTooLarge)
	}
	whole, part := units*scale, nanos/(billion/scale)
	minor = whole + part
	if part > 0 && minor < whole || part < 0 && minor > whole {
		return 0, "", fmt.Errorf("%d units of %s: %w", units, code, ErrTooLarge)
	}
	return minor, code, nil
}

// Proto returns a number of minor units of a currency as it goes over the wire.
func Proto(minor int64, code string) (*moneypb.Money, error) {
	scale, err := scaleOf(code)
	if err != nil {
		return nil, err
	}
	return &moneypb.Money{
		CurrencyCode: code,
		Units:        minor / scale,
		Nanos:        int32(minor % scale * (billion / scale)), //nolint:gosec // always below a billion
	}, nil
}

// Text returns a number of minor units of a currency as people write it, with as
// many decimals as the currency has: "-21.50 EUR", "300 JPY".
func Text(minor int64, code string) (string, error) {
	scale, err := scaleOf(code)
	if err != nil {
		return "", err
	}
	whole, part := minor/scale, minor%scale
	text := make([]byte, 0, 32)
	if minor < 0 {
		text = append(text, '-')
		whole, part = -whole, -part
	}
	// The least number has no positive one of its size, but as an unsigned one it is
	// just that.
	text = strconv.AppendUint(text, uint64(whole), 10) //nolint:gosec // see above
	for digit := scale / 10; digit > 0; digit /= 10 {
		if digit == scale/10 {
			text = append(text, '.')
		}
		text = append(text, '0'+byte(part/digit%10)) //nolint:gosec // one digit
	}
	return string(append(append(text, ' '), code...)), nil
}

// scales holds the scale of every currency that has come up, by its code: to find
// it out takes longer than all the rest. There are some three hundred.
var scales sync.Map

// scaleOf returns how many minor units a unit of a currency has.
func scaleOf(code string) (int64, error) {
	if scale, known := scales.Load(code); known {
		return scale.(int64), nil //nolint:forcetypeassert // nothing else is stored
	}
	scale, err := findScale(code)
	if err == nil {
		scales.Store(strings.Clone(code), scale) // code may be part of a message
	}
	return scale, err
}

func findScale(code string) (int64, error) {
	unit, err := currency.ParseISO(code)
	// ParseISO also takes lower case, and XXX, which means no currency at all.
	if err != nil || unit.String() != code || code == "XXX" {
		return 0, fmt.Errorf("%q: %w", code, ErrCurrency)
	}
	exponent, _ := currency.Standard.Rounding(unit)
	scale := int64(1)
	for range exponent {
		scale *= 10
	}
	return scale, nil
}
