using Viaduct.Abi;
using Viaduct.Linux.Processes;

namespace Viaduct.Memory.Remote;

/// <summary>
/// The address space of another process, by process_vm_readv and process_vm_writev. It ends with the process's exec or exit:
/// from then on nothing can be reached, also where the kernel would have kept pinned pages.
/// </summary>
/// <param name="process">The process.</param>
/// <param name="task">A thread of it that lives.</param>
/// <param name="devices">Finds mapped BARs.</param>
public sealed class RemoteMemory(int process, int task, IDeviceMappings devices) : ClientMemory, IDisposable
{
    private const ulong PageSize = 4096;

    private readonly ProcessMaps _maps = new(task);
    private readonly SharedFileWindows _windows = new(process);
    private readonly Lock _mapsLock = new();
    private volatile bool _gone;
    private volatile int _task = task;

    private ProcessSource? _source;

    /// <summary>The process.</summary>
    public int ProcessId { get; } = process;

    /// <summary>
    /// The thread by which the memory is reached. A thread that has exited has no address space any more, and the first
    /// thread of a process may exit long before the others: whoever hears of that names another one.
    /// </summary>
    public int Task
    {
        get => _task;
        set => _task = value;
    }

    private ProcessSource Source => _source ??= new ProcessSource(this);

    /// <summary>The address space has gone: the process executed another program, or ended.</summary>
    public void Dispose()
    {
        _gone = true;
        NotifyEnd();
        _maps.Dispose();
    }

    /// <inheritdoc/>
    public override bool TryRead(ulong address, Span<byte> destination)
        => !_gone && (destination.IsEmpty
            || ProcessMemory.Read(_task, address, destination) == destination.Length);

    /// <inheritdoc/>
    public override bool TryWrite(ulong address, ReadOnlySpan<byte> source)
        => !_gone && (source.IsEmpty || ProcessMemory.Write(_task, address, source) == source.Length);

    /// <summary>Copies as much as can be read, from the start.</summary>
    /// <returns>Bytes copied.</returns>
    public int ReadPartly(ulong address, Span<byte> destination)
        => _gone || destination.IsEmpty ? 0 : ProcessMemory.Read(_task, address, destination);

    /// <summary>The area that holds an address.</summary>
    public bool TryFindArea(ulong address, out VmArea area)
    {
        lock (_mapsLock)
        {
            area = default;
            return !_gone && _maps.TryFind(address, out area);
        }
    }

    /// <inheritdoc/>
    public override SysResult Pin(ulong address, ulong size, bool writable, out PinnedRange pinned)
    {
        var last = address + (size - 1);
        List<SourceSegment>? segments = null;
        SourceSegment current = default;
        var pages = 0UL;
        for (var at = address; ;)
        {
            SourceSegment segment = default;
            var found = TryFindArea(at, out var area);
            var areaLast = Math.Min(last, area.End - 1);
            if (!found || !Describe(area, at, areaLast, writable, ref pages, out segment))
            {
                Release(segments, current);
                pinned = new PinnedRange(null, 0, pages);
                return Errno.EFAULT;
            }

            if (current.Source is null)
            {
                current = segment;
            }
            else if (!current.TryExtend(segment))
            {
                (segments ??= []).Add(current);
                current = segment;
            }
            else if (segment.Source is SharedFileMemory window)
            {
                // One range of the window now, which is released once.
                window.Release(default);
            }

            if (areaLast == last)
            {
                break;
            }

            at = areaLast + 1;
        }

        if (segments is null)
        {
            pinned = new PinnedRange(current.Source, current.Offset, pages);
            return SysResult.Success;
        }

        segments.Add(current);
        pinned = new PinnedRange(new SegmentedSource(segments), 0, pages);
        return SysResult.Success;
    }

    private static void Release(List<SourceSegment>? segments, in SourceSegment current)
    {
        foreach (var segment in segments ?? [])
        {
            segment.Source.Release(new PinnedRange(segment.Source, segment.Offset, 0));
        }

        current.Source?.Release(new PinnedRange(current.Source, current.Offset, 0));
    }

    // What pin_user_pages asks of an area; counts the pages that came before a failure.
    private bool Describe(
        in VmArea area, ulong first, ulong last, bool writable, ref ulong pages, out SourceSegment segment)
    {
        segment = default;
        var needed = writable ? VmAreaPermissions.Writable : VmAreaPermissions.Readable;
        if (devices.TryFind(area.File, out var target))
        {
            // VM_PFNMAP: type1 takes the mapped BAR itself, and does not count it.
            segment = new SourceSegment(target!, area.Offset + (first - area.Start), last - first);
            return target is not null && (area.Permissions & needed) != 0;
        }

        if ((area.Permissions & needed) == 0)
        {
            return false;
        }

        var count = ((last - first) / PageSize) + 1;
        if (area.File.Inode != 0 && !IsBacked(last))
        {
            pages += FirstUnbacked(first, count);
            return false;
        }

        pages += count;
        if ((area.Permissions & VmAreaPermissions.Shared) != 0 && area.File.Inode != 0
            && _windows.TryPin(
                area.File, area.Offset + (first - area.Start), last - first + 1, writable, out var offset) is { } shared)
        {
            segment = new SourceSegment(shared, offset, last - first);
            return true;
        }

        segment = new SourceSegment(Source, first, last - first);
        return true;
    }

    // A file mapping ends where its file does; before that, every page is there.
    private ulong FirstUnbacked(ulong first, ulong count)
    {
        ulong low = 0, high = count - 1;
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (IsBacked(first + (middle * PageSize)))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private bool IsBacked(ulong address)
    {
        Span<byte> probe = stackalloc byte[1];
        return TryRead(address, probe);
    }

    private sealed class ProcessSource(RemoteMemory memory) : MemorySource
    {
        public override bool TryRead(ulong offset, Span<byte> destination) => memory.TryRead(offset, destination);

        public override bool TryWrite(ulong offset, ReadOnlySpan<byte> source) => memory.TryWrite(offset, source);
    }
}
