using System.Globalization;

namespace Viaduct.Fuzz;

/// <summary>Sessions side by side until the time is over, and their sums.</summary>
/// <param name="viaduct">The command line that is `viaduct`.</param>
/// <param name="client">The client program.</param>
internal sealed class FuzzRun(string viaduct, string client)
{
    private const int LongSession = 300, ShortSession = 6;

    // Each session's seeds are its own, so that it can be repeated alone.
    private const ulong SeedsASession = 1000;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private ulong _nextSession;

    public long Sequences { get; private set; }

    public long Calls { get; private set; }

    public int Failures { get; private set; }

    /// <summary>One supervisor that serves these clients one after the other.</summary>
    public void Session(ulong first, int clients, DateTime end)
    {
        using var session = new ClientSession(viaduct, client, s_deadline);
        var served = 0;
        try
        {
            while (served < clients && (served == 0 || DateTime.UtcNow < end))
            {
                session.Run(first + (ulong)served++);
            }

            session.Finish();
        }
        catch (FuzzFailure failure)
        {
            Report(failure, first, served);
        }

        lock (_lock)
        {
            Sequences += served;
            Calls += session.Calls;
        }
    }

    /// <summary>Long sessions on one thread, short ones on the others.</summary>
    public void Until(DateTime end, ulong seed, int programs)
    {
        var threads = Enumerable.Range(0, programs).Select(i => new Thread(() => Sessions(end, seed, i == 0))).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
    }

    private void Sessions(DateTime end, ulong seed, bool isLong)
    {
        while (DateTime.UtcNow < end && Failures == 0)
        {
            ulong session;
            lock (_lock)
            {
                session = _nextSession++;
            }

            Session(seed + (session * SeedsASession), isLong ? LongSession : ShortSession, end);
        }
    }

    private void Report(FuzzFailure failure, ulong first, int clients)
    {
        lock (_lock)
        {
            Failures++;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"FAIL seed {first + (ulong)clients - 1}; again: --seed {first} --clients {clients}\n{failure.Message}"));
        }
    }
}
