using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;

namespace Viaduct.Linux;

/// <summary>epoll(7), edge triggered: descriptors that become readable, each time that they do.</summary>
internal sealed partial class EpollSet
{
    private const int EPOLL_CLOEXEC = 0x80000;
    private const int EPOLL_CTL_ADD = 1;
    private const int EPOLL_CTL_DEL = 2;
    private const uint EPOLLIN = 0x001;
    private const uint EPOLLET = 1u << 31;

    // struct epoll_event is packed on x86-64 alone.
    private static readonly int s_dataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int s_eventSize = s_dataOffset + sizeof(ulong);

    private readonly SafeFileHandle _handle;

    private EpollSet(SafeFileHandle handle) => _handle = handle;

    /// <summary>epoll_create1(2).</summary>
    public static SysResult Create(out EpollSet? set)
    {
        var created = Libc.Result(CreateSet(EPOLL_CLOEXEC));
        set = created.IsError ? null : new EpollSet(new SafeFileHandle((nint)created.Raw, ownsHandle: true));
        return created.IsError ? created : SysResult.Success;
    }

    /// <summary>Watches a descriptor; an event comes at once where it is readable now.</summary>
    public unsafe SysResult Add(int fd, ulong id)
    {
        Span<byte> entry = stackalloc byte[s_eventSize];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, EPOLLIN | EPOLLET);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[s_dataOffset..], id);
        fixed (byte* pointer = entry)
        {
            return Libc.Result(Control(_handle, EPOLL_CTL_ADD, fd, pointer));
        }
    }

    /// <summary>Forgets a descriptor that is still open.</summary>
    public unsafe void Remove(int fd) => _ = Control(_handle, EPOLL_CTL_DEL, fd, null);

    /// <summary>Waits for events.</summary>
    /// <param name="ids">Receives the ids given to <see cref="Add"/>.</param>
    /// <returns>How many came; zero after a signal.</returns>
    public unsafe int Wait(Span<ulong> ids)
    {
        Span<byte> entries = stackalloc byte[s_eventSize * ids.Length];
        int count;
        fixed (byte* pointer = entries)
        {
            count = Wait(_handle, pointer, ids.Length, -1);
        }

        for (var i = 0; i < count; i++)
        {
            ids[i] = BinaryPrimitives.ReadUInt64LittleEndian(entries[((i * s_eventSize) + s_dataOffset)..]);
        }

        return Math.Max(count, 0);
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int CreateSet(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static unsafe partial int Control(SafeFileHandle set, int operation, int fd, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    private static unsafe partial int Wait(SafeFileHandle set, byte* entries, int count, int timeout);
}
