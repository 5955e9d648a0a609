using System.Runtime.InteropServices;

namespace Viaduct.Linux;

/// <summary>struct pollfd, poll.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollFd
{
    /// <summary>There is data to read.</summary>
    public const short POLLIN = 0x001;

    /// <summary>Writing would not block.</summary>
    public const short POLLOUT = 0x004;

    /// <summary>An error; always reported.</summary>
    public const short POLLERR = 0x008;

    /// <summary>The peer has gone; always reported.</summary>
    public const short POLLHUP = 0x010;

    /// <summary>What to watch.</summary>
    public int Fd;

    /// <summary>What to wait for.</summary>
    public short Events;

    /// <summary>What there is.</summary>
    public short Revents;
}
