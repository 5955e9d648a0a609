using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Viaduct.Memory;

/// <summary>Structures of the uAPI as bytes, for answers that are put together before they go to the client.</summary>
public static class StructBytes
{
    /// <summary>Lays a structure out at the beginning of a buffer that has room for it.</summary>
    public static void Write<T>(Span<byte> destination, in T value)
        where T : unmanaged
        => MemoryMarshal.Write(destination, in value);

    /// <summary>The structure at the beginning of a buffer that holds all of it.</summary>
    public static T Read<T>(ReadOnlySpan<byte> source)
        where T : unmanaged
        => MemoryMarshal.Read<T>(source);

    /// <summary>Words as the bytes that they are.</summary>
    public static Span<byte> Of(Span<ulong> words) => MemoryMarshal.AsBytes(words);

    /// <summary>A structure's bytes.</summary>
    public static byte[] Of<T>(in T value)
        where T : unmanaged
    {
        var bytes = new byte[Unsafe.SizeOf<T>()];
        Write(bytes, value);
        return bytes;
    }
}
