package linkedin

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// months are the beginnings of months' names in the languages of LinkedIn's exports,
// in lower case. The first that fits counts, so that longer ones stand first.
var months = []struct {
	name  string
	month time.Month
}{
	// What would be taken for another month comes first.
	{"juin", time.June}, {"juil", time.July}, {"mart", time.March}, {"marc", time.March}, {"märz", time.March}, {"mrt", time.March}, {"maa", time.March}, {"mai", time.May},
	{"maj", time.May}, {"mag", time.May}, {"mei", time.May}, {"may", time.May}, {"mär", time.March}, {"mar", time.March},
	// English, and those who write it so.
	{"jan", time.January}, {"feb", time.February}, {"apr", time.April}, {"jun", time.June}, {"jul", time.July}, {"aug", time.August}, {"sep", time.September},
	{"oct", time.October}, {"nov", time.November}, {"dec", time.December},
	// German, Dutch, the Nordic languages.
	{"jän", time.January}, {"okt", time.October}, {"dez", time.December}, {"des", time.December},
	// French.
	{"janv", time.January}, {"fév", time.February}, {"fev", time.February}, {"avr", time.April}, {"aoû", time.August}, {"aou", time.August}, {"déc", time.December},
	// Italian.
	{"gen", time.January}, {"giu", time.June}, {"lug", time.July}, {"ago", time.August}, {"set", time.September}, {"ott", time.October}, {"dic", time.December},
	// Spanish and Portuguese.
	{"ene", time.January}, {"abr", time.April}, {"mai", time.May}, {"out", time.October},
	// Polish and Czech.
	{"sty", time.January}, {"lut", time.February}, {"kwi", time.April}, {"cze", time.June}, {"lip", time.July}, {"sie", time.August}, {"wrz", time.September},
	{"paź", time.October}, {"lis", time.November}, {"gru", time.December},
	{"led", time.January}, {"úno", time.February}, {"bře", time.March}, {"dub", time.April}, {"kvě", time.May}, {"červenc", time.July}, {"červen", time.June},
	{"čvc", time.July}, {"čvn", time.June}, {"srp", time.August}, {"zář", time.September}, {"říj", time.October}, {"pro", time.December},
	// Turkish.
	{"oca", time.January}, {"şub", time.February}, {"nis", time.April}, {"haz", time.June}, {"tem", time.July}, {"ağu", time.August}, {"eyl", time.September},
	{"eki", time.October}, {"kas", time.November}, {"ara", time.December},
}

// dateOf reads a date in the ways in which exports write one: "15 Mar 2024",
// "5. März 2024", "Mar 15, 2024", "3/15/24", "15.03.2024", "2024-03-15", "2024年3月15日".
func dateOf(text string) (time.Time, bool) {
	dots := strings.Contains(text, ".")
	var numbers []int
	var lengths []int
	named, nameAt := time.Month(0), 0
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) || r == '年' || r == '月' || r == '日'
	}) {
		if n, err := strconv.Atoi(word); err == nil {
			numbers, lengths = append(numbers, n), append(lengths, len(word))
			continue
		}
		if m := monthOf(word); m != 0 && named == 0 {
			named, nameAt = m, len(numbers)
		} else if word != "de" && word != "del" && word != "th" && word != "of" && word != "г" {
			return time.Time{}, false
		}
	}
	switch {
	case named != 0 && len(numbers) == 2 && nameAt <= 1 && lengths[0] <= 2:
		return day(numbers[1], lengths[1], named, numbers[0])
	case named != 0 || len(numbers) != 3:
		return time.Time{}, false
	case lengths[0] == 4:
		return day(numbers[0], lengths[0], time.Month(numbers[1]), numbers[2])
	case dots || numbers[0] > 12:
		return day(numbers[2], lengths[2], time.Month(numbers[1]), numbers[0])
	}
	return day(numbers[2], lengths[2], time.Month(numbers[0]), numbers[1])
}

func monthOf(word string) time.Month {
	for _, m := range months {
		if strings.HasPrefix(word, m.name) {
			return m.month
		}
	}
	return 0
}

// day gives a date if there is that day. LinkedIn began in 2003.
func day(year, digits int, month time.Month, d int) (time.Time, bool) {
	switch digits {
	case 2:
		year += 2000
	case 4:
	default:
		return time.Time{}, false
	}
	t := time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
	if t.Year() != year || t.Month() != month || t.Day() != d || year < 2000 || year > 2100 {
		return time.Time{}, false
	}
	return t, true
}
