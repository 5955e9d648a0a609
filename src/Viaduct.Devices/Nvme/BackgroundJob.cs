using Viaduct.Devices.Nvme.Storage;

namespace Viaduct.Devices.Nvme;

/// <summary>
/// What a command leaves to the background: ranges that become zeroes, then a flush. The engine fills it in and takes it back; between, the
/// background has it, and the engine sets <see cref="Stop"/> only.
/// </summary>
internal sealed class BackgroundJob
{
    // A fallocate(2) is fast, zeroes that have to be written are not.
    private const ulong LargestHole = 256 << 20;
    private const ulong LargestZeroes = 8 << 20;

    private ulong[] _offsets = new ulong[1];
    private ulong[] _lengths = new ulong[1];
    private int _count;
    private bool _isWhole;
    private long _ticket;
    private int _target;
    private int _range;
    private ulong _done;
    private volatile bool _stop;

    /// <summary>The command's queue; null for a shutdown.</summary>
    public SubmissionQueue? Queue { get; private set; }

    public NvmeCommand Command { get; private set; }

    public NvmeNamespace[] Targets { get; private set; } = [];

    /// <summary>The room of ranges may be given back.</summary>
    public bool Deallocates { get; set; }

    /// <summary>It ends with a flush.</summary>
    public bool Flushes { get; set; }

    /// <summary>What it came to.</summary>
    public StorageResult Result { get; private set; }

    /// <summary>It is to end early. Any thread.</summary>
    public bool Stop
    {
        get => _stop;
        set => _stop = value;
    }

    /// <summary>Nobody waits for it any more.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>Makes it new.</summary>
    public void Begin(SubmissionQueue? queue, in NvmeCommand command, NvmeNamespace[] targets)
    {
        Queue = queue;
        Command = command;
        Targets = targets;
        Deallocates = false;
        Flushes = false;
        Result = StorageResult.Ok;
        IsForgotten = false;
        _stop = false;
        _count = 0;
        _isWhole = false;
        _ticket = targets.Length == 1 ? targets[0].NextFlushTicket() : 0;
        _target = 0;
        _range = 0;
        _done = 0;
    }

    /// <summary>Zeroes all of every target.</summary>
    public void AddWhole() => _isWhole = true;

    /// <summary>Zeroes a range of the target, in bytes.</summary>
    public void Add(ulong offset, ulong length)
    {
        if (_count == _offsets.Length)
        {
            Array.Resize(ref _offsets, 256);
            Array.Resize(ref _lengths, 256);
        }

        _offsets[_count] = offset;
        _lengths[_count] = length;
        _count++;
    }

    /// <summary>One piece of the work, on the background's thread.</summary>
    /// <returns>True where it is at its end.</returns>
    public bool Step()
    {
        if (_stop)
        {
            return true;
        }

        var target = Targets[_target];
        if (TryGetPiece(target, out var offset, out var length))
        {
            Result = target.Storage.Zero(offset, length, Deallocates);
            return Result != StorageResult.Ok;
        }

        if (Flushes)
        {
            // Zeroes of this job are younger than its ticket.
            Result = target.FlushUpTo(_ticket != 0 && _count == 0 && !_isWhole ? _ticket : target.NextFlushTicket());
        }

        _target++;
        _range = 0;
        _done = 0;
        return Result != StorageResult.Ok || _target == Targets.Length;
    }

    private bool TryGetPiece(NvmeNamespace target, out ulong offset, out ulong length)
    {
        while (_range < (_isWhole ? 1 : _count))
        {
            var first = _isWhole ? 0 : _offsets[_range];
            var all = _isWhole ? target.Storage.Length : _lengths[_range];
            if (_done < all)
            {
                offset = first + _done;
                length = Math.Min(all - _done, Deallocates ? LargestHole : LargestZeroes);
                _done += length;
                return true;
            }

            _range++;
            _done = 0;
        }

        (offset, length) = (0, 0);
        return false;
    }
}
