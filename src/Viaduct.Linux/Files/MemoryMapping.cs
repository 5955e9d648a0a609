using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Linux;

/// <summary>
/// A mapping of this process (mmap, MAP_SHARED), unmapped when it is disposed. Spans and pointers taken from it must
/// not be used after that. Memory is a memfd's, so that fork does not copy it on write and another process can be given
/// it. There can be 32,768 of them, or half of vm.max_map_count; then ENOMEM.
/// </summary>
public sealed unsafe class MemoryMapping : SafeBuffer
{
    private const int ProtRead = 1;
    private const int ProtWrite = 2;
    private const int MapShared = 1;
    private const uint MfdCloexec = 1;
    private const uint MfdAllowSealing = 2;
    private const uint MfdHugetlb = 4;
    private const int HugeShift = 26;

    private MemoryMapping(nint address, nuint length, bool isWritable, FileDescriptorHandle? file)
        : base(ownsHandle: true)
    {
        SetHandle(address);
        Initialize(length);
        Length = length;
        IsWritable = isWritable;
        File = file;
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;

    /// <summary>The mapping's size in bytes.</summary>
    public nuint Length { get; }

    /// <summary>False: a store raises SIGSEGV.</summary>
    public bool IsWritable { get; }

    /// <summary>The memory file behind <see cref="Allocate"/>d memory, open as long as the mapping; else
    /// null.</summary>
    public FileDescriptorHandle? File { get; }

    /// <summary>Where the mapping starts in this process.</summary>
    /// <exception cref="ObjectDisposedException">It is unmapped.</exception>
    public nuint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return (nuint)handle;
        }
    }

    /// <summary>Makes zeroed memory.</summary>
    /// <param name="length">Bytes, above zero; a multiple of the page size that is asked for.</param>
    /// <param name="pages">What the memory is made of.</param>
    /// <param name="mapping">The memory; null after an error.</param>
    /// <returns>0, or ENOMEM (no memory, or too few huge pages), EINVAL (bad length), EMFILE, ENOSYS or EOPNOTSUPP (no
    /// huge pages).</returns>
    public static SysResult Allocate(nuint length, HugePageSize pages, out MemoryMapping? mapping)
    {
        var flags = MfdCloexec | MfdAllowSealing | (pages == HugePageSize.None ? 0 : MfdHugetlb | (uint)pages << HugeShift);
        return Create("viaduct-dma", flags, length, Seal, out mapping);

        // Whoever is handed the memory may then access it in place.
        static SysResult Seal(FileDescriptorHandle file)
        {
            _ = FileSeals.ForbidShrinking(file);
            return SysResult.Success;
        }
    }

    /// <summary>Makes zeroed memory to share with others, who can change neither its size nor its seals.</summary>
    /// <param name="name">What their /proc/PID/maps shows.</param>
    /// <param name="length">Bytes, above zero; a multiple of 4 KiB. Pages take memory from the first store to them on.</param>
    /// <param name="mapping">The memory; null after an error.</param>
    /// <returns>0, or ENOMEM, EINVAL (bad length), EFBIG (RLIMIT_FSIZE), EMFILE or ENOSYS.</returns>
    public static SysResult AllocateShared(string name, nuint length, out MemoryMapping? mapping) =>
        Create(name, MfdCloexec | MfdAllowSealing, length, FileSeals.FixSize, out mapping);

    /// <summary>Maps part of a file or of a device.</summary>
    /// <param name="file">What to map; it may be closed afterwards.</param>
    /// <param name="offset">Where to start; page aligned.</param>
    /// <param name="length">Bytes, above zero.</param>
    /// <param name="canWrite">False maps for reading only.</param>
    /// <param name="mapping">The mapping; null after an error.</param>
    /// <returns>0, or mmap's errno.</returns>
    public static SysResult Map(
        FileDescriptorHandle file, ulong offset, nuint length, bool canWrite, out MemoryMapping? mapping) =>
        Map(file, offset, length, canWrite, keepFile: false, out mapping);

    /// <summary>Part of the mapping as ordinary memory.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">The bytes, which must lie inside the mapping.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not inside the mapping.</exception>
    /// <exception cref="ObjectDisposedException">It is unmapped.</exception>
    public Span<byte> GetSpan(nuint offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((nuint)length, Length - offset);
        return new Span<byte>((byte*)Address + offset, length);
    }

    /// <summary>All of <see cref="Allocate"/>d memory is zero again, and takes no memory.</summary>
    /// <exception cref="InvalidOperationException">It is a mapping of another's file.</exception>
    /// <exception cref="ObjectDisposedException">It is unmapped.</exception>
    public void Clear()
    {
        const int FALLOC_FL_KEEP_SIZE = 1;
        const int FALLOC_FL_PUNCH_HOLE = 2;
        const int Part = 1 << 30;
        ObjectDisposedException.ThrowIf(IsClosed, this);
        var file = File ?? throw new InvalidOperationException("The mapping has no file of its own.");
        if (LibC.AllocateFileRange(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (long)Length) == 0)
        {
            return;
        }

        // A filter of system calls, or a signal.
        for (nuint done = 0; done < Length; done += Part)
        {
            GetSpan(done, (int)nuint.Min(Part, Length - done)).Clear();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        File?.Dispose();
        MappingBudget.Give();
        return LibC.Munmap(handle, Length) == 0;
    }

    private static SysResult Create(
        string name, uint flags, nuint length, Func<FileDescriptorHandle, SysResult> seal, out MemoryMapping? mapping)
    {
        mapping = null;
        var fd = LibC.CreateMemoryFile(name, flags);
        if (fd < 0)
        {
            return FileCalls.LastErrno();
        }

        var file = new FileDescriptorHandle(fd);
        var result = FileCalls.Result(LibC.SetFileLength(file, (long)length));
        result = result.IsError ? result : seal(file);
        result = result.IsError ? result : Map(file, 0, length, canWrite: true, keepFile: true, out mapping);
        if (result.IsError)
        {
            file.Dispose();
        }

        return result;
    }

    private static SysResult Map(
        FileDescriptorHandle file, ulong offset, nuint length, bool canWrite, bool keepFile, out MemoryMapping? mapping)
    {
        mapping = null;
        if (!MappingBudget.TryTake())
        {
            return Errno.ENOMEM;
        }

        var protection = ProtRead | (canWrite ? ProtWrite : 0);
        var address = LibC.Mmap(0, length, protection, MapShared, file, (long)offset);
        if (address == -1)
        {
            var error = FileCalls.LastErrno();
            MappingBudget.Give();
            return error;
        }

        mapping = new MemoryMapping(address, length, canWrite, keepFile ? file : null);
        return SysResult.Success;
    }
}
