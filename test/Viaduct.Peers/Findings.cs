namespace Viaduct.Peers;

/// <summary>What was expected of a peer, and how often it was so.</summary>
/// <param name="peer">The peer's name.</param>
internal sealed class Findings(string peer)
{
    /// <summary>Expectations that were met.</summary>
    internal int Passed { get; private set; }

    /// <summary>Those that were not.</summary>
    internal int Failed { get; private set; }

    /// <summary>Writes a line down.</summary>
    internal void Expect(string what, bool isSo)
    {
        Console.WriteLine($"{(isSo ? "ok  " : "FAIL")} {peer}: {what}");
        Passed += isSo ? 1 : 0;
        Failed += isSo ? 0 : 1;
    }
}
