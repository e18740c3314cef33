// Package svg draws the two charts that a bench needs: bars with the spread of
// what was measured, and curves of latency over its percentiles.
//
// A chart is one file without scripts or outside styles. Its colours follow the
// reader's: dark on light, light on dark (prefers-color-scheme), and those of the
// series are told apart on both, also by people who do not see red and green.
package svg

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Sizes, in units of the drawing.
const (
	width    = 720
	left     = 170 // for names
	right    = 90  // for figures
	top      = 40  // for the title
	barHigh  = 22
	barGap   = 12
	plotHigh = 260
	bottom   = 56
)

const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.axis, .spread { stroke: #59636e; stroke-width: 1 }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.quiet { fill: #59636e }
.c0 { fill: #8c8c8c; stroke: #8c8c8c } .c1 { fill: #2f81c6; stroke: #2f81c6 } .c2 { fill: #d9822b; stroke: #d9822b } .c3 { fill: #6f58c9; stroke: #6f58c9 }
.curve { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .axis, .spread { stroke: #9198a1 } .grid { stroke: #3d444d } .quiet { fill: #9198a1 }
}
</style>
`

// A Bar is one measured figure: where it is, and how far its measurements went.
type Bar struct {
	Name               string
	Value, Least, Most float64
	Color              int     // of four
	Mark               float64 // a line across the bar: what would be possible; 0 for none
}

// Bars draws horizontal bars. Unit stands behind each figure.
func Bars(title, unit string, bars []Bar) string {
	var most float64
	for _, b := range bars {
		most = max(most, b.Value, b.Most, b.Mark)
	}
	scale := float64(width-left-right) / nonzero(most)
	high := top + len(bars)*(barHigh+barGap) + barGap
	var s strings.Builder
	open(&s, high, title)
	for i, b := range bars {
		y := top + barGap/2 + i*(barHigh+barGap)
		middle := y + barHigh/2
		at := func(v float64) float64 { return left + v*scale }
		fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-8, middle+4, html.EscapeString(b.Name))
		fmt.Fprintf(&s, `<rect class="c%d" x="%d" y="%d" width="%.1f" height="%d"/>`+"\n", b.Color, left, y, b.Value*scale, barHigh)
		if b.Most > b.Least {
			fmt.Fprintf(&s, `<path class="spread" d="M%.1f %dH%.1fM%.1f %dv8M%.1f %dv8"/>`+"\n",
				at(b.Least), middle, at(b.Most), at(b.Least), middle-4, at(b.Most), middle-4)
		}
		if b.Mark > 0 {
			fmt.Fprintf(&s, `<path class="axis" stroke-dasharray="3 3" d="M%.1f %dv%d"/>`+"\n", at(b.Mark), y-4, barHigh+8)
		}
		fmt.Fprintf(&s, `<text x="%.1f" y="%d">%s%s</text>`+"\n", at(max(b.Value, b.Most, b.Mark))+6, middle+4, Figure(b.Value), html.EscapeString(unit))
	}
	fmt.Fprintf(&s, `<path class="axis" d="M%d %dV%d"/>`+"\n", left, top, high-barGap/2)
	s.WriteString("</svg>\n")
	return s.String()
}

// A Curve is the latencies of one series at rising percentiles, in milliseconds.
type Curve struct {
	Name   string
	Color  int
	Points []Point
}

// A Point says that so many percent took no longer than so many milliseconds.
type Point struct{ Percent, Value float64 }

// nines are the percentiles that are named on the axis: each is as far from the
// one before as that is from its own.
var nines = []float64{0, 50, 90, 99, 99.9, 99.99}

// along returns where on the axis a percentile is, from 0 to 1.
func along(percent float64) float64 {
	last := -math.Log10(1 - nines[len(nines)-1]/100)
	return min(1, -math.Log10(max(1e-9, 1-percent/100))/last)
}

// Curves draws latency over percentiles, both as powers of ten.
func Curves(title string, curves []Curve) string {
	least, most := bounds(curves)
	high := top + plotHigh + bottom + 20*((len(curves)+1)/2)
	const side = 60
	wide := float64(width - 2*side)
	x := func(percent float64) float64 { return side + along(percent)*wide }
	y := func(ms float64) float64 {
		return top + plotHigh*(1-(math.Log10(max(ms, least))-math.Log10(least))/nonzero(math.Log10(most)-math.Log10(least)))
	}
	var s strings.Builder
	open(&s, high, title)
	for ms := least; ms <= most*1.001; ms *= 10 {
		fmt.Fprintf(&s, `<path class="grid" d="M%d %.1fH%d"/><text class="quiet" x="%d" y="%.1f" text-anchor="end">%s ms</text>`+"\n",
			side, y(ms), width-side, side-6, y(ms)+4, Figure(ms))
	}
	for _, p := range nines {
		fmt.Fprintf(&s, `<path class="grid" d="M%.1f %dV%d"/><text class="quiet" x="%.1f" y="%d" text-anchor="middle">%g %%</text>`+"\n",
			x(p), top, top+plotHigh, x(p), top+plotHigh+18, p)
	}
	for i, c := range curves {
		draw(&s, c, x, y)
		lx, ly := side+(i%2)*width/2, top+plotHigh+bottom-12+20*(i/2)
		fmt.Fprintf(&s, `<rect class="c%d" x="%d" y="%d" width="12" height="12"/><text x="%d" y="%d">%s</text>`+"\n",
			c.Color, lx, ly, lx+18, ly+11, html.EscapeString(c.Name))
	}
	s.WriteString("</svg>\n")
	return s.String()
}

func draw(s *strings.Builder, c Curve, x, y func(float64) float64) {
	if len(c.Points) == 0 {
		return
	}
	var path strings.Builder
	for i, p := range c.Points {
		step := "L"
		if i == 0 {
			step = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", step, x(p.Percent), y(p.Value))
	}
	// The class of a colour fills too; a style of its own wins over it.
	fmt.Fprintf(s, `<path class="c%d curve" style="fill:none" d="%s"/>`+"\n", c.Color, path.String())
}

// bounds returns the powers of ten around all values.
func bounds(curves []Curve) (least, most float64) {
	least, most = math.Inf(1), 0
	for _, c := range curves {
		for _, p := range c.Points {
			least, most = min(least, max(p.Value, 0.01)), max(most, p.Value)
		}
	}
	if most == 0 {
		return 1, 10
	}
	least = math.Pow(10, math.Floor(math.Log10(least)))
	return least, max(10*least, math.Pow(10, math.Ceil(math.Log10(most))))
}

func open(s *strings.Builder, high int, title string) {
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">`+"\n",
		width, high, html.EscapeString(title))
	s.WriteString(style)
	fmt.Fprintf(s, `<text class="title" x="8" y="22">%s</text>`+"\n", html.EscapeString(title))
}

// Figure returns v with three digits that say something.
func Figure(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1000:
		return thousands(int64(math.Round(v)))
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return trim(fmt.Sprintf("%.1f", v))
	}
	return trim(fmt.Sprintf("%.2f", v))
}

func trim(s string) string { return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") }

// thousands puts a comma between groups of three digits.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func nonzero(v float64) float64 {
	if v == 0 {
		return 1
	}
	return v
}
