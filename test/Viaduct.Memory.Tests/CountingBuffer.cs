using System.Runtime.InteropServices;

namespace Viaduct.Memory.Tests;

/// <summary>Native memory that tells when it was freed, and stays unusable rather than reused: it is never given back.</summary>
internal sealed class CountingBuffer : SafeBuffer
{
    private int _releases;

    public CountingBuffer(int size)
        : base(ownsHandle: true)
    {
        SetHandle(Marshal.AllocHGlobal(size));
        Initialize((ulong)size);
    }

    public ulong Address => (ulong)handle;

    public int Releases => Volatile.Read(ref _releases);

    protected override bool ReleaseHandle()
    {
        Interlocked.Increment(ref _releases);
        return true;
    }
}
