using System.Globalization;
using System.Text;

namespace Viaduct.Kvm.Tests.Replay;

/// <summary>Steps of a list, and the lines that hypercalls.c and merge.awk print of them.</summary>
internal sealed class ReplaySteps(ReplayMachine machine)
{
    private Dictionary<(int Window, ulong Index), ulong> _hardware = machine.Hardware();

    /// <summary>The line of a step.</summary>
    /// <param name="step">The step: a word and hexadecimal numbers.</param>
    public string Run(string step)
    {
        var words = step.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ulong[] a = [.. words.Skip(1).Select(word => ulong.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        var line = new StringBuilder(step).Append(" ->");
        switch (words[0])
        {
            case "get": Call(line, Hcall.H_GET_TCE, a, 1); break;
            case "put": Call(line, Hcall.H_PUT_TCE, a, 1); break;
            case "stuff": Call(line, Hcall.H_STUFF_TCE, a, a[3]); break;
            case "indirect": Call(line, Hcall.H_PUT_TCE_INDIRECT, a, a[3]); break;
            case "fill": Fill(a[0], a[1], a[2], a[3]); break;
            case "poke": machine.Poke(a[0], a[1]); break;
            case "enable": Append(line, machine.Enable(a[0], a[1])); break;
            case "slot": Append(line, machine.Slot(a[0], a[1], a[2], a[3])); break;
            case "map": Append(line, machine.Map(a[0], a[1], a[2], a[3])); break;
            case "unmap": Append(line, machine.Unmap(a[0], a[1])); break;
            case "register": Append(line, machine.Register(a[0], a[1])); break;
            case "unregister": Append(line, machine.Unregister(a[0], a[1])); break;
            case "add": Append(line, machine.Add()); break;
            case "del": Append(line, machine.Delete()); break;
            case "attach": Append(line, machine.Attach(a[0])); break;
            default: throw new InvalidDataException(step);
        }

        AppendHardware(line);
        return line.ToString();
    }

    private static void Append(StringBuilder line, Abi.SysResult result) => line.Append(CultureInfo.InvariantCulture, $" {result.Raw}");

    private void Call(StringBuilder line, ulong number, ulong[] a, ulong count)
    {
        var result = machine.Call(number, a);
        if (result.AnsweredBy == HypercallStage.Vmm)
        {
            line.Append(" user");
        }
        else if (number == Hcall.H_GET_TCE && result.ReturnCode == 0)
        {
            line.Append(CultureInfo.InvariantCulture, $" kvm 0 r4 {result.Value:x}");
        }
        else
        {
            line.Append(CultureInfo.InvariantCulture, $" kvm {result.ReturnCode}");
        }

        if (machine.Table(a[0]) is { } table && (a[1] >> table.PageShift) - table.Offset is var index && index < table.Size)
        {
            AppendEntries(line.Append(" |"), table, index, Math.Min(count, table.Size - index));
        }
    }

    private static void AppendEntries(StringBuilder line, GuestTceTable table, ulong index, ulong count)
    {
        if (count <= 4)
        {
            for (; count > 0; index++, count--)
            {
                line.Append(CultureInfo.InvariantCulture, $" {table.Get(index):x}");
            }

            return;
        }

        var sum = 0xcbf29ce484222325;
        for (; count > 0; index++, count--)
        {
            sum = unchecked((sum ^ table.Get(index)) * 0x100000001b3);
        }

        line.Append(CultureInfo.InvariantCulture, $" #{sum:x}");
    }

    private void AppendHardware(StringBuilder line)
    {
        var now = machine.Hardware();
        var changed = now.Keys.Union(_hardware.Keys)
            .Where(key => now.GetValueOrDefault(key) != _hardware.GetValueOrDefault(key))
            .Order().Select(key => (key.Window, key.Index, Entry: now.GetValueOrDefault(key))).ToArray();
        _hardware = now;
        if (changed.Length == 0)
        {
            return;
        }

        line.Append(" ||");
        if (changed.Length > 4)
        {
            var sum = changed.Aggregate(0UL, (sum, one) => (sum + Sum(one.Window, one.Index, one.Entry)) % 2147483647);
            line.Append(CultureInfo.InvariantCulture, $" {changed.Length} changes #{sum:x}");
            return;
        }

        foreach (var (window, index, entry) in changed)
        {
            line.Append(CultureInfo.InvariantCulture, $" {(window == 0 ? 'w' : 'd')}{index:x}={entry & ~3UL:x}/{entry & 3}");
        }
    }

    private static ulong Sum(int window, ulong index, ulong entry)
        => Part(Part(Part((ulong)window, index), entry & ~3UL), entry & 3);

    private static ulong Part(ulong sum, ulong value) => ((sum * 1000003) + value) % 2147483647;

    /// <summary>A list, as hypercalls.c makes one of a seed.</summary>
    private void Fill(ulong guest, ulong seed, ulong mode, ulong count)
    {
        for (var i = 0UL; i < count; i++)
        {
            machine.Poke(guest + (i * 8), Tce(ref seed, mode));
        }
    }

    private static ulong Tce(ref ulong state, ulong mode)
    {
        ReadOnlySpan<ulong> masks = [0xffff, 0xffff, 0xfff, 0];
        if (mode == 0 || Next(ref state) % mode != 0)
        {
            return ((Next(ref state) % (8 << 20)) & ~0xffffUL) | (1 + (Next(ref state) % 3));
        }

        var address = Next(ref state) % (20 << 20);
        address &= ~masks[(int)(Next(ref state) % 4)];
        if (Next(ref state) % 4 == 0)
        {
            address += 1UL << 32;
        }

        return (address & ~3UL) | (Next(ref state) % 4);
    }

    private static ulong Next(ref ulong state)
    {
        unchecked
        {
            var z = state += 0x9e3779b97f4a7c15;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return z ^ (z >> 31);
        }
    }
}
