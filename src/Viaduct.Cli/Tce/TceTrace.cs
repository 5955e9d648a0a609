using System.Globalization;
using System.Numerics;
using Viaduct.Kvm;

namespace Viaduct.Cli.Tce;

/// <summary>
/// Hypercalls as QEMU's trace log has them: events spapr_iommu_put, _stuff, _indirect and _get (also those of PCI's, spapr_iommu_pci_put and so on), and
/// spapr_iommu_ddw_create for windows; other lines are skipped. What stands before the event on a line does not matter.
/// </summary>
internal sealed class TceTrace
{
    private const string Prefix = "spapr_iommu_";
    private const ulong DefaultWindow = 1UL << 30;
    private const ulong MaxIndirect = Hcall.MaxIndirect;

    private readonly Dictionary<ulong, TraceWindow> _dynamic = [];
    private readonly Dictionary<ulong, ulong> _ends = [];

    /// <summary>The calls, in their order.</summary>
    public List<TraceCall> Calls { get; } = [];

    /// <summary>The windows that calls are of, by LIOBN.</summary>
    public List<TraceWindow> Windows { get; } = [];

    /// <summary>Bytes of guest memory: what the TCEs and lists lead to, a power of two.</summary>
    public ulong MemorySize { get; private set; }

    /// <summary>Reads a log.</summary>
    /// <param name="reader">Its lines.</param>
    /// <param name="error">What is wrong with it.</param>
    /// <returns>The trace; null where it cannot be read.</returns>
    public static TceTrace? Read(TextReader reader, out string? error)
    {
        var trace = new TceTrace();
        var number = 0;
        error = null;
        while (error is null && reader.ReadLine() is { } line)
        {
            number++;
            var at = line.IndexOf(Prefix, StringComparison.Ordinal);
            if (at >= 0 && !trace.TryAdd(line.AsSpan(at + Prefix.Length), number))
            {
                error = $"line {number} is not an event of QEMU's: {line[..Math.Min(line.Length, 120)]}";
            }
        }

        if (error is null && trace.Calls.Count == 0)
        {
            error = number > 0 ? "there is no TCE hypercall in it" : "it is empty";
        }

        trace.Finish();
        return error is null ? trace : null;
    }

    private bool TryAdd(ReadOnlySpan<char> line, int number)
    {
        var blank = line.IndexOf(' ');
        var name = line[..Math.Max(blank, 0)];
        name = name.StartsWith("pci_") ? name[4..] : name;
        if (name.SequenceEqual("ddw_create"))
        {
            return TryAddWindow(line);
        }

        if (!(name is "put" or "get" or "stuff" or "indirect"))
        {
            return true;
        }

        if (!TryGet(line, "liobn=", out var liobn) || !TryGet(line, "ioba=", out var ioba) || !TryGet(line, "ret=", out var result))
        {
            return false;
        }

        var tce = 0UL;
        var count = 1UL;
        var last = 0UL;
        var isWhole = name switch
        {
            "put" or "get" => TryGet(line, "tce=", out tce),
            "stuff" => TryGet(line, "tcevalue=", out tce) && TryGet(line, "npages=", out count),
            _ => TryGet(line, "tcelist=", out tce) && TryGet(line, "iobaN=", out count) && TryGet(line, "tceN=", out last),
        };
        if (!isWhole)
        {
            return false;
        }

        var hcall = name switch
        {
            "put" => Hcall.H_PUT_TCE,
            "get" => Hcall.H_GET_TCE,
            "stuff" => Hcall.H_STUFF_TCE,
            _ => Hcall.H_PUT_TCE_INDIRECT,
        };

        // Of a list the trace has the index of the last entry that was looked at.
        count += hcall == Hcall.H_PUT_TCE_INDIRECT ? 1UL : 0;
        Calls.Add(new TraceCall(number, hcall, liobn, ioba, tce, count, last, (long)result));
        Grow(hcall, tce, last);
        return hcall != Hcall.H_PUT_TCE_INDIRECT || count <= MaxIndirect;
    }

    private bool TryAddWindow(ReadOnlySpan<char> line)
    {
        if (!TryGet(line, "page size=", out var page) || !TryGet(line, "requested=", out var size)
            || !TryGet(line, "start addr=", out var start) || !TryGet(line, "liobn=", out var liobn)
            || !BitOperations.IsPow2(page) || page < 1 << 12)
        {
            return false;
        }

        _dynamic[liobn] = new TraceWindow(liobn, BitOperations.Log2(page), start, size);
        return true;
    }

    /// <summary>Guest memory reaches to what a call leads to, where it gives a permission.</summary>
    private void Grow(ulong hcall, ulong tce, ulong last)
    {
        var reaches = hcall == Hcall.H_PUT_TCE_INDIRECT ? Math.Max(tce, (last & 3) != 0 ? last : 0) : (tce & 3) != 0 ? tce : 0;
        MemorySize = Math.Max(MemorySize, reaches);
    }

    private void Finish()
    {
        const ulong Page = 1 << 16;
        MemorySize = BitOperations.RoundUpToPowerOf2(Math.Max(MemorySize + Page, 1 << 24));
        foreach (var call in Calls)
        {
            var shift = _dynamic.GetValueOrDefault(call.Liobn)?.PageShift ?? 12;
            var end = call.ReturnCode == Hcall.H_SUCCESS ? call.Ioba + (call.Count << shift) : 0;
            _ends[call.Liobn] = Math.Max(_ends.GetValueOrDefault(call.Liobn), end);
        }

        // A window that was there before the recording began is one of firmware's, of 1 GiB unless calls beyond that succeeded.
        Windows.AddRange(_ends.Select(pair => _dynamic.GetValueOrDefault(pair.Key)
            ?? new TraceWindow(pair.Key, 12, 0, Math.Max(DefaultWindow, BitOperations.RoundUpToPowerOf2(pair.Value)))));
    }

    /// <summary>The number behind a key: decimal, or hexadecimal behind 0x; -1 and its like for what is negative.</summary>
    private static bool TryGet(ReadOnlySpan<char> line, ReadOnlySpan<char> key, out ulong value)
    {
        value = 0;
        var at = 0;
        while (true)
        {
            var found = line[at..].IndexOf(key);
            if (found < 0)
            {
                return false;
            }

            at += found;
            if (at > 0 && line[at - 1] == ' ')
            {
                break;
            }

            at += key.Length;
        }

        var text = line[(at + key.Length)..];
        var end = text.IndexOfAny(' ', ',');
        text = end < 0 ? text : text[..end];
        if (text.StartsWith("0x"))
        {
            return ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        var isNumber = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        value = (ulong)number;
        return isNumber;
    }
}
