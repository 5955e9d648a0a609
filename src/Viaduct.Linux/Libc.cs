using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Linux;

/// <summary>How a call into the C library ended.</summary>
internal static class Libc
{
    /// <summary>The value of a call that answers -1 and errno when it fails.</summary>
    public static SysResult Result(long value)
        => value >= 0 ? SysResult.FromValue(value) : new SysResult(-Marshal.GetLastPInvokeError());
}
