using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Linux;

namespace Viaduct.Pci.Tests.Infrastructure;

/// <summary>An eventfd of this process that stands for a client's.</summary>
internal sealed partial class TestEventFd(int number) : IDisposable
{
    private const int NonBlocking = 0x800;
    private readonly int _fd = Create(0, NonBlocking);

    /// <summary>The client's descriptor.</summary>
    public int Number { get; } = number;

    /// <summary>Takes the count.</summary>
    public ulong Take() => Read(_fd, out var count, sizeof(ulong)) == sizeof(ulong) ? count : 0;

    public void Add(ulong count) => Assert.Equal(sizeof(ulong), Write(_fd, in count, sizeof(ulong)));

    /// <summary>Waits until somebody has signalled it.</summary>
    public ulong Wait()
    {
        Assert.True(IsReady(30_000));
        return Take();
    }

    /// <summary>Waits until somebody has taken the count.</summary>
    public void WaitTaken()
    {
        while (IsReady(0))
        {
            Thread.Yield();
        }
    }

    private unsafe bool IsReady(int milliseconds)
    {
        var poll = new PollFd { Fd = _fd, Events = PollFd.POLLIN };
        return Poll(&poll, 1, milliseconds) == 1;
    }

    public EventFdContext Share() => new(new SafeFileHandle(Duplicate(_fd), ownsHandle: true));

    public void Dispose() => _ = Close(_fd);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int Create(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int fd);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int fd, out ulong value, nint length);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int fd, in ulong value, nint length);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static unsafe partial int Poll(PollFd* fds, nuint count, int timeout);
}
