using System.Diagnostics;
using System.Globalization;

namespace Viaduct.Fuzz.InProcess;

/// <summary>Random input through the parts in our own process. None may throw, whatever comes, nor go on for ever.</summary>
internal sealed class InProcessRun
{
    private const int SecondsASequence = 60;

    private static readonly (string Name, Func<FuzzRandom, int> Run)[] s_parts =
    [
        ("core", CoreSequence.Run),
        ("machine", MachineSequence.Run),
        ("emulator", EmulatorSequence.Run),
        ("wire", WireSequence.Run),
        ("text", TextSequence.Run),
    ];

    /// <summary>The kinds of sequences.</summary>
    public static IEnumerable<string> Parts => s_parts.Select(part => part.Name);

    public long Sequences { get; private set; }

    public long Calls { get; private set; }

    public int Failures { get; private set; }

    /// <summary>Runs sequences of each kind until the time is over; stops at the first failure.</summary>
    /// <param name="seed">Where they begin.</param>
    /// <param name="time">How long.</param>
    /// <param name="part">The only kind to run; null for all.</param>
    public void Run(ulong seed, TimeSpan time, string? part = null)
    {
        var watch = Stopwatch.StartNew();
        for (var n = 0; watch.Elapsed < time && Failures == 0; n++)
        {
            foreach (var (name, sequence) in s_parts)
            {
                if (part is null || part == name)
                {
                    One(name, sequence, unchecked((int)seed + n));
                }
            }
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
