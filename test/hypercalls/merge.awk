# Puts what each step did to hardware tables behind its line: merge.awk TRACE OUTPUT
# TRACE has the hypercalls of the kernel that the program ran on, as QEMU traces them. Changes are what a step leaves changed: up to four as
# WINDOW INDEX=GUEST-MEMORY-OFFSET/PERMISSIONS, of more their number and a sum. w is the 32-bit window, d the dynamic one.
function hex(s,   i, v) {
	v = 0
	for (i = 1; i <= length(s); i++)
		v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return v
}
function field(name,   i) {
	for (i = 2; i <= NF; i++)
		if (index($i, name "=0x") == 1)
			return substr($i, length(name) + 4)
	return ""
}
# h(key, value): the same for any order of entries.
function part(h, x) { return (h * 1000003 + x) % 2147483647 }
function end_step(   k, n, i, j, t, list, total, bits) {
	n = 0
	total = 0
	for (k in touched) {
		if (now[k] == before[k] + 0)
			continue
		split(k, bits, " ")
		total = (total + part(part(part(bits[1], bits[2]), now[k] - now[k] % 4), now[k] % 4)) % 2147483647
		list[++n] = k
	}
	step[steps] = ""
	if (n > 4)
		step[steps] = sprintf(" %d changes #%x", n, total)
	else {
		for (i = 1; i <= n; i++)
			for (j = i + 1; j <= n; j++)
				if (list[j] + 0 < list[i] + 0 || (list[j] + 0 == list[i] + 0 && order(list[j]) < order(list[i]))) {
					t = list[i]
					list[i] = list[j]
					list[j] = t
				}
		for (i = 1; i <= n; i++) {
			split(list[i], bits, " ")
			step[steps] = step[steps] sprintf(" %s%x=%x/%d", bits[1] == 1 ? "d" : "w", bits[2], now[list[i]] - now[list[i]] % 4, now[list[i]] % 4)
		}
	}
	for (k in touched)
		before[k] = now[k]
	split("", touched)
	steps++
}
function order(k,   bits) { split(k, bits, " "); return bits[2] }
FNR == 1 { files++ }
files == 1 && /^spapr_iommu_pci_put/ {
	ioba = field("ioba")
	tce = hex(field("tce"))
	if (ioba == "3ffff000") {
		if (tce == 0)
			next
		if (pages < 144)
			place[(tce - tce % 65536) / 65536] = (pages < 128 ? pages : pages - 128 + 192) * 65536
		else
			end_step()
		pages++
		next
	}
	if (pages < 144)
		next
	window = length(ioba) == 15 ? 1 : 0
	i = window ? hex(substr(ioba, 2)) / 65536 : hex(ioba) / 4096
	value = 0
	if (tce % 4)
		value = place[(tce - tce % 65536) / 65536] + tce % 65536
	touched[window " " i] = 1
	now[window " " i] = value
	next
}
files == 1 && pages >= 144 && /^spapr_iommu_pci_(stuff|indirect)/ { exit_now = 1 }
files == 2 && /^page / { next }
files == 2 && / ->/ { print $0 (step[n] == "" ? "" : " ||" step[n]); n++; next }
files == 2 { print }
