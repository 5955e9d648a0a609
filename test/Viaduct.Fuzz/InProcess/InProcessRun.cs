using System.Diagnostics;
using System.Globalization;

namespace Viaduct.Fuzz.InProcess;

/// <summary>Random input through the parts in our own process. None may throw, whatever comes, nor go on for ever.</summary>
internal sealed class InProcessRun
{
    private const int SecondsASequence = 60;

    public long Sequences { get; private set; }

    public long Calls { get; private set; }

    public int Failures { get; private set; }

    /// <summary>Runs sequences of each kind until the time is over; stops at the first failure.</summary>
    public void Run(ulong seed, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        for (var n = 0; watch.Elapsed < time && Failures == 0; n++)
        {
            One("core", CoreSequence.Run, unchecked((int)seed + n));
            One("machine", MachineSequence.Run, unchecked((int)seed + n));
            One("emulator", EmulatorSequence.Run, unchecked((int)seed + n));
            One("wire", WireSequence.Run, unchecked((int)seed + n));
            One("text", TextSequence.Run, unchecked((int)seed + n));
        }
    }

    private void One(string name, Func<FuzzRandom, int> sequence, int seed)
    {
        using var watchdog = new Timer(
            _ => Environment.FailFast(string.Create(CultureInfo.InvariantCulture, $"{name} sequence {seed} hangs")),
            null,
            TimeSpan.FromSeconds(SecondsASequence),
            Timeout.InfiniteTimeSpan);
        try
        {
            Calls += sequence(new FuzzRandom(seed));
        }
#pragma warning disable CA1031 // whatever is thrown is the finding
        catch (Exception finding)
#pragma warning restore CA1031
        {
            Failures++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"FAIL {name} sequence; again: --seed {seed}\n{finding}"));
        }

        Sequences++;
    }
}
