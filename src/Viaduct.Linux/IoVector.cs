using System.Runtime.InteropServices;

namespace Viaduct.Linux;

/// <summary>struct iovec, sys/uio.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    /// <summary>The first byte.</summary>
    public void* Base;

    /// <summary>Bytes.</summary>
    public nuint Length;
}
