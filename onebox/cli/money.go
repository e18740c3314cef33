package cli

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	moneypb "google.golang.org/genproto/googleapis/type/money"

	"orpheus.example/kit/money"
)

// amount returns an amount with its currency and as many decimals as that has.
func amount(m *moneypb.Money) string {
	if m == nil {
		return "-"
	}
	if minor, code, err := money.Minor(m); err == nil {
		text, _ := money.Text(minor, code) // of a currency that Minor knows
		return text
	}
	return fmt.Sprintf("%d+%d/10^9 %s", m.GetUnits(), m.GetNanos(), safe(m.GetCurrencyCode())) // as it was sent
}

// price is what people may write: "21", "21.50", "21.50 EUR", "EUR21.50".
var price = regexp.MustCompile(`^([A-Z]{3})? *([0-9]{1,13})(?:\.([0-9]{1,9}))? *([A-Z]{3})?$`)

// parseAmount reads an amount; currency is for one that names none.
func parseAmount(text, currency string) (*moneypb.Money, error) {
	part := price.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(text)))
	if part == nil || part[1] != "" && part[4] != "" {
		return nil, misuse("%q is no amount; write it as 21.50 or 21.50EUR", text)
	}
	for _, code := range []string{part[1], part[4]} {
		if code != "" {
			currency = code
		}
	}
	units, err := strconv.ParseInt(part[2], 10, 64)
	if err != nil {
		return nil, err // unreachable: thirteen digits fit
	}
	nanos, err := strconv.ParseInt((part[3] + "000000000")[:9], 10, 32)
	if err != nil {
		return nil, err // unreachable: nine digits fit
	}
	m := &moneypb.Money{CurrencyCode: currency, Units: units, Nanos: int32(nanos)}
	if _, _, err := money.Minor(m); err != nil {
		return nil, misuse("%q: %w", text, err)
	}
	return m, nil
}
