namespace Viaduct.Kills;

/// <summary>
/// What the disk was given and what it promised, block by block, as numbers of writes; a later write has a greater number. It outlives
/// the server, so it is what remains to compare the file with.
/// </summary>
/// <param name="blocks">Blocks of the disk.</param>
internal sealed class Ledger(int blocks)
{
    private readonly Lock _lock = new();
    private readonly long[] _started = new long[blocks];
    private readonly long[] _done = new long[blocks];
    private readonly long[] _promised = new long[blocks];
    private long _lastNumber;

    /// <summary>How many blocks there are.</summary>
    internal int Blocks => blocks;

    /// <summary>A write begins. One at a time for a block.</summary>
    /// <returns>Its number.</returns>
    internal long Start(int first, int count)
    {
        var number = Interlocked.Increment(ref _lastNumber);
        _started.AsSpan(first, count).Fill(number);
        return number;
    }

    /// <summary>The disk said that a write is done.</summary>
    /// <param name="first">The first block.</param>
    /// <param name="count">How many.</param>
    /// <param name="number">What <see cref="Start"/> gave.</param>
    /// <param name="isPromise">That is a promise: FUA, or no volatile cache.</param>
    internal void Finish(int first, int count, long number, bool isPromise)
    {
        for (var block = first; block < first + count; block++)
        {
            Volatile.Write(ref _done[block], number);
        }

        if (isPromise)
        {
            lock (_lock)
            {
                _promised.AsSpan(first, count).Fill(number);
            }
        }
    }

    /// <summary>What a flush that begins now makes durable: all writes of which the disk said that they are done.</summary>
    internal void CopyDone(long[] done)
    {
        for (var block = 0; block < blocks; block++)
        {
            done[block] = Volatile.Read(ref _done[block]);
        }
    }

    /// <summary>The disk said that a flush is done.</summary>
    /// <param name="done">From when it began.</param>
    internal void Promise(long[] done)
    {
        lock (_lock)
        {
            for (var block = 0; block < blocks; block++)
            {
                _promised[block] = Math.Max(_promised[block], done[block]);
            }
        }
    }

    /// <summary>Compares a block with what the file has. No writer runs meanwhile.</summary>
    /// <returns>What became of the last write to it.</returns>
    internal BlockFate Judge(int block, long number)
    {
        if (number < _promised[block])
        {
            return BlockFate.Broken;
        }

        if (number > _started[block])
        {
            return BlockFate.Invented;
        }

        return number < _done[block] ? BlockFate.Unkept
            : _started[block] == _done[block] ? BlockFate.Kept
            : number == _started[block] ? BlockFate.New
            : BlockFate.Old;
    }

    /// <summary>What was promised for a block.</summary>
    internal long Promised(int block) => _promised[block];

    /// <summary>The next server begins with what the file has.</summary>
    internal void Begin(int block, long number) => _started[block] = _done[block] = _promised[block] = number;
}
