namespace Viaduct.Testing;

/// <summary>Measures what a piece of code allocates on this thread once it runs steadily.</summary>
internal static class Allocations
{
    private const int Rounds = 50;

    /// <summary>
    /// The least that one round allocated. While the runtime compiles a method a second time, a round may be charged for it; code
    /// that allocates by itself does so in every round.
    /// </summary>
    public static long Least(Action round)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Rounds && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
