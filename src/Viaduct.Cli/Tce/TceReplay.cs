using System.Diagnostics;
using Viaduct.Kvm;
using TceEntry = Viaduct.Iommu.SpaprTce.Tce;

namespace Viaduct.Cli.Tce;

/// <summary>Replays a trace through a stage: once to compare, then again and again, with the tables as they are, to measure.</summary>
internal sealed class TceReplay(TceTrace trace)
{
    private const int MaxDifferences = 5;
    private static readonly TimeSpan s_enough = TimeSpan.FromSeconds(0.5);

    private readonly Dictionary<ulong, int> _pageShifts = trace.Windows.ToDictionary(w => w.Liobn, w => w.PageShift);
    private readonly Dictionary<(ulong Liobn, ulong Page), ulong> _expected = Expect(trace);
    private readonly List<string> _differences = [];
    private long _ticks;
    private long _fast;
    private long _slow;
    private long _exits;

    /// <summary>Replays it.</summary>
    public ReplayOutcome Run(ReplayStage stage)
    {
        _differences.Clear();
        (_fast, _slow, _exits) = (0, 0, 0);
        using var machine = new ReplayMachine(trace, stage);
        Play(machine, stage, compares: true);
        Compare(machine, stage);

        // Until the compiler is done with what is run so often.
        Measure(machine, stage);
        var rounds = Measure(machine, stage);

        return new ReplayOutcome(
            stage, trace.Calls.Count, trace.Calls.Sum(c => (long)c.Count), Stopwatch.GetElapsedTime(0, _ticks).TotalSeconds, rounds)
        {
            Fast = _fast,
            Slow = _slow,
            Exits = _exits,
            Differences = [.. _differences],
        };
    }

    private int Measure(ReplayMachine machine, ReplayStage stage)
    {
        _ticks = 0;
        var rounds = 0;
        while (Stopwatch.GetElapsedTime(0, _ticks) < s_enough)
        {
            Play(machine, stage, compares: false);
            rounds++;
        }

        return rounds;
    }

    /// <summary>What the tables hold at the end: the last value that a call that succeeded has written to each page.</summary>
    private static Dictionary<(ulong Liobn, ulong Page), ulong> Expect(TceTrace trace)
    {
        var shifts = trace.Windows.ToDictionary(w => w.Liobn, w => w.PageShift);
        var tables = new Dictionary<(ulong Liobn, ulong Page), ulong>();
        foreach (var call in trace.Calls)
        {
            var shift = shifts[call.Liobn];
            for (var i = 0UL; call.ReturnCode == Hcall.H_SUCCESS && call.Number != Hcall.H_GET_TCE && i < call.Count; i++)
            {
                tables[(call.Liobn, (call.Ioba >> shift) + i)] = ValueOf(call, i, shift);
            }
        }

        return tables;
    }

    private static ulong ValueOf(in TraceCall call, ulong index, int pageShift)
        => call.Number == Hcall.H_PUT_TCE_INDIRECT ? ReplayMachine.EntryOf(call, index, pageShift) : call.Argument;

    private void Play(ReplayMachine machine, ReplayStage stage, bool compares)
    {
        var calls = trace.Calls;
        for (var at = 0; at < calls.Count;)
        {
            // Lists are written between the calls, and that is not the replay's time.
            var isList = calls[at].Number == Hcall.H_PUT_TCE_INDIRECT;
            var end = at + 1;
            while (!isList && end < calls.Count && calls[end].Number != Hcall.H_PUT_TCE_INDIRECT)
            {
                end++;
            }

            if (isList && stage != ReplayStage.Direct)
            {
                machine.PutList(calls[at], _pageShifts[calls[at].Liobn]);
            }

            var start = Stopwatch.GetTimestamp();
            if (stage == ReplayStage.Direct)
            {
                Store(machine, at, end);
            }
            else if (compares)
            {
                CallAndCompare(machine, at, end);
            }
            else
            {
                Call(machine, at, end);
            }

            _ticks += Stopwatch.GetTimestamp() - start;
            at = end;
        }
    }

    private void Call(ReplayMachine machine, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var call = trace.Calls[i];
            _ = machine.Calls.Call(call.Number, call.Liobn, call.Ioba, call.Argument, call.Count);
        }
    }

    private void CallAndCompare(ReplayMachine machine, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var call = trace.Calls[i];
            var result = machine.Calls.Call(call.Number, call.Liobn, call.Ioba, call.Argument, call.Count);
            _fast += result.AnsweredBy == HypercallStage.Fast ? 1 : 0;
            _slow += result.AnsweredBy == HypercallStage.Slow ? 1 : 0;
            _exits += result.AnsweredBy is HypercallStage.Fast or HypercallStage.Slow ? 0 : 1;
            if (result.ReturnCode != call.ReturnCode)
            {
                Differ($"line {call.Line}: the call returned {result.ReturnCode}, and {call.ReturnCode} when it was recorded");
            }
            else if (call.Number == Hcall.H_GET_TCE && result.Value != call.Argument)
            {
                Differ($"line {call.Line}: the entry is 0x{result.Value:x}, and was 0x{call.Argument:x} when it was recorded");
            }
        }
    }

    private void Store(ReplayMachine machine, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var call = trace.Calls[i];
            if (machine.HardwareOf(call.Liobn) is not { } table || call.Number == Hcall.H_GET_TCE)
            {
                continue;
            }

            var shift = _pageShifts[call.Liobn];
            table.Window.TryIndex(call.Ioba, out var index);
            for (var j = 0UL; j < call.Count; j++)
            {
                var tce = ValueOf(call, j, shift);
                table.TryExchange(index + j, (tce & TceEntry.Permissions) == 0 ? 0 : tce + machine.Base, out _);
            }
        }
    }

    /// <summary>The tables at the end: the guest's, and the hardware's where there is one.</summary>
    private void Compare(ReplayMachine machine, ReplayStage stage)
    {
        foreach (var window in trace.Windows)
        {
            var start = window.Start >> window.PageShift;
            for (var index = 0UL; index < window.Pages; index++)
            {
                var expected = _expected.GetValueOrDefault((window.Liobn, start + index));
                var place = $"LIOBN 0x{window.Liobn:x}, bus address 0x{(start + index) << window.PageShift:x}";
                if (stage != ReplayStage.Direct && machine.Get(window.Liobn, index) is var guest && guest != expected)
                {
                    Differ($"{place}: the guest's table has 0x{guest:x} in the end, and not 0x{expected:x}");
                }

                var mapped = (expected & TceEntry.Permissions) == 0 ? 0 : expected + machine.Base;
                if (machine.HardwareOf(window.Liobn) is { } table && table.Get(index) != mapped)
                {
                    Differ($"{place}: the hardware's table leads to 0x{table.Get(index):x} in the end, and not to 0x{mapped:x}");
                }
            }
        }
    }

    private void Differ(string what)
    {
        if (_differences.Count < MaxDifferences)
        {
            _differences.Add(what);
        }
    }
}
