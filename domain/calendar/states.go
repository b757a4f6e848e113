package calendar

import "time"

// germany has the holidays of all sixteen states; a state's own (Epiphany, Corpus Christi and others) are not in it.
func germany(year int) []Holiday {
	days := []Holiday{
		{time.January, 1, "New Year's Day"}, afterEaster(year, -2, "Good Friday"), afterEaster(year, 1, "Easter Monday"), {time.May, 1, "Labour Day"},
		afterEaster(year, 39, "Ascension Day"), afterEaster(year, 50, "Whit Monday"), {time.October, 3, "German Unity Day"},
		{time.December, 25, "Christmas Day"}, {time.December, 26, "Second Day of Christmas"},
	}
	if year == 2017 { // once, five hundred years after
		days = append(days, Holiday{time.October, 31, "Reformation Day"})
	}
	return days
}

// austria has the days of the Feiertagsruhegesetz, and Good Friday, on which no period ends either (BGBl 37/1961).
func austria(year int) []Holiday {
	return []Holiday{
		{time.January, 1, "New Year's Day"}, {time.January, 6, "Epiphany"}, afterEaster(year, -2, "Good Friday"), afterEaster(year, 1, "Easter Monday"),
		{time.May, 1, "National Holiday"}, afterEaster(year, 39, "Ascension Day"), afterEaster(year, 50, "Whit Monday"), afterEaster(year, 60, "Corpus Christi"),
		{time.August, 15, "Assumption Day"}, {time.October, 26, "National Day"}, {time.November, 1, "All Saints' Day"},
		{time.December, 8, "Immaculate Conception"}, {time.December, 25, "Christmas Day"}, {time.December, 26, "St Stephen's Day"},
	}
}
