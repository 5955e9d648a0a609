using System.Numerics;
using Viaduct.Devices.Nvme.Storage;

namespace Viaduct.Devices.Nvme;

/// <summary>
/// What a command leaves to the background: data that moves between storage and a buffer of the job's, ranges that become zeroes, then a flush. The
/// engine fills it in and takes it back; between, the background has it. It never touches the host's memory: a job can outlive the command.
/// </summary>
internal sealed class BackgroundJob
{
    // A fallocate(2) is fast, zeroes that have to be written are not.
    private const ulong LargestHole = 256 << 20;
    private const ulong LargestZeroes = 8 << 20;
    private const int SmallestBuffer = 4096;

    private ulong[] _offsets = new ulong[1];
    private ulong[] _lengths = new ulong[1];
    private byte[] _buffer = [];
    private int _count;
    private int _length;
    private long _ticket;
    private int _target;
    private int _range;
    private ulong _done;
    private BackgroundMove _move;
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

    /// <summary>Storage may be changed by it.</summary>
    public bool Changes { get; private set; }

    /// <summary>It zeroes all of its targets: what was begun before comes first.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Its next step flushes or zeroes, and does not move data.</summary>
    public bool IsMaintenance => _move == BackgroundMove.None;

    /// <summary>It is the flush of a shutdown, which comes after what is under way.</summary>
    public bool IsShutdown => Queue is null;

    /// <summary>A step of it is being made. Under the lock of <see cref="BackgroundWork"/>.</summary>
    public bool IsInStep { get; set; }

    /// <summary>It is to end early. Any thread.</summary>
    public bool Stop
    {
        get => _stop;
        set => _stop = value;
    }

    /// <summary>What it comes to where it ends early.</summary>
    public NvmeStatus StopStatus { get; set; }

    /// <summary>Nobody waits for it any more. Under the lock of <see cref="BackgroundWork"/>.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>The data that moves.</summary>
    public Span<byte> Data => _buffer.AsSpan(0, _length);

    /// <summary>Makes it new.</summary>
    public void Begin(SubmissionQueue? queue, in NvmeCommand command, NvmeNamespace[] targets)
    {
        Queue = queue;
        Command = command;
        Targets = targets;
        Deallocates = false;
        Flushes = false;
        Changes = false;
        Result = StorageResult.Ok;
        IsForgotten = false;
        StopStatus = NvmeStatus.AbortedSqDeletion;
        _stop = false;
        _move = BackgroundMove.None;
        _length = 0;
        _count = 0;
        IsWhole = false;
        _ticket = targets.Length == 1 ? targets[0].NextFlushTicket() : 0;
        _target = 0;
        _range = 0;
        _done = 0;
    }

    /// <summary>Zeroes all of every target.</summary>
    public void AddWhole()
    {
        IsWhole = true;
        Changes = true;
    }

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
        Changes = true;
    }

    /// <summary>Moves data between the target and <see cref="Data"/>, which has room for it then.</summary>
    /// <param name="move">Which way.</param>
    /// <param name="offset">Where in the target.</param>
    /// <param name="length">Bytes, at most <see cref="HostData.LargestLength"/>.</param>
    public void Move(BackgroundMove move, ulong offset, int length)
    {
        if (_buffer.Length < length)
        {
            _buffer = new byte[BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, SmallestBuffer))];
        }

        _move = move;
        _offsets[0] = offset;
        _length = length;
        Changes = move == BackgroundMove.Write;
    }

    /// <summary>One piece of the work, on a thread of the background's.</summary>
    /// <returns>True where it is at its end.</returns>
    public bool Step()
    {
        if (_stop)
        {
            return true;
        }

        var target = Targets[_target];
        if (_move != BackgroundMove.None)
        {
            Result = _move == BackgroundMove.Read ? target.Storage.Read(_offsets[0], Data) : target.Storage.Write(_offsets[0], Data);
            _move = BackgroundMove.None;
            return Result != StorageResult.Ok || !Flushes;
        }

        if (TryGetPiece(target, out var offset, out var length))
        {
            Result = target.Storage.Zero(offset, length, Deallocates);
            return Result != StorageResult.Ok;
        }

        if (Flushes)
        {
            // What this job has changed is younger than its ticket.
            Result = target.FlushUpTo(_ticket != 0 && !Changes ? _ticket : target.NextFlushTicket());
        }

        _target++;
        _range = 0;
        _done = 0;
        return Result != StorageResult.Ok || _target == Targets.Length;
    }

    private bool TryGetPiece(NvmeNamespace target, out ulong offset, out ulong length)
    {
        while (_range < (IsWhole ? 1 : _count))
        {
            var first = IsWhole ? 0 : _offsets[_range];
            var all = IsWhole ? target.Storage.Length : _lengths[_range];
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
