using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// An I/O address space: what the devices behind one IOMMU context can reach. Several devices of one container share
/// it. Safe for several threads.
/// </summary>
public sealed class DmaSpace : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<DmaBuffer> _buffers = [];
    private readonly IDmaMapper _mapper;
    private readonly IovaAllocator _allocator;
    private bool _disposed;

    /// <summary>Made by a back-end.</summary>
    /// <param name="mapper">The back-end's side.</param>
    /// <param name="ranges">The IOVAs that can be used.</param>
    /// <param name="pageSize">The IOMMU's smallest page, a power of two.</param>
    public DmaSpace(IDmaMapper mapper, IEnumerable<IovaRange> ranges, ulong pageSize)
    {
        _mapper = mapper;
        _allocator = new IovaAllocator(ranges, Math.Max(pageSize, (ulong)Environment.SystemPageSize));
    }

    /// <summary>The unit of mapping in bytes: the larger of the IOMMU's and the processor's page.</summary>
    public ulong PageSize => _allocator.PageSize;

    /// <summary>The IOVAs that the IOMMU translates, ascending; on x86 the window of message signalled interrupts is
    /// missing.
    /// </summary>
    public IReadOnlyList<IovaRange> Ranges
    {
        get
        {
            lock (_lock)
            {
                return [.. _allocator.Usable];
            }
        }
    }

    /// <summary>Makes zeroed memory that the device can reach.</summary>
    /// <param name="size">Bytes, above zero; rounded up to whole pages.</param>
    /// <param name="options">Null for ordinary pages at any address.</param>
    /// <exception cref="VfioException">ENOMEM: no memory, no huge pages, or the locked-memory limit; ENOSPC: no IOVA or
    /// no mapping left.</exception>
    public DmaBuffer Allocate(ulong size, DmaOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        options ??= DmaOptions.Default;
        var page = options.HugePages == HugePageSize.None
            ? PageSize
            : Math.Max(PageSize, 1UL << (int)options.HugePages);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, (ulong)nint.MaxValue - page);
        var length = (size + (page - 1)) & ~(page - 1);
        var result = MemoryMapping.Allocate((nuint)length, options.HugePages, out var memory);
        if (memory is null)
        {
            throw DmaErrors.CannotAllocate(result.Errno, length, options.HugePages);
        }

        try
        {
            // An IOVA aligned like the page lets the IOMMU use one large entry.
            return Add(memory, ownsMemory: true, options, Math.Max(options.Alignment, page));
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Lets the device reach memory that the caller owns and keeps until the buffer is disposed.</summary>
    /// <param name="memory">Its length must be a multiple of <see cref="PageSize"/>.</param>
    /// <param name="options">Null for any address; <see cref="DmaOptions.HugePages"/> does not count.</param>
    /// <exception cref="VfioException">As <see cref="Allocate"/>; EFAULT: write access to memory mapped for
    /// reading.</exception>
    public DmaBuffer Map(MemoryMapping memory, DmaOptions? options = null)
    {
        if (memory.Length == 0 || memory.Length % PageSize != 0)
        {
            throw new ArgumentException(
                $"The mapping's {memory.Length} bytes are not whole pages of {PageSize}.", nameof(memory));
        }

        options ??= DmaOptions.Default;
        return Add(memory, ownsMemory: false, options, options.Alignment);
    }

    /// <summary>Takes everything away from the devices and frees it.</summary>
    public void Dispose()
    {
        DmaBuffer[] left;
        lock (_lock)
        {
            _disposed = true;
            left = [.. _buffers];
        }

        foreach (var buffer in left)
        {
            buffer.Dispose();
        }
    }

    internal void Restrict(IEnumerable<IovaRange> ranges)
    {
        lock (_lock)
        {
            _allocator.Restrict(ranges);
        }
    }

    internal void Release(DmaBuffer buffer)
    {
        lock (_lock)
        {
            // An IOVA that may still be mapped is not handed out again.
            if (_buffers.Remove(buffer) && _mapper.Unmap(buffer.Iova, buffer.Size))
            {
                _allocator.Release(buffer.Iova, buffer.Size);
            }
        }
    }

    private DmaBuffer Add(MemoryMapping memory, bool ownsMemory, DmaOptions options, ulong alignment)
    {
        if ((alignment & (alignment - 1)) != 0)
        {
            throw new ArgumentException($"The alignment {alignment} is not a power of two.", nameof(options));
        }

        ulong size = memory.Length;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var iova = Reserve(size, alignment, options);
            try
            {
                _mapper.Map(iova, memory, options.Access);
            }
            catch
            {
                _allocator.Release(iova, size);
                throw;
            }

            var buffer = new DmaBuffer(this, memory, ownsMemory, iova);
            _buffers.Add(buffer);
            return buffer;
        }
    }

    private ulong Reserve(ulong size, ulong alignment, DmaOptions options)
    {
        if (options.Iova is not { } iova)
        {
            return _allocator.TryAllocate(size, alignment, options.LastAddress, out iova)
                ? iova
                : throw DmaErrors.NoIova(size, options, _allocator.Usable);
        }

        if (iova % PageSize != 0)
        {
            throw new ArgumentException(
                $"The IOVA 0x{iova:x} is not aligned to a page of {PageSize} bytes.", nameof(options));
        }

        return _allocator.TryReserve(iova, size)
            ? iova
            : throw DmaErrors.IovaTaken(iova, size, _allocator.Usable);
    }
}
