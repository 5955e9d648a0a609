using System.Runtime.InteropServices;
using System.Text;
using Viaduct.Abi;

namespace Viaduct.Linux.Descriptors;

/// <summary>readlink(2).</summary>
public static partial class SymbolicLink
{
    private const int PathMax = 4096;

    /// <summary>What a link says.</summary>
    public static unsafe SysResult Read(string path, out string target)
    {
        var buffer = stackalloc byte[PathMax];
        var result = Libc.Result(ReadLink(path, buffer, PathMax));
        target = result.IsError ? "" : Encoding.UTF8.GetString(buffer, (int)result.Raw);
        return result;
    }

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint ReadLink(string path, byte* buffer, nuint size);
}
