# Makes the table of budgets. First file: measurements, "key floor ours bytes" a line, in nanoseconds, with - for what
# was not measured; a key that comes several times was measured in several turns. Second file: rows, "kind limit key
# path budget" with tabs between. The kinds say what the limit means:
#
#   ratio   ours / floor <= limit          speed   floor / ours >= limit      rate    1000 / ours >= limit (M/s)
#   extra   ours - floor <= limit (ms)     growth  ours of key / ours of a second key, "key,second" <= limit
#   bytes   the most bytes of any key <= limit                                info    no limit
#   absent  the product has no such path yet               pace    no limit, shown as a rate too

BEGIN { FS = "\t" }

function median(text,    values, count, i, j, value) {
	count = split(text, values, " ")
	for (i = 2; i <= count; i++) {
		value = values[i] + 0
		for (j = i - 1; j >= 1 && values[j] + 0 > value; j--)
			values[j + 1] = values[j]
		values[j + 1] = value
	}
	return count % 2 ? values[(count + 1) / 2] + 0 : (values[count / 2] + values[count / 2 + 1]) / 2
}

function time(ns) {
	if (ns < 100) return sprintf("%.2f ns", ns)
	if (ns < 1e3) return sprintf("%.0f ns", ns)
	if (ns < 1e6) return sprintf("%.2f µs", ns / 1e3)
	return sprintf("%.1f ms", ns / 1e6)
}

function rate(ns) { return ns < 1e3 ? sprintf(" (%.1f M/s)", 1e3 / ns) : sprintf(" (%.1f k/s)", 1e6 / ns) }

# "-" where there is nothing to show.
function shown(text, kind,    ns) {
	if (text == "") return "-"
	ns = median(text)
	return time(ns) (kind == "rate" || kind == "pace" ? rate(ns) : "")
}

function verdict(good) { return good ? "ok" : "missed" }

FILENAME == ARGV[1] {
	split($0, field, " ")
	key = field[1]
	if (field[2] != "-") floors[key] = floors[key] " " field[2]
	if (field[3] == "failed") failed[key] = 1
	else if (field[3] != "-") ours[key] = ours[key] " " field[3]
	if (field[2] != "-" && field[3] != "-" && field[3] != "failed") {
		ratios[key] = ratios[key] " " field[3] / field[2]
		extras[key] = extras[key] " " field[3] - field[2]
	}
	if (field[4] != "" && field[4] != "-") {
		measured_bytes = 1
		if (field[4] + 0 > most_bytes) { most_bytes = field[4] + 0; most_bytes_key = key }
	}
	next
}

FNR == 1 {
	print "| path | budget | floor | ours | ratio | |"
	print "|---|---|---|---|---|---|"
}

{
	kind = $1; limit = $2 + 0; key = $3; floor = shown(floors[key], kind); our = shown(ours[key], kind)
	ratio = ratios[key] == "" ? "-" : sprintf("%.2f", median(ratios[key])); result = ""
	if (kind == "absent" || (ours[key] == "" && kind != "growth" && kind != "bytes"))
		result = failed[key] ? "failed" : kind == "info" || kind == "pace" ? "" : "not built"
	else if (kind == "ratio")
		result = verdict(median(ratios[key]) <= limit)
	else if (kind == "speed") {
		ratio = sprintf("%.2f", 1 / median(ratios[key]))
		result = verdict(1 / median(ratios[key]) >= limit)
	} else if (kind == "rate")
		result = verdict(1e3 / median(ours[key]) >= limit)
	else if (kind == "extra") {
		ratio = "+" time(median(extras[key]))
		result = verdict(median(extras[key]) <= limit * 1e6)
	} else if (kind == "growth") {
		floor = our = "-"
		split(key, pair, ",")
		if (ours[pair[1]] == "" || ours[pair[2]] == "")
			result = "not built"
		else {
			ratio = sprintf("%.2f", median(ours[pair[1]]) / median(ours[pair[2]]))
			result = verdict(median(ours[pair[1]]) / median(ours[pair[2]]) <= limit)
		}
	} else if (kind == "bytes") {
		our = measured_bytes ? sprintf("%.4g B%s", most_bytes, most_bytes > limit ? " (" most_bytes_key ")" : "") : "-"
		result = measured_bytes ? verdict(most_bytes <= limit) : "not built"
	}
	printf "| %s | %s | %s | %s | %s | %s |\n", $4, $5, floor, our, ratio, result
}
