namespace Viaduct.Supervisor;

/// <summary>How often a call was made.</summary>
public sealed class CallCount
{
    private long _total;
    private long _failed;

    /// <summary>All of them.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Those that returned an errno.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    internal void Add(bool failed)
    {
        Interlocked.Increment(ref _total);
        if (failed)
        {
            Interlocked.Increment(ref _failed);
        }
    }
}
