using Viaduct.Driver;

namespace NvmeDisk.Nvme;

/// <summary>
/// An I/O queue with memory for the data of each command that can be under way: a slot. Rent a slot, fill it or not,
/// submit a command for it, take it when it is done, return it. A queue belongs to one thread and allocates nothing.
/// </summary>
internal sealed class NvmeIoQueue : IDisposable
{
    private readonly NvmeController _controller;
    private readonly NvmeQueue _ring;
    private readonly TimeSpan _patience;
    private readonly DmaBuffer _data;
    private readonly DmaBuffer _lists;
    private readonly ulong _page;
    private readonly ulong _slotSize;
    private readonly Stack<int> _free = [];
    private readonly bool[] _isUnderWay;

    internal NvmeIoQueue(
        PciDevice device, NvmeController controller, NvmeQueue ring, int depth, int transfer, TimeSpan patience)
    {
        _controller = controller;
        _ring = ring;
        _patience = patience;
        _page = (ulong)controller.PageSize;
        Depth = depth;
        MaxTransfer = transfer;
        _isUnderWay = new bool[depth];
        _slotSize = ((ulong)transfer + _page - 1) / _page * _page;
        var options = new DmaOptions { Alignment = _page };
        _data = device.AllocateDma(_slotSize * (ulong)depth, options);
        try
        {
            _lists = device.AllocateDma(_page * (ulong)depth, options);
        }
        catch
        {
            _data.Dispose();
            throw;
        }

        for (var slot = depth - 1; slot >= 0; slot--)
        {
            DescribePages(slot);
            _free.Push(slot);
        }
    }

    internal int Number => _ring.Number;

    /// <summary>How many commands can be under way.</summary>
    internal int Depth { get; }

    /// <summary>The most bytes of a command.</summary>
    internal int MaxTransfer { get; }

    /// <summary>How many slots are rented.</summary>
    internal int Rented => Depth - _free.Count;

    /// <summary>Takes a free slot.</summary>
    /// <returns>False where all are rented.</returns>
    internal bool TryRent(out int slot) => _free.TryPop(out slot);

    /// <summary>Gives a slot back whose command is done.</summary>
    internal void Return(int slot) => _free.Push(slot);

    /// <summary>The slot's memory. While its command is under way it is the controller's.</summary>
    internal Span<byte> Data(int slot, int length) => _data.GetSpan((ulong)slot * _slotSize, length);

    /// <summary>Reads blocks into the slot's memory.</summary>
    internal void Read(int slot, NamespaceIdentity space, ulong block, int count) =>
        Transfer(NvmeOpcode.Read, slot, space, block, count, 0);

    /// <summary>Writes the slot's memory to blocks.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="block">The first block.</param>
    /// <param name="count">How many.</param>
    /// <param name="isDurable">FUA: when the command is done, what it wrote survives a loss of power.</param>
    internal void Write(int slot, NamespaceIdentity space, ulong block, int count, bool isDurable = false) =>
        Transfer(NvmeOpcode.Write, slot, space, block, count, isDurable ? NvmeOpcode.ForceUnitAccess : 0);

    /// <summary>Makes all that is written to a namespace survive a loss of power.</summary>
    internal void Flush(int slot, NamespaceIdentity space)
    {
        var command = new NvmeCommand { Opcode = NvmeOpcode.Flush, Namespace = space.Number };
        Submit(slot, command);
    }

    /// <summary>Tells the controller of what was submitted.</summary>
    internal void Announce() => _ring.Announce();

    /// <summary>Takes a slot whose command is done, if there is one.</summary>
    internal bool TryTake(out int slot, out NvmeStatus status)
    {
        if (!_ring.TryTake(out var completion))
        {
            slot = -1;
            status = default;
            return false;
        }

        (slot, status) = Accept(completion);
        return true;
    }

    /// <summary>Announces what was submitted, and waits for a command to be done.</summary>
    /// <exception cref="NvmeException">None was within the time.</exception>
    internal int Wait(out NvmeStatus status)
    {
        _ring.Announce();
        if (!_ring.Wait(_patience, out var completion))
        {
            throw _controller.Unanswered($"{_isUnderWay.Count(static busy => busy)} commands", Number);
        }

        (var slot, status) = Accept(completion);
        return slot;
    }

    public void Dispose()
    {
        _data.Dispose();
        _lists.Dispose();
        _ring.Dispose();
    }

    // A PRP list has the address of each page of the data from the second on. A slot's pages never change, and neither
    // does its list: shorter transfers use the front of it.
    private void DescribePages(int slot)
    {
        var list = (ulong)slot * _page;
        for (ulong at = _page; at < _slotSize; at += _page)
        {
            _lists.Words.Write64(list, _data.IovaOf(((ulong)slot * _slotSize) + at));
            list += sizeof(ulong);
        }
    }

    private void Transfer(byte opcode, int slot, NamespaceIdentity space, ulong block, int count, uint flags)
    {
        var length = (ulong)count << space.BlockShift;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, (ulong)MaxTransfer);
        var data = (ulong)slot * _slotSize;
        var more = length <= _page
            ? 0
            : length <= 2 * _page
                ? _data.IovaOf(data + _page)
                : _lists.IovaOf((ulong)slot * _page);
        var command = new NvmeCommand
        {
            Opcode = opcode,
            Namespace = space.Number,
            Data = _data.IovaOf(data),
            MoreData = more,
            Dword10 = (uint)block,
            Dword11 = (uint)(block >> 32),
            Dword12 = ((uint)count - 1) | flags,
        };
        Submit(slot, command);
    }

    private void Submit(int slot, in NvmeCommand command)
    {
        _isUnderWay[slot] = true;
        _ring.Submit(command, (ushort)slot);
    }

    // A slot that is not under way would be returned twice.
    private (int Slot, NvmeStatus Status) Accept(NvmeCompletion completion)
    {
        if (completion.Id >= Depth || !_isUnderWay[completion.Id])
        {
            throw new NvmeException(
                $"queue {Number} completed command {completion.Id}, which is not under way: {completion.Status}");
        }

        _isUnderWay[completion.Id] = false;
        return (completion.Id, completion.Status);
    }
}
